/** Organisations and their members in LiteLLM's names. */
import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { Organization, OrganizationMember, Team, User } from '../../stores/contracts/directory.ts';
import { showAsBudget } from '../budgets/show.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { isoTime } from '../show.ts';
import { spenderOf } from '../spenders.ts';
import { type Spent, showSpent, showWithSpent } from '../spent.ts';
import { showStamps } from '../stamps.ts';

/** Organisations without their members and teams. */
export async function showOrganizations(
  context: ManagementContext,
  organizations: readonly Organization[],
): Promise<JsonObject[]> {
  return await showWithSpent(context, organizations, spenderOf.organization, show);
}

function show(organization: Organization, spent: Spent): JsonObject {
  return {
    ...organization.further,
    organization_id: organization.id,
    organization_alias: organization.alias,
    // Its own limits are shown as a budget with the organisation's id.
    budget_id: organization.budgetId ?? organization.id,
    ...showSpent(spent),
    metadata: organization.metadata,
    models: [...organization.models],
    blocked: organization.blocked,
    model_spend: {},
    model_rpm_limit: organization.modelRpmLimit === undefined ? null : { ...organization.modelRpmLimit },
    model_tpm_limit: organization.modelTpmLimit === undefined ? null : { ...organization.modelTpmLimit },
    users: null,
    members: [],
    teams: [],
    litellm_budget_table: showAsBudget(organization.id, organization, spent),
    object_permission: null,
    ...showStamps(organization),
  };
}

/** Organisations with their members and teams. */
export async function showWhole(
  context: ManagementContext,
  organizations: readonly Organization[],
): Promise<JsonObject[]> {
  const shown = await showOrganizations(context, organizations);
  return await Promise.all(
    organizations.map(async ({ id }, index): Promise<JsonObject> => {
      const [members, teams] = await Promise.all([
        context.directory.organizationMembers(id),
        context.directory.list('team', { organizationId: id }, { limit: MOST_TEAMS, offset: 0 }),
      ]);
      return { ...shown[index], members: await showMembers(context, id, members), teams: teams.map(showTeam) };
    }),
  );
}

const MOST_TEAMS = 1_000;

/** Memberships, with what each member spent in the organisation. */
export async function showMembers(
  { directory, ledger }: ManagementContext,
  organizationId: string,
  members: readonly OrganizationMember[],
): Promise<JsonObject[]> {
  if (members.length === 0) return [];
  const userIds = members.map(({ userId }) => userId);
  const [users, sums] = await Promise.all([
    directory.getMany('user', userIds),
    ledger.activity({ organizationId, userIds }, ['user']),
  ]);
  const known = new Map(users.map((user) => [user.id, user]));
  const spent = new Map(sums.map(({ by, cost }) => [by.user ?? '', cost]));
  return members.map((member) => ({
    user_id: member.userId,
    organization_id: organizationId,
    user_role: member.role,
    spend: usdNumber(spent.get(member.userId) ?? 0n),
    budget_id: member.budgetId ?? null,
    created_at: isoTime(member.createdAtMs),
    updated_at: isoTime(member.createdAtMs),
    user_email: known.get(member.userId)?.email ?? null,
    user: null,
    litellm_budget_table: member.maxBudget === undefined ? null : showLimits(member),
  }));
}

/** A user as memberships show it, without its teams and limits. */
export function showUser(user: User): JsonObject {
  return { user_id: user.id, user_email: user.email ?? null, user_alias: user.alias ?? null, user_role: user.role };
}

function showTeam(team: Team): JsonObject {
  return {
    team_id: team.id,
    team_alias: team.alias ?? null,
    organization_id: team.organizationId ?? null,
    models: [...team.models],
    blocked: team.blocked,
    ...showLimits(team),
    ...showStamps(team),
  };
}
