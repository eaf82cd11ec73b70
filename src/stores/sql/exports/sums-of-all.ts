/** All money of a database. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { PicoUsd } from '../../../core/money.ts';
import type { MovedSums } from '../../contracts/moved.ts';
import type { NoTables } from '../connection.ts';
import { moneyOf } from '../ledger/sums.ts';

/** Adds it up each way that it is kept. */
export async function sumsOfAll(read: Kysely<NoTables>): Promise<MovedSums> {
  // A sum of pico-USD alone would run over 64 bits.
  const pico = sql`case when cost_pico is null then 0 else cost_pico end`;
  return {
    spend: await sumOf(read, 'account_spend', sql`cost_micro`, sql`cost_pico`),
    totals: await sumOf(read, 'account_totals', sql`cost_micro`, sql`cost_pico`),
    activity: await sumOf(read, 'daily_activity', sql`cost_micro`, sql`cost_pico`),
    ledger: await sumOf(read, 'ledger', sql`${pico} / 1000000`, sql`${pico} % 1000000`),
    rows: await countOf(read, 'ledger'),
  };
}

async function sumOf(
  read: Kysely<NoTables>,
  table: string,
  micro: RawBuilder<unknown>,
  pico: RawBuilder<unknown>,
): Promise<PicoUsd> {
  const { rows } = await sql<{ readonly cost_micro: bigint | null; readonly cost_pico: bigint | null }>`
    select cast(sum(${micro}) as bigint) as cost_micro, cast(sum(${pico}) as bigint) as cost_pico
    from ${sql.table(table)}`.execute(read);
  return moneyOf(rows[0]?.cost_micro ?? 0n, rows[0]?.cost_pico ?? 0n);
}

async function countOf(read: Kysely<NoTables>, table: string): Promise<number> {
  const { rows } = await sql<{ found: number }>`select count(*) as found from ${sql.table(table)}`.execute(read);
  return rows[0]?.found ?? 0;
}
