import type { Kysely } from 'kysely';

/** Tables are known to those who use them: `connection.read.withTables<MyTables>()`. */
// biome-ignore lint/complexity/noBannedTypes: Kysely's word for a database of no tables.
export type NoTables = {};

/** An open database, as both kinds look to what is built on them. */
export interface SqlConnection {
  readonly kind: 'sqlite' | 'postgres';
  /** For writing, and for reading within a transaction. In SQLite one at a time. */
  readonly write: Kysely<NoTables>;
  /** For reading; sees what was committed. A long report here holds up no write. */
  readonly read: Kysely<NoTables>;
  /** Whether it answers now; resolves within a second. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}
