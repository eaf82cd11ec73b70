import type { Clock } from '../../core/clock.ts';

const TICK_MS = 100;
/** Fewer ticks say nothing: one alone is late after any pause. */
const LEAST_TICKS = 4;
/** Timers of an idle process are up to this late as well. */
const PUNCTUAL_MS = 20;
/** No time limit of a client is longer than this, lateness included. */
const REMEMBERED_MS = 600_000;

interface LateTick {
  readonly atMs: number;
  readonly lateMs: number;
}

/**
 * Notices when the event loop is late: the process was stopped, got no processor, or worked on one thing for too long. In that
 * time nothing could be read, so it must not count against a client; and a loop that is late all the time has too much to do.
 */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #standingMs: number;
  readonly #timer: NodeJS.Timeout;
  #lateTicks: LateTick[] = [];
  #lastTickMs: number;
  /** The least lateness of the present period and of the one before. */
  #leastNow = Number.POSITIVE_INFINITY;
  #leastBefore = 0;
  #periodStartedMs: number;
  #periodTicks = 0;

  /** `standingMs`: lateness is a standing one only if no tick of such a period was on time. */
  constructor(clock: Clock, standingMs = 2_000) {
    this.#clock = clock;
    this.#standingMs = standingMs;
    this.#lastTickMs = clock.monotonicMs();
    this.#periodStartedMs = this.#lastTickMs;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
    this.#timer.unref();
  }

  /**
   * By how much every tick of the last seconds was late, in milliseconds. A burst of work that is done soon does not show here;
   * work that comes faster than it is done does.
   */
  get standingLagMs(): number {
    return Math.min(this.#leastNow, this.#leastBefore);
  }

  /** How late the loop was in the last `limitMs` and in the time that this itself adds, in milliseconds. */
  pausedMs(limitMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    let pausedMs = this.#lateness(nowMs);
    for (let index = this.#lateTicks.length - 1; index >= 0; index -= 1) {
      const tick = this.#lateTicks[index] as LateTick;
      if (nowMs - tick.atMs > limitMs + pausedMs) break;
      pausedMs += tick.lateMs;
    }
    return pausedMs;
  }

  /** Notes how late this tick is. Public so that a test with its own clock can drive it. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    const lateMs = this.#lateness(nowMs);
    this.#lastTickMs = nowMs;
    if (lateMs > 0) this.#lateTicks.push({ atMs: nowMs, lateMs });
    if (this.#lateTicks.length > 0 && nowMs - (this.#lateTicks[0] as LateTick).atMs > REMEMBERED_MS)
      this.#forget(nowMs);
    this.#leastNow = Math.min(this.#leastNow, lateMs);
    this.#periodTicks += 1;
    if (nowMs - this.#periodStartedMs < this.#standingMs || this.#periodTicks < LEAST_TICKS) return;
    this.#periodTicks = 0;
    this.#periodStartedMs = nowMs;
    this.#leastBefore = this.#leastNow;
    this.#leastNow = Number.POSITIVE_INFINITY;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #lateness(nowMs: number): number {
    const lateMs = nowMs - this.#lastTickMs - TICK_MS;
    return lateMs > PUNCTUAL_MS ? lateMs : 0;
  }

  /** Half at a time, so that a list that grows costs nothing per tick. */
  #forget(nowMs: number): void {
    this.#lateTicks = this.#lateTicks.filter(({ atMs }) => nowMs - atMs <= REMEMBERED_MS / 2);
  }
}
