/**
 * The durable record of what every attempt used and cost. Rows are written once, by attempt id. A second write of the
 * same id changes nothing, except that the true row of an attempt replaces the row of its orphaned claim.
 */
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';

/** `orphan`: the gateway died before it knew; booked at the hold. */
export type LedgerStatus = 'success' | 'failure' | 'client-gone' | 'lost' | 'orphan' | 'cache-hit';

/** By what the gateway makes requests cheaper. */
export const MECHANISMS = ['model', 'prompt_cache', 'answer_cache', 'compression', 'degradation', 'batch'] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** What each mechanism saved, net of what it cost itself; negative where it cost more. One that did nothing is absent. */
export type Savings = { readonly [Name in Mechanism]?: PicoUsd };

/**
 * One attempt: what it used, what it cost and why. Holds no key, and no prompt or answer unless the operator wants them kept. Times are milliseconds since the
 * epoch. A member without a value may be there or not: rows that are made with all of them have one shape, and stay fast.
 */
export interface LedgerRow {
  /** `<call id>/<number>`, numbers from 0 in the order the attempts began. */
  readonly attemptId: string;
  readonly callId: string;
  readonly attempt: number;
  /** Of the whole request: budgets count an attempt in the period in which its request began. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Of this attempt alone; absent for rows of earlier versions, and where no provider was asked. */
  readonly attemptStartedAtMs?: number | undefined;
  readonly attemptEndedAtMs?: number | undefined;
  /** The id in the answer that the client has, on all rows of the request. */
  readonly answerId?: string | undefined;
  /** To the first content of the answer. */
  readonly firstByteAtMs?: number | undefined;
  /** SHA-256 of the key in hex, or `litellm-master-key`. */
  readonly keyHash: string;
  readonly keyAlias?: string | undefined;
  readonly userId?: string | undefined;
  readonly teamId?: string | undefined;
  readonly teamAlias?: string | undefined;
  readonly organizationId?: string | undefined;
  /** The end user (`customer`). */
  readonly customerId?: string | undefined;
  readonly tags: readonly string[];
  /** The route's pattern. */
  readonly route: string;
  /** LiteLLM's `call_type`: `acompletion`, `atext_completion`, `aembedding`, `anthropic_messages`. */
  readonly callType: string;
  readonly stream: boolean;
  readonly requestedModel: string;
  /** The group that was asked for, and the one that this attempt was made in. */
  readonly modelGroup?: string | undefined;
  readonly servedGroup?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly provider?: string | undefined;
  /** The provider's own name for the model. */
  readonly model?: string | undefined;
  readonly apiBase?: string | undefined;
  readonly status: LedgerStatus;
  readonly httpStatus?: number | undefined;
  readonly error?: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number | undefined;
  readonly cacheWriteTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
  /** Counted by the gateway, because the provider reported no usage. */
  readonly isEstimated: boolean;
  /** Undefined: unpriced. */
  readonly cost?: PicoUsd | undefined;
  /**
   * What it would have cost without the gateway: at the model that was asked for, with the client's own prompt caching and no other,
   * the prompt as it was sent. 0 for a call that only the gateway needed. Undefined: unpriced.
   */
  readonly requestedCost?: PicoUsd | undefined;
  /** `requestedCost` less `cost` by what saved it, to the last pico-USD; absent: nothing did. */
  readonly savings?: Savings | undefined;
  /** The chance, from 0 to 1, that the chosen model's answer is good enough, as it was thought when the model was chosen. */
  readonly expectedQuality?: number | undefined;
  /** What the request's claim held when it was settled; only on the first row of a request. */
  readonly hold?: PicoUsd | undefined;
  /** The rates that were used, and their source. */
  readonly price?: { readonly source: string; readonly rates: JsonObject } | undefined;
  /**
   * What else was counted, if it was anything: members of the usage that have no column, and what the request brings besides tokens that
   * has a price. With the rates they give the cost again.
   */
  readonly counted?: { readonly usage?: JsonObject; readonly extras?: JsonObject } | undefined;
  readonly sessionId?: string | undefined;
  /** `spend_logs_metadata` and the like. */
  readonly metadata?: JsonObject | undefined;
  /** The words of the request and of its answer, if they are kept: on the last row of a request. */
  readonly texts?: { readonly request: string; readonly answer: string } | undefined;
  /** Accounts this row's cost counts for: `key:…`, `team:…`, `deployment:…`. */
  readonly accounts: readonly string[];
}

/** Which rows; all conditions that are given must hold. */
export interface LedgerFilter {
  readonly callId?: string;
  /** The id of a call, or of the answer that its client has. */
  readonly requestId?: string;
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
  /** Any of these. */
  readonly statuses?: readonly LedgerStatus[];
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

/** Which sums of savings. */
export type SavingsFilter = Omit<Parameters<Ledger['activity']>[0], 'tag'>;

/** Sums over attempts by the requested dimensions. */
export interface ActivityRow {
  /** The values of the requested dimensions. `date` is `YYYY-MM-DD`. */
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

export type SavingsDimension = Exclude<ActivityDimension, 'tag'> | 'mechanism';

/** Sums over what mechanisms did to attempts, by the requested dimensions. */
export interface SavingsRow {
  readonly by: Partial<Readonly<Record<SavingsDimension, string>>>;
  /** How often a mechanism saved or cost something: an attempt counts once for each. */
  readonly attempts: number;
  readonly saved: PicoUsd;
  /** How many of these attempts have an expected quality, and the sum of theirs. */
  readonly rated: number;
  readonly quality: number;
}

/** The ledger of one gateway or many. Every method rejects while the database is unavailable. */
export interface Ledger {
  /** Writes rows and all sums that follow from them in one transaction. Ids that are stored already change nothing. */
  write(rows: readonly LedgerRow[]): Promise<void>;
  /** The same for rows that `textOfRow` has made into texts. */
  writeTexts?(texts: readonly string[]): Promise<void>;
  /** Newest first. */
  find(
    filter: LedgerFilter,
    page: {
      readonly limit: number;
      readonly offset: number;
      readonly order?: 'newest' | 'oldest' | 'costliest' | 'cheapest';
      /** With `oldest`: only rows behind this one. Pages of any size of ledger are then equally fast. */
      readonly after?: Pick<LedgerRow, 'startedAtMs' | 'attemptId'>;
    },
  ): Promise<LedgerRow[]>;
  count(filter: LedgerFilter): Promise<number>;
  /** Sums by day and other dimensions: fast at ten million rows. Dates are whole days in UTC, `toDate` inclusive. */
  activity(
    filter: Omit<
      LedgerFilter,
      'callId' | 'requestId' | 'fromMs' | 'toMs' | 'status' | 'statuses' | 'minCost' | 'maxCost'
    > & {
      readonly fromDate?: string;
      readonly toDate?: string;
      readonly keyHashes?: readonly string[];
      readonly userIds?: readonly string[];
    },
    by: readonly ActivityDimension[],
  ): Promise<ActivityRow[]>;
  /** What mechanisms saved, by day and other dimensions, from sums as `activity` is. */
  savings(filter: SavingsFilter, by: readonly SavingsDimension[]): Promise<SavingsRow[]>;
  /** What an account spent in [fromMs, toMs): exact even if the period does not begin on the hour. */
  spent(account: string, fromMs: number, toMs?: number): Promise<PicoUsd>;
  /** What accounts spent in all, or since their last reset; accounts without spend are left out. */
  totals(accounts: readonly string[]): Promise<ReadonlyMap<string, PicoUsd>>;
  /** `/key/reset_spend`: from now on `totals` and `spent` of the account start at this amount. */
  resetTotal(account: string, to: PicoUsd, nowMs: number): Promise<void>;
  /** Deletes rows of attempts that ended before, in small steps; sums stay. Resolves to the number of rows. */
  prune(beforeMs: number): Promise<number>;
}
