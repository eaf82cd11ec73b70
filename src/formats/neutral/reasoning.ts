/**
 * The table between an effort and a thinking budget, for formats that know only one of the two. The numbers are LiteLLM's
 * defaults, so that `reasoning_effort` costs the same as before a move.
 */
import type { ReasoningEffort } from './conversation.ts';

const BUDGETS: readonly (readonly [ReasoningEffort, number])[] = [
  ['none', 0],
  ['minimal', 512],
  ['low', 1024],
  ['medium', 2048],
  ['high', 4096],
  ['xhigh', 8192],
  ['max', 16384],
];

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
