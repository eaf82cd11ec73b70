/** Writes rows and the sums that follow from them: one transaction, each attempt once. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { LedgerRow } from '../../contracts/ledger.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { LEDGER_COLUMNS, rowOf, type StoredRow, storableRow, valuesOf } from './columns.ts';
import { addSums, type Column, insertRows, jsonRows, type Values } from './json-rows.ts';
import { DAY_KEY, DAY_SUMS, sumsOf } from './sums.ts';

const ATTEMPT: Column = { name: 'attempt_id', type: 'text' };
const STARTED: Column = { name: 'started_at', type: 'bigint' };
const ACCOUNT: Column = { name: 'account', type: 'text' };
const BUCKET: Column = { name: 'bucket', type: 'bigint' };
const TAG: Column = { name: 'tag', type: 'text' };
const COST: readonly Column[] = [
  { name: 'cost_micro', type: 'bigint' },
  { name: 'cost_pico', type: 'bigint' },
];

/** How rows are written. */
export interface WriteOptions {
  /** Sums only; of each attempt its id is kept, so that it is counted once. Orphans keep their row until the true one comes. */
  readonly withoutRows: boolean;
}

/** Writes rows; those whose attempt is there already change nothing, but for true ones that take the place of an orphan's. */
export async function writeRows(
  { kind, write }: SqlConnection,
  rows: readonly LedgerRow[],
  options: WriteOptions,
): Promise<void> {
  const wanted = oncePerAttempt(rows.map(storableRow));
  if (wanted.length === 0) return;
  await retryConflicts(() =>
    write.transaction().execute(async (transaction) => {
      const run = (query: RawBuilder<unknown>) => query.execute(transaction);
      const { added, replaced } = await addRows(kind, transaction, wanted, options);
      const sums = sumsOf(added, replaced);
      if (sums.buckets.length > 0) {
        await run(addSums(kind, 'account_spend', [ACCOUNT, BUCKET], COST, sums.buckets));
        await run(addSums(kind, 'account_totals', [ACCOUNT], COST, sums.totals));
      }
      if (sums.days.length > 0) await run(addSums(kind, 'daily_activity', DAY_KEY, DAY_SUMS, sums.days));
      if (sums.tags.length > 0) await run(addSums(kind, 'daily_tag_activity', [TAG, ...DAY_KEY], DAY_SUMS, sums.tags));
    }),
  );
}

/** Puts rows that are new, and takes orphans out whose true row is among them. */
async function addRows(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  rows: readonly LedgerRow[],
  { withoutRows }: WriteOptions,
): Promise<{ readonly added: readonly LedgerRow[]; readonly replaced: readonly LedgerRow[] }> {
  const truths = rows.filter(({ status }) => status !== 'orphan');
  const replaced = await takeOrphans(kind, transaction, truths);
  const counted = await idsIn(kind, transaction, 'ledger_ids', rows);
  const fresh = rows.filter(({ attemptId }) => !counted.has(attemptId));
  const isKept = ({ status }: LedgerRow): boolean => !withoutRows || status === 'orphan';
  const kept = fresh.filter(isKept);
  const idsOnly = fresh.filter((row) => !isKept(row));
  const added = new Set<string>();
  if (kept.length > 0) {
    for (const id of await insertNew(kind, transaction, 'ledger', LEDGER_COLUMNS, kept.map(valuesOf))) added.add(id);
    const tags = kept
      .filter(({ attemptId }) => added.has(attemptId))
      .flatMap(({ tags, startedAtMs, attemptId }) => [...new Set(tags)].map((tag) => [tag, startedAtMs, attemptId]));
    if (tags.length > 0) {
      await sql`${insertRows(kind, 'ledger_tags', [TAG, STARTED, ATTEMPT], tags)} on conflict do nothing`.execute(
        transaction,
      );
    }
  }
  if (idsOnly.length > 0) {
    // Rows may be there from before they were switched off.
    const withRow = await idsIn(kind, transaction, 'ledger', idsOnly);
    const values = idsOnly
      .filter(({ attemptId }) => !withRow.has(attemptId))
      .map(({ attemptId, startedAtMs }) => [attemptId, startedAtMs]);
    for (const id of await insertNew(kind, transaction, 'ledger_ids', [ATTEMPT, STARTED], values)) added.add(id);
  }
  return { added: fresh.filter(({ attemptId }) => added.has(attemptId)), replaced };
}

async function insertNew(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  table: 'ledger' | 'ledger_ids',
  columns: readonly Column[],
  values: readonly Values[],
): Promise<string[]> {
  if (values.length === 0) return [];
  const { rows } = await sql<{
    attempt_id: string;
  }>`${insertRows(kind, table, columns, values)} on conflict (attempt_id) do nothing returning attempt_id`.execute(
    transaction,
  );
  return rows.map(({ attempt_id }) => attempt_id);
}

/** Deletes the rows of orphans that these attempts turn out to have been, and gives them back. */
async function takeOrphans(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  truths: readonly LedgerRow[],
): Promise<LedgerRow[]> {
  if (truths.length === 0) return [];
  const { rows } = await sql<StoredRow>`
    delete from ledger where status = 'orphan' and attempt_id in (${idRows(kind, truths)})
    returning *`.execute(transaction);
  const orphans = rows.map(rowOf);
  const tags = orphans.flatMap(({ tags, startedAtMs, attemptId }) => tags.map((tag) => [tag, startedAtMs, attemptId]));
  if (tags.length > 0) await deleteTags(kind, transaction, tags);
  return orphans;
}

/** Deletes entries of the index by tag. */
export async function deleteTags(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  tags: readonly Values[],
): Promise<void> {
  await sql`delete from ledger_tags
    where (tag, started_at, attempt_id) in (${jsonRows(kind, [TAG, STARTED, ATTEMPT], tags)})`.execute(transaction);
}

async function idsIn(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  table: 'ledger' | 'ledger_ids',
  rows: readonly LedgerRow[],
): Promise<ReadonlySet<string>> {
  const found = await sql<{
    attempt_id: string;
  }>`select attempt_id from ${sql.table(table)} where attempt_id in (${idRows(kind, rows)})`.execute(transaction);
  return new Set(found.rows.map(({ attempt_id }) => attempt_id));
}

function idRows(kind: SqlConnection['kind'], rows: readonly LedgerRow[]): RawBuilder<unknown> {
  return jsonRows(
    kind,
    [ATTEMPT],
    rows.map(({ attemptId }) => [attemptId]),
  );
}

/** One row for each attempt, the true one before an orphan's, in the order of their ids. */
function oncePerAttempt(rows: readonly LedgerRow[]): readonly LedgerRow[] {
  const chosen = new Map<string, LedgerRow>();
  for (const row of rows) {
    const other = chosen.get(row.attemptId);
    if (other === undefined || (other.status === 'orphan' && row.status !== 'orphan')) chosen.set(row.attemptId, row);
  }
  return [...chosen.values()].sort((left, right) => (left.attemptId < right.attemptId ? -1 : 1));
}
