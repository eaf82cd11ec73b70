/** Teams and memberships in LiteLLM's words. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { Team, TeamMember, User } from '../../stores/contracts/directory.ts';
import { accountOf, limitsOf } from '../../tenancy/scopes.ts';
import { permissionsOf } from '../authority.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { type Spender, type Spent, showSpent, spentOf, spentOfOne } from '../spent.ts';

export function teamSpender(team: Team): Spender {
  return { account: accountOf.team(team.id), limits: team, createdAtMs: team.createdAtMs };
}

/** What a member of a team may spend: its own limits, the team's for members where it has none. */
export function memberSpender(team: Team, member: TeamMember): Spender {
  const limits = limitsOf(member, team.memberDefaults);
  return {
    account: accountOf.teamMember(member.teamId, member.userId),
    limits: { ...limits, ...defined({ budgetId: member.budgetId }) },
    createdAtMs: member.createdAtMs,
  };
}

/** Members as they stand in a team. */
export async function showMembers(
  { directory }: ManagementContext,
  members: readonly TeamMember[],
): Promise<JsonObject[]> {
  if (members.length === 0) return [];
  const users = await directory.getMany(
    'user',
    members.map(({ userId }) => userId),
  );
  const byId = new Map<string, User>(users.map((user) => [user.id, user]));
  return members.map(({ userId, role }) => ({ user_id: userId, user_email: byId.get(userId)?.email ?? null, role }));
}

/** A team with its members and what it spent. */
export async function describeTeam(context: ManagementContext, team: Team): Promise<JsonObject> {
  const [members, spent] = await Promise.all([
    context.directory.teamMembers(team.id),
    spentOfOne(context, teamSpender(team)),
  ]);
  return showTeam(team, await showMembers(context, members), spent);
}

/** Several teams. */
export async function describeTeams(context: ManagementContext, teams: readonly Team[]): Promise<JsonObject[]> {
  const spent = await spentOf(context, teams.map(teamSpender));
  return await Promise.all(
    teams.map(async (team, index) => {
      const members = await showMembers(context, await context.directory.teamMembers(team.id));
      return showTeam(team, members, spent[index] ?? { spent: 0n });
    }),
  );
}

function showTeam(team: Team, members: readonly JsonObject[], spent: Spent): JsonObject {
  const defaults = team.memberDefaults ?? {};
  return {
    team_id: team.id,
    team_alias: team.alias ?? null,
    organization_id: team.organizationId ?? null,
    admins: [],
    members: [],
    members_with_roles: [...members],
    team_member_permissions: [...permissionsOf(team)],
    metadata: team.metadata,
    tags: team.tags === undefined ? null : [...team.tags],
    models: [...team.models],
    model_aliases: { ...team.modelAliases },
    blocked: team.blocked,
    ...showSpent(spent),
    ...showLimits(team),
    team_member_budget: defaults.maxBudget === undefined ? null : usdNumber(defaults.maxBudget),
    team_member_budget_duration: defaults.budgetDuration ?? null,
    team_member_rpm_limit: defaults.rpmLimit ?? null,
    team_member_tpm_limit: defaults.tpmLimit ?? null,
    model_spend: {},
    created_at: new Date(team.createdAtMs).toISOString(),
    updated_at: new Date(team.updatedAtMs).toISOString(),
    ...team.further,
  };
}

/** A membership with its limits and what was spent under it. */
export async function describeMembership(
  context: ManagementContext,
  team: Team,
  member: TeamMember,
): Promise<JsonObject> {
  const [membership = {}] = await describeMemberships(context, team, [member]);
  return membership;
}

export async function describeMemberships(
  context: ManagementContext,
  team: Team,
  members: readonly TeamMember[],
): Promise<JsonObject[]> {
  const spenders = members.map((member) => memberSpender(team, member));
  const spent = await spentOf(context, spenders);
  return members.map((member, index) => ({
    user_id: member.userId,
    team_id: member.teamId,
    budget_id: member.budgetId ?? null,
    ...showSpent(spent[index] ?? { spent: 0n }),
    total_spend: usdNumber(spent[index]?.spent ?? 0n),
    litellm_budget_table: showLimits(spenders[index]?.limits ?? {}),
  }));
}
