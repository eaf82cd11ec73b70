import type { Migration } from './migration.ts';

/** Objects without an alias come first in SQLite, which knows no other order; in Postgres they do if the statement says so. */
const aliasIndex = {
  organizations: {
    sqlite: 'CREATE INDEX organizations_alias ON organizations (alias, id)',
    postgres: 'CREATE INDEX organizations_alias ON organizations (alias NULLS FIRST, id)',
  },
  teams: {
    sqlite: 'CREATE INDEX teams_alias ON teams (alias, id)',
    postgres: 'CREATE INDEX teams_alias ON teams (alias NULLS FIRST, id)',
  },
  users: {
    sqlite: 'CREATE INDEX users_alias ON users (alias, id)',
    postgres: 'CREATE INDEX users_alias ON users (alias NULLS FIRST, id)',
  },
  customers: {
    sqlite: 'CREATE INDEX customers_alias ON customers (alias, id)',
    postgres: 'CREATE INDEX customers_alias ON customers (alias NULLS FIRST, id)',
  },
  keys: {
    sqlite: 'CREATE INDEX keys_alias ON keys (alias, id)',
    postgres: 'CREATE INDEX keys_alias ON keys (alias NULLS FIRST, id)',
  },
};

/** Objects, memberships, the audit log and notes. `data` is the whole object; columns are what it is searched by. */
export const directoryTables: Migration = {
  version: 1,
  name: 'directory',
  statements: [
    `CREATE TABLE organizations (
      id TEXT NOT NULL PRIMARY KEY, alias TEXT, alias_search TEXT, budget_id TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX organizations_created ON organizations (created_at, id)',
    aliasIndex.organizations,
    'CREATE INDEX organizations_budget ON organizations (budget_id)',

    `CREATE TABLE teams (
      id TEXT NOT NULL PRIMARY KEY, alias TEXT, alias_search TEXT, organization_id TEXT, budget_id TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX teams_created ON teams (created_at, id)',
    aliasIndex.teams,
    'CREATE INDEX teams_organization ON teams (organization_id)',
    'CREATE INDEX teams_budget ON teams (budget_id)',

    `CREATE TABLE users (
      id TEXT NOT NULL PRIMARY KEY, alias TEXT, alias_search TEXT, email TEXT, role TEXT NOT NULL, budget_id TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX users_created ON users (created_at, id)',
    aliasIndex.users,
    'CREATE UNIQUE INDEX users_unique_email ON users (email)',
    'CREATE INDEX users_role ON users (role)',
    'CREATE INDEX users_budget ON users (budget_id)',

    `CREATE TABLE customers (
      id TEXT NOT NULL PRIMARY KEY, alias TEXT, alias_search TEXT, budget_id TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX customers_created ON customers (created_at, id)',
    aliasIndex.customers,
    'CREATE INDEX customers_budget ON customers (budget_id)',

    `CREATE TABLE keys (
      id TEXT NOT NULL PRIMARY KEY, alias TEXT, alias_search TEXT,
      user_id TEXT, team_id TEXT, organization_id TEXT, budget_id TEXT,
      previous_hash TEXT, previous_until BIGINT, rotate_at BIGINT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX keys_created ON keys (created_at, id)',
    'CREATE UNIQUE INDEX keys_unique_alias ON keys (alias)',
    aliasIndex.keys,
    'CREATE INDEX keys_user ON keys (user_id, created_at)',
    'CREATE INDEX keys_team ON keys (team_id, created_at)',
    'CREATE INDEX keys_organization ON keys (organization_id, created_at)',
    'CREATE INDEX keys_budget ON keys (budget_id)',
    'CREATE INDEX keys_previous ON keys (previous_hash)',
    'CREATE INDEX keys_rotate ON keys (rotate_at)',

    `CREATE TABLE budgets (
      id TEXT NOT NULL PRIMARY KEY,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX budgets_created ON budgets (created_at, id)',

    `CREATE TABLE tags (
      id TEXT NOT NULL PRIMARY KEY, budget_id TEXT,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX tags_created ON tags (created_at, id)',
    'CREATE INDEX tags_budget ON tags (budget_id)',

    `CREATE TABLE models (
      id TEXT NOT NULL PRIMARY KEY, model_name TEXT NOT NULL,
      created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX models_created ON models (created_at, id)',
    'CREATE INDEX models_name ON models (model_name)',

    `CREATE TABLE team_members (
      team_id TEXT NOT NULL, user_id TEXT NOT NULL, budget_id TEXT, created_at BIGINT NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (team_id, user_id))`,
    'CREATE INDEX team_members_user ON team_members (user_id)',

    `CREATE TABLE organization_members (
      organization_id TEXT NOT NULL, user_id TEXT NOT NULL, budget_id TEXT, created_at BIGINT NOT NULL, data TEXT NOT NULL,
      PRIMARY KEY (organization_id, user_id))`,
    'CREATE INDEX organization_members_user ON organization_members (user_id)',

    `CREATE TABLE audit (
      id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, changed_by TEXT NOT NULL, key_hash TEXT NOT NULL, action TEXT NOT NULL,
      object_table TEXT NOT NULL, object_id TEXT NOT NULL, data TEXT NOT NULL)`,
    'CREATE INDEX audit_at ON audit (at)',
    'CREATE INDEX audit_object ON audit (object_id, at)',

    'CREATE TABLE notes (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)',
  ],
};
