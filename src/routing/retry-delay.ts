/** How long to wait before trying a deployment again. */
import type { AttemptFailure, WalkPolicy } from './contracts.ts';

/** What a wait depends on, in milliseconds. */
interface RetryDelayFacts {
  /** How often this request has waited already. */
  readonly waits: number;
  /** The operator's `retry_after`: the least wait if the provider named none. */
  readonly leastWaitMs: number;
  /** What the provider asked for. */
  readonly retryAfterMs?: number | undefined;
  /** What is left until the request's deadline. */
  readonly leftMs: number;
}

// LiteLLM's INITIAL_RETRY_DELAY and MAX_RETRY_DELAY.
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
/** No client waits longer than this (LiteLLM's bound for Retry-After): its answer says when to come back. */
const LONGEST_WAIT_MS = 60_000;
const JITTER_SHARE = 0.05;
const LARGEST_JITTER_MS = 250;

/**
 * The wait before another try in whole milliseconds, or undefined if it would end after the deadline. A provider's
 * Retry-After is kept to the millisecond and only lengthened a little; without one, or with one of less than half a
 * second, the wait is exponential with full jitter.
 */
export function retryDelayMs(facts: RetryDelayFacts, random: () => number): number | undefined {
  const { waits, leastWaitMs, retryAfterMs, leftMs } = facts;
  if (retryAfterMs !== undefined && retryAfterMs >= FIRST_DELAY_MS) {
    const leastMs = Math.ceil(retryAfterMs);
    if (leastMs >= leftMs || leastMs > LONGEST_WAIT_MS) return undefined;
    const jitterMs = Math.floor(random() * Math.min(retryAfterMs * JITTER_SHARE, LARGEST_JITTER_MS));
    return leastMs + jitterMs < leftMs ? leastMs + jitterMs : leastMs;
  }
  const ceilingMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(waits, 10), LONGEST_DELAY_MS);
  // A limit that resets in 6 ms says little about when there is room again: the usual wait is the least.
  const delayMs = Math.ceil(Math.max(leastWaitMs, retryAfterMs ?? 0, random() * ceilingMs));
  return delayMs < leftMs ? delayMs : undefined;
}

/** A shared store is asked for a probe in the background: worth a few such waits, nothing longer is. */
const SHORT_WAIT_MS = 50;
const MOST_SHORT_WAITS = 3;

/** How long one request has waited to try deployments again. */
export class RetryWaits {
  #count = 0;
  #shortCount = 0;
  /** Without what is added to spread retries. */
  #waitedMs = 0;

  /**
   * Whether the deployment that failed is waited for before another group is asked: a provider whose limit resets soon has a
   * warmer cache and the model that was asked for. A limit without a time, or that resets in 6 ms, does not say when there is room.
   */
  comesFirst({ code, retryAfterMs = 0 }: AttemptFailure, policy: WalkPolicy): boolean {
    return retryAfterMs >= FIRST_DELAY_MS ? retryAfterMs <= this.leftMs(policy) : code !== 'upstream_rate_limit';
  }

  /** How much longer providers are waited for before another group is asked. */
  leftMs({ retryAfterWaitMaxMs }: WalkPolicy): number {
    return retryAfterWaitMaxMs - this.#waitedMs;
  }

  /** As `retryDelayMs`, after the waits so far. */
  delayMs(waitMs: number, policy: WalkPolicy, nowMs: number, random: () => number): number | undefined {
    const { leastWaitMs, deadlineMs } = policy;
    return retryDelayMs({ waits: this.#count, leastWaitMs, retryAfterMs: waitMs, leftMs: deadlineMs - nowMs }, random);
  }

  /** Whether a wait before the first attempt is short enough; counts it if so. */
  takeShort(waitMs: number): boolean {
    if (waitMs > SHORT_WAIT_MS || this.#shortCount >= MOST_SHORT_WAITS) return false;
    this.#shortCount += 1;
    return true;
  }

  note(waitMs: number): void {
    this.#count += 1;
    this.#waitedMs += waitMs;
  }
}
