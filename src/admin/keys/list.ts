/** Lists of keys. The search itself leaves out what a caller may not see, so that pages and totals say nothing of it. */
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { Key, ListOptions, Search } from '../../stores/contracts/directory.ts';
import { notYours, organizationIdsOf, permissionsOf, seesAll, teamIdsOf } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import {
  findPage,
  flagOf,
  type Page,
  pageOf,
  pagesOf,
  refuseFilters,
  sortOf,
  textOf,
  wordOf,
} from '../query-fields.ts';
import { deletedKeys } from './deleted-keys.ts';
import { hashOf } from './find-key.ts';
import { describeKeys } from './show-key.ts';

/** `GET /key/list`: hashes of keys, or whole keys with `return_full_object=true`; those of the configuration file come last. */
export async function listKeys(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const page = pageOf(query, { sizeName: 'size', usual: 10, most: 100 });
  const isFull = flagOf(query, 'return_full_object') ?? false;
  const hasUsers = wordOf(query, 'expand', ['user']) !== undefined;
  if (wordOf(query, 'status', ['deleted']) !== undefined) return await listDeleted(call, page);
  const search = await searchOf(call);
  const options: ListOptions = {
    limit: page.limit,
    offset: page.offset,
    ...sortOf(query, { key_alias: 'alias', token: 'id' }, 'desc'),
  };
  const { total, found } = await findPage(context, 'key', search, options);
  return {
    keys: isFull ? await shown(call, found, hasUsers) : found.map(({ hash }) => hash),
    total_count: total,
    current_page: page.page,
    total_pages: pagesOf(total, page),
  };
}

/** With `expand=user`, each key with who its user is. */
async function shown(call: ManagementCall, found: readonly Key[], hasUsers: boolean): Promise<JsonObject[]> {
  const keys = await describeKeys(call, found);
  if (!hasUsers) return keys;
  const ids = new Set(keys.flatMap((key) => (typeof key.user_id === 'string' ? [key.user_id] : [])));
  const users = await call.context.directory.getMany('user', [...ids]);
  const byId = new Map(
    users.map(({ id, email, alias }) => [id, { user_id: id, user_email: email ?? null, user_alias: alias ?? null }]),
  );
  return keys.map((key) => ({ ...key, user: byId.get(String(key.user_id)) ?? null }));
}

/** `status=deleted`: whole keys, as LiteLLM lists them. Other filters would be without effect, so they are refused. */
async function listDeleted(call: ManagementCall, page: Page): Promise<JsonValue> {
  if (!seesAll(call)) throw notYours('list deleted keys: only those who see everything may', 'status');
  refuseFilters(
    call.query,
    'key_alias',
    'key_hash',
    'user_id',
    'team_id',
    'organization_id',
    'sort_by',
    'sort_order',
    'expires',
    'access_group_id',
  );
  const { total, keys } = await deletedKeys(call.context, page);
  return { keys: [...keys], total_count: total, current_page: page.page, total_pages: pagesOf(total, page) };
}

/** `GET /key/aliases`: the aliases of keys. */
export async function listKeyAliases(call: ManagementCall): Promise<JsonValue> {
  const { context, query } = call;
  const page = pageOf(query, { sizeName: 'size', usual: 50, most: 500 });
  refuseFilters(query, 'status');
  const base = await searchOf(call);
  const search = base;
  const options: ListOptions = { limit: page.limit, offset: page.offset, sortBy: 'alias' };
  const { total, found } = await findPage(context, 'key', search, options);
  return {
    aliases: found.flatMap(({ alias }) => alias ?? []),
    total_count: total,
    current_page: page.page,
    total_pages: pagesOf(total, page),
    size: page.size,
  };
}

/** The search for what the query asks within what the caller may see; undefined if the two have nothing in common. */
async function searchOf(call: ManagementCall): Promise<Search | undefined> {
  const { query, caller } = call;
  refuseFilters(query, 'project_id', 'agent_id');
  const expires = wordOf(query, 'expires', ['expired', 'active']);
  const alias = textOf(query, 'key_alias');
  const hash = textOf(query, 'key_hash');
  const isPart = flagOf(query, 'substring_matching') ?? false;
  const ofOwnTeams = flagOf(query, 'include_team_keys') ?? false;
  const userId = textOf(query, 'user_id');
  const teamId = textOf(query, 'team_id');
  const organizationId = textOf(query, 'organization_id');
  const asked: Search = {
    ...(alias !== undefined && (isPart ? { aliasContains: alias } : { alias })),
    ...(hash !== undefined && { ids: [hashOf(hash)] }),
    ...(expires !== undefined && { expiry: { atMs: call.context.clock.nowMs(), isOver: expires === 'expired' } }),
    ...defined({ userId, teamId, organizationId, contains: textOf(query, 'search') }),
    ...defined({ accessGroup: textOf(query, 'access_group_id') }),
  };
  if (seesAll(call)) return asked;
  // The team's admins see all of its keys, and so do members that are permitted to list them.
  if (teamId !== undefined && (await seesKeysOf(call, teamId))) return asked;
  if (organizationId !== undefined && organizationIdsOf(call).includes(organizationId)) return asked;
  if (userId === undefined && teamId === undefined && organizationId === undefined) {
    if (ofOwnTeams) {
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
