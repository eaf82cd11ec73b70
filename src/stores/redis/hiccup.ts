import type { Clock } from '../../core/clock.ts';
import { pause } from './waiting.ts';

/** How long a silence of Redis may be a hiccup of a busy machine. */
const HICCUP_MS = 1_000;
const LOOK_EVERY_MS = 10;

/** The wait for a Redis that may only be slow for a moment. */
export class Hiccup {
  readonly #clock: Clock;
  readonly #isOver: () => boolean;
  /** When Redis was first found unavailable, by the monotonic clock; undefined while it is up. */
  #downSinceMs: number | undefined;
  #waiting: Promise<void> | undefined;

  constructor(clock: Clock, isOver: () => boolean) {
    this.#clock = clock;
    this.#isOver = isOver;
  }

  /** Redis is up. */
  end(): void {
    this.#downSinceMs = undefined;
  }

  /**
   * Waits for a Redis that fell silent, as long as that may be a hiccup: a busy machine is not an outage, and budgets
   * that are divided among instances can be overspent. In a longer outage no request waits. All waiting requests share
   * one timer.
   */
  wait(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    const nowMs = this.#clock.monotonicMs();
    this.#downSinceMs ??= nowMs;
    const untilMs = this.#downSinceMs + HICCUP_MS;
    if (nowMs >= untilMs) return Promise.resolve();
    const look = async (): Promise<void> => {
      while (!this.#isOver() && this.#clock.monotonicMs() < untilMs) await pause(LOOK_EVERY_MS);
    };
    this.#waiting = look().finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }
}
