import type { Savings } from '../stores/contracts/ledger.ts';

const PICO_PER_USD = 1e12;

/** What mechanisms saved and cost in this process, in USD by their names. */
export class SavingsCounts {
  readonly saved = new Map<string, number>();
  readonly cost = new Map<string, number>();

  /** Counts what a row of the ledger says. */
  take(savings: Savings): void {
    for (const [mechanism, pico] of Object.entries(savings)) {
      const usd = Number(pico) / PICO_PER_USD;
      const counts = usd < 0 ? this.cost : this.saved;
      counts.set(mechanism, (counts.get(mechanism) ?? 0) + Math.abs(usd));
    }
  }

  /** Adds those of another process. */
  add({ saved, cost }: SavingsReading): void {
    for (const [counts, more] of [
      [this.saved, saved],
      [this.cost, cost],
    ] as const)
      for (const [name, usd] of more) counts.set(name, (counts.get(name) ?? 0) + usd);
  }

  /** In a form that goes from process to process. */
  read(): SavingsReading {
    return { saved: [...this.saved], cost: [...this.cost] };
  }
}

/** The same as lists. */
export interface SavingsReading {
  readonly saved: readonly (readonly [mechanism: string, usd: number])[];
  readonly cost: readonly (readonly [mechanism: string, usd: number])[];
}
