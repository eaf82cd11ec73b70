/**
 * Writes rows of the ledger in the database's thread: a batch is one message, so that the serving thread does no work
 * per row. Each attempt is written once, in one transaction with its sums.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { LedgerRow } from '../contracts/ledger.ts';
import type { PlainRow } from '../contracts/ledger-text.ts';
import { LEDGER_COLUMNS, prepareRow, rowOf, type StoredRow } from '../sql/ledger/columns.ts';
import type { Column, Values } from '../sql/ledger/json-rows.ts';
import { ACCOUNT, BUCKET, COST, DAY_KEY, DAY_SUMS, MECHANISM, SAVINGS_SUMS, sumsOf, TAG } from '../sql/ledger/sums.ts';
import { settleIntegers } from '../sql/row-integers.ts';

/** Rows to write, as texts. */
export interface RowsToWrite {
  readonly texts: readonly string[];
  readonly withoutRows: boolean;
  readonly fsync: boolean;
}

interface Statements {
  readonly add: StatementSync;
  readonly addId: StatementSync;
  readonly addTag: StatementSync;
  readonly anyId: StatementSync;
  readonly findId: StatementSync;
  readonly findRow: StatementSync;
  readonly deleteRow: StatementSync;
  readonly deleteTag: StatementSync;
  readonly addToSums: Readonly<Record<'buckets' | 'totals' | 'days' | 'tags' | 'savings', StatementSync>>;
}

/** The writer of one connection. */
export class LedgerWriter {
  readonly #database: DatabaseSync;
  #made: Statements | undefined;
  #isSynced = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Writes all rows; or throws and writes none. */
  write({ texts, withoutRows, fsync }: RowsToWrite): void {
    const database = this.#database;
    // It is a setting of the connection and cannot be changed within a transaction.
    if (fsync && !this.#isSynced) database.exec('PRAGMA synchronous = FULL');
    this.#isSynced ||= fsync;
    database.exec('BEGIN IMMEDIATE');
    try {
      this.#writeAll(texts, withoutRows);
      database.exec('COMMIT');
    } catch (error) {
      // SQLite may have rolled back already, if the disk is full.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #writeAll(texts: readonly string[], withoutRows: boolean): void {
    this.#made ??= statementsOf(this.#database);
    const { anyId, findId, addToSums } = this.#made;
    let mayBeCounted = anyId.get() !== undefined;
    const added: PlainRow[] = [];
    const removed: LedgerRow[] = [];
    for (const text of texts) {
      const prepared = prepareRow(JSON.parse(text) as PlainRow, text);
      const { attemptId, status } = prepared.row;
      const isTrue = status !== 'orphan';
      if (mayBeCounted && findId.get(attemptId) !== undefined) {
        // It was counted without a row; an orphan's row is deleted now.
        if (isTrue) removed.push(...this.#takeOrphan(attemptId));
        continue;
      }
      const add = (): boolean =>
        withoutRows && isTrue ? this.#addId(prepared.row) : this.#addRow(prepared.values, prepared.row);
      let isNew = add();
      if (!isNew && isTrue) {
        const orphan = this.#takeOrphan(attemptId);
        removed.push(...orphan);
        isNew = orphan.length > 0 && add();
      }
      if (!isNew) continue;
      added.push(prepared.row);
      mayBeCounted ||= withoutRows;
    }
    const sums = sumsOf(added, removed);
    for (const kind of ['buckets', 'totals', 'days', 'tags', 'savings'] as const) {
      for (const values of sums[kind]) addToSums[kind].run(...values);
    }
  }

  #addRow(values: Values, { tags, startedAtMs, attemptId }: PlainRow): boolean {
    if (this.#made?.add.run(...(values as SQLInputValue[])).changes === 0) return false;
    for (const tag of tags) this.#made?.addTag.run(tag, startedAtMs, attemptId);
    return true;
  }

  #addId({ attemptId, startedAtMs }: PlainRow): boolean {
    // Rows may exist from before they were switched off.
    if (this.#made?.findRow.get(attemptId) !== undefined) return false;
    return this.#made?.addId.run(attemptId, startedAtMs).changes !== 0;
  }

  /** Deletes the orphan's row of an attempt, and returns it. */
  #takeOrphan(attemptId: string): LedgerRow[] {
    const found = this.#made?.findRow.get(attemptId);
    if (found?.status !== 'orphan') return [];
    settleIntegers([found]);
    const orphan = rowOf(found as StoredRow & Record<string, SQLOutputValue>);
    this.#made?.deleteRow.run(attemptId);
    for (const tag of orphan.tags) this.#made?.deleteTag.run(tag, orphan.startedAtMs, attemptId);
    return [orphan];
  }
}

function statementsOf(database: DatabaseSync): Statements {
  const prepare = (text: string): StatementSync => database.prepare(text);
  const sums = (table: string, key: readonly Column[], added: readonly Column[]): StatementSync =>
    prepare(
      `${insertOf(table, [...key, ...added])} on conflict (${namesOf(key)}) do update set ${added
        .map(({ name }) => `${name} = ${table}.${name} + excluded.${name}`)
        .join()}`,
    );
  const findRow = prepare('select * from ledger where attempt_id = ?');
  findRow.setReadBigInts(true);
  const whole = '(attempt_id) do nothing';
  return {
    add: prepare(`${insertOf('ledger', LEDGER_COLUMNS)} on conflict ${whole}`),
    addId: prepare(`insert into ledger_ids (attempt_id, started_at) values (?, ?) on conflict ${whole}`),
    addTag: prepare('insert into ledger_tags (tag, started_at, attempt_id) values (?, ?, ?) on conflict do nothing'),
    anyId: prepare('select 1 from ledger_ids limit 1'),
    findId: prepare('select 1 from ledger_ids where attempt_id = ?'),
    findRow,
    deleteRow: prepare('delete from ledger where attempt_id = ?'),
    deleteTag: prepare('delete from ledger_tags where tag = ? and started_at = ? and attempt_id = ?'),
    addToSums: {
      buckets: sums('account_spend', [ACCOUNT, BUCKET], COST),
      totals: sums('account_totals', [ACCOUNT], COST),
      days: sums('daily_activity', DAY_KEY, DAY_SUMS),
      tags: sums('daily_tag_activity', [TAG, ...DAY_KEY], DAY_SUMS),
      savings: sums('daily_savings', [...DAY_KEY, MECHANISM], SAVINGS_SUMS),
    },
  };
}

function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join();
}

/** Integers come as decimal text or as JavaScript numbers, which SQLite would add up as floating-point numbers. */
function insertOf(table: string, columns: readonly Column[]): string {
  const values = columns.map(({ type }) => (type === 'bigint' ? 'cast(? as integer)' : '?'));
  return `insert into ${table} (${namesOf(columns)}) values (${values.join()})`;
}
