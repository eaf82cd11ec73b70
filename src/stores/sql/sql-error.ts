import { DatabaseUnavailableError } from '../contracts/directory.ts';

/** What a database had against a statement. `conflict`: another transaction was in the way, and the whole may be tried again. */
export type SqlErrorKind = 'unique' | 'constraint' | 'conflict' | 'other';

/** A statement was refused. Holds neither the statement nor its values, which may be secrets. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly kind: SqlErrorKind;
  /** `SQLITE_CONSTRAINT_UNIQUE`, `23505`. */
  readonly code: string;
  /** The column that a unique value is taken of, where the database says it. */
  readonly column: string | undefined;
  constructor(kind: SqlErrorKind, code: string, message: string, column?: string) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.column = column;
  }
}

const TRIES = 3;

/** Runs a transaction again, at most three times, where another one was in its way. */
export async function retryConflicts<Result>(transaction: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (!(error instanceof SqlError) || error.kind !== 'conflict') throw error;
      if (attempt === TRIES)
        throw new DatabaseUnavailableError('busy', 'Other transactions were in the way three times.');
    }
  }
}
