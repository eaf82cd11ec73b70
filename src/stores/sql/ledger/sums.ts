/** What rows add to the sums: by account and quarter of an hour, by account, by day, by day and tag. Pure. */
import type { PicoUsd } from '../../../core/money.ts';
import type { LedgerRow } from '../../contracts/ledger.ts';
import type { PlainRow } from '../../contracts/ledger-text.ts';
import type { Column, Values } from './json-rows.ts';

/** Spend of accounts is summed by quarters of an hour: periods begin on one in every time zone. */
export const BUCKET_MS = 900_000;

const MICRO = 1_000_000n;

/** A sum of money as it is stored: micro-USD, and the remaining pico-USD. Both are negative if the sum is. */
export function storedMoney(pico: PicoUsd): readonly [micro: string, pico: string] {
  return [(pico / MICRO).toString(), (pico % MICRO).toString()];
}

/** The sum that was stored. */
export function moneyOf(micro: bigint | null, pico: bigint | null): PicoUsd {
  return (micro ?? 0n) * MICRO + (pico ?? 0n);
}

/** The beginning of the quarter of an hour that contains a moment. */
export function bucketOf(atMs: number): number {
  return Math.floor(atMs / BUCKET_MS) * BUCKET_MS;
}

/** Key columns of sums. */
export const ACCOUNT: Column = { name: 'account', type: 'text' };
export const BUCKET: Column = { name: 'bucket', type: 'bigint' };
export const TAG: Column = { name: 'tag', type: 'text' };
/** The columns of a sum of money. */
export const COST: readonly Column[] = [
  { name: 'cost_micro', type: 'bigint' },
  { name: 'cost_pico', type: 'bigint' },
];

/** The key columns of the sums by day. */
export const DAY_KEY = [
  'date',
  'key_hash',
  'user_id',
  'team_id',
  'organization_id',
  'customer_id',
  'model',
  'model_group',
  'provider',
].map((name): Column => ({ name, type: 'text' }));

/** The summed columns of the sums by day. */
export const DAY_SUMS = [
  'input_tokens',
  'output_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'cost_micro',
  'cost_pico',
  'requested_micro',
  'requested_pico',
  'attempts',
  'succeeded',
  'failed',
].map((name): Column => ({ name, type: 'bigint' }));

/** What the sums of savings are counted by, besides the day's dimensions. */
export const MECHANISM: Column = { name: 'mechanism', type: 'text' };
/** The summed columns of savings. Qualities are added up in millionths: whole numbers add up the same in every order. */
export const SAVINGS_SUMS = ['attempts', 'saved_micro', 'saved_pico', 'rated', 'quality_millionths'].map(
  (name): Column => ({ name, type: 'bigint' }),
);

/**
 * Rows to add to the sums, in the order of their keys: two writers that lock rows in the same order cannot deadlock.
 */
interface Sums {
  readonly buckets: readonly Values[];
  readonly totals: readonly Values[];
  readonly days: readonly Values[];
  readonly tags: readonly Values[];
  readonly savings: readonly Values[];
}

interface Sum {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  cost: PicoUsd;
  requestedCost: PicoUsd;
  attempts: number;
  succeeded: number;
  failed: number;
}

/** A row to sum, with its money as bigints or as text. */
type SummedRow = LedgerRow | PlainRow;

/** Rows that count for the same accounts, dimensions and tags in the same quarter of an hour. */
interface Alike extends Sum {
  readonly row: SummedRow;
}

const EMPTY_SUM: Readonly<Sum> = {
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  cost: 0n,
  requestedCost: 0n,
  attempts: 0,
  succeeded: 0,
  failed: 0,
};

/** The sums of `added` rows, less those of `removed` rows. */
export function sumsOf(added: readonly SummedRow[], removed: readonly SummedRow[]): Sums {
  // Most rows of a batch are alike: slow work is done once for each kind of row.
  const alike = new Map<string, Alike>();
  for (const row of added) addAlike(alike, row, 1);
  for (const row of removed) addAlike(alike, row, -1);
  const totals = new Map<string, PicoUsd>();
  const buckets = new Map<string, { readonly account: string; readonly bucket: number; cost: PicoUsd }>();
  const days = new Map<string, DaySum>();
  const tags = new Map<string, DaySum>();
  for (const kind of alike.values()) {
    const { row, cost } = kind;
    if (cost !== 0n) {
      const bucket = bucketOf(row.startedAtMs);
      for (const account of new Set(row.accounts)) {
        totals.set(account, (totals.get(account) ?? 0n) + cost);
        const name = `${bucket} ${account}`;
        const sum = buckets.get(name);
        if (sum === undefined) buckets.set(name, { account, bucket, cost });
        else sum.cost += cost;
      }
    }
    const key = dayKey(row);
    addDay(days, key, kind);
    for (const tag of new Set(row.tags)) addDay(tags, [tag, ...key], kind);
  }
  return {
    totals: [...totals].map(([account, cost]) => [account, ...storedMoney(cost)]).sort(byFirst),
    buckets: [...buckets.values()]
      .map(({ account, bucket, cost }) => [account, bucket, ...storedMoney(cost)] as const)
      .sort((left, right) => byFirst(left, right) || left[1] - right[1]),
    days: [...days].sort(byFirst).map(([, sum]) => dayValues(sum)),
    tags: [...tags].sort(byFirst).map(([, sum]) => dayValues(sum)),
    savings: savingsOf(added, removed),
  };
}

interface SavedSum {
  readonly key: readonly string[];
  attempts: number;
  saved: PicoUsd;
  rated: number;
  quality: number;
}

/** Most rows have no savings and take no part. */
function savingsOf(added: readonly SummedRow[], removed: readonly SummedRow[]): readonly Values[] {
  const sums = new Map<string, SavedSum>();
  const add = (row: SummedRow, sign: 1 | -1): void => {
    const { savings, expectedQuality } = row;
    if (savings === undefined) return;
    const day = dayKey(row);
    for (const [mechanism, saved] of Object.entries(savings)) {
      const key = [...day, mechanism];
      const name = JSON.stringify(key);
      let sum = sums.get(name);
      if (sum === undefined) {
        sum = { key, attempts: 0, saved: 0n, rated: 0, quality: 0 };
        sums.set(name, sum);
      }
      sum.attempts += sign;
      sum.saved += BigInt(sign) * BigInt(saved);
      if (expectedQuality === undefined) continue;
      sum.rated += sign;
      sum.quality += sign * Math.round(expectedQuality * 1e6);
    }
  };
  for (const row of added) add(row, 1);
  for (const row of removed) add(row, -1);
  return [...sums]
    .sort(byFirst)
    .map(([, { key, attempts, saved, rated, quality }]) => [...key, attempts, ...storedMoney(saved), rated, quality]);
}

function addAlike(kinds: Map<string, Alike>, row: SummedRow, sign: 1 | -1): void {
  // No text in the database contains a NUL, so different rows never share a name.
  const name = [
    bucketOf(row.startedAtMs),
    row.keyHash,
    row.userId,
    row.teamId,
    row.organizationId,
    row.customerId,
    row.model,
    row.modelGroup,
    row.provider,
    row.tags.length,
    ...row.tags,
    ...row.accounts,
  ].join('\0');
  let kind = kinds.get(name);
  if (kind === undefined) {
    kind = { ...EMPTY_SUM, row };
    kinds.set(name, kind);
  }
  const cost = BigInt(row.cost ?? 0);
  kind.inputTokens += sign * row.inputTokens;
  kind.outputTokens += sign * row.outputTokens;
  kind.cachedInputTokens += sign * (row.cachedInputTokens ?? 0);
  kind.cacheWriteTokens += sign * (row.cacheWriteTokens ?? 0);
  kind.cost += BigInt(sign) * cost;
  // If the cost of the requested model is unknown, nothing counts as saved.
  kind.requestedCost += BigInt(sign) * (row.requestedCost === undefined ? cost : BigInt(row.requestedCost));
  kind.attempts += sign;
  if (row.status === 'success' || row.status === 'cache-hit') kind.succeeded += sign;
  if (row.status === 'failure' || row.status === 'orphan') kind.failed += sign;
}

function byFirst(left: readonly unknown[], right: readonly unknown[]): number {
  const [one, other] = [String(left[0]), String(right[0])];
  return one < other ? -1 : one > other ? 1 : 0;
}

function dayKey(row: SummedRow): readonly string[] {
  return [
    new Date(row.startedAtMs).toISOString().slice(0, 10),
    row.keyHash,
    row.userId ?? '',
    row.teamId ?? '',
    row.organizationId ?? '',
    row.customerId ?? '',
    row.model ?? '',
    row.modelGroup ?? '',
    row.provider ?? '',
  ];
}

interface DaySum extends Sum {
  readonly key: readonly string[];
}

function addDay(days: Map<string, DaySum>, key: readonly string[], more: Sum): void {
  const name = JSON.stringify(key);
  let sum = days.get(name);
  if (sum === undefined) {
    sum = { ...EMPTY_SUM, key };
    days.set(name, sum);
  }
  sum.inputTokens += more.inputTokens;
  sum.outputTokens += more.outputTokens;
  sum.cachedInputTokens += more.cachedInputTokens;
  sum.cacheWriteTokens += more.cacheWriteTokens;
  sum.cost += more.cost;
  sum.requestedCost += more.requestedCost;
  sum.attempts += more.attempts;
  sum.succeeded += more.succeeded;
  sum.failed += more.failed;
}

function dayValues(sum: DaySum): Values {
  return [
    ...sum.key,
    sum.inputTokens,
    sum.outputTokens,
    sum.cachedInputTokens,
    sum.cacheWriteTokens,
    ...storedMoney(sum.cost),
    ...storedMoney(sum.requestedCost),
    sum.attempts,
    sum.succeeded,
    sum.failed,
  ];
}
