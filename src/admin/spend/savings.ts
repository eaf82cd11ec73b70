/** `/savings`: what each mechanism saved, net, and against what; what `sluice savings` prints. Every figure is a sum of rows of the ledger. */

import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { formatUsd, type PicoUsd } from '../../core/money.ts';
import {
  type ActivityDimension,
  type ActivityRow,
  MECHANISMS,
  type SavingsDimension,
  type SavingsRow,
} from '../../stores/contracts/ledger.ts';
import type { ManagementCall, ManagementRoute } from '../contract.ts';
import { numberOf, wordOf } from '../query-fields.ts';
import { EVERYONE } from '../roles.ts';
import { get } from '../route.ts';
import { spanOrLastDays } from './daily-activity.ts';
import { namedKeys } from './key-names.ts';
import { askedIn, spendScope } from './scope.ts';

const DIMENSIONS = {
  mechanism: undefined,
  day: 'date',
  model: 'modelGroup',
  provider_model: 'model',
  provider: 'provider',
  key: 'key',
  team: 'team',
  user: 'user',
  organization: 'organization',
  customer: 'customer',
} as const satisfies Record<string, (SavingsDimension & ActivityDimension) | undefined>;

type Word = keyof typeof DIMENSIONS;
const WORDS = Object.keys(DIMENSIONS) as Word[];
const MOST_GROUPS = 10_000;

/** `/savings`. */
export const SAVINGS_ROUTES: readonly ManagementRoute[] = [
  get(
    '/savings',
    EVERYONE,
    savings,
    'Shows what each mechanism saved, net of what it cost, against what was asked for; `sluice savings` prints it.',
  ),
];

async function savings(call: ManagementCall): Promise<JsonValue> {
  const { query, context } = call;
  const word = wordOf(query, 'group_by', WORDS) ?? 'mechanism';
  const limit = numberOf(query, 'limit', 1, MOST_GROUPS) ?? 1_000;
  const { fromDate, toDate } = spanOrLastDays(query, context.clock.nowMs());
  const filter = { ...(await spendScope(call, askedIn(query))), ...defined({ fromDate, toDate }) };
  const dimension = DIMENSIONS[word];
  const by = dimension === undefined ? [] : [dimension];
  const [spent, saved] = await Promise.all([
    context.ledger.activity(filter, by),
    context.ledger.savings(filter, [...by, 'mechanism']),
  ]);
  const all = { spent, saved };
  const head = { group_by: word, start_date: fromDate ?? null, end_date: toDate ?? null };
  if (dimension === undefined) {
    return { ...head, results: MECHANISMS.flatMap((name) => mechanism(name, saved)), total: figures(all) };
  }
  const groups = groupsOf(dimension, all)
    .map(({ name, ...group }) => ({ name, net: netOf(group.spent), shown: figures(group) }))
    .sort((one, other) => (word === 'day' ? compare(one.name, other.name) : compare(other.net, one.net)));
  const shown = groups.slice(0, limit);
  const keys =
    word === 'key'
      ? await namedKeys(
          context,
          shown.map(({ name }) => name),
        )
      : undefined;
  return {
    ...head,
    results: shown.map(({ name, shown: sums }) => ({
      name,
      ...(keys !== undefined && { alias: keys.get(name)?.alias ?? null }),
      ...sums,
    })),
    is_complete: groups.length <= limit,
    total: figures(all),
  };
}

interface Group {
  readonly spent: readonly ActivityRow[];
  readonly saved: readonly SavingsRow[];
}

function groupsOf(dimension: SavingsDimension & ActivityDimension, { spent, saved }: Group) {
  const of = Map.groupBy(saved, ({ by }) => by[dimension] ?? '');
  return [...Map.groupBy(spent, ({ by }) => by[dimension] ?? '')].map(([name, rows]) => ({
    name,
    spent: rows,
    saved: of.get(name) ?? [],
  }));
}

/** One mechanism; none that did nothing. */
function mechanism(name: string, rows: readonly SavingsRow[]): readonly JsonObject[] {
  const own = rows.filter(({ by }) => by.mechanism === name);
  if (own.length === 0) return [];
  return [
    {
      name,
      attempts: own.reduce((sum, { attempts }) => sum + attempts, 0),
      saved: formatUsd(own.reduce((sum, { saved }) => sum + saved, 0n)),
      ...qualityOf(own),
    },
  ];
}

/** The mean of what was expected of the answers, where a model was chosen by it: beside each saving stands what it may have cost. */
function qualityOf(rows: readonly SavingsRow[]): JsonObject {
  const rated = rows.reduce((sum, row) => sum + row.rated, 0);
  const quality = rows.reduce((sum, row) => sum + row.quality, 0);
  return { rated, expected_quality: rated === 0 ? null : Math.round((quality / rated) * 1e4) / 1e4 };
}

const netOf = (spent: readonly ActivityRow[]): PicoUsd =>
  spent.reduce((sum, { cost, requestedCost }) => sum + requestedCost - cost, 0n);

function figures({ spent, saved }: Group): JsonObject {
  const cost = spent.reduce((sum, row) => sum + row.cost, 0n);
  const net = netOf(spent);
  const parts = MECHANISMS.map(
    (name) => [name, saved.reduce((sum, row) => (row.by.mechanism === name ? sum + row.saved : sum), 0n)] as const,
  );
  const split = parts.reduce((sum, [, part]) => sum + part, 0n);
  return {
    attempts: spent.reduce((sum, row) => sum + row.attempts, 0),
    cost: formatUsd(cost),
    requested_cost: formatUsd(cost + net),
    saved: formatUsd(net),
    share: shareOf(net, cost + net),
    by_mechanism: Object.fromEntries(
      parts.filter(([, part]) => part !== 0n).map(([name, part]) => [name, formatUsd(part)]),
    ),
    // Rows that an earlier release wrote say how much was saved and not by what.
    unsplit: formatUsd(net - split),
  };
}

/** In parts of what was asked for, to a hundredth of a percent; null if that costs nothing. */
function shareOf(saved: PicoUsd, requested: PicoUsd): number | null {
  return requested <= 0n ? null : Number((saved * 10_000n) / requested) / 10_000;
}

function compare<Value extends string | bigint>(one: Value, other: Value): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
