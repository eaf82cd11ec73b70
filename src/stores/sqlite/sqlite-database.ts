import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from '../contracts/database.ts';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { DatabaseOptions } from '../sql/database-options.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { SqlExports } from '../sql/exports/sql-exports.ts';
import { SqlImports } from '../sql/imports/sql-imports.ts';
import { migrate } from '../sql/migrate.ts';
import { SqlRecordings } from '../sql/recordings/sql-recordings.ts';
import { SqlConversations } from '../sql/responses/sql-conversations.ts';
import { SqlResponses } from '../sql/responses/sql-responses.ts';
import { type FileLock, takeFileLock } from './file-lock.ts';
import { openSqlite } from './open-sqlite.ts';

/** How a database of SQLite is opened. */
interface SqliteDatabaseOptions extends DatabaseOptions {
  /** The file, which is made with its folder if missing, readable by this user only; or `:memory:`. */
  readonly path: string;
}

/** Opens and migrates a database in an SQLite file. Rejects with a DatabaseUnavailableError or a MigrationError. */
export async function openSqliteDatabase({ path, makeLedger, onChanged }: SqliteDatabaseOptions): Promise<Database> {
  if (path !== ':memory:') makeFile(path);
  const connection = await openSqlite({ path });
  try {
    await migrate(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  let lock: FileLock | undefined;
  return {
    kind: 'sqlite',
    directory: sqlDirectory(connection, onChanged),
    ledger: makeLedger(connection),
    responses: new SqlResponses(connection),
    conversations: new SqlConversations(connection),
    recordings: new SqlRecordings(connection),
    imports: new SqlImports(connection, onChanged),
    exports: new SqlExports(connection),
    ping: () => connection.ping(),
    wasReached: true,
    async beAlone() {
      if (path === ':memory:') return true;
      // The lock is a file beside the database: a lock on the database itself would exclude `sluice spend` and backups.
      lock ??= takeFileLock(`${path}.lock`);
      return lock !== undefined;
    },
    async close() {
      await connection.close();
      lock?.release();
      lock = undefined;
    },
  };
}

/** Makes the file; SQLite gives the same permissions to the files that it puts beside it. */
function makeFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // SQLite itself reports a file that can be read and not written.
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return;
    const reason = code === 'ENOSPC' ? 'full' : 'unreachable';
    throw new DatabaseUnavailableError(reason, `The database file ${path} cannot be made (${code}).`);
  }
}
