/** Writes moved rows and what is new of sums, with the record of both. */
import { sql } from 'kysely';
import type { ImportRun } from '../../contracts/imports.ts';
import type { PlainRow } from '../../contracts/ledger-text.ts';
import type { MovedChange, MovedRow } from '../../contracts/moved.ts';
import { newCosts, newSums, seenOf } from '../../contracts/moved-changes.ts';
import type { SqlConnection } from '../connection.ts';
import { type DirectoryTransaction, withoutTables } from '../directory/writing.ts';
import { prepareRow } from '../ledger/columns.ts';
import { type Column, insertRows } from '../ledger/json-rows.ts';
import { addCountedRows } from '../ledger/write-rows.ts';
import { idOfRow, seenRows } from './moved-changes.ts';
import { addToSums, putReset } from './moved-sums.ts';
import type { RecordedRow } from './recorded-entry.ts';
import { record } from './records.ts';

type Database = SqlConnection['kind'];

/** Another import of the same source wrote meanwhile: what is new has to be found again. */
class ImportedMeanwhileError extends Error {
  override readonly name = 'ImportedMeanwhileError';
  constructor() {
    super('Another import from the same source is under way. Wait until it has ended, and run this one again.');
  }
}

/** Writes them in one transaction. */
export async function addRows(
  database: Database,
  transaction: DirectoryTransaction,
  run: Pick<ImportRun, 'id' | 'source'>,
  changes: readonly MovedChange[],
): Promise<void> {
  await refuseSeenMeanwhile(database, transaction, run.source, changes);
  const recorded: RecordedRow[] = [];
  for (const change of changes) recorded.push(await recordedOf(transaction, change));
  await addToSums(database, transaction, recorded);
  await addPlainRows(
    database,
    transaction,
    changes.map(({ row }) => row),
  );
  await record(
    transaction,
    run,
    changes.map(({ row }, index) => {
      const seen = seenOf(row);
      return { kind: row.kind, id: idOfRow(row), data: recorded[index] ?? {}, ...(seen !== undefined && { seen }) };
    }),
  );
}

async function refuseSeenMeanwhile(
  database: Database,
  transaction: DirectoryTransaction,
  source: string,
  changes: readonly MovedChange[],
): Promise<void> {
  for (const [kind, some] of Map.groupBy(changes, ({ row }) => row.kind)) {
    const ids = some.map(({ row }) => idOfRow(row));
    const seen = await seenRows(database, withoutTables(transaction), source, kind, ids);
    if (some.some(({ row, seenBefore }) => seen.get(idOfRow(row)) !== seenBefore)) throw new ImportedMeanwhileError();
  }
}

/** What is new of a row; a reset is written at once, because the one before it is recorded. */
async function recordedOf(transaction: DirectoryTransaction, { row, seenBefore }: MovedChange): Promise<RecordedRow> {
  const before = seenBefore === undefined ? {} : { seenBefore };
  switch (row.kind) {
    case 'spend': {
      const costs = newCosts(row, seenBefore).map(([atMs, cost]) => [atMs, cost.toString()] as const);
      return { ...before, account: row.account, costs };
    }
    case 'total':
      return { ...before, account: row.account, total: (row.cost - BigInt(seenBefore ?? '0')).toString() };
    case 'reset': {
      const reset = await putReset(transaction, row.account, { at: row.atMs, cost: row.cost.toString() });
      return { ...before, account: row.account, ...(reset !== undefined && { reset }) };
    }
    case 'activity':
      return {
        ...before,
        ...(row.tag !== undefined && { tag: row.tag }),
        by: row.by,
        sums: newSums(row, seenBefore).map(String),
      };
    case 'savings':
      return { ...before, by: row.by, sums: newSums(row, seenBefore).map(String), areSavings: true };
    default:
      return {};
  }
}

const AUDIT_COLUMNS: readonly Column[] = [
  { name: 'id', type: 'text' },
  { name: 'at', type: 'bigint' },
  { name: 'changed_by', type: 'text' },
  { name: 'key_hash', type: 'text' },
  { name: 'action', type: 'text' },
  { name: 'object_table', type: 'text' },
  { name: 'object_id', type: 'text' },
  { name: 'data', type: 'text' },
];

/** Rows whose sums move apart from them. */
async function addPlainRows(
  database: Database,
  transaction: DirectoryTransaction,
  rows: readonly MovedRow[],
): Promise<void> {
  const kept = rows.flatMap((row) =>
    row.kind === 'ledger' ? prepareRow(JSON.parse(row.text) as PlainRow, row.text) : [],
  );
  const ids = rows.flatMap((row) => (row.kind === 'attempt' ? { id: row.id, startedAtMs: row.startedAtMs } : []));
  await addCountedRows(database, withoutTables(transaction), kept, ids);
  const entries = rows.flatMap((row) =>
    row.kind === 'change'
      ? [[row.id, row.atMs, row.changedBy, row.keyHash, row.action, row.table, row.objectId, row.text]]
      : [],
  );
  if (entries.length === 0) return;
  await sql`${insertRows(database, 'audit', AUDIT_COLUMNS, entries)} on conflict do nothing`.execute(transaction);
}
