/** Reads a whole database as of one moment, in parts. */
import { type Kysely, sql } from 'kysely';
import type { ImportedKinds } from '../../contracts/imported-kinds.ts';
import type { Exports, MovedObject, MovedRow, Snapshot } from '../../contracts/moved.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { KINDS } from '../directory/kinds.ts';
import { pagesOf } from './pages.ts';
import { ROW_READERS } from './row-readers.ts';
import { sumsOfAll } from './sums-of-all.ts';

/** Exports of a migrated SQL database. */
export class SqlExports implements Exports {
  readonly #connection: SqlConnection;

  constructor(connection: SqlConnection) {
    this.#connection = connection;
  }

  async snapshot<Result>(use: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
    const { kind, read } = this.#connection;
    return await read.connection().execute(async (database) => {
      await begin(kind, database);
      try {
        return await use({
          objects: (wanted) => objectsOf(database, wanted),
          rows: (wanted): AsyncIterable<readonly MovedRow[]> => ROW_READERS[wanted](database),
          sums: () => sumsOfAll(database),
        });
      } finally {
        await sql`rollback`.execute(database).catch(() => undefined);
      }
    });
  }
}

/** SQLite's transactions see one state from their first read on; Postgres does only at this level of isolation. */
async function begin(kind: SqlConnection['kind'], database: Kysely<NoTables>): Promise<void> {
  if (kind === 'sqlite') {
    await sql`begin`.execute(database);
    return;
  }
  await sql`begin isolation level repeatable read, read only`.execute(database);
  // A slow disk for the file may keep the transaction waiting between two reads.
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(database);
  await sql`set local statement_timeout = 0`.execute(database);
}

async function* objectsOf(
  database: Kysely<NoTables>,
  kind: keyof ImportedKinds,
): AsyncGenerator<readonly MovedObject[]> {
  const [table, key] =
    kind === 'team_member'
      ? (['team_members', ['team_id', 'user_id']] as const)
      : kind === 'organization_member'
        ? (['organization_members', ['organization_id', 'user_id']] as const)
        : ([KINDS[kind].table, ['id']] as const);
  for await (const rows of pagesOf<{ readonly data: string }>(database, table, key)) {
    yield rows.map(({ data }) => ({ kind, text: data }));
  }
}
