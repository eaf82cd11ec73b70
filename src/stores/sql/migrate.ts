import { createHash } from 'node:crypto';
import { CompiledQuery, sql, type Transaction } from 'kysely';
import type { NoTables, SqlConnection } from './connection.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration, MigrationStatement } from './migrations/migration.ts';

/** An arbitrary number: the lock that lets one process at a time change the schema. */
const POSTGRES_LOCK = 7_311_405_602;

/** This version cannot use the database. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

// A type and not an interface: Kysely takes only what can be read as a record.
type SchemaTables = {
  schema_migrations: { version: number; name: string; checksum: string; applied_at: number };
};

/**
 * Brings the schema to the newest version that this code knows; resolves to the number of steps. Each step is a
 * transaction that holds the lock and checks again what was done, so that each step runs once even if many processes
 * start together. Refuses a database that a newer version made, or whose steps differ.
 */
export async function migrate(
  connection: SqlConnection,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number> {
  let steps = 0;
  for (;;) {
    const wasStep = await connection.write
      .transaction()
      .execute((transaction) => takeStep(connection.kind, transaction, migrations));
    if (!wasStep) return steps;
    steps++;
  }
}

async function takeStep(
  kind: SqlConnection['kind'],
  transaction: Transaction<NoTables>,
  migrations: readonly Migration[],
): Promise<boolean> {
  if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${POSTGRES_LOCK}::bigint)`.execute(transaction);
  const tables = transaction.withTables<SchemaTables>();
  await tables.schema
    .createTable('schema_migrations')
    .ifNotExists()
    .addColumn('version', 'bigint', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('checksum', 'text', (column) => column.notNull())
    .addColumn('applied_at', 'bigint', (column) => column.notNull())
    .execute();
  const applied = await tables.selectFrom('schema_migrations').selectAll().orderBy('version').execute();
  refuseOthers(applied, migrations);
  const next = migrations[applied.length];
  if (next === undefined) return false;
  for (const statement of next.statements) {
    await transaction.executeQuery(CompiledQuery.raw(textFor(kind, statement)));
  }
  await tables
    .insertInto('schema_migrations')
    .values({ version: next.version, name: next.name, checksum: checksumOf(next), applied_at: Date.now() })
    .execute();
  return true;
}

function refuseOthers(applied: readonly SchemaTables['schema_migrations'][], migrations: readonly Migration[]): void {
  const newest = applied.at(-1)?.version ?? 0;
  const known = migrations.length;
  if (newest > known) {
    throw new MigrationError(
      `The database has schema version ${newest}, made by a newer version of Sluice; this one knows versions up to ${known}. ` +
        'Start the newer version, or restore the backup from before it.',
    );
  }
  for (const [index, row] of applied.entries()) {
    const migration = migrations[index];
    if (migration === undefined || row.version !== migration.version || row.checksum !== checksumOf(migration)) {
      throw new MigrationError(
        `The database's schema version ${row.version} ("${row.name}") is not the one this version of Sluice knows by that ` +
          'number: it was made by an unreleased version, or is not a database of Sluice.',
      );
    }
  }
}

/** Postgres sorts text by the database's locale, unless a column's collation makes it compare bytes, as SQLite does. */
function textFor(kind: SqlConnection['kind'], statement: MigrationStatement): string {
  if (typeof statement !== 'string') return statement[kind];
  return kind === 'postgres' ? statement.replace(/\bTEXT\b/g, 'TEXT COLLATE "C"') : statement;
}

function checksumOf(migration: Migration): string {
  return createHash('sha256').update(JSON.stringify(migration.statements)).digest('hex');
}
