import type { Migration } from './migration.ts';

/** What was recorded of requests, for replays. */
export const recordingTable: Migration = {
  version: 9,
  name: 'recordings',
  statements: [
    `CREATE TABLE recordings (
      call_id TEXT NOT NULL PRIMARY KEY, started_at BIGINT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT, team_id TEXT,
      organization_id TEXT, bytes BIGINT NOT NULL, sealed TEXT NOT NULL)`,
    'CREATE INDEX recordings_started ON recordings (started_at)',
    'CREATE INDEX recordings_key ON recordings (key_hash)',
    'CREATE INDEX recordings_user ON recordings (user_id) WHERE user_id IS NOT NULL',
    'CREATE INDEX recordings_team ON recordings (team_id) WHERE team_id IS NOT NULL',
    'CREATE INDEX recordings_organization ON recordings (organization_id) WHERE organization_id IS NOT NULL',
  ],
};
