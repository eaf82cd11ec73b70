import type { Clock } from '../core/clock.ts';
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import type { BreakerReading } from './plan-group.ts';

/** What a health check found. */
export interface HealthResult {
  /** Undefined: it answered. */
  readonly error: ErrorCode | undefined;
  /** By the wall clock. */
  readonly checkedAtMs: number;
  readonly latencyMs: number;
}

/** What the configuration says of results. */
interface HealthResultSettings {
  /** `enable_health_check_routing`: whether a failed check takes a deployment out of rotation. */
  readonly routing: boolean;
  /** Age at which a result no longer counts. */
  readonly stalenessMs: number;
}

/** A check that was made, and whose. */
export interface PastCheck extends HealthResult {
  /** The deployment's id. */
  readonly id: string;
  /** Counts the checks of this instance. */
  readonly number: number;
}

/** How many checks are remembered. */
const MOST_PAST = 1_000;

interface Kept extends HealthResult {
  readonly checkedMs: number;
}

/** The last health check of each deployment, and the last checks of all. Outlives reloads. */
export class HealthResults {
  readonly #clock: Clock;
  #settings: HealthResultSettings;
  readonly #results = new Map<string, Kept>();
  /** A ring: the newest check stands before `#checks % MOST_PAST`. */
  readonly #past: PastCheck[] = [];
  #checks = 0;

  constructor(clock: Clock, settings: HealthResultSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  configure(settings: HealthResultSettings): void {
    this.#settings = settings;
  }

  record(id: string, found: { readonly error: ErrorCode | undefined; readonly latencyMs: number }): void {
    const result = { ...found, checkedAtMs: this.#clock.nowMs() };
    this.#results.set(id, { ...result, checkedMs: this.#clock.monotonicMs() });
    this.note(id, result);
  }

  /** Takes over what another instance found. */
  learn(id: string, { error, latencyMs, ageMs }: Omit<HealthResult, 'checkedAtMs'> & { readonly ageMs: number }): void {
    const checkedMs = this.#clock.monotonicMs() - ageMs;
    if (checkedMs < (this.#results.get(id)?.checkedMs ?? Number.NEGATIVE_INFINITY)) return;
    this.#results.set(id, { error, latencyMs, checkedAtMs: this.#clock.nowMs() - ageMs, checkedMs });
  }

  /** Remembers a check that says nothing about routing. */
  note(id: string, { error, checkedAtMs, latencyMs }: HealthResult): void {
    const number = this.#checks++;
    this.#past[number % MOST_PAST] = { id, number, error, checkedAtMs, latencyMs };
  }

  /** The last checks, newest first. */
  history(): readonly PastCheck[] {
    return this.#past.toSorted((one, other) => other.number - one.number);
  }

  /** The last result, however old; undefined if there was no check yet. */
  of(id: string): HealthResult | undefined {
    return this.#results.get(id);
  }

  /** Milliseconds since the last check; undefined if there was none. */
  ageMs(id: string): number | undefined {
    const result = this.#results.get(id);
    return result === undefined ? undefined : this.#clock.monotonicMs() - result.checkedMs;
  }

  /**
   * Where checks decide about routing: that a deployment is to be treated as open, because its last check failed. It
   * stands behind all others then, so that it is tried only where nothing else is left, as LiteLLM does it.
   */
  reading(id: string): BreakerReading | undefined {
    if (!this.#settings.routing) return undefined;
    const result = this.#results.get(id);
    // A check that the provider found wrong in itself says nothing about what clients ask.
    if (result?.error === undefined || ERRORS[result.error].source !== 'upstream') return undefined;
    const ageMs = this.#clock.monotonicMs() - result.checkedMs;
    if (ageMs >= this.#settings.stalenessMs) return undefined;
    const { className } = ERRORS[result.error];
    return {
      isOpen: true,
      retryAfterMs: this.#settings.stalenessMs - ageMs,
      reason: `failed its health check ${(ageMs / 1_000).toFixed(1)} s ago (${className})`,
    };
  }

  /** Forgets every deployment that is not configured any more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#results.keys()) if (!ids.has(id)) this.#results.delete(id);
  }
}
