/**
 * What all writes of the directory share: a transaction that is repeated after conflicts, audit entries, and
 * notification.
 */
import type { Transaction } from 'kysely';
import { type AuditEntry, type Changed, ConflictError } from '../../contracts/directory.ts';
import type { NoTables, SqlConnection } from '../connection.ts';
import { retryConflicts, SqlError } from '../sql-error.ts';
import { refuseUnstorable } from './storable.ts';
import type { DirectoryTables } from './tables.ts';

/** A transaction on the directory's tables. */
export type DirectoryTransaction = Transaction<DirectoryTables>;

/** The same for what names its tables itself. */
export const withoutTables = (transaction: DirectoryTransaction): Transaction<NoTables> =>
  transaction as unknown as Transaction<NoTables>;

/** Called with what changed, after it is committed. Must not reject. */
export type OnChanged = (changed: readonly Changed[]) => void | Promise<void>;

/** The outcome of a write: its result, and which objects changed. */
export interface Written<Result> {
  readonly result: Result;
  readonly changed: readonly Changed[];
}

/** Runs writes of the directory. */
export class DirectoryWriter {
  readonly #connection: SqlConnection;
  readonly #onChanged: OnChanged;
  constructor(connection: SqlConnection, onChanged: OnChanged) {
    this.#connection = connection;
    this.#onChanged = onChanged;
  }

  async write<Result>(body: (transaction: DirectoryTransaction) => Promise<Written<Result>>): Promise<Result> {
    const { result, changed } = await retryConflicts(() =>
      this.#connection.write
        .withTables<DirectoryTables>()
        .transaction()
        .execute((transaction) => body(transaction as DirectoryTransaction)),
    );
    if (changed.length > 0) await this.#onChanged(changed);
    return result;
  }
}

/** Runs a statement; if a unique value is taken, throws a ConflictError that names the field. */
export async function refusingTaken<Result>(
  what: string,
  fieldOf: (column: string | undefined) => string,
  statement: () => Promise<Result>,
): Promise<Result> {
  try {
    return await statement();
  } catch (error) {
    if (!(error instanceof SqlError) || error.kind !== 'unique') throw error;
    const field = fieldOf(error.column);
    throw new ConflictError(field, `There is a ${what} with this ${field} already.`);
  }
}

/** Writes entries of the audit log. */
export async function addAudit(transaction: DirectoryTransaction, entries: readonly AuditEntry[]): Promise<void> {
  for (const entry of entries) {
    const { id, atMs, changedBy, keyHash, action, table, objectId, before, after } = entry;
    for (const [field, text] of Object.entries({ id, changedBy, keyHash, action, table, objectId })) {
      refuseUnstorable(`audit ${field}`, text);
    }
    await transaction
      .insertInto('audit')
      .values({
        id,
        at: Math.round(atMs),
        changed_by: changedBy,
        key_hash: keyHash,
        action,
        object_table: table,
        object_id: objectId,
        data: JSON.stringify({ before, after }),
      })
      .execute();
  }
}
