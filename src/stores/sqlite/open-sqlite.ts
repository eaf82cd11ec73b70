import { access, constants } from 'node:fs/promises';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { defined } from '../../core/defined.ts';
import type { NoTables, SqlConnection } from '../sql/connection.ts';
import type { RowsToWrite } from './ledger-writer.ts';
import { sqliteThreadDialect } from './sqlite-dialect.ts';
import { SqliteThread, type SqliteThreadOptions } from './sqlite-thread.ts';

const PING_WITHIN_MS = 1_000;

/** How an SQLite file is opened. */
interface OpenSqliteOptions {
  readonly path: string;
  /** After which time without work a thread ends, if the usual times do not fit. */
  readonly restAfterMs?: number;
}

/** Opens an SQLite file and makes it if it is missing; `:memory:` opens a database that is lost when it is closed. */
export async function openSqlite({ path, restAfterMs }: OpenSqliteOptions): Promise<SqlConnection> {
  // The writer comes first: it makes the file and its write-ahead log, which a read-only connection cannot do.
  const writer = await openOne({ path, isReadOnly: false, ...defined({ restAfterMs }) });
  const { database: write } = writer;
  let { database: read, thread } = writer;
  try {
    if (path !== ':memory:') {
      ({ database: read, thread } = await openOne({ path, isReadOnly: true, ...defined({ restAfterMs }) }));
    }
  } catch (error) {
    await write.destroy();
    throw error;
  }
  return {
    kind: 'sqlite',
    write,
    read,
    writeLedger: (texts, { withoutRows, fsync = false }) =>
      write.connection().execute(async (connection) => {
        const rows: RowsToWrite = { texts, withoutRows, fsync };
        await connection.executeQuery(CompiledQuery.raw('write ledger', [rows]));
      }),
    // A file whose thread rests was readable last; to start the thread for every look would keep it.
    ping: async () => (thread.isAtRest ? await isThere(path) : await answersInTime(read)),
    async close() {
      if (read !== write) await read.destroy();
      await write.destroy();
    },
  };
}

async function openOne(options: SqliteThreadOptions): Promise<{ database: Kysely<NoTables>; thread: SqliteThread }> {
  const thread = new SqliteThread(options);
  try {
    await thread.open();
  } catch (error) {
    await thread.close();
    throw error;
  }
  thread.rest();
  return { database: new Kysely<NoTables>({ dialect: sqliteThreadDialect(thread) }), thread };
}

function isThere(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

async function answersInTime(database: Kysely<NoTables>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), PING_WITHIN_MS);
  try {
    const answer = sql`select 1`.execute(database).then(
      () => true,
      () => false,
    );
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
