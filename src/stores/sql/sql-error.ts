import { DatabaseUnavailableError } from '../contracts/directory.ts';

/**
 * Why a database refused a statement. `conflict`: another transaction was in the way, and the transaction may be tried
 * again.
 */
type SqlErrorKind = 'unique' | 'constraint' | 'conflict' | 'other';

/** A database refused a statement. Contains neither the statement nor its values, which may be secrets. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly kind: SqlErrorKind;
  /** `SQLITE_CONSTRAINT_UNIQUE`, `23505`. */
  readonly code: string;
  /** The column whose unique value is taken, if the database says so. */
  readonly column: string | undefined;
  constructor(kind: SqlErrorKind, code: string, message: string, column?: string) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.column = column;
  }
}

const TRIES = 3;

/** Runs a transaction, at most three times if others are in its way. */
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
