/** Reading teams. Lists hold only what the caller may see: the search says so, not a filter over its pages. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ListOptions, Search, Team } from '../../stores/contracts/directory.ts';
import {
  administersTeam,
  isPermitted,
  notYours,
  organizationIdsOf,
  readTeam,
  seesAll,
  teamIdsOf,
  unknownObject,
} from '../authority.ts';
import type { ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { showAll } from '../keys/list.ts';
import { numberOf, pageOf, pagesOf, refuseFilters, textOf, textsOf } from '../query-fields.ts';
import { EVERYONE } from '../roles.ts';
import { type ActivityFilter, dailyActivity } from '../spend/daily-activity.ts';
import { describeMemberships, describeTeam, describeTeams } from './show-team.ts';

const USERS: readonly Role[] = [
  'internal_user_viewer',
  'internal_user',
  'team_admin',
  'org_admin',
  'proxy_admin_viewer',
  'proxy_admin',
];

const MOST_TEAMS = 1_000;
const USUAL_KEYS = 100;

/** `GET /team/info`: a team, its members with their spend, and its keys; a plain member is shown its own membership and keys. */
export const teamInfo: ManagementRoute = {
  method: 'GET',
  paths: ['/team/info'],
  roles: EVERYONE,
  answer: async (call) => {
    const { context, caller } = call;
    const id = textOf(call.query, 'team_id') ?? caller.teamId;
    if (id === undefined) throw wrongField('team_id', 'is required');
    const team = await readTeam(call, id);
    const isRunning = seesAll(call) || administersTeam(call, team);
    const limit = numberOf(call.query, 'key_limit', 0, MOST_TEAMS) ?? USUAL_KEYS;
    const search: Search = {
      teamId: id,
      ...(!isRunning && (caller.userId === undefined ? { ids: [caller.keyHash] } : { userId: caller.userId })),
    };
    const keys = limit === 0 ? [] : await context.directory.list('key', search, { limit, offset: 0 });
    const members = await context.directory.teamMembers(id);
    const shown = isRunning ? members : members.filter(({ userId }) => userId === caller.userId);
    const described = await describeTeam(context, team);
    return {
      body: {
        team_id: id,
        team_info: isRunning ? described : withoutOthers(described, caller.userId),
        keys: await showAll(call, keys),
        team_memberships: await describeMemberships(context, team, shown),
      },
    };
  },
};

/** `GET /team/list`: all teams that the caller may see, at most a thousand. */
export const listTeams: ManagementRoute = {
  method: 'GET',
  paths: ['/team/list'],
  roles: USERS,
  answer: async (call) => {
    const search = await searchOf(call);
    const options: ListOptions = { limit: MOST_TEAMS, offset: 0, sortBy: 'createdAt' };
    const teams = search === undefined ? [] : await call.context.directory.list('team', search, options);
    return { body: await describeFor(call, teams) };
  },
};

const SORTS: Readonly<Record<string, NonNullable<ListOptions['sortBy']>>> = {
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  team_alias: 'alias',
  team_id: 'id',
};

/** `GET /v2/team/list`: the same in pages. */
export const listTeamPages: ManagementRoute = {
  method: 'GET',
  paths: ['/v2/team/list'],
  roles: USERS,
  answer: async (call) => {
    const { directory } = call.context;
    const page = pageOf(call.query, { sizeName: 'page_size', usual: 10, most: 100 });
    const sort = textOf(call.query, 'sort_by') ?? 'created_at';
    const sortBy = Object.hasOwn(SORTS, sort) ? SORTS[sort] : undefined;
    if (sortBy === undefined) throw wrongField('sort_by', `must be one of ${Object.keys(SORTS).join(', ')}`);
    const descending = (textOf(call.query, 'sort_order') ?? 'asc') === 'desc';
    const search = await searchOf(call);
    const total = search === undefined ? 0 : await directory.count('team', search);
    const options: ListOptions = { limit: page.limit, offset: page.offset, sortBy, descending };
    const teams = search === undefined ? [] : await directory.list('team', search, options);
    return {
      body: {
        teams: await describeFor(call, teams),
        total,
        page: page.page,
        page_size: page.size,
        total_pages: pagesOf(total, page),
      },
    };
  },
};

/** `GET /team/available`: teams that anyone may join by itself. There are none: members are added by who runs a team. */
export const availableTeams: ManagementRoute = {
  method: 'GET',
  paths: ['/team/available'],
  roles: USERS,
  answer: async () => ({ body: [] }),
};

/** `GET /team/daily/activity`: what teams used and spent by day; a plain member sees its own part. */
export const teamActivity: ManagementRoute = {
  method: 'GET',
  paths: ['/team/daily/activity'],
  roles: USERS,
  answer: async (call) => {
    const { query, context, caller } = call;
    const excluded = textsOf(query, 'exclude_team_ids') ?? [];
    const asked = textsOf(query, 'team_ids');
    const filters: ActivityFilter[] = [];
    const model = textOf(query, 'model');
    const further = model === undefined ? {} : { model };
    if (asked === undefined && seesAll(call) && excluded.length === 0) filters.push(further);
    else {
      const ids = asked ?? (seesAll(call) ? await everyTeam(call) : teamIdsOf(call));
      if (ids.length > MOST_TEAMS) throw wrongField('team_ids', `must not have more than ${MOST_TEAMS} entries`);
      for (const teamId of ids.filter((id) => !excluded.includes(id))) {
        const team = await readTeam(call, teamId);
        const seesAllOfIt =
          seesAll(call) || administersTeam(call, team) || isPermitted(call, team, '/team/daily/activity');
        if (!seesAllOfIt && caller.userId === undefined) throw notYours('see what the team spent');
        const own = seesAllOfIt || caller.userId === undefined ? {} : { userId: caller.userId };
        filters.push({ ...further, teamId, ...own });
      }
    }
    const names = async (ids: readonly string[]) => {
      const teams = await context.directory.getMany('team', ids);
      return new Map<string, JsonObject>(teams.map((team) => [team.id, { team_alias: team.alias ?? null }]));
    };
    return { body: await dailyActivity(call, 'team', filters, names) };
  },
};

async function everyTeam({ context }: ManagementCall): Promise<readonly string[]> {
  const teams = await context.directory.list('team', {}, { limit: MOST_TEAMS, offset: 0 });
  return teams.map(({ id }) => id);
}

async function searchOf(call: ManagementCall): Promise<Search | undefined> {
  const { query, caller, context } = call;
  refuseFilters(query, 'status');
  const userId = textOf(query, 'user_id');
  const organizationId = textOf(query, 'organization_id');
  const teamId = textOf(query, 'team_id');
  const alias = textOf(query, 'team_alias') ?? textOf(query, 'search');
  let ids = teamId === undefined ? undefined : [teamId];
  const narrow = (to: readonly string[]): void => {
    ids = ids === undefined ? [...to] : ids.filter((id) => to.includes(id));
  };
  const isOwnOrganization = organizationId !== undefined && organizationIdsOf(call).includes(organizationId);
  if (!seesAll(call)) {
    if (userId !== undefined && userId !== caller.userId) throw unknownObject('user', 'user_id');
    if (organizationId !== undefined && !isOwnOrganization) throw unknownObject('organisation', 'organization_id');
    const seesOrganizations = userId === undefined && organizationIdsOf(call).length > 0;
    if (!seesOrganizations) narrow(teamIdsOf(call));
  }
  if (userId !== undefined) narrow((await context.directory.teamsOf(userId)).map((member) => member.teamId));
  if (ids?.length === 0) return undefined;
  const organizationIds = seesAll(call) || userId !== undefined ? [] : organizationIdsOf(call);
  return {
    ...defined({ ids, organizationId }),
    ...(organizationId === undefined && organizationIds.length > 0 && { organizationIds }),
    ...defined({ aliasContains: alias }),
  };
}

/** Teams as the caller may see them: who else is in a team is for who runs it. */
async function describeFor(call: ManagementCall, teams: readonly Team[]): Promise<JsonObject[]> {
  const described = await describeTeams(call.context, teams);
  return described.map((body, index) => {
    const team = teams[index];
    const isRunning = seesAll(call) || (team !== undefined && administersTeam(call, team));
    return isRunning ? body : withoutOthers(body, call.caller.userId);
  });
}

function withoutOthers(body: JsonObject, userId: string | undefined): JsonObject {
  const members = Array.isArray(body.members_with_roles) ? body.members_with_roles : [];
  const own = members.filter(
    (member) => typeof member === 'object' && member !== null && !Array.isArray(member) && member.user_id === userId,
  );
  return { ...body, members_with_roles: own };
}
