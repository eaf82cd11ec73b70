/**
 * What the parts of routing hand to one another: one request's needs and policy, what is known of deployments, and the
 * next step.
 */
import type { ErrorCode } from '../core/errors.ts';
import type { PromptChain } from '../core/prompt-chain.ts';
import type { Routable } from './model-groups.ts';

/**
 * What one request needs of a deployment, as far as anyone asked: unknown members are undefined and restrict nothing.
 */
export interface RequestNeeds {
  /** `User-Agent: …`, where deployments are chosen by it. */
  readonly agent?: string;
  /** Tokens of the prompt: an upper bound that is exact near a limit. */
  readonly inputTokens?: number;
  /** The answer's limit the client set. */
  readonly maxOutputTokens?: number;
  readonly vision?: boolean;
  readonly tools?: boolean;
  readonly jsonSchema?: boolean;
  readonly reasoning?: boolean;
  readonly stream: boolean;
  /** Tags of the request (body, header, key), for tag routing. */
  readonly tags: readonly string[];
  /** Requests with the same key go to the same deployment: a session, or a user. */
  readonly affinityKey?: string;
  /** The team of its key, where deployments are reserved for teams. */
  readonly teamId?: string;
  /** The prefixes of the prompt: it goes where the longest of them is cached. */
  readonly prompt?: PromptChain;
  /** Regions that its data must stay in, all at once (`allowed_model_region`). */
  readonly regions?: readonly string[];
}

/** Why a deployment has its place in a plan, or is not in it. `sluice route` prints it unchanged. */
export interface Verdict {
  readonly deploymentId: string;
  readonly group: string;
  readonly isEligible: boolean;
  /** One short phrase: `cooling down for 4.2 s`, `context window 8192 < 10240`, `lowest latency 0.21 s`. */
  readonly reason: string;
  /** For one that is not eligible now: when it may be again, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** The deployments of one group for one request, best first, with a verdict on each. */
export interface PlannedGroup<D extends Routable> {
  readonly group: string;
  readonly deployments: readonly D[];
  readonly verdicts: readonly Verdict[];
}

/** How one request may be retried and where it may fall back to. Times in milliseconds. */
export interface WalkPolicy {
  /** Attempts over retries, fallbacks and hedges together. */
  readonly maxAttempts: number;
  /** Further attempts in the group that was asked for. */
  readonly numRetries: number;
  /** Further attempts by LiteLLM's exception class (`RateLimitError` → n), if configured. */
  readonly retriesByClass: Readonly<Record<string, number>>;
  /** Further attempts in each fallback group. */
  readonly retriesPerFallback: number;
  readonly maxFallbacks: number;
  /** When the request must be over, by the monotonic clock. */
  readonly deadlineMs: number;
  /** Least wait before a retry of the same deployment (`retry_after`). */
  readonly leastWaitMs: number;
  /** So long a wait that providers ask for (`Retry-After`) comes before a fallback group, in all (`retry_after_wait_max`). */
  readonly retryAfterWaitMaxMs: number;
  /** Fallback groups in order; empty means none. Already reduced to what the key may use. */
  readonly fallbacks: readonly string[];
  readonly contextWindowFallbacks: readonly string[];
  readonly contentPolicyFallbacks: readonly string[];
  /** The failures that fall back; undefined means every failure that is not the client's. */
  readonly fallbackOn: ReadonlySet<ErrorCode> | undefined;
}

/** A failed attempt as routing sees it. */
export interface AttemptFailure {
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  /** Its client pretended it, so it says nothing about the deployment. */
  readonly isPretended?: boolean;
  /** The rest of the group is not tried. */
  readonly leavesGroup?: boolean;
}

/** What to do next for a request. */
export type Step<D extends Routable> =
  | { readonly kind: 'attempt'; readonly deployment: D; readonly group: string }
  /** Nothing can be tried now; ask again after this. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** Nothing is left to try. `retryAfterMs`: when trying again may help; undefined when it would not. */
  | { readonly kind: 'give-up'; readonly reason: GiveUpReason; readonly retryAfterMs?: number };

export type GiveUpReason =
  | 'not-retryable'
  | 'attempts-used-up'
  | 'deadline'
  | 'retry-budget-empty'
  | 'none-available'
  | 'nothing-left';
