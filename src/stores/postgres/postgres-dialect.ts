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
import type { Pulse } from './pulse.ts';

/** What takes longer makes us look whether the server is still there. */
const SUSPICIOUS_AFTER_MS = 1_000;

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/** Kysely over a pool of `pg`; errors come as ours, and a connection that failed is not used again. */
export class PostgresPoolDialect implements Dialect {
  readonly #pool: Pool;
  readonly #pulse: Pulse;
  readonly #isReady: () => boolean;
  constructor(pool: Pool, pulse: Pulse, isReady: () => boolean) {
    this.#pool = pool;
    this.#pulse = pulse;
    this.#isReady = isReady;
  }

  createDriver(): Driver {
    return new PostgresPoolDriver(this.#pool, this.#pulse, this.#isReady);
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
  readonly #pulse: Pulse;
  readonly #isReady: () => boolean;
  constructor(pool: Pool, pulse: Pulse, isReady: () => boolean) {
    this.#pool = pool;
    this.#pulse = pulse;
    this.#isReady = isReady;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    if (this.#pool.ending) throw new DatabaseAwayError('closed', 'The database is closed.');
    if (!this.#isReady()) throw new DatabaseAwayError('unreachable', 'Postgres was not reached yet.');
    if (this.#pulse.isSilent) throw new DatabaseAwayError('timeout', 'Postgres does not answer.');
    const connecting = this.#pool.connect();
    try {
      return new PostgresConnection(await whileThere(this.#pulse, connecting), this.#pulse);
    } catch (error) {
      // One that is made after all goes back.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
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
  readonly #pulse: Pulse;
  isBroken = false;
  readonly #onError = (): void => this.breakOff();

  constructor(client: PoolClient, pulse: Pulse) {
    this.#client = client;
    this.#pulse = pulse;
    // Without a listener a connection lost between two statements would end the process.
    client.on('error', this.#onError);
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await whileThere(this.#pulse, this.#client.query(query.sql, [...query.parameters]));
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

/** Waits for a server for as long as it is there; rejects within two seconds once nothing comes back from it. */
async function whileThere<Answer>(pulse: Pulse, answer: Promise<Answer>): Promise<Answer> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const watch = (waitMs: number): void => {
    timer = setTimeout(async () => {
      const reading = await pulse.read();
      if (isOver) return;
      if (reading === 'silent') reject(new DatabaseAwayError('timeout', 'Postgres does not answer.'));
      else watch(SUSPICIOUS_AFTER_MS);
    }, waitMs);
  };
  watch(SUSPICIOUS_AFTER_MS);
  try {
    return await Promise.race([answer, gone]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    // Whichever is too late has nobody to hear it.
    answer.catch(() => undefined);
    gone.catch(() => undefined);
  }
}
