import type { Migration } from './migration.ts';

/** Credentials that models name. */
export const credentialTable: Migration = {
  version: 7,
  name: 'credentials',
  statements: [
    `CREATE TABLE credentials (
      id TEXT NOT NULL PRIMARY KEY,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX credentials_created ON credentials (created_at, id)',
  ],
};
