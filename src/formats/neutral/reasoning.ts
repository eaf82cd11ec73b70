/**
 * The table between an effort and a thinking budget, for formats that know only one of the two. The numbers are LiteLLM's
 * defaults, so that `reasoning_effort` costs the same as before a move.
 */
import type { ReasoningEffort, ReasoningRequest } from './conversation.ts';

const BUDGETS: readonly (readonly [ReasoningEffort, number])[] = [
  ['none', 0],
  ['minimal', 512],
  ['low', 1024],
  ['medium', 2048],
  ['high', 4096],
  ['xhigh', 8192],
  ['max', 16384],
];

/** Every effort, from the least to the most. */
export const EFFORTS: readonly ReasoningEffort[] = BUDGETS.map(([effort]) => effort);

/** The thinking budget in tokens that stands for an effort. */
export function budgetTokensOfEffort(effort: ReasoningEffort): number {
  return BUDGETS.find(([name]) => name === effort)?.[1] ?? 0;
}

/** The smallest effort whose budget covers this many tokens; anything above the table is `max`, zero or less is `none`. */
export function effortOfBudgetTokens(budgetTokens: number): ReasoningEffort {
  if (budgetTokens <= 0) return 'none';
  return BUDGETS.find(([, tokens]) => tokens >= budgetTokens)?.[0] ?? 'max';
}

/** Tells an effort word from any other value. */
export function isReasoningEffort(value: unknown): value is ReasoningEffort {
  return BUDGETS.some(([name]) => name === value);
}

/** Whether a request asks for no thoughts at all. A budget of nothing beside a mode that thinks is not a budget. */
export function wantsNoThoughts({ mode, effort, budgetTokens }: ReasoningRequest): boolean {
  if (mode !== undefined) return mode === 'disabled';
  return effort === 'none' || (effort === undefined && budgetTokens === 0);
}

/** The effort that a request for thoughts names, or whose budget it names; undefined if it leaves it to the model. */
export function effortAsked({ effort, budgetTokens }: ReasoningRequest): ReasoningEffort | undefined {
  if (effort !== undefined) return effort === 'none' ? undefined : effort;
  return budgetTokens === undefined || budgetTokens <= 0 ? undefined : effortOfBudgetTokens(budgetTokens);
}
