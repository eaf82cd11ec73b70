/** What mechanisms saved, from the sums of each day. */
import { type Kysely, sql } from 'kysely';
import type { SavingsDimension, SavingsFilter, SavingsRow } from '../../contracts/ledger.ts';
import type { NoTables } from '../connection.ts';
import { DAY_COLUMNS } from './activity.ts';
import { allOf, ofDays } from './conditions.ts';
import { MECHANISM, moneyOf, SAVINGS_SUMS } from './sums.ts';

const { tag: _, ...OF_DAYS } = DAY_COLUMNS;
const COLUMNS: Readonly<Record<SavingsDimension, string>> = { ...OF_DAYS, mechanism: MECHANISM.name };

interface SummedRow {
  readonly attempts: number | null;
  readonly saved_micro: bigint | null;
  readonly saved_pico: bigint | null;
  readonly rated: number | null;
  readonly quality_millionths: number | null;
  readonly [dimension: string]: unknown;
}

/** Sums by the requested dimensions, in their order. A value that rows did not have is left out of `by`. */
export async function readSavings(
  read: Kysely<NoTables>,
  filter: SavingsFilter,
  by: readonly SavingsDimension[],
): Promise<SavingsRow[]> {
  const dimensions = by.map((dimension) => sql.ref(COLUMNS[dimension]));
  // Postgres adds integers up to a type of its own, which its driver gives as text.
  const sums = SAVINGS_SUMS.map(({ name }) => sql`cast(sum(${sql.ref(name)}) as bigint) as ${sql.ref(name)}`);
  const grouped =
    dimensions.length === 0 ? sql`` : sql`group by ${sql.join(dimensions)} order by ${sql.join(dimensions)}`;
  const { rows } = await sql<SummedRow>`
    select ${sql.join([...dimensions, ...sums])} from daily_savings
    where ${allOf(ofDays(filter))} ${grouped}`.execute(read);
  return rows.flatMap((row) => {
    const attempts = row.attempts ?? 0;
    if (attempts === 0) return [];
    const named = by.flatMap((dimension) => {
      const value = row[COLUMNS[dimension]];
      return typeof value === 'string' && value !== '' ? [[dimension, value] as const] : [];
    });
    return {
      by: Object.fromEntries(named),
      attempts,
      saved: moneyOf(row.saved_micro, row.saved_pico),
      rated: row.rated ?? 0,
      quality: (row.quality_millionths ?? 0) / 1e6,
    };
  });
}
