/** `/spend/summary`: tokens, cost and savings by one thing, in exact decimals; what `sluice spend` prints. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { formatUsd } from '../../core/money.ts';
import type { ActivityDimension } from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { numberOf, wordOf } from '../query-fields.ts';
import { EVERYONE } from '../roles.ts';
import { get } from '../route.ts';
import { type ActivityFilter, groupBy, spanOrLastDays } from './daily-activity.ts';
import { namedKeys } from './key-names.ts';
import { askedIn, spendScope } from './scope.ts';
import { type Sums, sumOf } from './sum.ts';

const DIMENSIONS = {
  key: 'key',
  team: 'team',
  user: 'user',
  organization: 'organization',
  customer: 'customer',
  model: 'modelGroup',
  provider_model: 'model',
  provider: 'provider',
  tag: 'tag',
  day: 'date',
} as const satisfies Record<string, ActivityDimension>;

const WORDS = Object.keys(DIMENSIONS) as (keyof typeof DIMENSIONS)[];

/** `/spend/summary`. */
export const SUMMARY_ROUTES: readonly ManagementRoute[] = [
  get(
    '/spend/summary',
    EVERYONE,
    summary,
    'Shows requests, tokens, cost and savings by one dimension, in exact decimals; `sluice spend` prints it.',
  ),
];

async function summary(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  const word = wordOf(query, 'group_by', WORDS) ?? 'model';
  const limit = numberOf(query, 'limit', 1, 10_000) ?? 1_000;
  const { fromDate, toDate } = spanOrLastDays(query, context.clock.nowMs());
  const filter: ActivityFilter = { ...(await spendScope(call, askedIn(query))), ...defined({ fromDate, toDate }) };
  const dimension = DIMENSIONS[word];
  // A request with two tags counts in the sums of both, and once in the total.
  const [rows, all] = await Promise.all([
    context.ledger.activity(filter, [dimension]),
    context.ledger.activity(filter, ['date']),
  ]);
  const groups = [...groupBy(rows, dimension)].map(([name, some]) => ({ name, ...sumOf(some) }));
  const sorted = groups.sort((one, other) =>
    word === 'day' ? compare(one.name, other.name) : compare(other.cost, one.cost) || compare(one.name, other.name),
  );
  const hashes = sorted.slice(0, limit).map(({ name }) => name);
  const keys = word === 'key' ? await namedKeys(context, hashes) : undefined;
  return {
    group_by: word,
    start_date: fromDate ?? null,
    end_date: toDate ?? null,
    results: sorted.slice(0, limit).map(({ name, ...sums }) => ({
      name,
      ...(keys !== undefined && { alias: keys.get(name)?.alias ?? null }),
      ...show(sums),
    })),
    is_complete: sorted.length <= limit,
    total: show(sumOf(all)),
  };
}

function show(sums: Sums): JsonObject {
  return {
    attempts: sums.attempts,
    succeeded: sums.succeeded,
    failed: sums.failed,
    input_tokens: sums.inputTokens,
    output_tokens: sums.outputTokens,
    cached_input_tokens: sums.cachedInputTokens,
    cache_write_tokens: sums.cacheWriteTokens,
    cost: formatUsd(sums.cost),
    requested_cost: formatUsd(sums.requestedCost),
    saved: formatUsd(sums.requestedCost - sums.cost),
  };
}

function compare<Value extends string | bigint>(one: Value, other: Value): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
