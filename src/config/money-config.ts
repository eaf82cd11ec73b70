/** What a configuration says of money, limits and the stores that keep them. */
import type { JsonObject } from '../core/json.ts';
import type { PicoUsd } from '../core/money.ts';

/** What is done with a limit while the Redis that instances share is away. */
export type WhenAway = 'open' | 'closed' | 'share';

/** Kinds of accounts that limits hang on. */
export type ScopeKind =
  | 'platform'
  | 'organization'
  | 'organization_member'
  | 'team'
  | 'team_member'
  | 'user'
  | 'customer'
  | 'key'
  | 'tag'
  | 'deployment'
  | 'provider';

/** A budget with its period as LiteLLM writes it (`1mo`, `30d`); no period: it never starts anew. */
export interface PeriodBudgetConfig {
  readonly max: PicoUsd;
  readonly period?: string;
}

/** Budgets and rate limits: `budget_settings` of ours, and what LiteLLM and the guide say elsewhere. */
export interface BudgetConfig {
  /** `global_max_budget`, `litellm_settings.max_budget`. */
  readonly globalMax?: PicoUsd;
  readonly globalPeriod?: string;
  /** `budget_alert_threshold`, 0 to 1. */
  readonly alertThreshold?: number;
  /** `strict`: what is reserved is an upper bound. `learned`: the 95 % quantile of what was seen. */
  readonly mode: 'strict' | 'learned';
  /** `learned`: how far beyond a budget the requests under way may together be expected to run, as a share of it. */
  readonly debtRatio: number;
  /** Where calendar periods begin: an IANA name. */
  readonly timeZone: string;
  readonly whenAway: Readonly<Record<ScopeKind, WhenAway>>;
  /** Which tokens `tpm_limit` counts. */
  readonly tokenRateLimitType: 'total' | 'input' | 'output';
  /** `provider_budget_config`: by the provider's name. */
  readonly providers: Readonly<Record<string, PeriodBudgetConfig>>;
  /** What a customer gets that has no budget of its own. */
  readonly customerDefault?: PeriodBudgetConfig;
  readonly customerDefaultBudgetId?: string;
  /** What a new user gets. */
  readonly userDefault?: PeriodBudgetConfig;
  /** `enforce_user_param`: requests must name their end user. */
  readonly requireCustomer: boolean;
  /** `user_header_name`: a header that names the end user, in lower case. */
  readonly customerHeader?: string;
  /** Tags that come with a request are refused (`reject_clientside_metadata_tags`). */
  readonly refuseClientTags: boolean;
}

/** Where objects, the ledger and the journal are kept. Read at the start only. */
export interface StoreConfig {
  /** `database_url`: `postgresql://…`; absent: an SQLite file in the data folder. */
  readonly databaseUrl?: string;
  readonly databasePoolSize: number;
  /** `maximum_spend_logs_retention_period` in milliseconds; absent: for ever. */
  readonly ledgerRetentionMs?: number;
  /** `maximum_audit_logs_retention_period` in milliseconds; absent: for ever. */
  readonly auditRetentionMs?: number;
  /** Whether the journal waits for the disk itself: survives the machine's end, costs a disk write for each request. */
  readonly journalFsync: boolean;
  /** Serve requests whose journal cannot be written (disk full): `true` serves and says so, `false` refuses. */
  readonly serveWithoutJournal: boolean;
  /** `disable_spend_logs`: no rows, only sums. */
  readonly withoutRows: boolean;
}

/** What keys and objects made by the API are given and held to. In LiteLLM's names. */
export interface ManagementConfig {
  readonly defaultKeyParams: JsonObject;
  readonly upperboundKeyParams: JsonObject;
  readonly defaultTeamParams: JsonObject;
  readonly defaultUserParams: JsonObject;
  readonly keyGeneration: JsonObject;
  readonly checkKeyAliasFormat: boolean;
  /** Keys must belong to a team (`default_team_disabled`). */
  readonly requireTeam: boolean;
}

/** Where budget alerts go. */
export interface AlertConfig {
  /** Addresses that get our JSON payload, signed. */
  readonly webhooks: readonly string[];
  /** Addresses that get Slack's payload. */
  readonly slack: readonly string[];
  /** The key of the signature; absent: webhooks are not signed. */
  readonly signingSecret?: string;
}
