/** Reading users. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ListOptions, Search, UserRole } from '../../stores/contracts/directory.ts';
import { organizationIdsOf, seesAll, unknownObject } from '../authority.ts';
import type { ManagementAnswer, ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { hashOf } from '../keys/find-key.ts';
import { showAll } from '../keys/list.ts';
import { pageOf, pagesOf, refuseFilters, textOf, textsOf } from '../query-fields.ts';
import { EVERYONE, READERS } from '../roles.ts';
import { type ActivityFilter, dailyActivity } from '../spend/daily-activity.ts';
import { describeTeams } from '../teams/show-team.ts';
import { describeUser, describeUsers } from './show-user.ts';
import { USER_ROLES } from './user-fields.ts';

const USERS: readonly Role[] = [
  'internal_user_viewer',
  'internal_user',
  'team_admin',
  'org_admin',
  'proxy_admin_viewer',
  'proxy_admin',
];
const MOST_KEYS = 100;

/** `GET /user/info`: a user with its keys and teams; without a parameter the caller. */
export const userInfo: ManagementRoute = {
  method: 'GET',
  paths: ['/user/info'],
  roles: USERS,
  answer: async (call) => {
    const { directory } = call.context;
    const id = textOf(call.query, 'user_id') ?? call.caller.userId;
    const user = id === undefined ? undefined : await directory.get('user', id);
    // The master key's user is nobody's: it is shown with the keys that were made in its name.
    const isMaster = call.caller.from === 'master' && id === call.caller.userId;
    if (id === undefined || (user === undefined && !isMaster) || !(await mayRead(call, id))) {
      throw unknownObject('user', 'user_id');
    }
    const keys = await directory.list('key', { userId: id }, { limit: MOST_KEYS, offset: 0 });
    const memberships = await directory.teamsOf(id);
    const teams = await directory.getMany(
      'team',
      memberships.map(({ teamId }) => teamId),
    );
    return {
      body: {
        user_id: id,
        user_info: user === undefined ? null : await describeUser(call.context, user),
        keys: await showAll(call, keys),
        teams: (await describeTeams(call.context, teams)).map((team) => withOnlyMember(team, id)),
      },
    };
  },
};

/** `GET /v2/user/info`: a user alone. */
export const userInfoAlone: ManagementRoute = {
  method: 'GET',
  paths: ['/v2/user/info'],
  roles: USERS,
  answer: async (call) => {
    const id = textOf(call.query, 'user_id') ?? call.caller.userId;
    const user = id === undefined ? undefined : await call.context.directory.get('user', id);
    if (user === undefined || !(await mayRead(call, user.id))) throw unknownObject('user', 'user_id');
    return { body: await describeUser(call.context, user) };
  },
};

/** `GET /user/list`: users in pages. An organisation's admin sees its members. */
export const listUsers: ManagementRoute = {
  method: 'GET',
  paths: ['/user/list'],
  roles: ['org_admin', 'proxy_admin_viewer', 'proxy_admin'],
  answer: async (call) => {
    const { directory } = call.context;
    const page = pageOf(call.query, { sizeName: 'page_size', usual: 25, most: 100 });
    const search = await searchOf(call);
    const total = search === undefined ? 0 : await directory.count('user', search);
    const options = { ...sortOf(call.query), limit: page.limit, offset: page.offset };
    const users = search === undefined ? [] : await directory.list('user', search, options);
    const described = await describeUsers(call.context, users);
    const counts = await Promise.all(users.map(({ id }) => directory.count('key', { userId: id })));
    return {
      body: {
        users: described.map((user, index) => ({ ...user, key_count: counts[index] ?? 0 })),
        total,
        page: page.page,
        page_size: page.size,
        total_pages: pagesOf(total, page),
      },
    };
  },
};

/** `GET /user/available_users`: how many users there are; no licence bounds them. */
export const availableUsers: ManagementRoute = {
  method: 'GET',
  paths: ['/user/available_users'],
  roles: READERS,
  answer: async ({ context }) => {
    const [users, teams] = await Promise.all([
      context.directory.count('user', {}),
      context.directory.count('team', {}),
    ]);
    return {
      body: {
        total_users: null,
        total_users_used: users,
        total_users_remaining: null,
        total_teams: null,
        total_teams_used: teams,
        total_teams_remaining: null,
      },
    };
  },
};

/** `GET /user/daily/activity`: what users used and spent by day; who does not see all sees its own. */
export const userActivity: ManagementRoute = {
  method: 'GET',
  paths: ['/user/daily/activity'],
  roles: EVERYONE,
  answer: async (call) => await activity(call),
};

/** `GET /user/daily/activity/aggregated`: the same on one page. */
export const userActivityWhole: ManagementRoute = {
  method: 'GET',
  paths: ['/user/daily/activity/aggregated'],
  roles: EVERYONE,
  answer: async (call) => {
    const query = new URLSearchParams(call.query);
    query.set('page', '1');
    query.set('page_size', '1000');
    return await activity({ ...call, query });
  },
};

async function activity(call: ManagementCall): Promise<ManagementAnswer> {
  const { query, caller } = call;
  const userId = textOf(query, 'user_id');
  const model = textOf(query, 'model');
  const filter: ActivityFilter = {
    ...defined({ model, userId }),
    ...keyOf(query),
  };
  if (seesAll(call)) return { body: await dailyActivity(call, 'user', [filter]) };
  if (userId !== undefined && userId !== caller.userId) throw unknownObject('user', 'user_id');
  // A key without a user sees what was spent with it.
  const own = caller.userId === undefined ? { keyHash: caller.keyHash } : { userId: caller.userId };
  if (caller.userId === undefined && filter.keyHash !== undefined && filter.keyHash !== caller.keyHash) {
    throw unknownObject('key', 'api_key');
  }
  return { body: await dailyActivity(call, 'user', [{ ...filter, ...own }]) };
}

function keyOf(query: URLSearchParams): { readonly keyHash?: string } {
  const key = textOf(query, 'api_key');
  return key === undefined ? {} : { keyHash: hashOf(key) };
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
  const role = textOf(query, 'role');
  if (role !== undefined && !(USER_ROLES as readonly string[]).includes(role)) {
    throw wrongField('role', `must be one of ${USER_ROLES.join(', ')}`);
  }
  const email = textOf(query, 'user_email')?.toLowerCase();
  const team = textOf(query, 'team');
  let ids = textsOf(query, 'user_ids');
  const narrow = (to: readonly string[]): void => {
    ids = ids === undefined ? to : ids.filter((id) => to.includes(id));
  };
  if (team !== undefined) narrow((await context.directory.teamMembers(team)).map(({ userId }) => userId));
  const asked = textsOf(query, 'organization_ids');
  const own = organizationIdsOf(call);
  if (!seesAll(call) && asked?.some((id) => !own.includes(id))) throw unknownObject('organisation', 'organization_ids');
  const organizations = asked ?? (seesAll(call) ? undefined : own);
  if (organizations !== undefined) {
    const members = await Promise.all(organizations.map((id) => context.directory.organizationMembers(id)));
    narrow(members.flat().map(({ userId }) => userId));
  }
  if (ids !== undefined && ids.length === 0) return undefined;
  return {
    ...defined({ ids, email }),
    ...(role !== undefined && { role: role as UserRole }),
  };
}

function sortOf(query: URLSearchParams): Pick<ListOptions, 'sortBy' | 'descending'> {
  const sort = textOf(query, 'sort_by') ?? 'created_at';
  const sortBy = Object.hasOwn(SORTS, sort) ? SORTS[sort] : undefined;
  if (sortBy === undefined) throw wrongField('sort_by', `must be one of ${Object.keys(SORTS).join(', ')}`);
  return { sortBy, descending: (textOf(query, 'sort_order') ?? 'asc') === 'desc' };
}

const SORTS: Readonly<Record<string, NonNullable<ListOptions['sortBy']>>> = {
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  user_alias: 'alias',
  user_id: 'id',
};

function withOnlyMember(team: JsonObject, userId: string): JsonObject {
  const role = Array.isArray(team.members_with_roles) ? team.members_with_roles : [];
  return { ...team, members_with_roles: role.filter((member) => isOf(member, userId)) };
}

function isOf(member: unknown, userId: string): boolean {
  return typeof member === 'object' && member !== null && 'user_id' in member && member.user_id === userId;
}
