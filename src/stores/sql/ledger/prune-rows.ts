/** Deletes old rows in small steps, so that no write waits long for the table. Sums stay. */
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import type { SqlConnection } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { rowOf, type StoredRow } from './columns.ts';
import { deleteTags } from './write-rows.ts';

const ROWS_AT_ONCE = 1_000;
/** The pause between two steps, in which others write. */
const PAUSE_MS = 5;

/**
 * Deletes rows of attempts that ended before; resolves to how many. An attempt whose row is deleted would be counted
 * again if it were written again, so rows should be kept for longer than a journal may stay unread.
 */
export async function pruneRows(connection: SqlConnection, beforeMs: number): Promise<number> {
  let pruned = 0;
  for (;;) {
    const step = await pruneStep(connection, beforeMs);
    pruned += step;
    if (step < ROWS_AT_ONCE) break;
    await wait(PAUSE_MS);
  }
  while ((await pruneIds(connection, beforeMs)) === ROWS_AT_ONCE) await wait(PAUSE_MS);
  return pruned;
}

function pruneStep({ kind, write }: SqlConnection, beforeMs: number): Promise<number> {
  return retryConflicts(() =>
    write.transaction().execute(async (transaction) => {
      const { rows } = await sql<StoredRow>`
        delete from ledger where attempt_id in (
          select attempt_id from ledger where started_at < ${beforeMs} and ended_at < ${beforeMs}
          order by started_at, attempt_id limit ${ROWS_AT_ONCE})
        returning *`.execute(transaction);
      const tags = rows.map(rowOf).flatMap((row) => row.tags.map((tag) => [tag, row.startedAtMs, row.attemptId]));
      if (tags.length > 0) await deleteTags(kind, transaction, tags);
      return rows.length;
    }),
  );
}

async function pruneIds({ write }: SqlConnection, beforeMs: number): Promise<number> {
  const { rows } = await sql`
    delete from ledger_ids where attempt_id in (
      select attempt_id from ledger_ids where started_at < ${beforeMs} order by started_at limit ${ROWS_AT_ONCE})
    returning attempt_id`.execute(write);
  return rows.length;
}
