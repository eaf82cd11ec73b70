/** How fast a budget is used, against what is left of it and of its period. Pure. */

interface Sample {
  readonly atMs: number;
  /** The part of the budget that was spent. */
  readonly used: number;
}

/** A budget's period. */
interface Period {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** Over which part of the period the present rate is measured. */
const WINDOW = 1 / 40;
const SAMPLES_IN_WINDOW = 16;
/** Kept for settled requests that cost more than was held for them. */
const RESERVE = 0.02;
/** What critical traffic may grow by and still find its share. */
const GROWTH = 1.15;

/** The use of one budget in one period. */
export class Pace {
  readonly #period: Period;
  readonly #samples: Sample[] = [];
  #used = 0;
  /** What requests of the gateway cost lately, in parts of the budget: halved with each window, so that the shares are those of now. */
  #critical = 0;
  #others = 0;
  #decayedAtMs: number;

  constructor(period: Period, nowMs: number) {
    this.#period = period;
    this.#decayedAtMs = nowMs;
  }

  get windowMs(): number {
    return this.#lengthMs * WINDOW;
  }

  get #lengthMs(): number {
    return Math.max(1, this.#period.endsAtMs - this.#period.startsAtMs);
  }

  /** The part that is used, as a claim learned it. */
  note(nowMs: number, used: number): void {
    this.#used = used;
    const last = this.#samples.at(-1);
    if (last !== undefined && nowMs - last.atMs < this.windowMs / SAMPLES_IN_WINDOW) return;
    this.#samples.push({ atMs: nowMs, used });
    // One sample is older than the window: the rate is measured from it.
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - this.windowMs) this.#samples.shift();
  }

  /** What a request cost, in parts of the budget. */
  spent(nowMs: number, isCritical: boolean, part: number): void {
    const decay = 0.5 ** (Math.max(0, nowMs - this.#decayedAtMs) / this.windowMs);
    this.#decayedAtMs = Math.max(nowMs, this.#decayedAtMs);
    this.#critical = this.#critical * decay + (isCritical ? part : 0);
    this.#others = this.#others * decay + (isCritical ? 0 : part);
  }

  /** The part that is used, as far as is known. */
  get used(): number {
    return this.#used;
  }

  /** Budgets per period, at the rate of now. */
  rate(nowMs: number): number {
    const [first] = this.#samples;
    if (first === undefined) return 0;
    // A single request is no rate.
    const leastMs = this.windowMs;
    const knownMs = nowMs - first.atMs;
    const lately = ((this.used - first.used) / Math.max(knownMs, leastMs)) * this.#lengthMs;
    if (knownMs >= leastMs) return Math.max(0, lately);
    // Too little was seen: the mean since the period began counts as well.
    const elapsedMs = Math.max(nowMs - this.#period.startsAtMs, leastMs);
    return Math.max(0, lately, (this.used / elapsedMs) * this.#lengthMs);
  }

  /**
   * How many times what is left would be spent until the period ends, at the rate of now: above 1 the budget does not last. For traffic
   * that is not critical, what is left is what critical traffic leaves of it.
   */
  pressure(nowMs: number, isCritical: boolean): number {
    const timeLeft = Math.min(1, Math.max(0, (this.#period.endsAtMs - nowMs) / this.#lengthMs));
    const rate = this.rate(nowMs);
    const left = 1 - this.used;
    if (isCritical) return ratio(rate * timeLeft, left);
    const total = this.#critical + this.#others;
    const critical = total === 0 ? 0 : (rate * this.#critical) / total;
    return ratio((rate - critical) * timeLeft, left - RESERVE - critical * timeLeft * GROWTH);
  }

  /** In how many milliseconds an even use would have come as far as this one. */
  aheadMs(nowMs: number): number {
    const { startsAtMs, endsAtMs } = this.#period;
    const evenMs = startsAtMs + this.used * this.#lengthMs;
    return Math.min(Math.max(evenMs, nowMs + this.windowMs / SAMPLES_IN_WINDOW), endsAtMs) - nowMs;
  }
}

function ratio(wanted: number, left: number): number {
  if (left <= 0) return Number.POSITIVE_INFINITY;
  return wanted / left;
}
