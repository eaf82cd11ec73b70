/** Which moved rows are new, and what is new of sums. */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { PicoUsd } from '../../../core/money.ts';
import type { MovedChange, MovedRow } from '../../contracts/moved.ts';
import { seenOf } from '../../contracts/moved-changes.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { isOneOf } from '../directory/search.ts';
import type { ImportTables } from './import-tables.ts';

type Database = SqlConnection['kind'];

/** The id of a row among those of its kind. */
export function idOfRow(row: MovedRow): string {
  switch (row.kind) {
    case 'spend':
      return `${row.account} ${row.dayMs}`;
    case 'total':
    case 'reset':
      return row.account;
    case 'activity':
    case 'savings':
      // Its columns together may be longer than an index takes.
      return createHash('sha256')
        .update(JSON.stringify([(row.kind === 'activity' ? row.tag : undefined) ?? null, ...row.by]))
        .digest('hex');
    default:
      return row.id;
  }
}

/** What was remembered of rows of one kind, by their ids. */
export async function seenRows(
  database: Database,
  read: Kysely<NoTables>,
  source: string,
  kind: MovedRow['kind'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await read
    .withTables<ImportTables>()
    .selectFrom('imported')
    .select(['id', 'seen'])
    .where('source', '=', source)
    .where('kind', '=', kind)
    .where(isOneOf(database, 'id', ids))
    .execute();
  return new Map(rows.map(({ id, seen }) => [id, seen]));
}

/** Those of the rows that are new here, or differ from what earlier runs of the source brought. */
export async function changesAmong(
  { kind: database, read }: SqlConnection,
  source: string,
  rows: readonly MovedRow[],
): Promise<readonly MovedChange[]> {
  const changes: MovedChange[] = [];
  for (const [kind, some] of Map.groupBy(rows, (row) => row.kind)) {
    const ids = some.map(idOfRow);
    if (kind === 'attempt' || kind === 'ledger' || kind === 'change') {
      const there = await idsThere(database, read, kind, ids);
      for (const row of some) {
        const found = there.get(idOfRow(row));
        if (found === undefined) changes.push({ row });
        // An orphan's row gives way to the true one.
        else if (found.isOrphan && row.kind === 'ledger' && !row.isOrphan) changes.push({ row, replaced: found.cost });
      }
      continue;
    }
    const seen = await seenRows(database, read, source, kind, ids);
    for (const row of some) {
      const seenBefore = seen.get(idOfRow(row));
      if (seenBefore === seenOf(row)) continue;
      changes.push(seenBefore === undefined ? { row } : { row, seenBefore });
    }
  }
  return changes;
}

/** A row that is there. */
interface Found {
  readonly isOrphan: boolean;
  readonly cost: PicoUsd;
}

async function idsThere(
  database: Database,
  read: Kysely<NoTables>,
  kind: 'attempt' | 'ledger' | 'change',
  ids: readonly string[],
): Promise<ReadonlyMap<string, Found>> {
  if (kind === 'change') {
    const { rows } = await sql<{ id: string }>`
      select id from audit where ${isOneOf(database, 'id', ids)}`.execute(read);
    return new Map(rows.map(({ id }) => [id, { isOrphan: false, cost: 0n }]));
  }
  const { rows } = await sql<{ attempt_id: string; status: string; cost_pico: bigint | null }>`
    select attempt_id, status, cost_pico from ledger where ${isOneOf(database, 'attempt_id', ids)}
    union all
    select attempt_id, '' as status, cast(null as bigint) as cost_pico from ledger_ids where ${isOneOf(database, 'attempt_id', ids)}`.execute(
    read,
  );
  return new Map(
    rows.map(({ attempt_id, status, cost_pico }) => [
      attempt_id,
      { isOrphan: status === 'orphan', cost: cost_pico ?? 0n },
    ]),
  );
}
