/** Messages to the SQLite thread, and its answers. */

/** How the thread opens its file. */
export interface ThreadOptions {
  readonly path: string;
  readonly isReadOnly: boolean;
}

/** One statement. */
export interface Statement {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The outcome of a statement. `errorCode` is SQLite's extended result code; 0 for errors that are not SQLite's. */
export type StatementAnswer =
  | {
      readonly id: number;
      readonly rows: Record<string, unknown>[];
      readonly changes: bigint | undefined;
    }
  | { readonly id: number; readonly errorCode: number; readonly message: string };

/** The id of the answer that says whether the file could be opened. */
export const OPENED = -1;

/**
 * A command in place of a statement: writes rows of the ledger (`RowsToWrite`, its one parameter) in a transaction of
 * its own.
 */
export const WRITE_LEDGER = 'write ledger';
