/** Once a week: what the last one cost, what it would have cost, and what saved how much of it. */
import type { Clock } from '../../core/clock.ts';
import { formatUsd } from '../../core/money.ts';
import type { Notice } from '../../exchange/notice.ts';
import type { Ledger } from '../../stores/contracts/ledger.ts';

interface DigestOptions {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'activity' | 'savings'>;
  readonly announce: (notice: Notice) => void;
}

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: four days before a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

/** Tells of the last whole week (UTC, from Monday), once over all instances. */
export class SavingsDigest {
  readonly #options: DigestOptions;
  #toldWeekMs = 0;

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  /** Looks whether a week is over that was not told; called often. */
  async look(): Promise<void> {
    const { clock, ledger, announce } = this.#options;
    const nowMs = clock.nowMs();
    const thisWeekMs = Math.floor((nowMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS;
    if (this.#toldWeekMs === thisWeekMs) return;
    this.#toldWeekMs = thisWeekMs;
    const [fromDate, toDate] = [dayOf(thisWeekMs - WEEK_MS), dayOf(thisWeekMs - DAY_MS)];
    try {
      const [spent, saved] = await Promise.all([
        ledger.activity({ fromDate, toDate }, []),
        ledger.savings({ fromDate, toDate }, ['mechanism']),
      ]);
      const [week] = spent;
      // A week in which nothing acted is no news.
      if (week === undefined || saved.length === 0) return;
      const net = week.requestedCost - week.cost;
      const parts = saved.map(({ by, saved: part }) => [by.mechanism ?? '', formatUsd(part)] as const);
      const share =
        week.requestedCost > 0n ? ` (${(Number((net * 1_000n) / week.requestedCost) / 10).toFixed(1)} %)` : '';
      announce({
        id: `savings/${fromDate}`,
        event: 'savings_digest',
        message:
          `From ${fromDate} to ${toDate} models cost ${formatUsd(week.cost)} USD; without the gateway it would have been ` +
          `${formatUsd(week.requestedCost)}. Saved, net: ${formatUsd(net)}${share}: ${parts.map(([name, part]) => `${name} ${part}`).join(', ')}.`,
        facts: {
          ...{ from: fromDate, to: toDate, cost: formatUsd(week.cost), requested_cost: formatUsd(week.requestedCost) },
          ...{ saved: formatUsd(net), by_mechanism: Object.fromEntries(parts) },
        },
        untilMs: thisWeekMs + WEEK_MS,
        isGood: true,
      });
    } catch (error) {
      // The database is unavailable: the next look asks again.
      this.#toldWeekMs = 0;
      throw error;
    }
  }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
