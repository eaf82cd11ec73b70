/** Sums that moved: what is new of them is added, or taken off again. */
import { sql } from 'kysely';
import type { SqlConnection } from '../connection.ts';
import type { DirectoryTransaction } from '../directory/writing.ts';
import { addSums, type Values } from '../ledger/json-rows.ts';
import {
  ACCOUNT,
  BUCKET,
  COST,
  DAY_KEY,
  DAY_SUMS,
  MECHANISM,
  moneyOf,
  SAVINGS_SUMS,
  storedMoney,
  TAG,
} from '../ledger/sums.ts';
import type { RecordedRow, StoredReset } from './recorded-entry.ts';

/** Adds what is recorded. */
export async function addToSums(
  database: SqlConnection['kind'],
  transaction: DirectoryTransaction,
  recorded: readonly RecordedRow[],
): Promise<void> {
  // In the order of their keys, as every writer locks these rows.
  const costs = recorded
    .flatMap(({ account = '', costs = [] }) =>
      costs.map(([bucket, cost]) => [account, bucket, ...storedMoney(BigInt(cost))] as const),
    )
    .sort((left, right) => compare(left[0], right[0]) || left[1] - right[1]);
  if (costs.length > 0) {
    await addSums(database, 'account_spend', [ACCOUNT, BUCKET], COST, costs).execute(transaction);
  }
  const totals = recorded
    .flatMap(({ account = '', total }) =>
      total === undefined ? [] : [[account, ...storedMoney(BigInt(total))] as const],
    )
    .sort((left, right) => compare(left[0], right[0]));
  if (totals.length > 0) await addSums(database, 'account_totals', [ACCOUNT], COST, totals).execute(transaction);
  const days = recorded
    .flatMap(({ tag, by = [], sums, areSavings }): { tag: string | undefined; values: Values }[] =>
      sums === undefined || areSavings === true ? [] : [{ tag, values: [...by, ...sums] }],
    )
    .sort((left, right) => compare(left.values.join('\0'), right.values.join('\0')));
  const plain = days.filter(({ tag }) => tag === undefined).map(({ values }) => values);
  if (plain.length > 0) await addSums(database, 'daily_activity', DAY_KEY, DAY_SUMS, plain).execute(transaction);
  const tagged = days
    .flatMap(({ tag, values }): Values[] => (tag === undefined ? [] : [[tag, ...values]]))
    .sort((left, right) => compare(String(left[0]), String(right[0])));
  if (tagged.length > 0) {
    await addSums(database, 'daily_tag_activity', [TAG, ...DAY_KEY], DAY_SUMS, tagged).execute(transaction);
  }
  const saved = recorded
    .flatMap(({ by = [], sums, areSavings }): Values[] =>
      sums === undefined || areSavings !== true ? [] : [[...by, ...sums]],
    )
    .sort((left, right) => compare(left.join('\0'), right.join('\0')));
  if (saved.length > 0) {
    await addSums(database, 'daily_savings', [...DAY_KEY, MECHANISM], SAVINGS_SUMS, saved).execute(transaction);
  }
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Puts a reset in place of an older one; undefined if the one that is there is as new. */
export async function putReset(
  transaction: DirectoryTransaction,
  account: string,
  reset: StoredReset,
): Promise<RecordedRow['reset']> {
  const found = await resetOf(transaction, account);
  if (found !== undefined && found.at >= reset.at) return undefined;
  await storeReset(transaction, account, reset);
  return { at: reset.at, before: found ?? null };
}

/** Puts back the reset that was there before, if none came since. */
export async function restoreReset(
  transaction: DirectoryTransaction,
  account: string,
  { at, before }: NonNullable<RecordedRow['reset']>,
): Promise<void> {
  const found = await resetOf(transaction, account);
  if (found?.at !== at) return;
  if (before === null) await sql`delete from account_resets where account = ${account}`.execute(transaction);
  else await storeReset(transaction, account, before);
}

/** The last reset of an account. */
export async function resetOf(transaction: DirectoryTransaction, account: string): Promise<StoredReset | undefined> {
  const { rows } = await sql<{ at: number; cost_micro: bigint; cost_pico: bigint }>`
    select at, cost_micro, cost_pico from account_resets where account = ${account}`.execute(transaction);
  const [row] = rows;
  return row === undefined ? undefined : { at: row.at, cost: moneyOf(row.cost_micro, row.cost_pico).toString() };
}

async function storeReset(
  transaction: DirectoryTransaction,
  account: string,
  { at, cost }: StoredReset,
): Promise<void> {
  const [micro, pico] = storedMoney(BigInt(cost));
  await sql`insert into account_resets (account, at, cost_micro, cost_pico)
    values (${account}, ${at}, ${BigInt(micro)}, ${BigInt(pico)})
    on conflict (account) do update
    set at = excluded.at, cost_micro = excluded.cost_micro, cost_pico = excluded.cost_pico`.execute(transaction);
}
