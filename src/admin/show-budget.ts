import type { JsonObject } from '../core/json.ts';
import type { Budget } from '../stores/contracts/directory.ts';
import { showLimits } from './limits-fields.ts';

/** A named budget as it stands inside other objects (`litellm_budget_table`). */
export function showBudgetTable(budget: Budget): JsonObject {
  return { ...showLimits(budget), budget_id: budget.id };
}
