/** `/…/daily/activity`: sums by day with what they are made of, in LiteLLM's `SpendAnalyticsPaginatedResponse`. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import { usdNumber } from '../../core/money.ts';
import type { ActivityDimension, ActivityRow, Ledger } from '../../stores/contracts/ledger.ts';
import type { ManagementCall } from '../contract.ts';
import { wrongField } from '../fields.ts';
import { type Page, pageOf, pagesOf, textOf, textsOf } from '../query-fields.ts';
import { orLastDays, type Span, spanOf } from '../query-spans.ts';
import { namedKeys } from './key-names.ts';
import { hashOf } from './scope.ts';
import { sumOf } from './sum.ts';

/** What sums are asked for. */
export type ActivityFilter = Parameters<Ledger['activity']>[0];

/** Names shown beside the ids of what the sums are of (`entities`). */
type EntityNames = (ids: readonly string[]) => Promise<ReadonlyMap<string, JsonObject>>;

const DIMENSIONS: readonly ActivityDimension[] = ['date', 'key', 'model', 'modelGroup', 'provider'];
const MOST_DAYS = 1_000;
const MOST_NAMES = 100;

/** Whose sums a caller asks for and may see. */
export interface ActivityScope {
  /** What they are of. */
  readonly entity: ActivityDimension;
  /** Any of these. */
  readonly filters: readonly ActivityFilter[];
  readonly names?: EntityNames;
  /** Entities that are left out. */
  readonly excluded?: readonly string[];
}

/** The days of a query, or the last thirty. Pages hold whole days, newest first; the totals are of all days. */
export async function dailyActivity(call: ManagementCall, scope: ActivityScope): Promise<JsonObject> {
  const page = pageOf(call.query, { sizeName: 'page_size', usual: 10, most: MOST_DAYS });
  return await activityOn(call, scope, page);
}

/** The same on one page. */
export async function wholeActivity(call: ManagementCall, scope: ActivityScope): Promise<JsonObject> {
  return await activityOn(call, scope, { page: 1, size: MOST_DAYS, limit: MOST_DAYS, offset: 0 });
}

/** Sums of the query's days by some dimensions. */
export async function activityBy(
  { context, query }: ManagementCall,
  { entity, filters, excluded = [] }: ActivityScope,
  by: readonly ActivityDimension[],
  span: Span = spanOrLastDays(query, context.clock.nowMs()),
): Promise<ActivityRow[]> {
  const { model, ...named } = namedIn(query);
  const days = defined({ fromDate: span.fromDate, toDate: span.toDate });
  const dimensions = excluded.length === 0 ? by : [...new Set([...by, entity])];
  const found = await Promise.all(
    filters
      .filter(({ keyHash }) => keyHash === undefined || named.keyHash === undefined || keyHash === named.keyHash)
      .map((filter) => context.ledger.activity({ ...named, ...defined({ model }), ...filter, ...days }, dimensions)),
  );
  return found.flat().filter((row) => !excluded.includes(row.by[entity] ?? ''));
}

/** The model and the key that a query asks for. */
function namedIn(query: URLSearchParams): Pick<ActivityFilter, 'model' | 'keyHash'> {
  const key = textOf(query, 'api_key');
  return defined({ model: textOf(query, 'model'), keyHash: key === undefined ? undefined : hashOf(key) });
}

async function activityOn(call: ManagementCall, scope: ActivityScope, page: Page): Promise<JsonObject> {
  const { entity, names } = scope;
  const sums = await activityBy(call, scope, ['date']);
  const listed = [...groupBy(sums, 'date').keys()].sort().reverse();
  const shown = listed.slice(page.offset, page.offset + page.limit);
  // Only the days of this page: the parts of all days can be many rows.
  const [toShown, fromShown] = [shown[0], shown.at(-1)];
  const dimensions = [...new Set([...DIMENSIONS, entity])];
  const rows =
    toShown === undefined || fromShown === undefined
      ? []
      : await activityBy(call, scope, dimensions, { fromDate: fromShown, toDate: toShown });
  const days = groupBy(rows, 'date');
  const known = await namesOf(call, rows, entity, names);
  const pages = Math.max(1, pagesOf(listed.length, page));
  return {
    results: shown.map((date) => {
      const ofDay = days.get(date) ?? [];
      return { date, metrics: metricsOf(ofDay), breakdown: breakdownOf(ofDay, entity, known) };
    }),
    metadata: { ...totalsOf(sums), page: page.page, total_pages: pages, has_more: page.page < pages },
  };
}

/** One filter for each name that a query lists, so that their sums stay apart; one for all if it lists none. */
export function filtersFor(
  query: URLSearchParams,
  name: string,
  filterOf: (id: string) => ActivityFilter,
): readonly ActivityFilter[] {
  const ids = [...new Set(textsOf(query, name) ?? [])];
  if (ids.length > MOST_NAMES) throw wrongField(name, `must not have more than ${MOST_NAMES} names`);
  return ids.length === 0 ? [{}] : ids.map(filterOf);
}

/** The span that a query names; the last thirty days if it names none. */
export function spanOrLastDays(query: URLSearchParams, nowMs: number): Span {
  return orLastDays(spanOf(query), nowMs);
}

/** Sums of activity in LiteLLM's `SpendMetrics`. */
export function metricsOf(rows: readonly ActivityRow[]): JsonObject {
  const sums = sumOf(rows);
  return {
    spend: usdNumber(sums.cost),
    prompt_tokens: sums.inputTokens,
    completion_tokens: sums.outputTokens,
    cache_read_input_tokens: sums.cachedInputTokens,
    cache_creation_input_tokens: sums.cacheWriteTokens,
    total_tokens: sums.inputTokens + sums.outputTokens,
    successful_requests: sums.succeeded,
    failed_requests: sums.failed,
    api_requests: sums.attempts,
  };
}

/** Rows by the value of one dimension, in the order they came. */
export function groupBy(rows: readonly ActivityRow[], dimension: ActivityDimension): Map<string, ActivityRow[]> {
  return Map.groupBy(rows, (row) => row.by[dimension] ?? '');
}

function totalsOf(rows: readonly ActivityRow[]): JsonObject {
  return Object.fromEntries(Object.entries(metricsOf(rows)).map(([name, value]) => [`total_${name}`, value]));
}

interface Known {
  readonly keys: ReadonlyMap<string, JsonObject>;
  readonly entities: ReadonlyMap<string, JsonObject>;
}

async function namesOf(
  { context }: ManagementCall,
  rows: readonly ActivityRow[],
  entity: ActivityDimension,
  names: EntityNames | undefined,
): Promise<Known> {
  const hashes = [...groupBy(rows, 'key').keys()].filter((hash) => hash !== '');
  const ids = [...groupBy(rows, entity).keys()].filter((id) => id !== '');
  const [keys, entities] = await Promise.all([
    namedKeys(context, hashes),
    names === undefined || ids.length === 0 ? new Map<string, JsonObject>() : names(ids),
  ]);
  return {
    keys: new Map(
      [...keys].map(([hash, key]) => [hash, { key_alias: key.alias ?? null, team_id: key.teamId ?? null }]),
    ),
    entities,
  };
}

function breakdownOf(rows: readonly ActivityRow[], entity: ActivityDimension, known: Known): JsonObject {
  const withKeys = (dimension: ActivityDimension, names?: Known['entities']): JsonObject =>
    Object.fromEntries(
      [...groupBy(rows, dimension)].map(([name, some]) => [
        name,
        { metrics: metricsOf(some), metadata: names?.get(name) ?? {}, api_key_breakdown: keysOf(some, known) },
      ]),
    );
  return {
    mcp_servers: {},
    models: withKeys('model'),
    model_groups: withKeys('modelGroup'),
    providers: withKeys('provider'),
    endpoints: {},
    api_keys: keysOf(rows, known),
    entities: withKeys(entity, known.entities),
  };
}

function keysOf(rows: readonly ActivityRow[], { keys }: Known): JsonObject {
  return Object.fromEntries(
    [...groupBy(rows, 'key')].map(([hash, some]) => [
      hash,
      { metrics: metricsOf(some), metadata: keys.get(hash) ?? { key_alias: null, team_id: null } },
    ]),
  );
}
