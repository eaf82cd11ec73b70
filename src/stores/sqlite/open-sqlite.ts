import { CompiledQuery, Kysely, sql } from 'kysely';
import type { NoTables, SqlConnection } from '../sql/connection.ts';
import type { RowsToWrite } from './ledger-writer.ts';
import { sqliteThreadDialect } from './sqlite-dialect.ts';
import { SqliteThread } from './sqlite-thread.ts';

const PING_WITHIN_MS = 1_000;

/** Opens an SQLite file and makes it if it is missing; `:memory:` opens a database that is lost when it is closed. */
export async function openSqlite({ path }: { readonly path: string }): Promise<SqlConnection> {
  // The writer comes first: it makes the file and its write-ahead log, which a read-only connection cannot do.
  const write = await openOne(path, false);
  let read = write;
  try {
    if (path !== ':memory:') read = await openOne(path, true);
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
    ping: () => answersInTime(read),
    async close() {
      if (read !== write) await read.destroy();
      await write.destroy();
    },
  };
}

async function openOne(path: string, isReadOnly: boolean): Promise<Kysely<NoTables>> {
  const thread = new SqliteThread({ path, isReadOnly });
  try {
    await thread.open();
  } catch (error) {
    await thread.close();
    throw error;
  }
  return new Kysely<NoTables>({ dialect: sqliteThreadDialect(thread) });
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
