import type { JsonObject } from '../../core/json.ts';

/** Another program's database, read as it was when it was opened. */
export interface ForeignTables {
  /** Its name, so that two reads of one database are known to be of the same. */
  readonly source: string;
  /** The tables that it has. */
  readonly tables: ReadonlySet<string>;
  /** The rows of a table in the order of their keys, some at a time; none if there is no such table. One table at a time. */
  rows(table: string): AsyncIterable<readonly JsonObject[]>;
  close(): Promise<void>;
}
