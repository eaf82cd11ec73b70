/** Teams and memberships in LiteLLM's names. */

import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { Team, TeamMember } from '../../stores/contracts/directory.ts';
import { permissionsOf } from '../authority.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits, showModelBudgets } from '../limits-fields.ts';
import { isoTime, listOrNull, usdOrNull } from '../show.ts';
import { memberSpender, spenderOf } from '../spenders.ts';
import { type Spender, type Spent, showSpent, showWithSpent } from '../spent.ts';

/** One team with its members and what it spent. */
export async function describeTeam(context: ManagementContext, team: Team): Promise<JsonObject> {
  const [shown = {}] = await describeTeams(context, [team]);
  return shown;
}

/** Teams with their members and what they spent. */
export async function describeTeams(context: ManagementContext, teams: readonly Team[]): Promise<JsonObject[]> {
  const { directory } = context;
  return await showWithSpent(context, teams, spenderOf.team, async (team, spent) => {
    const members = await directory.teamMembers(team.id);
    const ids = members.map(({ userId }) => userId);
    const emails = new Map((await directory.getMany('user', ids)).map(({ id, email }) => [id, email]));
    const shown = members.map(({ userId, role }) => ({
      user_id: userId,
      user_email: emails.get(userId) ?? null,
      role,
    }));
    return showTeam(team, shown, spent);
  });
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
    tags: listOrNull(team.tags),
    models: [...team.models],
    model_aliases: { ...team.modelAliases },
    blocked: team.blocked,
    ...showSpent(spent),
    ...showLimits(team),
    team_member_budget: usdOrNull(defaults.maxBudget),
    team_member_budget_duration: defaults.budgetDuration ?? null,
    team_member_rpm_limit: defaults.rpmLimit ?? null,
    team_member_tpm_limit: defaults.tpmLimit ?? null,
    team_member_model_max_budget: showModelBudgets(defaults.modelMaxBudget),
    default_team_member_models: listOrNull(team.memberModels),
    model_spend: {},
    created_at: isoTime(team.createdAtMs),
    updated_at: isoTime(team.updatedAtMs),
    ...team.further,
  };
}

/** A membership with its limits and what the member spent in the team. */
export async function describeMembership(
  context: ManagementContext,
  team: Team,
  member: TeamMember,
): Promise<JsonObject> {
  const [membership = {}] = await describeMemberships(context, team, [member]);
  return membership;
}

/** Several memberships of one team. */
export async function describeMemberships(
  context: ManagementContext,
  team: Team,
  members: readonly TeamMember[],
): Promise<JsonObject[]> {
  const spender = (member: TeamMember): Spender => memberSpender(team, member);
  return await showWithSpent(context, members, spender, (member, spent) => ({
    user_id: member.userId,
    team_id: member.teamId,
    budget_id: member.budgetId ?? null,
    ...showSpent(spent),
    total_spend: usdNumber(spent.spent),
    allowed_models: listOrNull(member.models),
    litellm_budget_table: showLimits(spender(member).limits),
  }));
}
