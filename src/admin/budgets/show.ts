/** Limits as LiteLLM shows them: as the budget that an object refers to. */
import type { JsonObject } from '../../core/json.ts';
import { parsePeriod, windowAt } from '../../core/period.ts';
import type { Budget, Limits } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { isoTime } from '../show.ts';
import type { Spent } from '../spent.ts';
import { showStamps } from '../stamps.ts';

/** A named budget. */
export function showBudget({ clock, config }: ManagementContext, budget: Budget): JsonObject {
  const { budgetDuration, budgetAnchorMs: anchorMs = budget.createdAtMs } = budget;
  const period = budgetDuration === undefined ? undefined : parsePeriod(budgetDuration);
  const { timeZone } = config().budgets;
  const window = period === undefined ? undefined : windowAt(period, clock.nowMs(), { timeZone, anchorMs });
  return { ...showBudgetTable(budget), budget_reset_at: isoTime(window?.endsAtMs), ...showStamps(budget) };
}

/** A named budget inside another object (`litellm_budget_table`). */
export function showBudgetTable(budget: Budget): JsonObject {
  return { ...showLimits(budget), budget_id: budget.id };
}

/** `litellm_budget_table` of an object: its own limits and those that its named budget adds; null if nothing is limited. */
export function showAsBudget(
  id: string,
  limits: Limits & { readonly createdAtMs: number },
  { budget, resetAtMs }: Spent,
): JsonObject | null {
  const effective = limitsOf(limits, budget);
  if (Object.keys(effective).every((name) => name === 'budgetAnchorMs')) return null;
  return {
    ...showLimits(effective),
    budget_id: limits.budgetId ?? id,
    budget_reset_at: isoTime(resetAtMs),
    created_at: isoTime(limits.createdAtMs),
  };
}
