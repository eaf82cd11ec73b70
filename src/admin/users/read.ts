/** Reading users. */

import { defined } from '../../core/defined.ts';
import { type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
import type { Search } from '../../stores/contracts/directory.ts';
import { organizationIdsOf, seesAll, unknownObject } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { describeKeys } from '../keys/show-key.ts';
import { findPage, pageOf, refuseFilters, showPage, sortOf, textOf, textsOf, wordOf } from '../query-fields.ts';
import type { ActivityScope } from '../spend/daily-activity.ts';
import { PLATFORM_USER, showPlatformBudget } from '../spend/platform-budget.ts';
import { hashOf } from '../spend/scope.ts';
import { describeTeams } from '../teams/show-team.ts';
import { describeUser, describeUsers } from './show-user.ts';
import { USER_ROLES } from './user-fields.ts';

const MOST_KEYS = 100;

/** `GET /user/info`: a user with its keys and teams; without a parameter the caller. */
export async function userInfo(call: ManagementCall): Promise<JsonValue> {
  const { directory } = call.context;
  const id = textOf(call.query, 'user_id') ?? call.caller.userId;
  if (id === PLATFORM_USER && seesAll(call)) {
    return { user_id: id, user_info: await showPlatformBudget(call.context), keys: [], teams: [] };
  }
  const user = id === undefined ? undefined : await directory.get('user', id);
  // The master key has a user id without a stored user: it is shown with the keys that were made in its name.
  const isMaster = call.caller.from === 'master' && id === call.caller.userId;
  if (id === undefined || (user === undefined && !isMaster) || !(await mayRead(call, id))) {
    throw unknownObject(call, 'a user', 'user_id');
  }
  const keys = await directory.list('key', { userId: id }, { limit: MOST_KEYS, offset: 0 });
  const memberships = await directory.teamsOf(id);
  const teams = await directory.getMany(
    'team',
    memberships.map(({ teamId }) => teamId),
  );
  return {
    user_id: id,
    user_info: user === undefined ? null : await describeUser(call.context, user),
    keys: await describeKeys(call, keys),
    teams: (await describeTeams(call.context, teams)).map((team) => withOnlyMember(team, id)),
  };
}

/** `GET /v2/user/info`: a user alone. */
export async function userInfoAlone(call: ManagementCall): Promise<JsonValue> {
  const id = textOf(call.query, 'user_id') ?? call.caller.userId;
  const user = id === undefined ? undefined : await call.context.directory.get('user', id);
  if (user === undefined || !(await mayRead(call, user.id))) throw unknownObject(call, 'a user', 'user_id');
  return await describeUser(call.context, user);
}

/** `GET /user/list`: users in pages. An organisation's admin sees its members. */
export async function listUsers(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const page = pageOf(query, { sizeName: 'page_size', usual: 25, most: 100 });
  const search = await searchOf(call);
  const sort = sortOf(query, { user_alias: 'alias', user_id: 'id', user_email: 'email', user_role: 'role' }, 'asc');
  const { total, found } = await findPage(context, 'user', search, { limit: page.limit, offset: page.offset, ...sort });
  const described = await describeUsers(context, found);
  const counts = await Promise.all(found.map(({ id }) => context.directory.count('key', { userId: id })));
  return {
    users: described.map((user, index) => ({ ...user, key_count: counts[index] ?? 0 })),
    ...showPage(total, page),
  };
}

/** `GET /user/available_users`: how many users there are; no licence bounds them. */
export async function availableUsers({ context }: ManagementCall): Promise<JsonValue> {
  const [users, teams] = await Promise.all([context.directory.count('user', {}), context.directory.count('team', {})]);
  return {
    total_users: null,
    total_users_used: users,
    total_users_remaining: null,
    total_teams: null,
    total_teams_used: teams,
    total_teams_remaining: null,
  };
}

/** What users used and spent; who does not see all sees its own. */
export async function userActivity(call: ManagementCall): Promise<ActivityScope> {
  const { query, caller } = call;
  const userId = textOf(query, 'user_id');
  if (seesAll(call)) return { entity: 'user', filters: [defined({ userId })] };
  if (userId !== undefined && userId !== caller.userId) throw unknownObject(call, 'a user', 'user_id');
  if (caller.userId !== undefined) return { entity: 'user', filters: [{ userId: caller.userId }] };
  // A key without a user sees what was spent with it.
  const key = textOf(query, 'api_key');
  if (key !== undefined && hashOf(key) !== caller.keyHash) throw unknownObject(call, 'a key', 'api_key');
  return { entity: 'user', filters: [{ keyHash: caller.keyHash }] };
}

async function mayRead(call: ManagementCall, id: string): Promise<boolean> {
  if (seesAll(call) || id === call.caller.userId) return true;
  const own = organizationIdsOf(call);
  if (own.length === 0) return false;
  const organizations = await call.context.directory.organizationsOf(id);
  return organizations.some(({ organizationId }) => own.includes(organizationId));
}

async function searchOf(call: ManagementCall): Promise<Search | undefined> {
  const { query, context } = call;
  refuseFilters(query, 'sso_user_ids');
  const role = wordOf(query, 'role', USER_ROLES);
  const emailContains = textOf(query, 'user_email');
  const team = textOf(query, 'team');
  let ids = textsOf(query, 'user_ids');
  const narrow = (to: readonly string[]): void => {
    ids = ids === undefined ? to : ids.filter((id) => to.includes(id));
  };
  if (team !== undefined) narrow((await context.directory.teamMembers(team)).map(({ userId }) => userId));
  const asked = textsOf(query, 'organization_ids');
  const own = organizationIdsOf(call);
  if (!seesAll(call) && asked?.some((id) => !own.includes(id)))
    throw unknownObject(call, 'an organisation', 'organization_ids');
  const organizations = asked ?? (seesAll(call) ? undefined : own);
  if (organizations !== undefined) {
    const members = await Promise.all(organizations.map((id) => context.directory.organizationMembers(id)));
    narrow(members.flat().map(({ userId }) => userId));
  }
  if (ids !== undefined && ids.length === 0) return undefined;
  return defined({ ids, emailContains, role, contains: textOf(query, 'search') });
}

function withOnlyMember(team: JsonObject, userId: string): JsonObject {
  return { ...team, members_with_roles: objectsOf(team.members_with_roles).filter((one) => one.user_id === userId) };
}
