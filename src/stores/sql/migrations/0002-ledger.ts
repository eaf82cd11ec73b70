import type { Migration } from './migration.ts';

/** What `daily_activity` and `daily_tag_activity` count by; missing values are empty, so that they can be part of a key. */
const DAY = `date TEXT NOT NULL, key_hash TEXT NOT NULL, user_id TEXT NOT NULL, team_id TEXT NOT NULL,
      organization_id TEXT NOT NULL, customer_id TEXT NOT NULL, model TEXT NOT NULL, model_group TEXT NOT NULL,
      provider TEXT NOT NULL`;

const DAY_SUMS = `input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cached_input_tokens BIGINT NOT NULL,
      cache_write_tokens BIGINT NOT NULL, cost_micro BIGINT NOT NULL, cost_pico BIGINT NOT NULL,
      requested_micro BIGINT NOT NULL, requested_pico BIGINT NOT NULL, attempts BIGINT NOT NULL, succeeded BIGINT NOT NULL,
      failed BIGINT NOT NULL`;

const DAY_KEY = 'key_hash, user_id, team_id, organization_id, customer_id, model, model_group, provider';

/**
 * Rows, and the sums that follow from them. Money of one row fits into 64 bits as pico-USD; sums are kept as micro-USD and the
 * pico-USD beyond, two columns that are added up each on its own, so that none of them runs over.
 */
export const ledgerTables: Migration = {
  version: 2,
  name: 'ledger',
  statements: [
    `CREATE TABLE ledger (
      attempt_id TEXT NOT NULL PRIMARY KEY, started_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, key_hash TEXT NOT NULL,
      user_id TEXT, team_id TEXT, organization_id TEXT, customer_id TEXT, model_group TEXT, model TEXT, provider TEXT,
      status TEXT NOT NULL, cost_pico BIGINT, accounts TEXT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX ledger_started ON ledger (started_at)',
    'CREATE INDEX ledger_key ON ledger (key_hash, started_at)',
    'CREATE INDEX ledger_user ON ledger (user_id, started_at) WHERE user_id IS NOT NULL',
    'CREATE INDEX ledger_team ON ledger (team_id, started_at) WHERE team_id IS NOT NULL',
    'CREATE INDEX ledger_organization ON ledger (organization_id, started_at) WHERE organization_id IS NOT NULL',
    'CREATE INDEX ledger_customer ON ledger (customer_id, started_at) WHERE customer_id IS NOT NULL',
    'CREATE INDEX ledger_model_group ON ledger (model_group, started_at) WHERE model_group IS NOT NULL',
    'CREATE TABLE ledger_tags (tag TEXT NOT NULL, started_at BIGINT NOT NULL, attempt_id TEXT NOT NULL, PRIMARY KEY (tag, started_at, attempt_id))',
    // Attempts that are in the sums and have no row.
    'CREATE TABLE ledger_ids (attempt_id TEXT NOT NULL PRIMARY KEY, started_at BIGINT NOT NULL)',
    'CREATE INDEX ledger_ids_started ON ledger_ids (started_at)',

    `CREATE TABLE account_spend (
      account TEXT NOT NULL, bucket BIGINT NOT NULL, cost_micro BIGINT NOT NULL, cost_pico BIGINT NOT NULL,
      PRIMARY KEY (account, bucket))`,
    'CREATE TABLE account_totals (account TEXT NOT NULL PRIMARY KEY, cost_micro BIGINT NOT NULL, cost_pico BIGINT NOT NULL)',
    `CREATE TABLE account_resets (
      account TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, cost_micro BIGINT NOT NULL, cost_pico BIGINT NOT NULL)`,

    `CREATE TABLE daily_activity (${DAY}, ${DAY_SUMS}, PRIMARY KEY (date, ${DAY_KEY}))`,
    'CREATE INDEX daily_activity_key ON daily_activity (key_hash, date)',
    'CREATE INDEX daily_activity_user ON daily_activity (user_id, date)',
    'CREATE INDEX daily_activity_team ON daily_activity (team_id, date)',
    `CREATE TABLE daily_tag_activity (tag TEXT NOT NULL, ${DAY}, ${DAY_SUMS}, PRIMARY KEY (tag, date, ${DAY_KEY}))`,
    'CREATE INDEX daily_tag_activity_date ON daily_tag_activity (date)',
  ],
};
