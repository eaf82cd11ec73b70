import type { Migration } from './migration.ts';

/** Responses that were stored for their clients. `running_until` is set while a response is being made. */
export const responseTables: Migration = {
  version: 3,
  name: 'responses',
  statements: [
    `CREATE TABLE responses (
      scope TEXT NOT NULL, id TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, running_until BIGINT,
      key_hash TEXT NOT NULL, user_id TEXT, team_id TEXT, bytes BIGINT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (scope, id))`,
    'CREATE INDEX responses_expires ON responses (expires_at)',
    'CREATE INDEX responses_size ON responses (scope, created_at, bytes)',
    'CREATE INDEX responses_key ON responses (key_hash)',
    'CREATE INDEX responses_user ON responses (user_id) WHERE user_id IS NOT NULL',
    'CREATE INDEX responses_team ON responses (team_id) WHERE team_id IS NOT NULL',
  ],
};
