import type { Kysely } from 'kysely';

/** Users of a connection declare their own tables: `connection.read.withTables<MyTables>()`. */
// biome-ignore lint/complexity/noBannedTypes: Kysely's word for a database of no tables.
export type NoTables = {};

/** How rows of the ledger are written. */
export interface WriteOptions {
  /**
   * Sums only, and the id of each attempt, so that it is counted once. Orphans keep their row until the true one comes.
   */
  readonly withoutRows: boolean;
  /** What is written survives a crash of the machine too, as `journal_fsync` promises. In Postgres it always does. */
  readonly fsync?: boolean;
}

/** An open database of either kind. */
export interface SqlConnection {
  readonly kind: 'sqlite' | 'postgres';
  /** For writing, and for reading within a transaction. SQLite runs one transaction at a time. */
  readonly write: Kysely<NoTables>;
  /** For reading what was committed. A long report here does not delay writes. */
  readonly read: Kysely<NoTables>;
  /** If present, the database writes the ledger itself: rows by `textOfRow`, and their sums. */
  readonly writeLedger?: (texts: readonly string[], options: WriteOptions) => Promise<void>;
  /** Whether it answers now; resolves within a second. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
