import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { ROLLBACK, StatementDriver, WholeResultConnection } from '../sql/dialect.ts';
import type { SqliteThread } from './sqlite-thread.ts';

const BEGIN = CompiledQuery.raw('begin immediate');

/** Kysely over an SQLite connection in a thread. */
export function sqliteThreadDialect(thread: SqliteThread): Dialect {
  return {
    createDriver: () => new SqliteThreadDriver(thread),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

/** All share one connection and take turns, so that transactions never mix. */
class SqliteThreadDriver extends StatementDriver {
  readonly #thread: SqliteThread;
  readonly #queue: (() => void)[] = [];
  #isTaken = false;

  constructor(thread: SqliteThread) {
    super(BEGIN);
    this.#thread = thread;
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#isTaken = true;
    try {
      await this.#thread.revive();
    } catch (error) {
      await this.releaseConnection();
      throw error;
    }
    return new SqliteThreadConnection(this.#thread);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite may have rolled back already (disk full), and a lost thread has: the first error is the one that is
    // reported.
    await connection.executeQuery(ROLLBACK).catch(() => undefined);
  }

  async releaseConnection(): Promise<void> {
    const next = this.#queue.shift();
    // It stays taken if there is a queue: a caller that came in between would overtake and share it.
    if (next !== undefined) return next();
    this.#isTaken = false;
    this.#thread.rest();
  }

  async destroy(): Promise<void> {
    await this.#thread.close();
  }
}

class SqliteThreadConnection extends WholeResultConnection {
  readonly #thread: SqliteThread;
  readonly #generation: number;

  constructor(thread: SqliteThread) {
    super();
    this.#thread = thread;
    this.#generation = thread.generation;
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#thread.execute(query, this.#generation) as Promise<QueryResult<Row>>;
  }
}
