/** Sums of money of a database, in full. */
import { formatUsd } from '../../core/money.ts';
import type { MovedSums } from '../../stores/contracts/moved.ts';

const WAYS = [
  ['spend', 'spend of all accounts'],
  ['totals', 'since their resets'],
  ['activity', 'by day'],
  ['ledger', 'rows of the ledger'],
] as const;

/** A line for each way that money is added up, with one sum for each moment. */
export function moneyLines(moments: readonly (readonly [when: string, sums: MovedSums])[]): string {
  return WAYS.map(([name, what]) => {
    const sums = moments.map(([when, all]) => `${formatUsd(all[name])} ${when}`);
    return `  USD ${what.padEnd(24)}${sums.join(', ')}\n`;
  }).join('');
}

/** The sums as texts of USD. */
export function moneyOf(sums: MovedSums): Readonly<Record<string, string | number>> {
  return { ...Object.fromEntries(WAYS.map(([name]) => [name, formatUsd(sums[name])])), rows: sums.rows };
}
