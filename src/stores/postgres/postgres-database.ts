import type { Database } from '../contracts/database.ts';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import type { DatabaseOptions } from '../sql/database-options.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { SqlExports } from '../sql/exports/sql-exports.ts';
import { SqlImports } from '../sql/imports/sql-imports.ts';
import { MigrationError, migrate } from '../sql/migrate.ts';
import { SqlRecordings } from '../sql/recordings/sql-recordings.ts';
import { SqlConversations } from '../sql/responses/sql-conversations.ts';
import { SqlResponses } from '../sql/responses/sql-responses.ts';
import { AdvisoryLock } from './advisory-lock.ts';
import { openPostgres } from './open-postgres.ts';

const TRY_AGAIN_AFTER_MS = 1_000;

/** How a database of Postgres is opened. */
export interface PostgresDatabaseOptions extends DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  /**
   * If given, the database can be opened while its server is unavailable: it is migrated when the server is back, and
   * until then everything rejects with a DatabaseUnavailableError. Called if this version then cannot use the database.
   */
  readonly onUnusable?: (error: MigrationError) => void;
}

/** Opens and migrates a database of Postgres. Rejects with a DatabaseUnavailableError or a MigrationError. */
export async function openPostgresDatabase(options: PostgresDatabaseOptions): Promise<Database> {
  const { url, poolSize, makeLedger, onChanged, onUnusable } = options;
  let isReady = false;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  try {
    await migrateAlone(url);
    isReady = true;
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError) || onUnusable === undefined) throw error;
    const tryAgain = (): void => {
      timer = setTimeout(() => {
        migrateAlone(url).then(
          () => {
            isReady = true;
          },
          (later: unknown) => {
            if (isClosed) return;
            if (later instanceof MigrationError) onUnusable(later);
            else tryAgain();
          },
        );
      }, TRY_AGAIN_AFTER_MS);
      timer.unref();
    };
    tryAgain();
  }
  const connection = openPostgres({ url, poolSize, isReady: () => isReady });
  const lock = new AdvisoryLock(url);
  return {
    kind: 'postgres',
    directory: sqlDirectory(connection, onChanged),
    ledger: makeLedger(connection),
    responses: new SqlResponses(connection),
    conversations: new SqlConversations(connection),
    recordings: new SqlRecordings(connection),
    imports: new SqlImports(connection, onChanged),
    exports: new SqlExports(connection),
    ping: async () => isReady && (await connection.ping()),
    get wasReached() {
      return isReady;
    },
    beAlone: () => lock.take(),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await lock.close();
      await connection.close();
    },
  };
}

/** Migrates by a connection of its own, because a migration may take longer than any other statement. */
async function migrateAlone(url: string): Promise<void> {
  const connection = openPostgres({ url, poolSize: 1, statementTimeoutMs: 0 });
  try {
    await migrate(connection);
  } finally {
    await connection.close();
  }
}
