import type { Ledger } from '../contracts/ledger.ts';
import type { SqlConnection } from './connection.ts';
import type { OnChanged } from './directory/writing.ts';

/** What any database needs to be opened. */
export interface DatabaseOptions {
  /** Makes the ledger on the open, migrated database. */
  readonly makeLedger: (connection: SqlConnection) => Ledger;
  /** Called after each change of the directory is committed, and awaited. Must not reject. */
  readonly onChanged?: OnChanged;
}
