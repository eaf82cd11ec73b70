/** Limits as LiteLLM shows them of customers, organisations and tags: as the budget that the object refers to. */
import type { JsonObject } from '../../core/json.ts';
import { parsePeriod, windowAt } from '../../core/period.ts';
import type { Budget, Limits } from '../../stores/contracts/directory.ts';
import { limitsOf } from '../../tenancy/scopes.ts';
import type { ManagementContext } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import type { Spent } from '../spent.ts';
import { showStamps } from '../stamps.ts';

/** A named budget. */
export function showBudget({ clock, config }: ManagementContext, budget: Budget): JsonObject {
  const { budgetDuration, budgetAnchorMs, createdAtMs } = budget;
  const period = budgetDuration === undefined ? undefined : parsePeriod(budgetDuration);
  const { timeZone } = config().budgets;
  const endsAtMs =
    period === undefined
      ? undefined
      : windowAt(period, clock.nowMs(), { timeZone, anchorMs: budgetAnchorMs ?? createdAtMs }).endsAtMs;
  return {
    ...showLimits(budget),
    budget_id: budget.id,
    budget_reset_at: endsAtMs === undefined ? null : new Date(endsAtMs).toISOString(),
    ...showStamps(budget),
  };
}

/** `litellm_budget_table` of an object: its own limits, filled up from the named budget; null where nothing is limited. */
export function showAsBudget(
  id: string,
  limits: Limits,
  { budget, resetAtMs }: Spent,
  createdAtMs: number,
): JsonObject | null {
  const effective = limitsOf(limits, budget);
  if (Object.keys(effective).every((name) => name === 'budgetAnchorMs')) return null;
  return {
    ...showLimits(effective),
    budget_id: limits.budgetId ?? id,
    budget_reset_at: resetAtMs === undefined ? null : new Date(resetAtMs).toISOString(),
    created_at: new Date(createdAtMs).toISOString(),
  };
}
