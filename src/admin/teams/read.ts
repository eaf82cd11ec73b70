/** Reading teams. The search itself finds only what the caller may see, so that pages and totals are right. */

import { defined } from '../../core/defined.ts';
import { type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
import type { ListOptions, Search, Team } from '../../stores/contracts/directory.ts';
import {
  administersTeam,
  isPermitted,
  notYours,
  organizationIdsOf,
  permissionsOf,
  readTeam,
  seesAll,
  teamIdsOf,
  unknownObject,
} from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { describeKeys } from '../keys/show-key.ts';
import { findPage, numberOf, pageOf, refuseFilters, showPage, sortOf, textOf, textsOf } from '../query-fields.ts';
import type { ActivityFilter, ActivityScope } from '../spend/daily-activity.ts';
import { describeMemberships, describeTeam, describeTeams } from './show-team.ts';
import { MEMBER_PERMISSIONS } from './team-fields.ts';

const MOST_TEAMS = 1_000;
const USUAL_KEYS = 100;

/** `GET /team/info`: a team, its members with their spend, and its keys; a plain member is shown its own membership and keys. */
export async function teamInfo(call: ManagementCall): Promise<JsonValue> {
  const { context, caller } = call;
  const id = textOf(call.query, 'team_id') ?? caller.teamId;
  const limit = numberOf(call.query, 'key_limit', 0, MOST_TEAMS) ?? USUAL_KEYS;
  if (id === undefined) throw wrongField('team_id', 'is required');
  const team = await readTeam(call, id);
  const isRunning = seesAll(call) || administersTeam(call, team);
  const search: Search = {
    teamId: id,
    ...(!isRunning && (caller.userId === undefined ? { ids: [caller.keyHash] } : { userId: caller.userId })),
  };
  const keys = limit === 0 ? [] : await context.directory.list('key', search, { limit, offset: 0 });
  const members = await context.directory.teamMembers(id);
  const shown = isRunning ? members : members.filter(({ userId }) => userId === caller.userId);
  const described = await describeTeam(context, team);
  return {
    team_id: id,
    team_info: isRunning ? described : withoutOthers(described, caller.userId),
    keys: await describeKeys(call, keys),
    team_memberships: await describeMemberships(context, team, shown),
  };
}

/** `GET /team/list`: up to a thousand teams that the caller may see. */
export async function listTeams(call: ManagementCall): Promise<JsonValue> {
  const options: ListOptions = { limit: MOST_TEAMS, offset: 0, sortBy: 'createdAt' };
  const { found } = await findPage(call.context, 'team', await searchOf(call), options);
  return await describeFor(call, found);
}

/** `GET /v2/team/list`: the same in pages. */
export async function listTeamPages(call: ManagementCall): Promise<JsonValue> {
  const { query } = call;
  const page = pageOf(query, { sizeName: 'page_size', usual: 10, most: 100 });
  const sort = sortOf(query, { team_alias: 'alias', team_id: 'id' }, 'asc');
  const options = { limit: page.limit, offset: page.offset, ...sort };
  const { total, found } = await findPage(call.context, 'team', await searchOf(call), options);
  return { teams: await describeFor(call, found), ...showPage(total, page) };
}

/** `GET /team/permissions_list`: what plain members of a team may do, and what they could be allowed to do. */
export async function listPermissions(call: ManagementCall): Promise<JsonValue> {
  const id = textOf(call.query, 'team_id');
  if (id === undefined) throw wrongField('team_id', 'is required');
  const team = await readTeam(call, id);
  return {
    team_id: team.id,
    team_member_permissions: [...permissionsOf(team)],
    all_available_permissions: [...MEMBER_PERMISSIONS],
  };
}

/** `GET /team/available`: teams that anyone may join. There are none: admins of a team add its members. */
export async function availableTeams(): Promise<JsonValue> {
  return [];
}

/** What teams used and spent; a plain member sees its own part. */
export async function teamActivity(call: ManagementCall): Promise<ActivityScope> {
  const { query, context, caller } = call;
  const excluded = textsOf(query, 'exclude_team_ids') ?? [];
  const asked = textsOf(query, 'team_ids');
  const filters: ActivityFilter[] = [];
  if (asked === undefined && seesAll(call)) filters.push({});
  else {
    const ids = [...new Set(asked ?? teamIdsOf(call))];
    if (ids.length > MOST_TEAMS) throw wrongField('team_ids', `must not have more than ${MOST_TEAMS} entries`);
    for (const teamId of ids.filter((id) => !excluded.includes(id))) {
      const team = await readTeam(call, teamId);
      const seesAllOfIt =
        seesAll(call) || administersTeam(call, team) || isPermitted(call, team, '/team/daily/activity');
      if (!seesAllOfIt && caller.userId === undefined) throw notYours('see what this team spent', 'team_ids');
      const own = seesAllOfIt || caller.userId === undefined ? {} : { userId: caller.userId };
      filters.push({ teamId, ...own });
    }
  }
  const names = async (ids: readonly string[]) => {
    const teams = await context.directory.getMany('team', ids);
    return new Map<string, JsonObject>(teams.map((team) => [team.id, { team_alias: team.alias ?? null }]));
  };
  return { entity: 'team', filters, names, excluded };
}

async function searchOf(call: ManagementCall): Promise<Search | undefined> {
  const { query, caller, context } = call;
  refuseFilters(query, 'status');
  const userId = textOf(query, 'user_id');
  const organizationId = textOf(query, 'organization_id');
  const teamId = textOf(query, 'team_id');
  const alias = textOf(query, 'team_alias');
  let ids = teamId === undefined ? undefined : [teamId];
  const narrow = (to: readonly string[]): void => {
    ids = ids === undefined ? [...to] : ids.filter((id) => to.includes(id));
  };
  const isOwnOrganization = organizationId !== undefined && organizationIdsOf(call).includes(organizationId);
  if (!seesAll(call)) {
    if (userId !== undefined && userId !== caller.userId) throw unknownObject(call, 'a user', 'user_id');
    if (organizationId !== undefined && !isOwnOrganization)
      throw unknownObject(call, 'an organisation', 'organization_id');
    const seesOrganizations = userId === undefined && organizationIdsOf(call).length > 0;
    if (!seesOrganizations) narrow(teamIdsOf(call));
  }
  if (userId !== undefined) narrow((await context.directory.teamsOf(userId)).map((member) => member.teamId));
  if (ids?.length === 0) return undefined;
  const organizationIds = seesAll(call) || userId !== undefined ? [] : organizationIdsOf(call);
  return {
    ...defined({ ids, organizationId, aliasContains: alias, contains: textOf(query, 'search') }),
    ...(organizationId === undefined && organizationIds.length > 0 && { organizationIds }),
  };
}

/** Teams as the caller may see them: only those who manage a team see its other members. */
async function describeFor(call: ManagementCall, teams: readonly Team[]): Promise<JsonObject[]> {
  const described = await describeTeams(call.context, teams);
  return described.map((body, index) => {
    const team = teams[index];
    const isRunning = seesAll(call) || (team !== undefined && administersTeam(call, team));
    return isRunning ? body : withoutOthers(body, call.caller.userId);
  });
}

function withoutOthers(team: JsonObject, userId: string | undefined): JsonObject {
  return { ...team, members_with_roles: objectsOf(team.members_with_roles).filter((one) => one.user_id === userId) };
}
