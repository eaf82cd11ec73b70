import type { Clock } from '../core/clock.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import type { AttemptCounter, AttemptCounts } from '../stores/contracts/shared-routing.ts';

/** How generous a retry budget is. */
export interface RetryBudgetSettings {
  /** Further attempts per first attempt of the last ten seconds. */
  readonly share?: number;
  /** Further attempts per second that are always allowed; an instance of a cluster takes its part of the cluster's. */
  readonly floorPerSecond?: number;
  /** Fallbacks into an upstream that has not seen the request yet take from the budget as well. */
  readonly chargesFallbacks?: boolean;
}

const SECONDS = 10;
const SECOND_MS = 1_000;
const MOST_UPSTREAMS = 1_000;

interface Counts {
  readonly first: SlidingWindow;
  readonly further: SlidingWindow;
  /** What this instance attempted since it last told the other instances. */
  untoldFirst: number;
  untoldFurther: number;
}

/**
 * One budget per upstream for everything that makes it see a request more than once: at most a fifth of the requests of
 * the last ten seconds and a small floor. It keeps our retries from finishing off an upstream that is already in
 * trouble.
 *
 * A request that falls back into an upstream counts there as what it is, one more client's request: were it refused,
 * the outage of one provider would become an outage of its customers in the moment before its breakers open.
 * `chargesFallbacks` chooses the stricter way.
 *
 * What other instances attempted is added to the same counts now and then, so that a cluster has one budget and a
 * request never waits to learn of it.
 */
export class RetryBudget implements AttemptCounter {
  readonly #clock: Clock;
  readonly #share: number;
  readonly #floor: number;
  readonly #chargesFallbacks: boolean;
  readonly #upstreams = new Map<string, Counts>();

  constructor(clock: Clock, { share = 0.2, floorPerSecond = 3, chargesFallbacks = false }: RetryBudgetSettings = {}) {
    this.#clock = clock;
    this.#share = share;
    this.#floor = floorPerSecond * SECONDS;
    this.#chargesFallbacks = chargesFallbacks;
  }

  /** Upstreams that are kept count of. */
  get size(): number {
    return this.#upstreams.size;
  }

  /** A request's very first attempt goes to this upstream. */
  noteFirst(upstream: string): void {
    const counts = this.#get(upstream);
    counts.first.add(this.#clock.monotonicMs());
    counts.untoldFirst += 1;
  }

  /** Claims a further attempt at an upstream that has seen the request: a retry, another deployment of it, a hedge. */
  take(upstream: string): boolean {
    const counts = this.#get(upstream);
    const { first, further } = counts;
    const nowMs = this.#clock.monotonicMs();
    if (further.total(nowMs) + 1 > first.total(nowMs) * this.#share + this.#floor) return false;
    further.add(nowMs);
    counts.untoldFurther += 1;
    return true;
  }

  /** Claims a request's first attempt at this upstream after others failed it. */
  takeFallback(upstream: string): boolean {
    if (this.#chargesFallbacks) return this.take(upstream);
    this.noteFirst(upstream);
    return true;
  }

  *drain(): Iterable<readonly [string, AttemptCounts]> {
    for (const [upstream, counts] of this.#upstreams) {
      const { untoldFirst: first, untoldFurther: further } = counts;
      counts.untoldFirst = 0;
      counts.untoldFurther = 0;
      yield [upstream, { first, further }];
    }
  }

  addOthers(upstream: string, { first, further }: AttemptCounts): void {
    const counts = this.#upstreams.get(upstream);
    if (counts === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    counts.first.add(nowMs, first);
    counts.further.add(nowMs, further);
  }

  #get(upstream: string): Counts {
    const known = this.#upstreams.get(upstream);
    if (known !== undefined) return known;
    if (this.#upstreams.size >= MOST_UPSTREAMS) {
      const oldest = this.#upstreams.keys().next().value;
      if (oldest !== undefined) this.#upstreams.delete(oldest);
    }
    const counts: Counts = {
      first: new SlidingWindow(SECONDS, SECOND_MS),
      further: new SlidingWindow(SECONDS, SECOND_MS),
      untoldFirst: 0,
      untoldFurther: 0,
    };
    this.#upstreams.set(upstream, counts);
    return counts;
  }
}
