import type { Clock } from '../core/clock.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import { RecentHistogram } from './recent-histogram.ts';

/** How one model group hedges. */
export interface HedgeRules {
  /** What the group's measurements are kept under: its name, or its pattern if it is a wildcard. */
  readonly group: string;
  /** The share of first attempts that come in time (0.95): later ones get a second beside them. */
  readonly percentile: number;
  /** Share of a group's spend that hedges may add (0.05). */
  readonly maxExtraSpend: number;
}

/** What an attempt cost. */
interface Spend {
  /** The attempt lost a race: without hedging it would not have been paid. */
  readonly hedged: boolean;
  /** Money in any one unit; undefined if no price is known. */
  readonly amount: number | undefined;
}

/** With fewer measurements the tail of a distribution is a guess. */
const LEAST_MEASUREMENTS = 20;
const SPEND_SLOTS = 10;
const SPEND_SLOT_MS = 60_000;
const MOST_GROUPS = 10_000;

class GroupHedging {
  /** Time to the first content of streams, and to the end of whole answers: the one says nothing about the other. */
  readonly streams = new RecentHistogram();
  readonly whole = new RecentHistogram();
  readonly money = new SlidingWindow(SPEND_SLOTS, SPEND_SLOT_MS);
  readonly hedgedMoney = new SlidingWindow(SPEND_SLOTS, SPEND_SLOT_MS);
  readonly attempts = new SlidingWindow(SPEND_SLOTS, SPEND_SLOT_MS);
  readonly hedgedAttempts = new SlidingWindow(SPEND_SLOTS, SPEND_SLOT_MS);
  readonly unpriced = new SlidingWindow(SPEND_SLOTS, SPEND_SLOT_MS);
  /** Races under way, whose cost is not known yet. */
  racing = 0;
}

/**
 * When a late attempt gets a second one beside it, and whether that may be paid for. Over the last ten minutes the
 * losers of such races cost at most the allowed share of what all other attempts of the group cost; where some of it
 * has no price, attempts are counted instead of money. A race under way is counted at the mean cost of an attempt until
 * its own is known.
 */
export class Hedging {
  readonly #clock: Clock;
  readonly #groups = new Map<string, GroupHedging>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the first attempt is waited for; undefined until enough is known of the group. */
  delayMs({ group, percentile }: HedgeRules, isStream: boolean): number | undefined {
    const known = this.#groups.get(group);
    if (known === undefined) return undefined;
    const times = isStream ? known.streams : known.whole;
    const nowMs = this.#clock.monotonicMs();
    return times.count(nowMs) < LEAST_MEASUREMENTS ? undefined : times.quantile(percentile, nowMs);
  }

  /**
   * A first attempt's time to its first content, or to its end if it is not a stream. One that lost counts with the
   * time it had until then: that is longer than the delay, which is all that a quantile asks.
   */
  observe({ group }: HedgeRules, isStream: boolean, ms: number): void {
    const { streams, whole } = this.#get(group);
    (isStream ? streams : whole).observe(ms, this.#clock.monotonicMs());
  }

  /** Whether the group can pay for one more race. Claims nothing. */
  mayHedge({ group, maxExtraSpend }: HedgeRules): boolean {
    const known = this.#groups.get(group);
    if (known === undefined) return false;
    const nowMs = this.#clock.monotonicMs();
    const attempts = known.attempts.total(nowMs);
    if (attempts === 0) return false;
    const isInMoney = known.unpriced.total(nowMs) === 0;
    const spend = isInMoney ? known.money.total(nowMs) : attempts;
    const hedged = isInMoney ? known.hedgedMoney.total(nowMs) : known.hedgedAttempts.total(nowMs);
    return hedged + (known.racing + 1) * (spend / attempts) <= spend * maxExtraSpend * (1 + 1e-9);
  }

  /** A second attempt begins; `raceEnded` must follow exactly once. */
  raceBegan({ group }: HedgeRules): void {
    this.#get(group).racing += 1;
  }

  /** A race is over and what it cost has been noted. */
  raceEnded({ group }: HedgeRules): void {
    const known = this.#get(group);
    known.racing = Math.max(0, known.racing - 1);
  }

  /** Books what an attempt of the group cost. */
  noteSpend({ group }: HedgeRules, { hedged, amount }: Spend): void {
    const known = this.#get(group);
    const nowMs = this.#clock.monotonicMs();
    (hedged ? known.hedgedAttempts : known.attempts).add(nowMs);
    if (amount === undefined) known.unpriced.add(nowMs);
    else (hedged ? known.hedgedMoney : known.money).add(nowMs, amount);
  }

  /** Groups come from the configuration; the bound is for those of configurations that are gone. */
  #get(group: string): GroupHedging {
    let known = this.#groups.get(group);
    if (known === undefined) {
      if (this.#groups.size >= MOST_GROUPS) this.#groups.clear();
      known = new GroupHedging();
      this.#groups.set(group, known);
    }
    return known;
  }
}
