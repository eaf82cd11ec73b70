import {
  CompiledQuery,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import { ROLLBACK, StatementDriver, WholeResultConnection } from '../sql/dialect.ts';
import { settleIntegers } from '../sql/row-integers.ts';
import { postgresError } from './postgres-errors.ts';
import type { Pulse } from './pulse.ts';

/** After a statement has taken this long, the server is asked whether it is still there. */
const SUSPICIOUS_AFTER_MS = 1_000;

const BEGIN = CompiledQuery.raw('begin');

/** Kysely over a pool of `pg`; errors come as ours, and a connection that failed is not used again. */
export function postgresPoolDialect(pool: Pool, pulse: Pulse, isReady: () => boolean): Dialect {
  return {
    createDriver: () => new PostgresPoolDriver(pool, pulse, isReady),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (database) => new PostgresIntrospector(database),
  };
}

class PostgresPoolDriver extends StatementDriver {
  readonly #pool: Pool;
  readonly #pulse: Pulse;
  readonly #isReady: () => boolean;

  constructor(pool: Pool, pulse: Pulse, isReady: () => boolean) {
    super(BEGIN);
    this.#pool = pool;
    this.#pulse = pulse;
    this.#isReady = isReady;
  }

  async acquireConnection(): Promise<PostgresConnection> {
    if (this.#pool.ending) throw new DatabaseUnavailableError('closed', 'The database is closed.');
    if (!this.#isReady()) throw new DatabaseUnavailableError('unreachable', 'Postgres was not reached yet.');
    if (this.#pulse.isSilent) throw new DatabaseUnavailableError('timeout', 'Postgres does not answer.');
    const connecting = this.#pool.connect();
    try {
      return new PostgresConnection(await whileThere(this.#pulse, connecting), this.#pulse);
    } catch (error) {
      // A connection that is made too late goes back to the pool.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      throw postgresError(error);
    }
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    if (connection.isBroken) return;
    // The first error is the one that is reported; a connection whose rollback fails is discarded.
    await connection.executeQuery(ROLLBACK).catch(() => connection.breakOff());
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class PostgresConnection extends WholeResultConnection {
  readonly #client: PoolClient;
  readonly #pulse: Pulse;
  isBroken = false;
  readonly #onError = (): void => this.breakOff();

  constructor(client: PoolClient, pulse: Pulse) {
    super();
    this.#client = client;
    this.#pulse = pulse;
    // Without a listener a connection lost between two statements would end the process.
    client.on('error', this.#onError);
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const result = await whileThere(this.#pulse, this.#client.query(query.sql, [...query.parameters]));
      settleIntegers(result.rows);
      const { rows, rowCount } = result;
      return rowCount === null ? { rows } : { rows, numAffectedRows: BigInt(rowCount) };
    } catch (error) {
      const ours = postgresError(error);
      // The server still works on a statement that timed out on our side.
      if (ours instanceof DatabaseUnavailableError) this.breakOff();
      throw ours;
    }
  }

  breakOff(): void {
    this.isBroken = true;
  }

  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.isBroken);
  }
}

/** Waits for an answer as long as the server is there; rejects within two seconds once the server is silent. */
async function whileThere<Answer>(pulse: Pulse, answer: Promise<Answer>): Promise<Answer> {
  const { promise: gone, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const watch = (waitMs: number): void => {
    timer = setTimeout(async () => {
      const reading = await pulse.read();
      if (isOver) return;
      if (reading === 'silent') reject(new DatabaseUnavailableError('timeout', 'Postgres does not answer.'));
      else watch(SUSPICIOUS_AFTER_MS);
    }, waitMs);
  };
  watch(SUSPICIOUS_AFTER_MS);
  try {
    return await Promise.race([answer, gone]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    // The promise that lost the race must not become an unhandled rejection.
    answer.catch(() => undefined);
    gone.catch(() => undefined);
  }
}
