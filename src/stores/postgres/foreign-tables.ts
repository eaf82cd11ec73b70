import { type Kysely, sql } from 'kysely';
import type { JsonObject } from '../../core/json.ts';
import type { ForeignTables } from '../contracts/foreign-tables.ts';
import type { NoTables } from '../sql/connection.ts';
import { openPostgres } from './open-postgres.ts';

/**
 * Opens another program's database to read it as it is at this moment, whatever is written to it meanwhile. The address may name a
 * schema (`?schema=`), as Prisma's do. Nothing can be written there: the transaction is read-only.
 */
export async function openForeignTables(url: string): Promise<ForeignTables> {
  const connection = openPostgres({ url: withoutPrismaWords(url), poolSize: 1, statementTimeoutMs: 0 });
  const schema = URL.parse(url)?.searchParams.get('schema') ?? 'public';
  try {
    const transaction = await connection.read.startTransaction().execute();
    await sql`set transaction isolation level repeatable read, read only`.execute(transaction);
    // The caller may write elsewhere between two reads, for as long as that takes.
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(transaction);
    const tables = await tablesOf(transaction, schema);
    return {
      source: await nameOf(transaction, schema),
      tables: new Set(tables.keys()),
      rows: (table) => rowsOf(transaction, schema, table, tables.get(table)),
      async close() {
        await transaction
          .rollback()
          .execute()
          .catch(() => undefined);
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** What Prisma reads from an address, and the driver would take for settings of the server. */
const PRISMA_WORDS = [
  'schema',
  'connection_limit',
  'pool_timeout',
  'pgbouncer',
  'statement_cache_size',
  'sslaccept',
  'socket_timeout',
];

function withoutPrismaWords(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  for (const word of PRISMA_WORDS) parsed.searchParams.delete(word);
  return parsed.href;
}

/** A name of this database that stays the same when its host moves, and that a copy of it has too. */
async function nameOf(database: Kysely<NoTables>, schema: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(database);
  return `${rows[0]?.name ?? ''}/${schema}`;
}

/** The tables of a schema, each with the columns of its primary key. */
async function tablesOf(database: Kysely<NoTables>, schema: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ name: string; columns: string[] }>`
    select t.table_name::text as name, array(
      select k.column_name::text from information_schema.table_constraints c
      join information_schema.key_column_usage k using (constraint_schema, constraint_name)
      where c.table_schema = t.table_schema and c.table_name = t.table_name and c.constraint_type = 'PRIMARY KEY'
      order by k.ordinal_position) as columns
    from information_schema.tables t where t.table_schema = ${schema}`.execute(database);
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

/** Rows in the order of their keys, read a part at a time. */
async function* rowsOf(
  database: Kysely<NoTables>,
  schema: string,
  table: string,
  key: readonly string[] | undefined,
): AsyncGenerator<readonly JsonObject[]> {
  if (key === undefined) return;
  const order = key.length === 0 ? sql`1` : sql.join(key.map((column) => sql.ref(`t.${column}`)));
  await sql`declare foreign_rows no scroll cursor for
    select to_jsonb(t) as row from ${sql.table(`${schema}.${table}`)} as t order by ${order}`.execute(database);
  try {
    for (;;) {
      const { rows } = await sql<{ row: JsonObject }>`fetch 500 from foreign_rows`.execute(database);
      if (rows.length === 0) return;
      yield rows.map(({ row }) => row);
    }
  } finally {
    await sql`close foreign_rows`.execute(database);
  }
}
