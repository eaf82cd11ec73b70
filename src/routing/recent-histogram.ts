/**
 * A quantile of what was measured lately: a histogram of fixed size, whose buckets each reach a tenth further than the
 * one before.
 */

/** A measurement counts for one to two of these. */
const GENERATION_MS = 300_000;
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** The last bucket begins beyond the longest deadline anyone sets: over an hour. */
const BUCKETS = 160;

/**
 * Durations of the last five to ten minutes: those of the running five and of the five before. Reading a quantile errs
 * upwards by at most a tenth; measurements are counted and never kept.
 */
export class RecentHistogram {
  #current = new Uint32Array(BUCKETS);
  #before = new Uint32Array(BUCKETS);
  #currentCount = 0;
  #countBefore = 0;
  #generation = 0;

  observe(ms: number, nowMs: number): void {
    this.#advance(nowMs);
    const bucket = bucketOf(ms);
    this.#current[bucket] = (this.#current[bucket] ?? 0) + 1;
    this.#currentCount += 1;
  }

  /** How many measurements are remembered. */
  count(nowMs: number): number {
    this.#advance(nowMs);
    return this.#currentCount + this.#countBefore;
  }

  /** The duration that this share of the measurements does not exceed, in milliseconds; undefined if there are none. */
  quantile(share: number, nowMs: number): number | undefined {
    const count = this.count(nowMs);
    if (count === 0) return undefined;
    // A product like 20 × 0.95 is not quite 19, and must not ask for one more.
    const wanted = Math.max(1, Math.ceil(count * share - 1e-9));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += (this.#current[bucket] ?? 0) + (this.#before[bucket] ?? 0);
      if (seen >= wanted) return GROWTH ** bucket;
    }
    return GROWTH ** (BUCKETS - 1);
  }

  #advance(nowMs: number): void {
    const generation = Math.floor(nowMs / GENERATION_MS);
    const steps = generation - this.#generation;
    if (steps <= 0) return;
    this.#generation = generation;
    const emptied = this.#before.fill(0);
    this.#before = this.#current;
    this.#countBefore = this.#currentCount;
    this.#current = emptied;
    this.#currentCount = 0;
    if (steps === 1) return;
    this.#before.fill(0);
    this.#countBefore = 0;
  }
}

/** Bucket 0 holds up to 1 ms, bucket n more than 1.1ⁿ⁻¹ and up to 1.1ⁿ ms. */
function bucketOf(ms: number): number {
  if (!(ms > 1)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms) / LOG_GROWTH - 1e-9));
}
