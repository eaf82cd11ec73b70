/** What accounts spent that is in the journals of dead processes and not in the ledger yet. */
import type { PicoUsd } from '../../core/money.ts';
import type { CountedRow } from './record.ts';

const SECOND_MS = 1_000;

/**
 * The sums of rows on their way to the ledger, by account and second: a budget must know of them before the ledger does.
 * A reader adds them to what the ledger says and must see each row in exactly one of the two, so readings and moves take
 * turns.
 */
export class Undelivered {
  readonly #sums = new Map<string, Map<number, PicoUsd>>();
  #isKnown: Promise<void> | undefined;
  #readers = 0;
  #moving: Promise<void> | undefined;
  #whenUnread: (() => void) | undefined;

  /** From now on `spent` waits until this resolves: not everything is counted yet. */
  waitFor(isKnown: Promise<void>): void {
    this.#isKnown = isKnown.finally(() => {
      this.#isKnown = undefined;
    });
  }

  /** Counts rows that the ledger does not have. */
  add(rows: readonly CountedRow[]): void {
    for (const row of rows) this.#change(row, row.cost ?? 0n);
  }

  /** Moves rows that were added to the ledger; rejects if `write` does, and they still count here then. One move at a time. */
  async move(rows: readonly CountedRow[], write: () => Promise<void>): Promise<void> {
    const moving = Promise.withResolvers<void>();
    this.#moving = moving.promise;
    try {
      if (this.#readers > 0) await new Promise<void>((resolve) => (this.#whenUnread = resolve));
      await write();
      for (const row of rows) this.#change(row, -(row.cost ?? 0n));
    } finally {
      this.#moving = undefined;
      moving.resolve();
    }
  }

  /** Counts nothing any more. */
  clear(): void {
    this.#sums.clear();
  }

  /** What an account spent by both: `inLedger` asks the ledger. */
  async spent(
    account: string,
    startsAtMs: number,
    endsAtMs: number | undefined,
    inLedger: () => Promise<PicoUsd>,
  ): Promise<PicoUsd> {
    if (this.#isKnown !== undefined) await this.#isKnown;
    while (this.#moving !== undefined) await this.#moving;
    this.#readers += 1;
    try {
      return (await inLedger()) + this.#between(account, startsAtMs, endsAtMs);
    } finally {
      this.#readers -= 1;
      if (this.#readers === 0) this.#whenUnread?.();
    }
  }

  /** A second that a period begins in counts as a whole: for a moment too much, never too little. */
  #between(account: string, startsAtMs: number, endsAtMs = Number.POSITIVE_INFINITY): PicoUsd {
    let sum = 0n;
    const first = Math.floor(startsAtMs / SECOND_MS);
    for (const [second, spent] of this.#sums.get(account) ?? []) {
      if (second >= first && second * SECOND_MS < endsAtMs) sum += spent;
    }
    return sum;
  }

  #change({ accounts, startedAtMs }: CountedRow, by: PicoUsd): void {
    if (by === 0n) return;
    const second = Math.floor(startedAtMs / SECOND_MS);
    for (const account of accounts) {
      let sums = this.#sums.get(account);
      if (sums === undefined) {
        sums = new Map();
        this.#sums.set(account, sums);
      }
      const sum = (sums.get(second) ?? 0n) + by;
      if (sum === 0n) sums.delete(second);
      else sums.set(second, sum);
      if (sums.size === 0) this.#sums.delete(account);
    }
  }
}
