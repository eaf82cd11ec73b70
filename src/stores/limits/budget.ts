/**
 * The arithmetic of budgets: whether a reserve fits, what is free, and what a claim is granted. Pure;
 * `contracts/claims.ts` has the rules.
 */
import type { PicoUsd } from '../../core/money.ts';
import type { ClaimAmounts, MoneyLimit, MoneyState, Reserve } from '../contracts/claims.ts';

/** How far a budget, or one instance's share of it, may be used. */
export type Allowance = Pick<MoneyLimit, 'max' | 'debt'>;

/** What a claim is granted; `cap` is the most tokens of answer, if it was granted by its cap. */
export interface Grant extends Reserve {
  readonly cap: number | undefined;
}

/** Whether a new reserve fits. Nothing fits into a budget that is used up, not even what is free. */
export function fits({ max, debt }: Allowance, use: MoneyState, { hold, exposure }: Reserve): boolean {
  const committed = use.spent + use.held;
  return committed < max && committed + hold <= max && committed + use.exposed + hold + exposure <= max + debt;
}

/** Whether the reserve of an open claim may grow by this much. What does not grow is not checked. */
export function mayGrow({ max, debt }: Allowance, use: MoneyState, { hold, exposure }: Reserve): boolean {
  const committed = use.spent + use.held + hold;
  const growth = hold + exposure;
  return (hold <= 0n || committed <= max) && (growth <= 0n || committed + use.exposed + exposure <= max + debt);
}

/** The largest hold without exposure that fits. */
export function freeIn({ max, debt }: Allowance, { spent, held, exposed }: MoneyState): PicoUsd {
  const ofBudget = max - spent - held;
  const withDebt = ofBudget + debt - exposed;
  return withDebt < ofBudget ? withDebt : ofBudget;
}

/** The least that a claim with a `cap` can be granted; undefined if it has none. */
export function leastReserve({ cap }: ClaimAmounts): Reserve | undefined {
  if (cap === undefined || cap.minTokens > cap.maxTokens) return undefined;
  return { hold: cap.fixed + cap.perToken * BigInt(cap.minTokens), exposure: 0n };
}

/** The reserves that a claim asks for: its amounts and, with a `cap`, the least it can do with. */
export function reservesOf(amounts: ClaimAmounts): readonly Reserve[] {
  const least = leastReserve(amounts);
  return least === undefined ? [amounts] : [amounts, least];
}

/**
 * What all budgets of a claim can grant: its amounts, else as many tokens as fit, else undefined.
 * `allFit` says whether every budget has room for a reserve; `leastFree` is the least that is free in any of them.
 */
export function grantOf(
  amounts: ClaimAmounts,
  allFit: (reserve: Reserve) => boolean,
  leastFree: () => PicoUsd,
): Grant | undefined {
  if (allFit(amounts)) return { hold: amounts.hold, exposure: amounts.exposure, cap: undefined };
  const { cap } = amounts;
  const least = leastReserve(amounts);
  if (cap === undefined || least === undefined || !allFit(least)) return undefined;
  const tokens =
    cap.perToken <= 0n ? cap.maxTokens : Math.min(cap.maxTokens, Number((leastFree() - cap.fixed) / cap.perToken));
  return { hold: cap.fixed + cap.perToken * BigInt(tokens), exposure: 0n, cap: tokens };
}
