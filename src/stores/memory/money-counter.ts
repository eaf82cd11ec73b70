/** Money of one account in one period, and how costs are added to it before it is known what was spent earlier. */
import type { PicoUsd } from '../../core/money.ts';

/** The counter of one account's money in one period. */
export class MoneyCounter {
  readonly window: string;
  spent: PicoUsd = 0n;
  held: PicoUsd = 0n;
  exposed: PicoUsd = 0n;
  /** Open claims that hold on it and settlements that wait for something: while there are any, it is not dropped. */
  users = 0;
  /** Whether what was spent before is known. */
  isSeeded = false;
  seeding: Promise<void> | undefined;
  /** Settled while it is not known. */
  readonly waiting = new Set<Booking>();
  usedAtMs = 0;

  constructor(window: string) {
    this.window = window;
  }

  /** Takes what was spent before, and adds what waits for that. */
  learn(spent: PicoUsd): void {
    this.spent = spent;
    for (const booking of this.waiting) this.spent += booking.cost;
    this.waiting.clear();
    this.isSeeded = true;
  }
}

/** One cost for one counter. */
export interface Booking {
  readonly counter: MoneyCounter;
  readonly cost: PicoUsd;
}

/**
 * Adds the costs of one settlement. A promise where a seed is under way for one of the counters: until it is fulfilled, the
 * ledger must not get the settlement's rows, so the seed does not have them and they are added to it here.
 *
 * A counter whose seed cannot be had is left alone: the rows are in the seed that is asked for once they are in the ledger. But
 * as long as another counter keeps them back from there, they wait here for whatever seed is asked for in the meantime.
 */
export function book(bookings: readonly Booking[]): Promise<void> | undefined {
  let isKeptBack = false;
  for (const { counter, cost } of bookings) {
    if (counter.isSeeded) counter.spent += cost;
    else if (counter.seeding !== undefined) isKeptBack = true;
  }
  if (!isKeptBack) return undefined;
  for (const booking of bookings) {
    booking.counter.users += 1;
    if (!booking.counter.isSeeded) booking.counter.waiting.add(booking);
  }
  return untilSeeded(bookings);
}

async function untilSeeded(bookings: readonly Booking[]): Promise<void> {
  for (;;) {
    const waiting = bookings.filter((booking) => booking.counter.waiting.has(booking));
    const seedings = waiting.flatMap(({ counter }) => counter.seeding ?? []);
    if (seedings.length === 0) break;
    await Promise.all(seedings);
  }
  for (const booking of bookings) {
    booking.counter.users -= 1;
    booking.counter.waiting.delete(booking);
  }
}
