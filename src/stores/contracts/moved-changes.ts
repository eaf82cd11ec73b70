/** What is new of moved rows, as far as earlier runs of the same source are known. Pure. */
import type { PicoUsd } from '../../core/money.ts';
import type { MovedChange, MovedRow, MovedSums } from './moved.ts';

/** What is remembered of a row, to compare a later one with; undefined for rows that never change. */
export function seenOf(row: MovedRow): string | undefined {
  switch (row.kind) {
    case 'spend':
      return JSON.stringify(row.costs.map(([atMs, cost]) => [atMs, cost.toString()]));
    case 'total':
      return row.cost.toString();
    case 'reset':
      return `${row.atMs} ${row.cost}`;
    case 'activity':
    case 'savings':
      return JSON.stringify(row.sums.map(String));
    default:
      return undefined;
  }
}

/** What an account spent on a day that an earlier run did not bring. */
export function newCosts(
  { costs }: Extract<MovedRow, { kind: 'spend' }>,
  seenBefore: string | undefined,
): readonly (readonly [atMs: number, cost: PicoUsd])[] {
  const more = new Map<number, PicoUsd>();
  for (const [atMs, cost] of costs) more.set(atMs, (more.get(atMs) ?? 0n) + cost);
  for (const [atMs, cost] of JSON.parse(seenBefore ?? '[]') as [number, string][]) {
    more.set(atMs, (more.get(atMs) ?? 0n) - BigInt(cost));
  }
  return [...more].filter(([, cost]) => cost !== 0n);
}

/** What is new of the sums of a day. */
export function newSums(
  { sums }: Extract<MovedRow, { kind: 'activity' | 'savings' }>,
  seenBefore: string | undefined,
): readonly bigint[] {
  const before = JSON.parse(seenBefore ?? '[]') as string[];
  return sums.map((sum, index) => sum - BigInt(before[index] ?? '0'));
}

const NOTHING: MovedSums = { spend: 0n, totals: 0n, activity: 0n, ledger: 0n, rows: 0 };

/** What a change adds to all money. */
export function newMoney({ row, seenBefore, replaced }: MovedChange): MovedSums {
  switch (row.kind) {
    case 'spend':
      return { ...NOTHING, spend: newCosts(row, seenBefore).reduce((sum, [, cost]) => sum + cost, 0n) };
    case 'total':
      return { ...NOTHING, totals: row.cost - BigInt(seenBefore ?? '0') };
    case 'activity': {
      const [, , , , micro = 0n, pico = 0n] = newSums(row, seenBefore);
      // What has a tag is counted without it too.
      return row.tag === undefined ? { ...NOTHING, activity: micro * 1_000_000n + pico } : NOTHING;
    }
    case 'ledger':
      return { ...NOTHING, ledger: (row.cost ?? 0n) - (replaced ?? 0n), rows: replaced === undefined ? 1 : 0 };
    default:
      return NOTHING;
  }
}
