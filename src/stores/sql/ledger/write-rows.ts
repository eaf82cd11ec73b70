/** Writes rows and their sums in one transaction, each attempt once. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { LedgerRow } from '../../contracts/ledger.ts';
import type { PlainRow } from '../../contracts/ledger-text.ts';
import type { NoTables, SqlConnection, WriteOptions } from '../connection.ts';
import { retryConflicts } from '../sql-error.ts';
import { LEDGER_COLUMNS, type PreparedRow, prepareRow, rowOf, type StoredRow } from './columns.ts';
import { addSums, type Column, insertRows, jsonRows, type Values } from './json-rows.ts';
import { ACCOUNT, BUCKET, COST, DAY_KEY, DAY_SUMS, MECHANISM, SAVINGS_SUMS, sumsOf, TAG } from './sums.ts';

const ATTEMPT: Column = { name: 'attempt_id', type: 'text' };
const STARTED: Column = { name: 'started_at', type: 'bigint' };
/** How many rows are prepared in one turn of the event loop, so that requests are served meanwhile. */
const PREPARED_AT_ONCE = 50;

/** Writes rows. An attempt that is stored already changes nothing, except that a true row replaces an orphan's. */
export async function writeRows(
  { kind, write }: SqlConnection,
  texts: readonly string[],
  options: WriteOptions,
): Promise<void> {
  const prepared: PreparedRow[] = [];
  for (const text of texts) {
    if (prepared.length % PREPARED_AT_ONCE === PREPARED_AT_ONCE - 1) await nextTurn();
    prepared.push(prepareRow(JSON.parse(text) as PlainRow, text));
  }
  const wanted = oncePerAttempt(prepared);
  await retryConflicts(() =>
    write.transaction().execute(async (transaction) => {
      const run = (query: RawBuilder<unknown>) => query.execute(transaction);
      // The journal drops what is committed here, so a server that is set to commit asynchronously must not do so now.
      if (kind === 'postgres') await run(sql`set local synchronous_commit = on`);
      const { added, replaced } = await addRows(kind, transaction, wanted, options);
      const sums = sumsOf(added, replaced);
      if (sums.buckets.length > 0) {
        await run(addSums(kind, 'account_spend', [ACCOUNT, BUCKET], COST, sums.buckets));
        await run(addSums(kind, 'account_totals', [ACCOUNT], COST, sums.totals));
      }
      if (sums.days.length > 0) await run(addSums(kind, 'daily_activity', DAY_KEY, DAY_SUMS, sums.days));
      if (sums.tags.length > 0) await run(addSums(kind, 'daily_tag_activity', [TAG, ...DAY_KEY], DAY_SUMS, sums.tags));
      if (sums.savings.length > 0)
        await run(addSums(kind, 'daily_savings', [...DAY_KEY, MECHANISM], SAVINGS_SUMS, sums.savings));
    }),
  );
}

/** Adds rows whose sums are counted elsewhere, and the ids of attempts that have no row. */
export async function addCountedRows(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  rows: readonly PreparedRow[],
  ids: readonly { readonly id: string; readonly startedAtMs: number }[],
): Promise<void> {
  if (rows.length > 0) await addRows(kind, transaction, oncePerAttempt(rows), { withoutRows: false });
  const values = ids.map(({ id, startedAtMs }) => [id, startedAtMs]);
  await insertNew(kind, transaction, 'ledger_ids', [ATTEMPT, STARTED], values);
}

/** Adds rows that are new, and removes orphans whose true row is among them. */
async function addRows(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  rows: readonly PreparedRow[],
  { withoutRows }: WriteOptions,
): Promise<{ readonly added: readonly PlainRow[]; readonly replaced: readonly LedgerRow[] }> {
  const replaced = await takeOrphans(kind, transaction, rows.filter(isTrue));
  const counted = await idsIn(kind, transaction, 'ledger_ids', rows);
  const fresh = rows.filter(({ row }) => !counted.has(row.attemptId));
  const isKept = (prepared: PreparedRow): boolean => !withoutRows || !isTrue(prepared);
  const added = new Set([
    ...(await addKept(kind, transaction, fresh.filter(isKept))),
    ...(await addIds(
      kind,
      transaction,
      fresh.filter((prepared) => !isKept(prepared)),
    )),
  ]);
  return { added: fresh.filter(({ row }) => added.has(row.attemptId)).map(({ row }) => row), replaced };
}

/** Adds rows, and resolves to the ids of those that are new. */
async function addKept(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  rows: readonly PreparedRow[],
): Promise<readonly string[]> {
  const ids = await insertNew(
    kind,
    transaction,
    'ledger',
    LEDGER_COLUMNS,
    rows.map(({ values }) => values),
  );
  const isNew = new Set(ids);
  const tags = rows
    .filter(({ row }) => isNew.has(row.attemptId))
    .flatMap(({ row: { tags, startedAtMs, attemptId } }) =>
      [...new Set(tags)].map((tag) => [tag, startedAtMs, attemptId]),
    );
  if (tags.length > 0) {
    const inserted = insertRows(kind, 'ledger_tags', [TAG, STARTED, ATTEMPT], tags);
    await sql`${inserted} on conflict do nothing`.execute(transaction);
  }
  return ids;
}

/** Stores the ids of attempts that get no row, and resolves to those that are new. */
async function addIds(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  rows: readonly PreparedRow[],
): Promise<readonly string[]> {
  if (rows.length === 0) return [];
  // Rows may exist from before they were switched off.
  const withRow = await idsIn(kind, transaction, 'ledger', rows);
  const values = rows
    .filter(({ row }) => !withRow.has(row.attemptId))
    .map(({ row }) => [row.attemptId, row.startedAtMs]);
  return insertNew(kind, transaction, 'ledger_ids', [ATTEMPT, STARTED], values);
}

function isTrue({ row }: PreparedRow): boolean {
  return row.status !== 'orphan';
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

/** Deletes the orphans' rows of these attempts, and resolves to them. */
async function takeOrphans(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  truths: readonly PreparedRow[],
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
  rows: readonly PreparedRow[],
): Promise<ReadonlySet<string>> {
  const found = await sql<{
    attempt_id: string;
  }>`select attempt_id from ${sql.table(table)} where attempt_id in (${idRows(kind, rows)})`.execute(transaction);
  return new Set(found.rows.map(({ attempt_id }) => attempt_id));
}

function idRows(kind: SqlConnection['kind'], rows: readonly PreparedRow[]): RawBuilder<unknown> {
  return jsonRows(
    kind,
    [ATTEMPT],
    rows.map(({ row }) => [row.attemptId]),
  );
}

/** One row for each attempt, the true one before an orphan's, in the order of their ids. */
function oncePerAttempt(rows: readonly PreparedRow[]): readonly PreparedRow[] {
  const chosen = new Map<string, PreparedRow>();
  for (const prepared of rows) {
    const { attemptId } = prepared.row;
    const other = chosen.get(attemptId);
    if (other === undefined || (!isTrue(other) && isTrue(prepared))) chosen.set(attemptId, prepared);
  }
  return [...chosen.values()].sort((left, right) => (left.row.attemptId < right.row.attemptId ? -1 : 1));
}
