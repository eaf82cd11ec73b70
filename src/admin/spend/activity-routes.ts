/** The routes under `/…/daily/activity`, the same for users, teams, organisations, customers and tags. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { ActivityDimension, ActivityRow } from '../../stores/contracts/ledger.ts';
import {
  type ManagementCall,
  type ManagementContext,
  type ManagementRoute,
  type Role,
  TextAnswer,
} from '../contract.ts';
import { wrongField } from '../fields.ts';
import { flagOf, numberOf, textOf, wordOf } from '../query-fields.ts';
import { get } from '../route.ts';
import { type ActivityScope, activityBy, dailyActivity, groupBy, metricsOf, wholeActivity } from './daily-activity.ts';
import { namedKeys } from './key-names.ts';
import { sumOf } from './sum.ts';

type ScopeOf = (call: ManagementCall) => Promise<ActivityScope>;

const MOST_KEYS = 100;
const MOST_OFFSET = 1_000_000;

/** All routes under a path; `whose` are the objects, in words. */
export function activityRoutes(
  path: string | readonly [string, ...string[]],
  roles: readonly Role[],
  scopeOf: ScopeOf,
  whose: string,
): readonly ManagementRoute[] {
  const [first, ...others] = typeof path === 'string' ? [path] : path;
  const at = (rest: string): ManagementRoute['paths'] => [
    `${first ?? ''}${rest}`,
    ...others.map((other) => `${other}${rest}`),
  ];
  const route = (
    rest: string,
    answer: (call: ManagementCall, scope: ActivityScope) => ReturnType<ManagementRoute['answer']>,
    summary: string,
  ): ManagementRoute => get(at(rest), roles, async (call) => answer(call, await scopeOf(call)), summary);
  return [
    route('', dailyActivity, `Shows what ${whose} used and spent by day, in pages of days.`),
    route('/aggregated', wholeActivity, `Shows what ${whose} used and spent by day, on one page.`),
    route('/aggregated/keys', costliestKeys, `Lists the keys that ${whose} used, costliest first.`),
    route('/aggregated/search', searchedKeys, `Searches the keys that ${whose} used by hash, alias, user or address.`),
    route('/aggregated/model_top_keys', keysOfModel, `Lists the keys with which ${whose} spent most on one model.`),
    route('/export', exported, `Shows what ${whose} used and spent by day as CSV, or as JSON with \`format=json\`.`),
  ];
}

/** `/user/daily/activity/aggregated/users`: users, costliest first. */
export async function costliestUsers(call: ManagementCall, scope: ActivityScope): Promise<JsonValue> {
  const { query, context } = call;
  const { offset, limit } = sliceOf(query);
  const all = byCost(await activityBy(call, scope, ['user']), 'user');
  const shown = all.slice(offset, offset + limit);
  const users = await context.directory.getMany(
    'user',
    shown.map(([id]) => id).filter((id) => id !== ''),
  );
  const known = new Map(users.map((user) => [user.id, user]));
  return {
    users: shown.map(([id, rows]) => ({
      user_id: id === '' ? null : id,
      user_email: known.get(id)?.email ?? null,
      user_alias: known.get(id)?.alias ?? null,
      ...metricsOf(rows),
    })),
    total_users: all.length,
    offset,
    limit,
  };
}

async function costliestKeys(call: ManagementCall, scope: ActivityScope): Promise<JsonValue> {
  const { offset, limit } = sliceOf(call.query);
  const all = byCost(await activityBy(call, scope, ['key']), 'key');
  const api_keys = await showKeys(call.context, all.slice(offset, offset + limit));
  return { api_keys, total_api_keys: all.length, offset, limit };
}

async function keysOfModel(call: ManagementCall, scope: ActivityScope): Promise<JsonValue> {
  const { query } = call;
  const model = required(query, 'model_group');
  const isGroup = flagOf(query, 'by_model_group') ?? true;
  const limit = numberOf(query, 'limit', 1, MOST_KEYS) ?? 5;
  const filters = scope.filters.map((filter) => ({ ...filter, ...(isGroup ? { modelGroup: model } : { model }) }));
  const all = byCost(await activityBy(call, { ...scope, filters }, ['key']), 'key');
  return { model, by_model_group: isGroup, api_keys: await showKeys(call.context, all.slice(0, limit)) };
}

async function searchedKeys(call: ManagementCall, scope: ActivityScope): Promise<JsonValue> {
  const wanted = required(call.query, 'search').toLowerCase();
  const limit = numberOf(call.query, 'limit', 1, MOST_KEYS) ?? MOST_KEYS;
  const all = byCost(await activityBy(call, scope, ['key']), 'key');
  const found: JsonObject[] = [];
  // In steps, because most of the keys are not the ones that are wanted.
  for (let at = 0; at < all.length && found.length < limit; at += STEP) {
    const shown = await showKeys(call.context, all.slice(at, at + STEP));
    found.push(...shown.filter((key) => textsIn(key).some((text) => text.toLowerCase().includes(wanted))));
  }
  return { api_keys: found.slice(0, limit) };
}

const STEP = 1_000;

function textsIn({ api_key, metadata }: JsonObject): readonly string[] {
  const { key_alias, user_id, user_email } = isJsonObject(metadata) ? metadata : {};
  return [api_key, key_alias, user_id, user_email].filter((value) => typeof value === 'string');
}

async function showKeys(
  context: ManagementContext,
  found: readonly (readonly [string, readonly ActivityRow[]])[],
): Promise<JsonObject[]> {
  const keys = await namedKeys(
    context,
    found.map(([hash]) => hash),
  );
  const ids = [...keys.values()].flatMap(({ userId }) => userId ?? []);
  const users = ids.length === 0 ? [] : await context.directory.getMany('user', [...new Set(ids)]);
  const emails = new Map(users.map(({ id, email }) => [id, email]));
  return found.map(([hash, rows]) => {
    const key = keys.get(hash);
    return {
      api_key: hash,
      metrics: metricsOf(rows),
      metadata: {
        key_alias: key?.alias ?? null,
        team_id: key?.teamId ?? null,
        user_id: key?.userId ?? null,
        user_email: emails.get(key?.userId ?? '') ?? null,
        key_exists: key !== undefined,
      },
    };
  });
}

const EXPORTS = {
  daily: [],
  daily_with_keys: ['key'],
  daily_with_models: ['modelGroup'],
  daily_with_users: ['user'],
} as const satisfies Readonly<Record<string, readonly ActivityDimension[]>>;

/** Columns that are dimensions, by LiteLLM's names. */
const COLUMNS: Readonly<Partial<Record<ActivityDimension, string>>> = {
  date: 'date',
  key: 'api_key',
  user: 'user_id',
  team: 'team_id',
  organization: 'organization_id',
  customer: 'end_user_id',
  tag: 'tag',
  modelGroup: 'model_group',
};

async function exported(call: ManagementCall, scope: ActivityScope): Promise<JsonValue | TextAnswer> {
  const { query } = call;
  const type = wordOf(query, 'export_type', ['daily', 'daily_with_keys', 'daily_with_models', 'daily_with_users']);
  const format = wordOf(query, 'format', ['csv', 'json']) ?? 'csv';
  const dimensions: readonly ActivityDimension[] = [
    ...new Set<ActivityDimension>(['date', scope.entity, ...EXPORTS[type ?? 'daily']]),
  ];
  const rows = await activityBy(call, scope, dimensions);
  const shown = rows
    .toSorted((one, other) => ((one.by.date ?? '') < (other.by.date ?? '') ? -1 : 1))
    .map((row): JsonObject => {
      const by = dimensions.map((dimension) => [COLUMNS[dimension] ?? dimension, row.by[dimension] ?? '']);
      return { ...Object.fromEntries(by), ...metricsOf([row]) };
    });
  if (format === 'json') return shown;
  const names = [...dimensions.map((dimension) => COLUMNS[dimension] ?? dimension), ...Object.keys(metricsOf([]))];
  const lines = [names, ...shown.map((row) => Object.values(row).map(String))];
  return new TextAnswer('text/csv; charset=utf-8', lines.map((line) => `${line.map(cellOf).join(',')}\r\n`).join(''));
}

/** A cell of RFC 4180. One that a spreadsheet would take for a formula is a text: names come from clients. */
function cellOf(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function byCost(
  rows: readonly ActivityRow[],
  dimension: ActivityDimension,
): readonly (readonly [string, ActivityRow[]])[] {
  return [...groupBy(rows, dimension)]
    .map(([name, some]) => ({ name, some, cost: sumOf(some).cost }))
    .sort((one, other) => Number(other.cost - one.cost) || (one.name < other.name ? -1 : 1))
    .map(({ name, some }) => [name, some] as const);
}

function sliceOf(query: URLSearchParams): { readonly offset: number; readonly limit: number } {
  return {
    offset: numberOf(query, 'offset', 0, MOST_OFFSET) ?? 0,
    limit: numberOf(query, 'limit', 1, MOST_KEYS) ?? 50,
  };
}

function required(query: URLSearchParams, name: string): string {
  const text = textOf(query, name);
  if (text === undefined) throw wrongField(name, 'is required');
  return text;
}
