import type { Migration } from './migration.ts';

/** Runs of imports; what each did, in order; and what the last run of each source knew of an object. */
export const importTables: Migration = {
  version: 5,
  name: 'imports',
  statements: [
    'CREATE TABLE import_runs (id TEXT NOT NULL PRIMARY KEY, source TEXT NOT NULL, begun_at BIGINT NOT NULL, ended_at BIGINT)',
    `CREATE TABLE import_entries (
      run_id TEXT NOT NULL, position BIGINT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (run_id, position))`,
    `CREATE TABLE imported (
      source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, seen TEXT NOT NULL, PRIMARY KEY (source, kind, id))`,
  ],
};
