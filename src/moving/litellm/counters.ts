/** What an object spent in LiteLLM, as counters that a later run can compare with. */
import type { JsonObject } from '../../core/json.ts';
import { objectsOf } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import { parsePeriod } from '../../core/period.ts';
import type { ImportedSpend } from '../../stores/contracts/imports.ts';
import { isEmpty, jsonOf, objectIn, spentIn, timeOf } from './row.ts';

/** The spend of one budget of an object, or all that it spent if it has none with a period. */
interface Counter {
  /** `main`, or the period of one of several budgets. */
  readonly name: string;
  readonly duration?: string;
  readonly spend: PicoUsd;
  readonly resetAtMs?: number;
}

/** The counters that a row has: of its own budget, or of one that it names. */
export function countersOf(
  row: JsonObject,
  named: { readonly duration?: string; readonly resetAtMs?: number } | undefined,
  windows: ReadonlyMap<string, PicoUsd>,
): readonly Counter[] {
  const own = row.budget_duration;
  const duration = typeof own === 'string' && own !== '' ? own : named?.duration;
  const resetAtMs = typeof own === 'string' && own !== '' ? timeOf(row.budget_reset_at) : named?.resetAtMs;
  const main: Counter = {
    name: 'main',
    spend: spentIn(row.spend),
    ...(duration !== undefined && { duration }),
    ...(duration !== undefined && resetAtMs !== undefined && { resetAtMs }),
  };
  const further = objectsOf(jsonOf(row.budget_limits) ?? []).flatMap((entry): Counter[] => {
    const period = entry.budget_duration ?? entry.time_period;
    if (typeof period !== 'string') return [];
    const resetAt = timeOf(entry.reset_at);
    const spend = windows.get(period) ?? 0n;
    return [{ name: period, duration: period, spend, ...(resetAt !== undefined && { resetAtMs: resetAt }) }];
  });
  return [main, ...further.filter(({ spend }) => spend > 0n)];
}

/** Counters as text, for the next run. */
export function textOfCounters(counters: readonly Counter[]): string {
  return JSON.stringify(
    Object.fromEntries(counters.map(({ name, spend, resetAtMs }) => [name, [spend.toString(), resetAtMs ?? null]])),
  );
}

/** What each counter counts now that an earlier run has not imported. A period that is over counts nothing. */
export function newSpend(counters: readonly Counter[], seen: string | undefined, nowMs: number): readonly Counter[] {
  const before = objectIn(seen);
  return counters.flatMap((counter) => {
    if (counter.resetAtMs !== undefined && counter.resetAtMs <= nowMs) return [];
    const last = Object.hasOwn(before, counter.name) ? before[counter.name] : undefined;
    const [spend, resetAt] = Array.isArray(last) ? last : [];
    const isSamePeriod = typeof spend === 'string' && (resetAt ?? null) === (counter.resetAtMs ?? null);
    const more = counter.spend - (isSamePeriod ? BigInt(spend) : 0n);
    return more > 0n ? [{ ...counter, spend: more }] : [];
  });
}

/**
 * When to count what an account spent, so that each of its periods counts its own spend: that of the shortest now, and what a longer one
 * has more just before the shorter one began.
 */
export function placed(
  account: string,
  counters: readonly Counter[],
  nowMs: number,
  startOf: (duration: string | undefined) => number,
): readonly ImportedSpend[] {
  const dated = counters
    .map(({ duration, spend }) => ({ spend, startsAtMs: startOf(duration) }))
    .sort((left, right) => right.startsAtMs - left.startsAtMs);
  const spent: ImportedSpend[] = [];
  let counted = 0n;
  let atMs = nowMs;
  for (const { spend, startsAtMs } of dated) {
    if (spend > counted) {
      spent.push({ account, atMs: Math.max(startsAtMs, atMs), cost: spend - counted });
      counted = spend;
    }
    atMs = Math.min(atMs, startsAtMs - 1);
  }
  return spent;
}

/** When a period of fixed length counts from, so that it ends here when it would have ended there. */
export function anchorOf(counters: readonly Counter[]): number | undefined {
  const [main] = counters;
  const period = main?.duration === undefined ? undefined : parsePeriod(main.duration);
  if (period?.kind !== 'fixed' || main?.resetAtMs === undefined) return undefined;
  return main.resetAtMs - period.ms;
}

/** Whether it has budgets of models, whose spend LiteLLM keeps in its cache alone. */
export function hasModelBudgets(row: JsonObject): boolean {
  return !isEmpty(jsonOf(row.model_max_budget));
}
