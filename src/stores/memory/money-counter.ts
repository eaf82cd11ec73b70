/** Money of one account in one period, and how costs are added while its earlier spend is still unknown. */
import type { PicoUsd } from '../../core/money.ts';

/** The counter of one account's money in one period. */
export class MoneyCounter {
  readonly window: string;
  spent: PicoUsd = 0n;
  held: PicoUsd = 0n;
  exposed: PicoUsd = 0n;
  /** Open claims that hold on it, and settlements that wait: while there are any, the counter is not dropped. */
  users = 0;
  /** Whether the earlier spend is known. */
  isSeeded = false;
  seeding: Promise<void> | undefined;
  /** Costs that were settled while the earlier spend is unknown. */
  readonly waiting = new Set<Booking>();
  usedAtMs = 0;

  constructor(window: string) {
    this.window = window;
  }

  /** Sets the earlier spend, and adds the costs that wait for it. */
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
 * Adds the costs of one settlement. Returns a promise if one of the counters is being seeded: until it is fulfilled,
 * the ledger must not get the settlement's rows, so that the seed does not contain them and they are added here.
 *
 * A counter whose seed cannot be read stays as it is: its next seed contains the rows, once they are in the ledger. But
 * while another counter keeps the rows out of the ledger, they wait here for any seed that is read in the meantime.
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
