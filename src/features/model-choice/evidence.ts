/**
 * What a tenant's feedback says of its candidates. A sequential test (Page's cumulative sum, https://doi.org/10.1093/biomet/41.1-2.100)
 * weighs with each score whether a candidate's answers are as good as the floor demands, or clearly worse; if they are worse, it is
 * suspended for a time and the baseline answers in its place.
 */

/** How much worse is clearly worse. */
const WORSE_BY = 0.15;
/** The weight of evidence that suspends, as the logarithm of odds: 1 in 100. */
const SUSPENDS_AT = Math.log(100);
const SUSPENDED_MS = 3_600_000;
/** What is thought of the baseline before anything is known: so good, and worth so many scores. */
const BASELINE_BEFORE = { quality: 0.9, scores: 20 };
/** How many scores a prediction is worth. */
const PREDICTION_SCORES = 50;
const MOST_TENANTS = 1_000;
/** A rate of 1 would make a single bad score decide. */
const MOST_RATE = 0.98;
const LEAST_RATE = 0.2;

interface Seen {
  scores: number;
  sum: number;
  /** The cumulative sum of the test. */
  doubt: number;
  suspendedUntilMs: number;
}

/** What one score led to. */
interface Weighed {
  readonly isSuspended: boolean;
  readonly scores: number;
}

/** The evidence of all tenants, each its own: what one says moves no other's requests. */
export class Evidence {
  readonly #tenants = new Map<string, Map<string, Seen>>();
  suspensions = 0;
  scores = 0;

  /** Weighs a score of an answer. `rival`: the baseline, which the candidate is measured against. */
  weigh(tenant: string, candidate: string, rival: string, score: number, floor: number, nowMs: number): Weighed {
    const seen = this.#seen(tenant, candidate, true);
    this.scores += 1;
    seen.scores += 1;
    seen.sum += score;
    if (candidate === rival || nowMs < seen.suspendedUntilMs) return { isSuspended: false, scores: seen.scores };
    const good = this.#floorRate(tenant, rival, floor);
    const bad = Math.max(LEAST_RATE / 2, good - WORSE_BY);
    const step = score * Math.log(bad / good) + (1 - score) * Math.log((1 - bad) / (1 - good));
    seen.doubt = Math.max(0, seen.doubt + step);
    if (seen.doubt < SUSPENDS_AT) return { isSuspended: false, scores: seen.scores };
    seen.doubt = 0;
    seen.suspendedUntilMs = nowMs + SUSPENDED_MS;
    this.suspensions += 1;
    return { isSuspended: true, scores: seen.scores };
  }

  isSuspended(tenant: string, candidate: string, nowMs: number): boolean {
    const seen = this.#tenants.get(tenant)?.get(candidate);
    return seen !== undefined && nowMs < seen.suspendedUntilMs;
  }

  /** A predicted quality, moved by what scores say. */
  moved(tenant: string, candidate: string, predicted: number): number {
    const seen = this.#tenants.get(tenant)?.get(candidate);
    if (seen === undefined) return predicted;
    return (predicted * PREDICTION_SCORES + seen.sum) / (PREDICTION_SCORES + seen.scores);
  }

  #floorRate(tenant: string, rival: string, floor: number): number {
    const { scores = 0, sum = 0 } = this.#tenants.get(tenant)?.get(rival) ?? {};
    const before = BASELINE_BEFORE;
    const rate = (before.quality * before.scores + sum) / (before.scores + scores);
    return Math.min(MOST_RATE, Math.max(LEAST_RATE, floor * rate));
  }

  #seen(tenant: string, candidate: string, isNow: boolean): Seen {
    const known = this.#tenants.get(tenant) ?? new Map<string, Seen>();
    if (isNow) {
      this.#tenants.delete(tenant);
      this.#tenants.set(tenant, known);
      const [oldest] = this.#tenants.keys();
      if (this.#tenants.size > MOST_TENANTS && oldest !== undefined) this.#tenants.delete(oldest);
    }
    const seen = known.get(candidate) ?? { scores: 0, sum: 0, doubt: 0, suspendedUntilMs: 0 };
    known.set(candidate, seen);
    return seen;
  }
}
