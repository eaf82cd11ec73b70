/** What the SQLite thread is told and what it answers. */

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

/** What became of a statement. `errorCode` is SQLite's extended number; 0 for errors that are not SQLite's. */
export type StatementAnswer =
  | {
      readonly id: number;
      readonly rows: Record<string, unknown>[];
      readonly changes: bigint | undefined;
    }
  | { readonly id: number; readonly errorCode: number; readonly message: string };

/** The id of the answer that says whether the file could be opened. */
export const OPENED = -1;

/** The statement that is none of SQLite's: writes rows of the ledger (`RowsToWrite`, its one parameter) in a transaction of its own. */
export const WRITE_LEDGER = 'write ledger';
