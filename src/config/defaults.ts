import type { BudgetConfig, ManagementConfig, StoreConfig } from './money-config.ts';

/** What holds where a configuration says nothing, in the units of the canonical shape. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 4000,
  maxRequestBytes: 10 * 1024 * 1024,
  maxResponseBytes: 100 * 1024 * 1024,
  metricsPath: '/metrics',
  strategy: 'simple-shuffle',
  numRetries: 2,
  maxAttempts: 6,
  retryAfterMs: 0,
  timeoutMs: 600_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 5_000,
  maxFallbacks: 5,
  /** LiteLLM gives each fallback group all retries again, which multiplies them; one is enough to get over a single failure. */
  mostRetriesPerFallback: 1,
  cooldownMs: 5_000,
  affinityTtlMs: 3_600_000,
  hedgeExtraSpend: 0.05,
  hedgePercentile: 0.95,
  healthCheckIntervalMs: 300_000,
  healthCheckConcurrency: 4,
} as const;

/** Budgets and limits where a configuration names none. */
export const DEFAULT_BUDGETS: BudgetConfig = {
  mode: 'learned',
  debtRatio: 0.005,
  timeZone: 'UTC',
  whenAway: {
    platform: 'share',
    organization: 'share',
    organization_member: 'share',
    team: 'share',
    team_member: 'share',
    user: 'share',
    customer: 'share',
    key: 'share',
    tag: 'share',
    deployment: 'open',
    provider: 'open',
  },
  tokenRateLimitType: 'total',
  providers: {},
  requireCustomer: false,
  refuseClientTags: false,
};

/** Stores where a configuration names none: one SQLite file in the data folder. */
export const DEFAULT_STORES: StoreConfig = {
  databasePoolSize: 10,
  journalFsync: false,
  serveWithoutJournal: true,
  withoutRows: false,
};

export const DEFAULT_MANAGEMENT: ManagementConfig = {
  defaultKeyParams: {},
  upperboundKeyParams: {},
  defaultTeamParams: {},
  defaultUserParams: {},
  keyGeneration: {},
  checkKeyAliasFormat: false,
  requireTeam: false,
};
