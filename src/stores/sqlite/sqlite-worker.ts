/** The thread with one connection to an SQLite file; runs statements in the order in which they come. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { settleIntegers } from '../sql/row-integers.ts';
import { LedgerWriter, type RowsToWrite } from './ledger-writer.ts';
import { OPENED, type Statement, type StatementAnswer, type ThreadOptions, WRITE_LEDGER } from './thread-messages.ts';

const BUSY_TIMEOUT_MS = 5_000;
const MOST_PREPARED = 256;
/**
 * Large pages (of a new file) and rare checkpoints: the ledger writes mostly at the ends of its tables, and a page that
 * is written many times reaches the file once. Together they make a row a sixth cheaper.
 */
const WRITER =
  'PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000;';

interface Prepared {
  readonly statement: StatementSync;
  readonly hasRows: boolean;
}

const prepared = new Map<string, Prepared>();

function open({ path, isReadOnly }: ThreadOptions): DatabaseSync {
  const database = new DatabaseSync(path, {
    readOnly: isReadOnly,
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  if (!isReadOnly) database.exec(WRITER);
  // 4 MB a connection: the ledger writes mostly at its ends, and the system keeps the pages of the file as well.
  database.exec('PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;');
  return database;
}

/** The most recently used statements stay prepared. */
function prepare(database: DatabaseSync, sql: string): Prepared {
  const known = prepared.get(sql);
  if (known !== undefined) {
    prepared.delete(sql);
    prepared.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  statement.setReadBigInts(true);
  const made: Prepared = { statement, hasRows: statement.columns().length > 0 };
  prepared.set(sql, made);
  if (prepared.size > MOST_PREPARED) {
    const [oldest] = prepared.keys();
    if (oldest !== undefined) prepared.delete(oldest);
  }
  return made;
}

function bindable(value: unknown): SQLInputValue {
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue);
}

function run(database: DatabaseSync, { id, sql, parameters }: Statement): StatementAnswer {
  if (sql === WRITE_LEDGER) {
    ledger ??= new LedgerWriter(database);
    ledger.write(parameters[0] as RowsToWrite);
    return { id, rows: [], changes: undefined };
  }
  const { statement, hasRows } = prepare(database, sql);
  const values = parameters.map(bindable);
  if (!hasRows) return { id, rows: [], changes: BigInt(statement.run(...values).changes) };
  const rows: Record<string, unknown>[] = statement.all(...values);
  settleIntegers(rows);
  return { id, rows, changes: undefined };
}

function failed(id: number, error: unknown): StatementAnswer {
  const { errcode, message } = error as { errcode?: unknown; message?: unknown };
  return { id, errorCode: typeof errcode === 'number' ? errcode : 0, message: String(message) };
}

function answerOf(id: number, work: () => StatementAnswer): StatementAnswer {
  try {
    return work();
  } catch (error) {
    return failed(id, error);
  }
}

let ledger: LedgerWriter | undefined;
let database: DatabaseSync | undefined;
parentPort?.postMessage(
  answerOf(OPENED, () => {
    database = open(workerData as ThreadOptions);
    return { id: OPENED, rows: [], changes: undefined };
  }),
);
parentPort?.on('message', (statement: Statement | 'close') => {
  if (statement === 'close') {
    prepared.clear();
    if (database?.isOpen === true) database.close();
    parentPort?.close();
    return;
  }
  const current = database;
  if (current === undefined) return;
  parentPort?.postMessage(answerOf(statement.id, () => run(current, statement)));
});
