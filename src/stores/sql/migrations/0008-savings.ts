import type { Migration } from './migration.ts';

/** What each mechanism saved, by day: rows of the ledger say it in their data, and most days have few of them. */
export const savingsTable: Migration = {
  version: 8,
  name: 'savings',
  statements: [
    `CREATE TABLE daily_savings (
      date TEXT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT NOT NULL, team_id TEXT NOT NULL, organization_id TEXT NOT NULL,
      customer_id TEXT NOT NULL, model TEXT NOT NULL, model_group TEXT NOT NULL, provider TEXT NOT NULL, mechanism TEXT NOT NULL,
      attempts BIGINT NOT NULL, saved_micro BIGINT NOT NULL, saved_pico BIGINT NOT NULL, rated BIGINT NOT NULL,
      quality_millionths BIGINT NOT NULL,
      PRIMARY KEY (date, key_hash, user_id, team_id, organization_id, customer_id, model, model_group, provider, mechanism))`,
    'CREATE INDEX daily_savings_key ON daily_savings (key_hash, date)',
    'CREATE INDEX daily_savings_team ON daily_savings (team_id, date)',
  ],
};
