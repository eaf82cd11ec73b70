/**
 * Histograms of token counts whose old values fade: many small ones in a few arrays, so that each costs bytes and not
 * objects.
 */

/**
 * Buckets reach from 8 tokens to over 200,000, each 15 % further than the last: a quantile is too high by at most that.
 */
const BUCKETS = 73;
const FIRST_BUCKET_TOKENS = 8;
const GROWTH = 1.15;
const LOG_GROWTH = Math.log(GROWTH);
/** Upper end of each bucket in tokens. */
const ENDS = Array.from({ length: BUCKETS }, (_, bucket) => Math.ceil(FIRST_BUCKET_TOKENS * GROWTH ** bucket));

/** An answer weighs 32 at first and half as much after each halving, so that old answers fade over five halvings. */
const FRESH_WEIGHT = 32;
/** When a histogram is halved: its last 1,000 answers then count in full, the 1,000 before by half, and so on. */
const HALVED_AT_WEIGHT = FRESH_WEIGHT * 2_000;

const EXPECTED_SHARE = 0.95;
/** With this share, a single long answer counts until two or three thousand others have come. */
const TAIL_SHARE = 0.9998;

/** A fixed number of histograms. When all slots are taken, their owner clears one and uses it again. */
export class SeriesPool {
  readonly #capacity: number;
  /** Weights of all buckets of all slots. Grows by doubling, as slots are taken. */
  #weights: Uint16Array;
  /** Sum of a slot's weights. */
  #totals: Uint32Array;
  /** Cached quantiles; 0: not cached. */
  #expected: Float64Array;
  #tails: Float64Array;
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    const first = Math.min(capacity, 64);
    this.#weights = new Uint16Array(first * BUCKETS);
    this.#totals = new Uint32Array(first);
    this.#expected = new Float64Array(first);
    this.#tails = new Float64Array(first);
  }

  /** How many slots were taken. */
  get used(): number {
    return this.#used;
  }

  /** A free slot; undefined if all are taken. */
  take(): number | undefined {
    if (this.#used === this.#capacity) return undefined;
    if (this.#used === this.#totals.length) this.#grow();
    this.#used += 1;
    return this.#used - 1;
  }

  /** Empties a slot. */
  clear(slot: number): void {
    this.#weights.fill(0, slot * BUCKETS, (slot + 1) * BUCKETS);
    this.#totals[slot] = 0;
    this.#forgetQuantiles(slot);
  }

  observe(slot: number, tokens: number): void {
    const index = slot * BUCKETS + bucketOf(tokens);
    this.#weights[index] = (this.#weights[index] ?? 0) + FRESH_WEIGHT;
    const total = (this.#totals[slot] ?? 0) + FRESH_WEIGHT;
    this.#totals[slot] = total;
    this.#forgetQuantiles(slot);
    if (total >= HALVED_AT_WEIGHT) this.#halve(slot);
  }

  /** How many answers a slot remembers; older ones count less than one. */
  count(slot: number): number {
    return (this.#totals[slot] ?? 0) / FRESH_WEIGHT;
  }

  /** The length that 95 % of the answers do not exceed, in tokens. */
  expected(slot: number): number {
    const known = this.#expected[slot] ?? 0;
    if (known > 0) return known;
    const read = this.#quantile(slot, EXPECTED_SHARE);
    this.#expected[slot] = read;
    return read;
  }

  /** The longest of the last thousands of answers, in tokens. */
  tail(slot: number): number {
    const known = this.#tails[slot] ?? 0;
    if (known > 0) return known;
    const read = this.#quantile(slot, TAIL_SHARE);
    this.#tails[slot] = read;
    return read;
  }

  #quantile(slot: number, share: number): number {
    const start = slot * BUCKETS;
    // From the top, where few buckets reach the share that may exceed the quantile.
    let mayExceed = (this.#totals[slot] ?? 0) * (1 - share) + 1e-6;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket -= 1) {
      mayExceed -= this.#weights[start + bucket] ?? 0;
      if (mayExceed < 0) return ENDS[bucket] ?? 0;
    }
    return FIRST_BUCKET_TOKENS;
  }

  #halve(slot: number): void {
    const end = (slot + 1) * BUCKETS;
    let total = 0;
    for (let index = slot * BUCKETS; index < end; index += 1) {
      const half = (this.#weights[index] ?? 0) >> 1;
      this.#weights[index] = half;
      total += half;
    }
    this.#totals[slot] = total;
  }

  #forgetQuantiles(slot: number): void {
    this.#expected[slot] = 0;
    this.#tails[slot] = 0;
  }

  #grow(): void {
    const slots = Math.min(this.#capacity, this.#totals.length * 2);
    const weights = new Uint16Array(slots * BUCKETS);
    weights.set(this.#weights);
    const totals = new Uint32Array(slots);
    totals.set(this.#totals);
    const expected = new Float64Array(slots);
    expected.set(this.#expected);
    const tails = new Float64Array(slots);
    tails.set(this.#tails);
    this.#weights = weights;
    this.#totals = totals;
    this.#expected = expected;
    this.#tails = tails;
  }
}

/** Bucket 0 is for up to 8 tokens, bucket n for more than bucket n − 1 reaches, the last one for everything beyond. */
function bucketOf(tokens: number): number {
  if (!(tokens > FIRST_BUCKET_TOKENS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(tokens / FIRST_BUCKET_TOKENS) / LOG_GROWTH - 1e-9));
}
