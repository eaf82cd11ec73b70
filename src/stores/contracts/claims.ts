/**
 * What every request may still spend and send: one claim on all accounts that it touches, all or nothing, in one atomic
 * step. It is corrected by what was really used when the request is over. Money is pico-USD, times are milliseconds.
 *
 * An **account** is whatever a limit hangs on: a key, a team, a key at one model. For each of its money limits a store
 * keeps `spent` (settled), `held` (holds of open claims) and `exposed` (what open claims may cost beyond their holds).
 *
 * A money limit grants a claim if all of these hold:
 * - spent + held < max: a limit that is used up grants nothing, not even what is free;
 * - spent + held + hold ≤ max;
 * - spent + held + exposed + hold + exposure ≤ max + debt.
 *
 * A rate counts the last 60 s in whole seconds, the oldest of them until all of it is 60 s old. Refused claims are not
 * counted.
 */
import type { PicoUsd } from '../../core/money.ts';

/** A budget of an account in one period. */
export interface MoneyLimit {
  readonly max: PicoUsd;
  /** Names the period, and with it the counter: two periods never share one. `1mo@1764547200000`. */
  readonly window: string;
  /** When the period began; spend before it does not count. 0: all spend counts. */
  readonly startsAtMs: number;
  /** When the next period begins; undefined: never. */
  readonly endsAtMs?: number;
  /** How far open claims may together be expected to run past the budget; 0 in `strict`. */
  readonly debt: PicoUsd;
}

/** Limits on what may happen in any span of 60 seconds, and at one time. */
export interface RateLimits {
  readonly requestsPerMinute?: number;
  /** Input and output together. */
  readonly tokensPerMinute?: number;
  readonly inputTokensPerMinute?: number;
  readonly outputTokensPerMinute?: number;
  /** Requests under way at one time. */
  readonly parallelRequests?: number;
}

/** What one account allows. A claim leaves out accounts without limits. */
export interface ClaimAccount extends RateLimits {
  /** `key:<hash>`, `team:<id>`, `key:<hash>/model:<group>`. Unique over all kinds; holds no secret. */
  readonly id: string;
  readonly money: readonly MoneyLimit[];
  /**
   * What happens while the shared store is unavailable. Default `share`: each instance may use an equal part of what
   * was left.
   */
  readonly whenAway?: 'open' | 'closed' | 'share';
}

/** What is reserved on a budget, or by how much that grows. */
export interface Reserve {
  readonly hold: PicoUsd;
  readonly exposure: PicoUsd;
}

/** What a claim reserves. */
export interface ClaimAmounts {
  readonly inputTokens: number;
  /** Expected tokens of the answer. */
  readonly outputTokens: number;
  /** Reserved on every money limit. */
  readonly hold: PicoUsd;
  /** What the request may cost beyond its hold: 0 if the hold is an upper bound. */
  readonly exposure: PicoUsd;
  /**
   * If `hold` and `exposure` do not fit, the request may be sent with fewer tokens of answer instead. The store grants
   * as many as fit, with a hold of `fixed + tokens × perToken` and no exposure, and refuses the claim below
   * `minTokens`.
   */
  readonly cap?: {
    readonly fixed: PicoUsd;
    readonly perToken: PicoUsd;
    readonly minTokens: number;
    readonly maxTokens: number;
    /**
     * So that one request does not hold a small budget alone. While other claims are open on a budget, the request gets
     * at most an eighth of what is free, or `tokens` if that is more; below `tokens` it is refused until they are
     * settled. If `doOthersWait`, the first also holds for a request that is alone. Between `minTokens` and `maxTokens`.
     */
    readonly share?: { readonly tokens: number; readonly doOthersWait: boolean };
  };
}

export interface ClaimRequest {
  /** The call id. To claim again with the id of an open claim is a bug and throws a RangeError. */
  readonly id: string;
  /** Wall clock of this instance. A store that instances share uses its own clock for rates. */
  readonly nowMs: number;
  readonly accounts: readonly ClaimAccount[];
  readonly amounts: ClaimAmounts;
  /**
   * What `OrphanedClaim.note` says if this instance dies: whatever is needed to book the claim. Stored as it is; keep
   * it short.
   */
  readonly note?: string;
}

export type LimitKind = 'money' | 'requests' | 'tokens' | 'input-tokens' | 'output-tokens' | 'parallel';

/**
 * Why a claim was refused: the first limit that refused it, in the order of the accounts, and within an account in the
 * order of `LimitKind`. If there is a `cap`, money refuses only if its `minTokens` do not fit either.
 */
export interface Refusal {
  /** Id of the account. */
  readonly account: string;
  readonly limit: LimitKind;
  /** For money in pico-USD, otherwise a count. */
  readonly max: bigint;
  /** Spent and settled, or counted in the last 60 s, or under way. */
  readonly used: bigint;
  /** Held by open claims; only for money. */
  readonly held: bigint;
  /** The period's name, for money. */
  readonly window?: string;
  /** In how many milliseconds it may be granted; undefined: never, or unknown. */
  readonly retryAfterMs?: number;
  /**
   * Only open claims are in the way: the same request may fit once they are settled. Never true for what a minute
   * counts.
   */
  readonly isTemporary: boolean;
  /** The store that knows the account's spend is unavailable, and the account is configured `closed`. */
  readonly isStoreUnavailable?: boolean;
  /**
   * No limit refused: another instance changed an object (a key, a team) and this one had not heard of it. By the time
   * this is returned, the caches of this instance are invalidated (`InvalidationBus`): identify the caller again, and
   * claim again. `account` is empty.
   */
  readonly isStale?: boolean;
}

/**
 * What an account has left after a claim, for the `x-ratelimit-*` headers. Members exist only for limits that it has.
 */
export interface Remaining {
  readonly requests?: number;
  readonly tokens?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly parallel?: number;
  /** When the oldest counted second leaves the window and frees what it counted. */
  readonly resetMs: number;
  /** Per money limit, in their order: spent and held after this claim. */
  readonly money: readonly { readonly spent: PicoUsd; readonly held: PicoUsd }[];
}

export type ClaimOutcome =
  | {
      readonly kind: 'granted';
      /** What is reserved now: as asked for, or `fixed + cap × perToken`. */
      readonly hold: PicoUsd;
      readonly exposure: PicoUsd;
      /** The most tokens of answer that may be asked for, if the claim was granted by its `cap`. */
      readonly cap?: number;
      /** In the order of the accounts. */
      readonly remaining: readonly Remaining[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Spend that depends on who answered and therefore could not be claimed before: budgets of deployments and providers.
 */
export interface Charge {
  readonly account: string;
  readonly window: string;
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
  /** Below 0: it is taken off again. */
  readonly cost: PicoUsd;
  /** Charged only where the account is counted already: the ledger will tell the instance that counts it first. */
  readonly isIfCounted?: boolean;
}

export interface Settlement {
  readonly id: string;
  readonly nowMs: number;
  /** What all attempts together cost. Unpriced counts as 0. */
  readonly cost: PicoUsd;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly charges: readonly Charge[];
}

/** Spend of one money limit, as the store knows it. */
export interface MoneyState {
  readonly spent: PicoUsd;
  readonly held: PicoUsd;
  readonly exposed: PicoUsd;
}

/**
 * What was spent before the store knew the account: asked once for each account and period, if a counter is missing (a
 * new process, a Redis that was emptied). The ledger answers, after the journal was flushed to it.
 *
 * So that every cost counts once, the answer contains everything that was settled before the question, and nothing that
 * was settled later: if `settle` returns a promise, its rows go to the ledger only after that is fulfilled (to the
 * journal at once).
 */
export type Seed = (
  account: string,
  limit: Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>,
) => PicoUsd | Promise<PicoUsd>;

/** A claim whose instance died before it settled the claim. */
export interface OrphanedClaim {
  readonly id: string;
  readonly hold: PicoUsd;
  readonly exposure: PicoUsd;
  /** When it was granted, by the store's clock and about to the second. */
  readonly claimedAtMs: number;
  /** When a provider got the request, as far as the store heard; by its clock. */
  readonly sentAtMs?: number;
  /** The last sign of life of its instance, by the store's clock; undefined: there was none. */
  readonly aliveAtMs?: number;
  /** What it reserves was changed after it had been granted. */
  readonly hasGrown: boolean;
  /** The `note` of its request. */
  readonly note: string;
}

/**
 * A claim that was granted less than this before the last sign of life of its instance may have been sent although the store has not
 * heard of it; an older one was not.
 */
export const YOUNG_CLAIM_MS = 1_000;

/** Counters of all limits. Nothing here throws because a store is unavailable: `whenAway` decides. */
export interface Claims {
  /** Whether the shared store can be reached; undefined for a store in memory. */
  readonly isUp: boolean | undefined;
  /** How many claims of this instance are open. */
  readonly open: number;
  /**
   * Returns no promise if it can decide at once (in memory, counters seeded), to spare the caller a turn of the event
   * loop.
   */
  claim(request: ClaimRequest): ClaimOutcome | Promise<ClaimOutcome>;
  /**
   * Changes what an open claim reserves. If the increase does not fit, it is refused and the claim stays as it was.
   * Requests and slots stay. Throws a RangeError for a claim that is not open.
   */
  extend(id: string, reserve: Reserve & { readonly nowMs: number }): ClaimOutcome | Promise<ClaimOutcome>;
  /**
   * A provider gets the request of a claim now. Not waited for: the store hears of it a moment later, and takes a claim that was young
   * when its instance died for one that was sent.
   */
  sent(id: string): void;
  /**
   * Before a request is sent whose claim has been open for a while: resolves when the store knows, because it would take it for one that
   * was never sent. Undefined: there is nothing to wait for. Never rejects.
   */
  aboutToSend(id: string): Promise<void> | undefined;
  /**
   * Closes a claim: frees hold, exposure and slots, adds the cost to the periods in which it was claimed, corrects the
   * tokens. A second settlement of the same id changes nothing, nor does one of an id that was never claimed (a request
   * without limits claims on no account, so that its charges count). If the shared store lost the claim or gave it up
   * as orphaned, the settlement books the difference, so that every cost counts once. Never rejects: what cannot be
   * delivered now is kept and delivered later. Resolves when it is delivered or kept. Its rows go to the ledger after
   * that, because a counter that is seeded meanwhile would count them twice.
   */
  settle(settlement: Settlement): void | Promise<void>;
  /**
   * Frees the slots of an open claim, once: the request is over, and its cost is still being counted. Its money stays reserved until
   * it is settled. Never rejects; while the shared store is unavailable, the slots are freed when it is settled.
   */
  leave(id: string): void | Promise<void>;
  /**
   * Gives this instance a part of what all instances together may allow of something that costs nothing, in a period that begins with
   * the first part. Undefined: no store is shared now, and each instance counts for itself.
   */
  grantFree(
    counter: string,
    wanted: { readonly count: number; readonly limit: number; readonly periodMs: number },
  ): Promise<{ readonly count: number; readonly endsInMs: number } | undefined>;
  /** Undoes a claim, its requests and tokens included. For requests that were never sent. */
  cancel(id: string, nowMs: number): void | Promise<void>;
  /**
   * Spend as this store knows it, asked from the shared store if there is one; for pages and gauges, not for decisions.
   */
  read(
    account: string,
    limits: readonly Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>[],
  ): Promise<MoneyState[]>;
  /** Sets what was spent in a period (`/key/reset_spend`, a correction); holds stay. */
  correct(account: string, window: string, spent: PicoUsd): Promise<void>;
  close(): Promise<void>;
}
