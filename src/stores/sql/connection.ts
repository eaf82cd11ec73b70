import type { Kysely } from 'kysely';

/** Tables are known to those who use them: `connection.read.withTables<MyTables>()`. */
// biome-ignore lint/complexity/noBannedTypes: Kysely's word for a database of no tables.
export type NoTables = {};

/** How rows of the ledger are written. */
export interface WriteOptions {
  /** Sums only; of each attempt its id is kept, so that it is counted once. Orphans keep their row until the true one comes. */
  readonly withoutRows: boolean;
  /** What is written survives the machine's end too, as a journal that waits for the disk promises. In Postgres it always does. */
  readonly fsync?: boolean;
}

/** An open database, as both kinds look to what is built on them. */
export interface SqlConnection {
  readonly kind: 'sqlite' | 'postgres';
  /** For writing, and for reading within a transaction. In SQLite one at a time. */
  readonly write: Kysely<NoTables>;
  /** For reading; sees what was committed. A long report here holds up no write. */
  readonly read: Kysely<NoTables>;
  /** Where the database writes the ledger by itself: rows by `textOfRow`, and their sums. */
  readonly writeLedger?: (texts: readonly string[], options: WriteOptions) => Promise<void>;
  /** Whether it answers now; resolves within a second. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
