/**
 * What is spent beyond a budget and counts in its next period (`budget_rollover`). The name of such a period says what the budget is,
 * so that the store that makes its counter knows how much of the periods before was too much.
 */
import type { PicoUsd } from '../core/money.ts';
import { parsePeriod, windowAt } from '../core/period.ts';

/** So many periods are looked back. */
const MOST_PERIODS = 12;

/** The name of a period into which spend beyond the budget is carried. */
export const carryingWindow = (window: string, budget: PicoUsd): string => `${window}+${budget}`;

/** What is carried into a period by its name; `spentIn` says what was spent in a span. 0 for periods that nothing is carried into. */
export async function carriedInto(
  window: string,
  timeZone: string,
  spentIn: (fromMs: number, toMs: number) => Promise<PicoUsd>,
): Promise<PicoUsd> {
  const [, length = '', begin, budget] = /^(.+)@(\d+)\+(\d+)$/.exec(window) ?? [];
  const period = parsePeriod(length);
  if (period === undefined || begin === undefined || budget === undefined) return 0n;
  const spent: PicoUsd[] = [];
  let startsAtMs = Number(begin);
  while (spent.length < MOST_PERIODS) {
    const before = windowAt(period, startsAtMs - 1, { timeZone, anchorMs: startsAtMs });
    const cost = await spentIn(before.startsAtMs, startsAtMs);
    if (cost === 0n) break;
    spent.unshift(cost);
    startsAtMs = before.startsAtMs;
  }
  return spent.reduce((carried, cost) => beyond(carried + cost, BigInt(budget)), 0n);
}

const beyond = (spent: PicoUsd, budget: PicoUsd): PicoUsd => (spent > budget ? spent - budget : 0n);
