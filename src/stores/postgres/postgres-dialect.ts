import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { DatabaseAwayError } from '../contracts/directory.ts';
import { settleIntegers } from '../sql/row-integers.ts';
import { postgresError } from './postgres-errors.ts';

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/** Kysely over a pool of `pg`; errors come as ours, and a connection that failed is not used again. */
export class PostgresPoolDialect implements Dialect {
  readonly #pool: Pool;
  readonly #isReady: () => boolean;
  constructor(pool: Pool, isReady: () => boolean) {
    this.#pool = pool;
    this.#isReady = isReady;
  }

  createDriver(): Driver {
    return new PostgresPoolDriver(this.#pool, this.#isReady);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter();
  }

  // biome-ignore lint/suspicious/noExplicitAny: Kysely's signature.
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}

class PostgresPoolDriver implements Driver {
  readonly #pool: Pool;
  readonly #isReady: () => boolean;
  constructor(pool: Pool, isReady: () => boolean) {
    this.#pool = pool;
    this.#isReady = isReady;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    if (this.#pool.ending) throw new DatabaseAwayError('closed', 'The database is closed.');
    if (!this.#isReady()) throw new DatabaseAwayError('unreachable', 'Postgres was not reached yet.');
    try {
      return new PostgresConnection(await this.#pool.connect());
    } catch (error) {
      throw postgresError(error);
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(BEGIN);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(COMMIT);
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    if (connection.isBroken) return;
    // What went wrong first is what is told; a connection whose rollback fails is broken and thrown away.
    await connection.executeQuery(ROLLBACK).catch(() => connection.breakOff());
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class PostgresConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  isBroken = false;
  readonly #onError = (): void => this.breakOff();

  constructor(client: PoolClient) {
    this.#client = client;
    // Without a listener a connection lost between two statements would end the process.
    client.on('error', this.#onError);
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await this.#client.query(query.sql, [...query.parameters]);
      settleIntegers(result.rows);
      return { rows: result.rows, ...(result.rowCount === null ? {} : { numAffectedRows: BigInt(result.rowCount) }) };
    } catch (error) {
      const ours = postgresError(error);
      // A statement that timed out on our side is still being worked on over there.
      if (ours instanceof DatabaseAwayError) this.breakOff();
      throw ours;
    }
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }

  breakOff(): void {
    this.isBroken = true;
  }

  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.isBroken);
  }
}
