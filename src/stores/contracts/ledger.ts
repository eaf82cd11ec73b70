/**
 * The durable record of what every attempt used and cost. Rows are written once, by attempt id; a second write of the same id
 * changes nothing, but for a row that stood for an orphaned claim, which the true one replaces.
 */
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';

/** `orphan`: the gateway died before it knew; booked at the hold. */
export type LedgerStatus = 'success' | 'failure' | 'client-gone' | 'lost' | 'orphan' | 'cache-hit';

/** One attempt: what it used, what it cost and why. Holds no prompt, answer or key. Times are milliseconds since the epoch. */
export interface LedgerRow {
  /** `<call id>/<number>`, numbers from 0 in the order the attempts began. */
  readonly attemptId: string;
  readonly callId: string;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** To the first content of the answer. */
  readonly firstByteAtMs?: number;
  /** SHA-256 of the key in hex, or `litellm-master-key`. */
  readonly keyHash: string;
  readonly keyAlias?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  /** The end user (`customer`). */
  readonly customerId?: string;
  readonly tags: readonly string[];
  /** The route's pattern. */
  readonly route: string;
  /** LiteLLM's `call_type`: `acompletion`, `atext_completion`, `aembedding`, `anthropic_messages`. */
  readonly callType: string;
  readonly stream: boolean;
  readonly requestedModel: string;
  /** The group that was asked for, and the one that this attempt was made in. */
  readonly modelGroup?: string;
  readonly servedGroup?: string;
  readonly deploymentId?: string;
  readonly provider?: string;
  /** The provider's own name for the model. */
  readonly model?: string;
  readonly apiBase?: string;
  readonly status: LedgerStatus;
  readonly httpStatus?: number;
  readonly error?: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
  /** Counted here, because the provider did not tell. */
  readonly isEstimated: boolean;
  /** Undefined: unpriced. */
  readonly cost?: PicoUsd;
  /** What the model that was asked for would have cost for the same usage; undefined: unpriced. */
  readonly requestedCost?: PicoUsd;
  /** What the request's claim held when it was settled; only on the first row of a request. */
  readonly hold?: PicoUsd;
  /** The rates used and where they come from. */
  readonly price?: { readonly source: string; readonly rates: JsonObject };
  readonly sessionId?: string;
  /** `spend_logs_metadata` and the like. */
  readonly metadata?: JsonObject;
  /** Accounts this row's cost counts for: `key:…`, `team:…`, `deployment:…`. */
  readonly accounts: readonly string[];
}

/** Which rows; all that is given must hold. */
export interface LedgerFilter {
  readonly callId?: string;
  readonly keyHash?: string;
  readonly userId?: string;
  readonly teamId?: string;
  /** Any of these teams. */
  readonly teamIds?: readonly string[];
  readonly organizationId?: string;
  readonly organizationIds?: readonly string[];
  readonly customerId?: string;
  readonly tag?: string;
  readonly modelGroup?: string;
  readonly model?: string;
  readonly provider?: string;
  readonly status?: LedgerStatus;
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly minCost?: PicoUsd;
  readonly maxCost?: PicoUsd;
}

export type ActivityDimension =
  | 'date'
  | 'key'
  | 'user'
  | 'team'
  | 'organization'
  | 'customer'
  | 'model'
  | 'modelGroup'
  | 'provider'
  | 'tag';

/** Sums over attempts of one day (UTC) or of whatever else was asked for. */
export interface ActivityRow {
  /** The values of the dimensions that were asked for. `date` is `YYYY-MM-DD`. */
  readonly by: Partial<Readonly<Record<ActivityDimension, string>>>;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cost: PicoUsd;
  readonly requestedCost: PicoUsd;
  readonly attempts: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** Written and read by one gateway or many. Every method rejects while the database is away, but for what a caller retries. */
export interface Ledger {
  /** Writes rows and all sums that follow from them in one transaction. Ids that are there already change nothing. */
  write(rows: readonly LedgerRow[]): Promise<void>;
  /** The same, of rows that are texts by `textOfRow` already. */
  writeTexts?(texts: readonly string[]): Promise<void>;
  /** Newest first. */
  find(
    filter: LedgerFilter,
    page: { readonly limit: number; readonly offset: number; readonly order?: 'newest' | 'oldest' | 'costliest' },
  ): Promise<LedgerRow[]>;
  count(filter: LedgerFilter): Promise<number>;
  /** Sums by day and the like, from the daily sums: fast at ten million rows. Dates are whole days in UTC, `toDate` inclusive. */
  activity(
    filter: Omit<LedgerFilter, 'callId' | 'fromMs' | 'toMs' | 'status' | 'minCost' | 'maxCost'> & {
      readonly fromDate?: string;
      readonly toDate?: string;
      readonly keyHashes?: readonly string[];
      readonly userIds?: readonly string[];
    },
    by: readonly ActivityDimension[],
  ): Promise<ActivityRow[]>;
  /** What an account spent in [fromMs, toMs): exact, also for periods that do not begin on the hour. */
  spent(account: string, fromMs: number, toMs?: number): Promise<PicoUsd>;
  /** What accounts spent since ever (or since their last reset); accounts without spend are left out. */
  totals(accounts: readonly string[]): Promise<ReadonlyMap<string, PicoUsd>>;
  /** `/key/reset_spend`: from now on `totals` and `spent` of the account start at this amount. */
  resetTotal(account: string, to: PicoUsd, nowMs: number): Promise<void>;
  /** Deletes rows that ended before; sums stay. In small steps; resolves to how many. */
  prune(beforeMs: number): Promise<number>;
}
