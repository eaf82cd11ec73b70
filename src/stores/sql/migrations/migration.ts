/** One statement, in words that both databases know, or in each one's own. */
export type MigrationStatement = string | { readonly sqlite: string; readonly postgres: string };

/**
 * One step of the schema. Once released it never changes: databases remember its text by a checksum. `TEXT` columns compare by
 * bytes in both databases.
 */
export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly MigrationStatement[];
}
