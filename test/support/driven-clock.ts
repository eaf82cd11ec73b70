import type { Clock } from '../../src/core/clock.ts';

/** The machine's clocks, which a test may put forward while nothing is under way. */
export class DrivenClock implements Clock {
  #aheadMs = 0;

  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  monotonicMs(): number {
    return performance.now() + this.#aheadMs;
  }

  forward(milliseconds: number): void {
    this.#aheadMs += milliseconds;
  }
}
