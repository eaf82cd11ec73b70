/** `/spend/logs…`: rows of the ledger, and their sums by day. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { type PicoUsd, usdNumber } from '../../core/money.ts';
import type { ActivityRow, LedgerFilter, LedgerStatus } from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { flagOf, pageOf, refuseFilters, showPage, textOf, wordOf } from '../query-fields.ts';
import { dateOf, type Span, spanOf, usdOf } from '../query-spans.ts';
import { EVERYONE } from '../roles.ts';
import { get } from '../route.ts';
import { isSuccess, spendLog } from './rows.ts';
import { type AskedSpend, askedIn, spendScope } from './scope.ts';

/** Rows of an answer that has no pages. */
const MOST_ROWS = 1_000;
const DAY_MS = 86_400_000;
const MOST_EMPTY_DAYS = 400;

const STATUSES = ['success', 'failure', 'client-gone', 'lost', 'orphan', 'cache-hit'] as const satisfies LedgerStatus[];

/** `/spend/logs`, in LiteLLM's old shape and in pages. */
export const LOG_ROUTES: readonly ManagementRoute[] = [
  get(
    '/spend/logs',
    EVERYONE,
    logs,
    'Lists rows of the ledger, newest first; between two dates sums by day, unless `summarize=false`.',
  ),
  get(['/spend/logs/v2', '/spend/logs/ui'], EVERYONE, pagedLogs, 'Lists rows of the ledger in pages, with filters.'),
];

/** Sums by day between two dates, unless `summarize=false`; otherwise up to a thousand rows, newest first. */
async function logs(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  const span = spanOf(query);
  const scope = await spendScope(call, askedIn(query));
  const requestId = textOf(query, 'request_id');
  const isSummed = flagOf(query, 'summarize') ?? true;
  const { fromMs, toMs, fromDate, toDate } = span;
  if (fromDate !== undefined && toDate !== undefined && requestId === undefined && isSummed) {
    const sums = await context.ledger.activity({ ...scope, fromDate, toDate }, ['date', 'key', 'user', 'modelGroup']);
    return byDay(sums, span);
  }
  const filter: LedgerFilter = { ...scope, ...defined({ requestId, fromMs, toMs }) };
  const rows = await context.ledger.find(filter, { limit: MOST_ROWS, offset: 0 });
  return rows.map((row) => spendLog(row, call.caller, requestId !== undefined));
}

/** LiteLLM's sums: for each day its spend, with the keys as members beside it. Days without spend are listed with zeros. */
function byDay(sums: readonly ActivityRow[], { fromDate = '', toDate = '' }: Span): JsonObject[] {
  const days = new Map<string, DaySpend>();
  const [firstMs, lastMs] = [Date.parse(fromDate), Date.parse(toDate)];
  if ((lastMs - firstMs) / DAY_MS <= MOST_EMPTY_DAYS) {
    for (let ms = firstMs; ms <= lastMs; ms += DAY_MS) days.set(dateOf(ms), emptyDay());
  }
  for (const { by, cost } of sums) {
    const date = by.date ?? '';
    const day = days.get(date) ?? emptyDay();
    days.set(date, day);
    day.spend += cost;
    add(day.keys, by.key ?? '', cost);
    add(day.users, by.user ?? '', cost);
    add(day.models, by.modelGroup ?? '', cost);
  }
  return [...days]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([startTime, { spend, keys, users, models }]) => ({
      ...inUsd(keys),
      startTime,
      spend: usdNumber(spend),
      users: inUsd(users),
      models: inUsd(models),
    }));
}

interface DaySpend {
  spend: PicoUsd;
  readonly keys: Map<string, PicoUsd>;
  readonly users: Map<string, PicoUsd>;
  readonly models: Map<string, PicoUsd>;
}

function emptyDay(): DaySpend {
  return { spend: 0n, keys: new Map(), users: new Map(), models: new Map() };
}

function add(sums: Map<string, PicoUsd>, name: string, cost: PicoUsd): void {
  sums.set(name, (sums.get(name) ?? 0n) + cost);
}

function inUsd(sums: ReadonlyMap<string, PicoUsd>): JsonObject {
  return Object.fromEntries([...sums].map(([name, cost]) => [name, usdNumber(cost)]));
}

/** Rows in pages, filtered and sorted. */
async function pagedLogs(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  refuseFilters(query, ...WITHOUT_COLUMN);
  const page = pageOf(query, { sizeName: 'page_size', usual: 50, most: 1_000 });
  const filter = await filterOf(call);
  const order = orderOf(query);
  const [total, rows] = await Promise.all([
    context.ledger.count(filter),
    context.ledger.find(filter, { limit: page.limit, offset: page.offset, order }),
  ]);
  return { data: rows.map((row) => spendLog(row, call.caller)), ...showPage(total, page) };
}

async function filterOf(call: ManagementCall): Promise<LedgerFilter> {
  const { query } = call;
  const { fromMs, toMs } = spanOf(query);
  return {
    ...(await spendScope(call, { ...askedIn(query), ...(await keyOfAlias(call)) })),
    ...defined({
      fromMs,
      toMs,
      statuses: statusesOf(wordOf(query, 'status_filter', STATUSES)),
      minCost: usdOf(query, 'min_spend'),
      maxCost: usdOf(query, 'max_spend'),
      requestId: textOf(query, 'request_id'),
      model: textOf(query, 'model'),
      modelGroup: textOf(query, 'model_group'),
      customerId: textOf(query, 'end_user'),
      tag: textOf(query, 'tag'),
      provider: textOf(query, 'provider'),
    }),
  };
}

/** The key that `key_alias` names. If no key has this alias, the search finds nothing, or the caller may not ask. */
async function keyOfAlias({ query, context }: ManagementCall): Promise<AskedSpend> {
  const alias = textOf(query, 'key_alias');
  if (alias === undefined) return {};
  const [key] = await context.directory.list('key', { alias }, { limit: 1, offset: 0 });
  return { keyHash: key?.hash ?? '' };
}

/** As a row shows its status: LiteLLM has no other words than `success` and `failure`. Ours name one kind of row each. */
function statusesOf(word: LedgerStatus | undefined): readonly LedgerStatus[] | undefined {
  if (word === 'success') return STATUSES.filter(isSuccess);
  if (word === 'failure') return STATUSES.filter((status) => !isSuccess(status));
  return word === undefined ? undefined : [word];
}

/** LiteLLM's filters for which the ledger has no column; an answer without them would look filtered. */
const WITHOUT_COLUMN = [
  'session_id',
  'model_id',
  'error_code',
  'error_message',
  'search',
  'span_type',
  'cache_hit_filter',
  'used_client_oauth_token',
  'group_by_session',
  'session_cursor',
] as const;

function orderOf(query: URLSearchParams): 'newest' | 'oldest' | 'costliest' | 'cheapest' {
  const by = wordOf(query, 'sort_by', ['startTime', 'spend']) ?? 'startTime';
  const order = wordOf(query, 'sort_order', ['asc', 'desc']) ?? 'desc';
  if (by === 'startTime') return order === 'desc' ? 'newest' : 'oldest';
  return order === 'desc' ? 'costliest' : 'cheapest';
}
