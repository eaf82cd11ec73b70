/** When a deployment's breaker opens and for how long: LiteLLM's keys, and our default if neither is set. */
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import type { AttemptFailure } from './contracts.ts';

/** The operator's settings for cooldowns: `router_settings`, and per deployment if it has its own. */
export interface CooldownSettings {
  /**
   * Failures in a minute that do not open yet. LiteLLM takes its own default of 3 for "not set": pass undefined for it.
   */
  readonly allowedFails?: number | undefined;
  /** The same by exception class: `RateLimitError` → n. */
  readonly allowedFailsByClass?: Readonly<Record<string, number>> | undefined;
  /** How long to stay open at first; 0 never opens. */
  readonly cooldownMs?: number | undefined;
}

/**
 * What the breaker needs to know of a failed attempt besides the failure: the deployment's group and its own settings.
 */
export interface FailureFacts extends CooldownSettings {
  /** Deployments configured in the group. */
  readonly groupSize: number;
  /** The deployment answers for any model name: a 404 is then the client's doing. */
  readonly isWildcard?: boolean;
  /** The attempt was the probe (`mayTry` said so). */
  readonly wasProbe?: boolean;
}

const WINDOW_SLOTS = 12;
const WINDOW_SLOT_MS = 5_000;
const LEAST_ATTEMPTS = 5;
const MOST_FAILED_SHARE = 0.5;
/** LiteLLM's `allowed_fails` if only a policy is set and the class is not in it. */
const DEFAULT_ALLOWED_FAILS = 3;
/** The same over a short while: after a busy minute of successes, a minute's share would notice an outage too late. */
const RECENT_SLOTS = 5;
const RECENT_SLOT_MS = 2_000;
/** So many failures in a row, over so long without a success, open a breaker … */
const LEAST_CONSECUTIVE = 5;
const WITHOUT_SUCCESS_MS = 2_000;
/** … and these that of the only deployment of a group with little traffic. */
const LEAST_CONSECUTIVE_ALONE = 3;
const WITHOUT_SUCCESS_ALONE_MS = 10_000;
const DEFAULT_COOLDOWN_MS = 5_000;
/** A provider's Retry-After beyond this is not believed: one probe in ten minutes costs next to nothing. */
const LONGEST_RETRY_AFTER_MS = 600_000;
/**
 * A failed probe doubles the cooldown up to this, so that a flapping provider is used again within 30 s of its recovery
 * (S15) …
 */
const LONGEST_COOLDOWN_MS = 20_000;
/** … and, once it has been down for this long, up to the next. */
const LONG_OUTAGE_MS = 120_000;
const LONGEST_COOLDOWN_IN_LONG_OUTAGE_MS = 60_000;
const JITTER = 0.1;

/** No second try helps while the operator has not acted, so the first failure is enough. */
const OPENS_AT_ONCE: ReadonlySet<ErrorCode> = new Set([
  'upstream_auth',
  'upstream_permission',
  'upstream_not_found',
  'upstream_payment',
]);

/** Whether a failure speaks against the deployment. */
export function countsAgainstDeployment(failure: AttemptFailure, facts: FailureFacts): boolean {
  if (ERRORS[failure.code].source !== 'upstream') return false;
  return !(facts.isWildcard === true && failure.code === 'upstream_not_found');
}

/** What the last minute says about one deployment. */
export class DeploymentRecord {
  readonly #attempts = new SlidingWindow(WINDOW_SLOTS, WINDOW_SLOT_MS);
  readonly #failures = new SlidingWindow(WINDOW_SLOTS, WINDOW_SLOT_MS);
  readonly #recentAttempts = new SlidingWindow(RECENT_SLOTS, RECENT_SLOT_MS);
  readonly #recentFailures = new SlidingWindow(RECENT_SLOTS, RECENT_SLOT_MS);
  readonly #failuresByClass = new Map<string, SlidingWindow>();
  #consecutiveFailures = 0;
  #lastSuccessMs: number;

  constructor(nowMs: number) {
    this.#lastSuccessMs = nowMs;
  }

  addSuccess(nowMs: number): void {
    this.#attempts.add(nowMs);
    this.#recentAttempts.add(nowMs);
    this.#consecutiveFailures = 0;
    this.#lastSuccessMs = nowMs;
  }

  addFailure(failure: AttemptFailure, nowMs: number): void {
    this.#attempts.add(nowMs);
    this.#recentAttempts.add(nowMs);
    this.#failures.add(nowMs);
    this.#recentFailures.add(nowMs);
    this.#consecutiveFailures += 1;
    const { className } = ERRORS[failure.code];
    let ofClass = this.#failuresByClass.get(className);
    if (ofClass === undefined) {
      ofClass = new SlidingWindow(WINDOW_SLOTS, WINDOW_SLOT_MS);
      this.#failuresByClass.set(className, ofClass);
    }
    ofClass.add(nowMs);
  }

  /**
   * Whether the failure that was just added opens the breaker. `settings` are the router's; the deployment's own go
   * first.
   */
  mustOpen(failure: AttemptFailure, facts: FailureFacts, settings: CooldownSettings, nowMs: number): boolean {
    if (facts.cooldownMs === 0 || (facts.cooldownMs === undefined && settings.cooldownMs === 0)) return false;
    const allowedFails = facts.allowedFails ?? settings.allowedFails;
    const byClass = facts.allowedFailsByClass ?? settings.allowedFailsByClass;
    const { className } = ERRORS[failure.code];
    const allowedOfClass = byClass?.[className];
    if (allowedOfClass !== undefined) return (this.#failuresByClass.get(className)?.total(nowMs) ?? 0) > allowedOfClass;
    if (allowedFails !== undefined || byClass !== undefined) {
      return this.#failures.total(nowMs) > (allowedFails ?? DEFAULT_ALLOWED_FAILS);
    }
    if (failure.code === 'upstream_rate_limit' && facts.groupSize > 1) return true;
    if (OPENS_AT_ONCE.has(failure.code)) return true;
    return (
      isMostlyFailing(this.#attempts.total(nowMs), this.#failures.total(nowMs)) ||
      isMostlyFailing(this.#recentAttempts.total(nowMs), this.#recentFailures.total(nowMs)) ||
      this.#isSilent(LEAST_CONSECUTIVE, WITHOUT_SUCCESS_MS, nowMs) ||
      (facts.groupSize === 1 && this.#isSilent(LEAST_CONSECUTIVE_ALONE, WITHOUT_SUCCESS_ALONE_MS, nowMs))
    );
  }

  /** What was before does not count against a deployment that has answered its probe. */
  clear(): void {
    this.#attempts.clear();
    this.#failures.clear();
    this.#recentAttempts.clear();
    this.#recentFailures.clear();
    this.#failuresByClass.clear();
    this.#consecutiveFailures = 0;
  }

  #isSilent(leastConsecutive: number, withoutSuccessMs: number, nowMs: number): boolean {
    return this.#consecutiveFailures >= leastConsecutive && nowMs - this.#lastSuccessMs >= withoutSuccessMs;
  }
}

const isMostlyFailing = (attempts: number, failures: number): boolean =>
  attempts >= LEAST_ATTEMPTS && failures > attempts * MOST_FAILED_SHARE;

/** A deployment's outage: how often its breaker was opened again, and since when it has been down. */
interface Outage {
  readonly reopenings: number;
  readonly lastsMs: number;
}

/**
 * How long to stay open: the deployment's `cooldown_time`, else the provider's Retry-After, else the router's, else 5
 * s.
 */
export function cooldownMs(
  failure: AttemptFailure,
  facts: FailureFacts,
  settings: CooldownSettings,
  outage: Outage,
  random: () => number,
): number {
  const configured = facts.cooldownMs ?? settings.cooldownMs ?? DEFAULT_COOLDOWN_MS;
  const told = facts.cooldownMs === undefined ? believedRetryAfterMs(failure) : 0;
  const base = told > 0 && outage.reopenings === 0 ? told : configured;
  const longest = outage.lastsMs < LONG_OUTAGE_MS ? LONGEST_COOLDOWN_MS : LONGEST_COOLDOWN_IN_LONG_OUTAGE_MS;
  // The first wait is never shorter than what was configured or asked for; later ones spread both ways.
  if (outage.reopenings === 0) return base * (1 + JITTER * random());
  const doubled = Math.max(base, Math.min(longest, base * 2 ** Math.min(outage.reopenings, 20)));
  return Math.max(told, doubled * (1 - JITTER + 2 * JITTER * random()));
}

/** The provider's wait as far as it is plausible; 0 if it gave none. */
export function believedRetryAfterMs({ retryAfterMs }: AttemptFailure): number {
  if (retryAfterMs === undefined || !(retryAfterMs > 0)) return 0;
  return Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
}
