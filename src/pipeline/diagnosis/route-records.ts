import type { ErrorCode } from '../../core/errors.ts';
import type { RouteWait } from '../../exchange/detours.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ModelChoice } from '../../exchange/model-choice.ts';
import type { GroupPlan } from '../../routing/plan-group.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';

/**
 * What is kept of a request to explain its route later: references to what was made for it anyway, nothing of its
 * prompt.
 */
export interface RouteRecord {
  readonly callId: string;
  /** The name the client asked for, cut to 256 characters. */
  readonly model: string;
  readonly stream: boolean;
  readonly plan: GroupPlan<Deployment>;
  readonly choice?: ModelChoice | undefined;
  /** The plans of the fallback groups that were considered. */
  readonly fallbackPlans: readonly GroupPlan<Deployment>[];
  readonly attempts: readonly AttemptFacts[];
  readonly waits: readonly RouteWait[];
  readonly status: number;
  readonly error: ErrorCode | undefined;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

const MOST_RECORDS = 1_000;
const NO_PLANS: RouteRecord['fallbackPlans'] = [];
const NO_WAITS: RouteRecord['waits'] = [];
const LONGEST_MODEL_NAME = 256;

/** The routes of the last requests, by call id. Keeping one is a write into a ring; finding one searches all of it. */
export class RouteRecords {
  readonly #ring: RouteRecord[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most = MOST_RECORDS) {
    this.#most = most;
  }

  /** Keeps the route of a request that is over; one that was refused before it was planned has none. */
  keep(exchange: Exchange, endedMs: number): void {
    const { plan, error, status } = exchange;
    if (plan === undefined) return;
    this.#ring[this.#next] = {
      callId: exchange.callId,
      model: (exchange.model ?? '').slice(0, LONGEST_MODEL_NAME),
      stream: exchange.stream,
      plan,
      choice: exchange.choice,
      fallbackPlans: exchange.detours?.fallbackPlans ?? NO_PLANS,
      attempts: exchange.attempts,
      waits: exchange.detours?.waits ?? NO_WAITS,
      status: error === undefined || status !== 0 ? status : error.status,
      error: error?.code,
      startedAtMs: exchange.startedAtMs,
      durationMs: endedMs - exchange.startedMs,
    };
    this.#next = (this.#next + 1) % this.#most;
  }

  find(callId: string): RouteRecord | undefined {
    return this.#ring.find((record) => record.callId === callId);
  }
}
