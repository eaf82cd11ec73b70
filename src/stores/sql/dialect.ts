/** What the Kysely dialects of both databases have in common. */
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely';

/** A driver whose transactions are plain statements. */
export abstract class StatementDriver implements Driver {
  readonly #begin: CompiledQuery;

  constructor(begin: CompiledQuery) {
    this.#begin = begin;
  }

  async init(): Promise<void> {}

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(this.#begin);
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(COMMIT);
  }

  abstract acquireConnection(): Promise<DatabaseConnection>;
  abstract rollbackTransaction(connection: DatabaseConnection): Promise<void>;
  abstract releaseConnection(connection: DatabaseConnection): Promise<void>;
  abstract destroy(): Promise<void>;
}

const COMMIT = CompiledQuery.raw('commit');

/** Undoes a transaction. */
export const ROLLBACK = CompiledQuery.raw('rollback');

/** A connection that reads whole results. */
export abstract class WholeResultConnection implements DatabaseConnection {
  abstract executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>>;

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}
