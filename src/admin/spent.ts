/** What objects spent: in the period of their budget that holds now, or since ever where it has none. */

import { AFTER_EVERY_TIME, alertNotesOf } from '../alerts/alert-notes.ts';
import { defined } from '../core/defined.ts';
import type { PicoUsd } from '../core/money.ts';
import { usdNumber } from '../core/money.ts';
import type { MoneyLimit } from '../stores/contracts/claims.ts';
import type { Budget, Limits } from '../stores/contracts/directory.ts';
import { moneyOf, periodAt } from '../tenancy/accounts.ts';
import { limitsOf } from '../tenancy/scopes.ts';
import type { ManagementContext } from './contract.ts';

/** An object whose spend is asked for. */
export interface Spender {
  /** As `accountOf` calls it. */
  readonly account: string;
  readonly limits: Limits;
  /** When periods of fixed length count from, where the limits do not say: the object's creation. */
  readonly createdAtMs: number;
}

export interface Spent {
  readonly spent: PicoUsd;
  /** When the period of its budget ends; undefined where it has none. */
  readonly resetAtMs?: number;
  /** The named budget that fills its limits up. */
  readonly budget?: Budget;
}

type Window = Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>;

/** What each of the objects spent, in their order. */
export async function spentOf(context: ManagementContext, spenders: readonly Spender[]): Promise<Spent[]> {
  if (spenders.length === 0) return [];
  const budgets = await namedBudgets(context, spenders);
  const totals = await context.ledger.totals(spenders.map(({ account }) => account));
  return await Promise.all(
    spenders.map(async (spender): Promise<Spent> => {
      const budget = spender.limits.budgetId === undefined ? undefined : budgets.get(spender.limits.budgetId);
      const limits = limitsOf(spender.limits, budget);
      const named = budget === undefined ? {} : { budget };
      if (limits.maxBudget === undefined || limits.budgetDuration === undefined) {
        return { spent: totals.get(spender.account) ?? 0n, ...named };
      }
      const window = windowOf(context, spender, limits, limits.budgetDuration);
      const [state] = await context.claims.read(spender.account, [window]);
      const spent = state?.spent ?? 0n;
      return { spent, ...named, ...defined({ resetAtMs: window.endsAtMs }) };
    }),
  );
}

/** The same for one object. */
export async function spentOfOne(context: ManagementContext, spender: Spender): Promise<Spent> {
  const [spent = { spent: 0n }] = await spentOf(context, [spender]);
  return spent;
}

/** `spend` and `budget_reset_at` of an answer. */
export function showSpent({ spent, resetAtMs }: Spent): {
  readonly spend: number;
  readonly budget_reset_at: string | null;
} {
  return {
    spend: usdNumber(spent),
    budget_reset_at: resetAtMs === undefined ? null : new Date(resetAtMs).toISOString(),
  };
}

/** From now on the object has spent this much, in every period of its budgets and since ever; alerts go out anew. */
export async function setSpent(context: ManagementContext, spender: Spender, to: PicoUsd): Promise<void> {
  await context.ledger.resetTotal(spender.account, to, context.clock.nowMs());
  for (const { window } of await windowsOf(context, spender)) {
    await context.claims.correct(spender.account, window, to);
  }
  await context.directory.pruneNotes(alertNotesOf(spender.account), AFTER_EVERY_TIME);
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
