import type { TrafficClass } from '../../exchange/degraded.ts';
import type { MoneyLimit } from '../../stores/contracts/claims.ts';
import type { Rung } from './ladder.ts';
import { Pace } from './pace.ts';

/** A budget in its present period. */
export interface PacedBudget {
  readonly account: string;
  readonly window: string;
  readonly endsAtMs: number;
  readonly pace: Pace;
  /** Where each kind of its traffic is. */
  readonly rungs: Map<TrafficClass, Rung>;
}

const MOST = 10_000;

/** How fast budgets are used that requests met lately. What instances spend is in the counters that they share, so each knows of all. */
export class BudgetPaces {
  readonly #budgets = new Map<string, PacedBudget>();

  find(account: string, window: string): PacedBudget | undefined {
    return this.#budgets.get(nameOf(account, window));
  }

  /** What is spent of a budget; one without a period has no pace. */
  note(account: string, { max, window, startsAtMs, endsAtMs }: MoneyLimit, used: bigint, nowMs: number): void {
    if (endsAtMs === undefined || max <= 0n) return;
    const name = nameOf(account, window);
    let budget = this.#budgets.get(name);
    if (budget === undefined) {
      budget = { account, window, endsAtMs, pace: new Pace({ startsAtMs, endsAtMs }, nowMs), rungs: new Map() };
    } else this.#budgets.delete(name);
    // The one that was met longest ago goes first.
    this.#budgets.set(name, budget);
    if (this.#budgets.size > MOST) this.#budgets.delete(this.#budgets.keys().next().value ?? '');
    budget.pace.note(nowMs, Number(used) / Number(max));
  }
}

const nameOf = (account: string, window: string): string => `${account}\n${window}`;
