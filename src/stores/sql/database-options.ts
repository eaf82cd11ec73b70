import type { Ledger } from '../contracts/ledger.ts';
import type { SqlConnection } from './connection.ts';
import type { OnChanged } from './directory/writing.ts';

/** What any database is opened with. */
export interface DatabaseOptions {
  /** Makes the ledger on the open, migrated database. */
  readonly makeLedger: (connection: SqlConnection) => Ledger;
  /** Hears of every change of the directory once it is committed, and is waited for. Must not reject. */
  readonly onChanged?: OnChanged;
}
