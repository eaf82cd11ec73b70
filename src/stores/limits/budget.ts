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
function freeIn({ max, debt }: Allowance, { spent, held, exposed }: MoneyState): PicoUsd {
  const ofBudget = max - spent - held;
  const withDebt = ofBudget + debt - exposed;
  return withDebt < ofBudget ? withDebt : ofBudget;
}

/** The least that a claim with a `cap` can be granted; undefined if it has none. */
function leastReserve({ cap }: ClaimAmounts): Reserve | undefined {
  if (cap === undefined || cap.minTokens > cap.maxTokens) return undefined;
  return reserveFor(cap, cap.minTokens);
}

/** The least that a claim can be granted on one budget: if it has a share, more while others may give money back. */
export function leastIn(amounts: ClaimAmounts, use: MoneyState): Reserve {
  const least = leastReserve(amounts);
  if (least === undefined) return amounts;
  const { cap } = amounts;
  return cap?.share === undefined || isUnreserved(use) ? least : reserveFor(cap, cap.share.tokens);
}

/** The reserves that a claim asks for: its amounts and, with a `cap`, the least it can do with. */
export function reservesOf(amounts: ClaimAmounts): readonly Reserve[] {
  const least = leastReserve(amounts);
  return least === undefined ? [amounts] : [amounts, least];
}

/** Asks something of every budget of a claim; false after the first budget of which it does not hold. */
type EveryBudget = (holds: (limit: Allowance, use: MoneyState) => boolean) => boolean;

/** What all budgets of a claim can grant: its amounts, else as many tokens as fit and are fair, else undefined. */
export function grantOf(amounts: ClaimAmounts, everyBudget: EveryBudget): Grant | undefined {
  const { hold, exposure, cap } = amounts;
  const isCapped = cap !== undefined && cap.minTokens <= cap.maxTokens;
  const allFit = everyBudget(
    (limit, use) => fits(limit, use, amounts) && (!isCapped || isFair(cap, limit, use, hold + exposure)),
  );
  if (allFit) return { hold, exposure, cap: undefined };
  if (!isCapped || !everyBudget((limit, use) => fits(limit, use, leastIn(amounts, use)))) return undefined;
  let tokens = cap.maxTokens;
  everyBudget((limit, use) => {
    tokens = Math.min(tokens, tokensIn(cap, limit, use));
    return true;
  });
  return { ...reserveFor(cap, tokens), cap: tokens };
}

/** While others hold on a budget, or wait for it, one claim takes at most this part of what is free, or its share. */
const PARTS = 8n;

type Cap = NonNullable<ClaimAmounts['cap']>;

/** Whether a reserve of this cost leaves enough of a budget to others. */
function isFair({ share, fixed, perToken }: Cap, limit: Allowance, use: MoneyState, cost: PicoUsd) {
  if (share === undefined || (isUnreserved(use) && !share.doOthersWait)) return true;
  return cost <= fixed + perToken * BigInt(share.tokens) || cost * PARTS <= freeIn(limit, use);
}

/** The most tokens of answer that a budget grants to one claim. */
function tokensIn(cap: Cap, limit: Allowance, use: MoneyState): number {
  const { share, fixed, perToken, maxTokens } = cap;
  if (perToken <= 0n) return maxTokens;
  const free = freeIn(limit, use);
  const fitting = Number((free - fixed) / perToken);
  if (share === undefined || (isUnreserved(use) && !share.doOthersWait)) return fitting;
  return Math.min(fitting, Math.max(share.tokens, Number((free / PARTS - fixed) / perToken)));
}

function isUnreserved({ held, exposed }: MoneyState): boolean {
  return held === 0n && exposed === 0n;
}

function reserveFor({ fixed, perToken }: Cap, tokens: number): Reserve {
  return { hold: fixed + perToken * BigInt(tokens), exposure: 0n };
}
