/** Users in LiteLLM's words. */
import type { JsonObject } from '../../core/json.ts';
import type { User } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { type Spender, type Spent, showSpent, spentOf } from '../spent.ts';

export function userSpender(user: User): Spender {
  return { account: accountOf.user(user.id), limits: user, createdAtMs: user.createdAtMs };
}

/** Users with their teams and what they spent. */
export async function describeUsers(context: ManagementContext, users: readonly User[]): Promise<JsonObject[]> {
  const spent = await spentOf(context, users.map(userSpender));
  return await Promise.all(
    users.map(async (user, index) => {
      const [teams, organizations] = await Promise.all([
        context.directory.teamsOf(user.id),
        context.directory.organizationsOf(user.id),
      ]);
      return {
        ...showUser(user, spent[index] ?? { spent: 0n }),
        teams: teams.map(({ teamId }) => teamId),
        organization_memberships: organizations.map(({ organizationId, role }) => ({
          user_id: user.id,
          organization_id: organizationId,
          user_role: role,
        })),
      };
    }),
  );
}

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
    created_at: new Date(user.createdAtMs).toISOString(),
    updated_at: new Date(user.updatedAtMs).toISOString(),
    ...user.further,
  };
}
