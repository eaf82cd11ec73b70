import type { Clock } from '../core/clock.ts';

/** Whether a deployment is tried: freely, not at all, or by one probe per interval. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What one instance tells the others of a breaker. Times are durations, because clocks of machines differ. */
export interface BreakerNews {
  readonly state: BreakerState;
  /** How much longer it is open, or how long its probe may take. */
  readonly forMs: number;
}

/** What instances share of their breakers, so that a cluster knows of a failure once and sends one probe, not one each. */
export interface BreakerShare {
  publish(id: string, news: BreakerNews): void;
  /** Calls back for what other instances published, never for our own. */
  onChange(callback: (id: string, news: BreakerNews) => void): void;
  /** Claims the one probe of this interval. A promise is waited for in the background: the probe goes with a later request. */
  takeProbe(id: string, intervalMs: number): boolean | Promise<boolean>;
  /** The probe has ended or was never sent: the next one may be claimed before the interval is over. */
  releaseProbe(id: string): void;
}

/** The share of a single instance: nobody to tell, nobody to compete with. */
export class LocalBreakerShare implements BreakerShare {
  readonly #clock: Clock;
  readonly #probeUntilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(): void {}

  onChange(): void {}

  takeProbe(id: string, intervalMs: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < (this.#probeUntilMs.get(id) ?? 0)) return false;
    this.#probeUntilMs.set(id, nowMs + intervalMs);
    return true;
  }

  releaseProbe(id: string): void {
    this.#probeUntilMs.delete(id);
  }
}
