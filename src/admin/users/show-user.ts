/** Users in LiteLLM's names. */
import type { JsonObject } from '../../core/json.ts';
import type { User } from '../../stores/contracts/directory.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { isoTime } from '../show.ts';
import { spenderOf } from '../spenders.ts';
import { type Spent, showSpent, showWithSpent } from '../spent.ts';

/** Users with their teams and what they spent. */
export async function describeUsers(context: ManagementContext, users: readonly User[]): Promise<JsonObject[]> {
  return await showWithSpent(context, users, spenderOf.user, async (user, spent) => {
    const [teams, organizations] = await Promise.all([
      context.directory.teamsOf(user.id),
      context.directory.organizationsOf(user.id),
    ]);
    return {
      ...showUser(user, spent),
      teams: teams.map(({ teamId }) => teamId),
      organization_memberships: organizations.map(({ organizationId, role }) => ({
        user_id: user.id,
        organization_id: organizationId,
        user_role: role,
      })),
    };
  });
}

/** One user. */
export async function describeUser(context: ManagementContext, user: User): Promise<JsonObject> {
  const [shown = {}] = await describeUsers(context, [user]);
  return shown;
}

function showUser(user: User, spent: Spent): JsonObject {
  return {
    user_id: user.id,
    user_alias: user.alias ?? null,
    user_email: user.email ?? null,
    user_role: user.role,
    models: [...user.models],
    metadata: user.metadata,
    blocked: user.blocked,
    ...showSpent(spent),
    ...showLimits(user),
    model_spend: {},
    created_at: isoTime(user.createdAtMs),
    updated_at: isoTime(user.updatedAtMs),
    ...user.further,
  };
}
