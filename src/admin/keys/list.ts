/** Lists of keys. What a caller may not see is left out by the search itself, so that pages and totals say nothing of it. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Key, ListOptions, Search } from '../../stores/contracts/directory.ts';
import { organizationIdsOf, permissionsOf, seesAll, teamIdsOf } from '../authority.ts';
import type { ManagementCall, ManagementRoute, Role } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { flagOf, type Page, pageOf, pagesOf, refuseFilters, textOf } from '../query-fields.ts';
import { spentOf } from '../spent.ts';
import { hashOf } from './find-key.ts';
import { keySpender, showKey } from './show-key.ts';

const LISTERS: readonly Role[] = [
  'internal_user_viewer',
  'internal_user',
  'team_admin',
  'org_admin',
  'proxy_admin_viewer',
  'proxy_admin',
];

const SORTS: Readonly<Record<string, NonNullable<ListOptions['sortBy']>>> = {
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  key_alias: 'alias',
  token: 'id',
};

/** `GET /key/list`: hashes of keys, or whole keys with `return_full_object=true`; those of the configuration file come last. */
export const listKeys: ManagementRoute = {
  method: 'GET',
  paths: ['/key/list'],
  roles: LISTERS,
  answer: async (call) => {
    const page = pageOf(call.query, { sizeName: 'size', usual: 10, most: 100 });
    const isFull = flagOf(call.query, 'return_full_object') ?? false;
    const search = await searchOf(call);
    const total = search === undefined ? 0 : await call.context.directory.count('key', search);
    const keys = search === undefined ? [] : await call.context.directory.list('key', search, optionsOf(call, page));
    const shown: JsonValue[] = isFull ? await showAll(call, keys) : keys.map(({ hash }) => hash);
    return {
      body: { keys: shown, total_count: total, current_page: page.page, total_pages: pagesOf(total, page) },
    };
  },
};

/** `GET /key/aliases`: the aliases of keys. */
export const listKeyAliases: ManagementRoute = {
  method: 'GET',
  paths: ['/key/aliases'],
  roles: LISTERS,
  answer: async (call) => {
    const page = pageOf(call.query, { sizeName: 'size', usual: 50, most: 500 });
    const base = await searchOf(call);
    const text = textOf(call.query, 'search');
    const search = base === undefined ? undefined : { ...base, ...defined({ aliasContains: text }) };
    const total = search === undefined ? 0 : await call.context.directory.count('key', search);
    const options: ListOptions = { limit: page.limit, offset: page.offset, sortBy: 'alias' };
    const keys = search === undefined ? [] : await call.context.directory.list('key', search, options);
    return {
      body: {
        aliases: keys.flatMap(({ alias }) => alias ?? []),
        total_count: total,
        current_page: page.page,
        total_pages: pagesOf(total, page),
        size: page.size,
      },
    };
  },
};

function optionsOf({ query }: ManagementCall, { limit, offset }: Page): ListOptions {
  const sort = textOf(query, 'sort_by') ?? 'created_at';
  const sortBy = Object.hasOwn(SORTS, sort) ? SORTS[sort] : undefined;
  if (sortBy === undefined) throw wrongField('sort_by', `must be one of ${Object.keys(SORTS).join(', ')}`);
  const order = textOf(query, 'sort_order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw wrongField('sort_order', 'must be asc or desc');
  return { limit, offset, sortBy, descending: order === 'desc' };
}

/** What is searched for: what the query asks, within what the caller may see. Undefined where the two do not meet. */
async function searchOf(call: ManagementCall): Promise<Search | undefined> {
  const { query, caller } = call;
  refuseFilters(query, 'status', 'expires', 'project_id', 'agent_id', 'access_group_id');
  const alias = textOf(query, 'key_alias');
  const hash = textOf(query, 'key_hash');
  const isPart = flagOf(query, 'substring_matching') ?? false;
  const userId = textOf(query, 'user_id');
  const teamId = textOf(query, 'team_id');
  const organizationId = textOf(query, 'organization_id');
  const asked: Search = {
    ...(alias !== undefined && (isPart ? { aliasContains: alias } : { alias })),
    ...(hash !== undefined && { ids: [hashOf(hash)] }),
    ...defined({ userId, teamId, organizationId }),
  };
  if (seesAll(call)) return asked;
  // Whoever runs the team, or as its member may look at its keys, sees all of them.
  if (teamId !== undefined && (await seesKeysOf(call, teamId))) return asked;
  if (organizationId !== undefined && organizationIdsOf(call).includes(organizationId)) return asked;
  if (userId === undefined && teamId === undefined && organizationId === undefined) {
    if (flagOf(query, 'include_team_keys') === true) {
      const teamIds = teamIdsOf(call, 'admin');
      if (teamIds.length > 0) return { ...asked, teamIds };
    }
    const organizationIds = organizationIdsOf(call);
    if (organizationIds.length > 0) return { ...asked, organizationIds };
  }
  if (caller.userId === undefined || (userId !== undefined && userId !== caller.userId)) return undefined;
  return { ...asked, userId: caller.userId };
}

async function seesKeysOf(call: ManagementCall, teamId: string): Promise<boolean> {
  if (teamIdsOf(call, 'admin').includes(teamId)) return true;
  const team = await call.context.directory.get('team', teamId);
  if (team === undefined) return false;
  if (team.organizationId !== undefined && organizationIdsOf(call).includes(team.organizationId)) return true;
  return teamIdsOf(call).includes(teamId) && permissionsOf(team).includes('/key/list');
}

/** Whole keys with what they spent. */
export async function showAll({ context }: ManagementCall, keys: readonly Key[]): Promise<JsonObject[]> {
  const spent = await spentOf(context, keys.map(keySpender));
  const nowMs = context.clock.nowMs();
  return keys.map((key, index) => showKey(key, spent[index] ?? { spent: 0n }, nowMs));
}
