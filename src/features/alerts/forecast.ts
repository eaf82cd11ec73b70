/** When a budget will be gone if spending goes on as it did: a straight line, once over the period so far and once over the last hour. */
import type { PicoUsd } from '../../core/money.ts';
import type { SpendAt, WatchedBudget } from './watched-budget.ts';

/** A budget that will be gone before its period ends. */
export interface Forecast {
  readonly goneAtMs: number;
  /** What will have been spent when the period ends, were nothing refused. */
  readonly projectedSpend: PicoUsd;
  /** Which line it follows. */
  readonly basis: 'period' | 'hour';
}

/** Before a tenth of the period and of the money is gone, a line says little. */
const LEAST_SHARE = 10;
const HOUR_MS = 3_600_000;
/** Fewer minutes are a burst, not a rate. */
const LEAST_OBSERVED_MS = HOUR_MS / 6;
/** An hour says something of a day, and nothing of next week. */
const HOUR_REACHES_MS = 24 * HOUR_MS;

type Forecastable = Pick<WatchedBudget, 'max' | 'spent' | 'startsAtMs' | 'endsAtMs' | 'earlier' | 'recent'>;

/** The earlier of the two ends, where the budget is gone before its period is over; undefined where the money lasts. */
export function forecast(budget: Forecastable, nowMs: number): Forecast | undefined {
  const { max, spent, startsAtMs, endsAtMs, earlier, recent } = budget;
  if (max === undefined || endsAtMs === undefined || nowMs >= endsAtMs || spent >= max) return undefined;
  const elapsedMs = nowMs - startsAtMs;
  if (elapsedMs * LEAST_SHARE < endsAtMs - startsAtMs || spent * BigInt(LEAST_SHARE) < max) return undefined;
  const ends = [goneAt('period', { atMs: startsAtMs, spent: 0n })];
  const since = earlier ?? recent;
  if (since !== undefined && nowMs - since.atMs >= LEAST_OBSERVED_MS) {
    const byHour = goneAt('hour', since);
    if (byHour !== undefined && byHour.goneAtMs - nowMs <= HOUR_REACHES_MS) ends.push(byHour);
  }
  let first: Forecast | undefined;
  for (const end of ends) {
    if (end !== undefined && (first === undefined || end.goneAtMs < first.goneAtMs)) first = end;
  }
  return first;

  function goneAt(basis: Forecast['basis'], from: SpendAt): Forecast | undefined {
    const span = BigInt(Math.round(nowMs - from.atMs));
    const used = spent - from.spent;
    if (max === undefined || endsAtMs === undefined || span <= 0n || used <= 0n) return undefined;
    const goneAtMs = nowMs + Number(((max - spent) * span) / used);
    if (goneAtMs >= endsAtMs) return undefined;
    return { goneAtMs, basis, projectedSpend: spent + (used * BigInt(Math.round(endsAtMs - nowMs))) / span };
  }
}

const STEP_MS = HOUR_MS / 2;

/** Remembers spend now and half an hour to an hour ago, so that the last hour's rate is known from two numbers. */
export function remember(budget: WatchedBudget, nowMs: number): void {
  const { recent, spent } = budget;
  const now: SpendAt = { atMs: nowMs, spent };
  // A long pause, or a budget that was reset: what was before says nothing of now.
  if (recent === undefined || nowMs - recent.atMs > 2 * STEP_MS || spent < recent.spent || nowMs < recent.atMs) {
    budget.earlier = undefined;
    budget.recent = now;
  } else if (nowMs - recent.atMs >= STEP_MS) {
    budget.earlier = recent;
    budget.recent = now;
  }
}
