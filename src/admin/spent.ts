/** What objects spent: in the current period of their budget, or in total if they have none. */

import { defined } from '../core/defined.ts';
import type { JsonObject } from '../core/json.ts';
import { type PicoUsd, usdNumber } from '../core/money.ts';
import { AFTER_EVERY_TIME, alertNotesOf } from '../stores/contracts/alert-notes.ts';
import type { Charge, MoneyLimit } from '../stores/contracts/claims.ts';
import type { Budget, Limits } from '../stores/contracts/directory.ts';
import { moneyOf, periodAt } from '../tenancy/accounts.ts';
import { limitsOf } from '../tenancy/scopes.ts';
import type { ManagementContext } from './contract.ts';
import { isoTime } from './show.ts';

/** An object whose spend is asked for. */
export interface Spender {
  /** As `accountOf` names it. */
  readonly account: string;
  readonly limits: Limits;
  /** What periods of fixed length count from unless the limits say otherwise. */
  readonly createdAtMs: number;
}

export interface Spent {
  readonly spent: PicoUsd;
  /** When the period of its budget ends; undefined if it has none. */
  readonly resetAtMs?: number;
  /** The named budget that adds to its limits. */
  readonly budget?: Budget;
}

type Window = Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>;

/** What each of the objects spent, in their order. */
async function spentOf(context: ManagementContext, spenders: readonly Spender[]): Promise<Spent[]> {
  if (spenders.length === 0) return [];
  const budgets = await namedBudgets(context, spenders);
  const totals = await context.ledger.totals(spenders.map(({ account }) => account));
  return await Promise.all(
    spenders.map(async (spender): Promise<Spent> => {
      const budget = budgets.get(spender.limits.budgetId ?? '');
      const limits = limitsOf(spender.limits, budget);
      if (limits.maxBudget === undefined || limits.budgetDuration === undefined) {
        return { spent: totals.get(spender.account) ?? 0n, ...defined({ budget }) };
      }
      const window = windowOf(context, spender, limits, limits.budgetDuration);
      const [state] = await context.claims.read(spender.account, [window]);
      return { spent: state?.spent ?? 0n, ...defined({ budget, resetAtMs: window.endsAtMs }) };
    }),
  );
}

/** The same for one object. */
export async function spentOfOne(context: ManagementContext, spender: Spender): Promise<Spent> {
  const [spent = NOTHING_SPENT] = await spentOf(context, [spender]);
  return spent;
}

const NOTHING_SPENT: Spent = { spent: 0n };

/** Each object as `show` shows it with what it spent. */
export async function showWithSpent<Value>(
  context: ManagementContext,
  values: readonly Value[],
  spenderOf: (value: Value) => Spender,
  show: (value: Value, spent: Spent) => JsonObject | Promise<JsonObject>,
): Promise<JsonObject[]> {
  const spent = await spentOf(context, values.map(spenderOf));
  return await Promise.all(values.map((value, index) => show(value, spent[index] ?? NOTHING_SPENT)));
}

/** `spend` and `budget_reset_at` of an answer. */
export function showSpent({ spent, resetAtMs }: Spent): {
  readonly spend: number;
  readonly budget_reset_at: string | null;
} {
  return {
    spend: usdNumber(spent),
    budget_reset_at: isoTime(resetAtMs),
  };
}

/** Sets what the object has spent, in every current period of its budgets and in total; its alerts can go out again. */
export async function setSpent(context: ManagementContext, spender: Spender, to: PicoUsd): Promise<void> {
  await context.ledger.resetTotal(spender.account, to, context.clock.nowMs());
  for (const { window } of await windowsOf(context, spender)) {
    await context.claims.correct(spender.account, window, to);
  }
  await context.directory.pruneNotes(alertNotesOf(spender.account), AFTER_EVERY_TIME);
}

/** What an object's budgets count more (or less) for something that it began at this time, in the periods that go on. */
export async function chargesOf(
  context: ManagementContext,
  spender: Spender,
  beganAtMs: number,
  cost: PicoUsd,
): Promise<Charge[]> {
  const windows = await windowsOf(context, spender);
  return windows
    .filter(({ startsAtMs }) => startsAtMs <= beganAtMs)
    .map((window) => ({ account: spender.account, ...window, cost }));
}

/** Every period that a budget of the object is in now. */
async function windowsOf(context: ManagementContext, spender: Spender): Promise<Window[]> {
  const budgets = await namedBudgets(context, [spender]);
  const limits = limitsOf(spender.limits, ...budgets.values());
  const windows = new Map<string, Window>();
  for (const { duration } of moneyOf(limits, context.clock.nowMs())) {
    const window = windowOf(context, spender, limits, duration);
    windows.set(window.window, window);
  }
  return [...windows.values()];
}

function windowOf(
  { clock, config }: ManagementContext,
  { createdAtMs }: Spender,
  limits: Limits,
  duration: string | undefined,
): Window {
  return periodAt(duration, { anchorMs: createdAtMs, limits }, clock.nowMs(), config().budgets);
}

async function namedBudgets(
  { directory }: ManagementContext,
  spenders: readonly Spender[],
): Promise<ReadonlyMap<string, Budget>> {
  const ids = new Set(spenders.flatMap(({ limits: { budgetId } }) => budgetId ?? []));
  if (ids.size === 0) return new Map();
  const budgets = await directory.getMany('budget', [...ids]);
  return new Map(budgets.map((budget) => [budget.id, budget]));
}
