/** Sums by day and other dimensions, from the sums of each day: as fast with ten million rows as with ten thousand. */
import { type Kysely, sql } from 'kysely';
import type { ActivityDimension, ActivityRow, Ledger } from '../../contracts/ledger.ts';
import type { NoTables } from '../connection.ts';
import { allOf, ofDays } from './conditions.ts';
import { DAY_SUMS, moneyOf } from './sums.ts';

/** The columns of sums by day, by what they are asked for by. */
export const DAY_COLUMNS: Readonly<Record<ActivityDimension, string>> = {
  date: 'date',
  key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
  organization: 'organization_id',
  customer: 'customer_id',
  model: 'model',
  modelGroup: 'model_group',
  provider: 'provider',
  tag: 'tag',
};

interface SummedRow {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_tokens: number;
  readonly cost_micro: bigint | null;
  readonly cost_pico: bigint | null;
  readonly requested_micro: bigint | null;
  readonly requested_pico: bigint | null;
  readonly attempts: number | null;
  readonly succeeded: number;
  readonly failed: number;
  readonly [dimension: string]: unknown;
}

const SUMMED = DAY_SUMS.map(({ name }) => name);

/** Sums by the requested dimensions, in their order. A value that rows did not have is left out of `by`. */
export async function readActivity(
  read: Kysely<NoTables>,
  filter: Parameters<Ledger['activity']>[0],
  by: readonly ActivityDimension[],
): Promise<ActivityRow[]> {
  const isByTag = filter.tag !== undefined || by.includes('tag');
  const dimensions = by.map((dimension) => sql.ref(DAY_COLUMNS[dimension]));
  // Postgres adds integers up to a type of its own, which its driver gives as text.
  const sums = SUMMED.map((column) => sql`cast(sum(${sql.ref(column)}) as bigint) as ${sql.ref(column)}`);
  const grouped =
    dimensions.length === 0 ? sql`` : sql`group by ${sql.join(dimensions)} order by ${sql.join(dimensions)}`;
  const { rows } = await sql<SummedRow>`
    select ${sql.join([...dimensions, ...sums])} from ${sql.table(isByTag ? 'daily_tag_activity' : 'daily_activity')}
    where ${allOf(ofDays(filter))} ${grouped}`.execute(read);
  return rows.flatMap((row) => {
    const attempts = row.attempts ?? 0;
    // No attempts, or only orphans that true rows have replaced.
    if (attempts === 0) return [];
    const named = by.flatMap((dimension) => {
      const value = row[DAY_COLUMNS[dimension]];
      return typeof value === 'string' && value !== '' ? [[dimension, value] as const] : [];
    });
    return {
      by: Object.fromEntries(named),
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cachedInputTokens: row.cached_input_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      cost: moneyOf(row.cost_micro, row.cost_pico),
      requestedCost: moneyOf(row.requested_micro, row.requested_pico),
      attempts,
      succeeded: row.succeeded,
      failed: row.failed,
    };
  });
}
