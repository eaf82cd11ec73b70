/** Whether money and rates of an account let a claim in, and what is said where they do not. Changes nothing. */
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { ClaimAccount, ClaimAmounts, LimitKind, MoneyLimit, RateLimits, Refusal } from '../contracts/claims.ts';
import type { AccountCounters } from './accounts.ts';
import type { MoneyCounter } from './money-counter.ts';
import type { Counted, SlidingMinute } from './sliding-minute.ts';

/** What is to be reserved on a budget. */
export interface Reserve {
  readonly hold: PicoUsd;
  readonly exposure: PicoUsd;
}

/** When to try again where a request that is under way is in the way: nobody knows when it ends. */
const UNDER_WAY_RETRY_MS = 1_000;

/** Whether a budget takes a reserve. One that is used up takes nothing, not even what is free. */
export function takes(limit: MoneyLimit, counter: MoneyCounter, { hold, exposure }: Reserve): boolean {
  const committed = counter.spent + counter.held;
  return (
    committed < limit.max &&
    committed + hold <= limit.max &&
    committed + counter.exposed + hold + exposure <= limit.max + limit.debt
  );
}

/** Whether it would if nothing were under way. */
function wouldTake(limit: MoneyLimit, { spent }: MoneyCounter, { hold, exposure }: Reserve): boolean {
  return spent < limit.max && spent + hold <= limit.max && spent + hold + exposure <= limit.max + limit.debt;
}

/** The largest hold without exposure that a budget takes. */
export function freeIn(limit: MoneyLimit, counter: MoneyCounter): PicoUsd {
  const ofBudget = limit.max - counter.spent - counter.held;
  const withDebt = ofBudget + limit.debt - counter.exposed;
  return withDebt < ofBudget ? withDebt : ofBudget;
}

/** The least that a claim with a `cap` can be granted with; undefined where it has none. */
export function leastOf(amounts: ClaimAmounts): Reserve | undefined {
  const { cap } = amounts;
  if (cap === undefined || cap.minTokens > cap.maxTokens) return undefined;
  return { hold: cap.fixed + cap.perToken * BigInt(cap.minTokens), exposure: 0n };
}

/** As many tokens as cost no more than what is free, where the least that was asked for fits. */
export function tokensFor(free: PicoUsd, cap: NonNullable<ClaimAmounts['cap']>): number {
  if (cap.perToken <= 0n) return cap.maxTokens;
  return Math.min(cap.maxTokens, Number((free - cap.fixed) / cap.perToken));
}

/** The refusal of a budget that takes none of the reserves that would do. */
export function moneyRefusal(
  account: string,
  limit: MoneyLimit,
  counter: MoneyCounter,
  wanted: readonly Reserve[],
  nowMs: number,
): Refusal {
  const isTemporary = wanted.some((reserve) => wouldTake(limit, counter, reserve));
  const untilNext = limit.endsAtMs === undefined ? undefined : Math.max(0, limit.endsAtMs - nowMs);
  return refusalOf(account, 'money', {
    max: limit.max,
    used: counter.spent,
    held: counter.held,
    window: limit.window,
    retryAfterMs: isTemporary ? UNDER_WAY_RETRY_MS : untilNext,
    isTemporary,
  });
}

/** The refusal of a budget of which nobody knows what was spent, where that means no. */
export function awayRefusal(account: string, limit: MoneyLimit, counter: MoneyCounter): Refusal {
  const { max, window } = limit;
  const facts = { max, used: counter.spent, held: counter.held, window, retryAfterMs: undefined, isTemporary: false };
  return { ...refusalOf(account, 'money', facts), isAway: true };
}

/** The first rate or slot of an account that says no; `nowMs` is monotonic. */
export function rateRefusal(
  account: ClaimAccount,
  counters: AccountCounters,
  { inputTokens, outputTokens }: ClaimAmounts,
  nowMs: number,
): Refusal | undefined {
  const { minute } = counters;
  if (minute !== undefined) {
    const refusal =
      overRate(account, minute, 'requests', account.requestsPerMinute, 1, nowMs) ??
      overRate(account, minute, 'tokens', account.tokensPerMinute, inputTokens + outputTokens, nowMs) ??
      overRate(account, minute, 'input-tokens', account.inputTokensPerMinute, inputTokens, nowMs) ??
      overRate(account, minute, 'output-tokens', account.outputTokensPerMinute, outputTokens, nowMs);
    if (refusal !== undefined) return refusal;
  }
  const slots = account.parallelRequests;
  if (slots === undefined || counters.open < slots) return undefined;
  return refusalOf(account.id, 'parallel', {
    max: count(slots),
    used: BigInt(counters.open),
    held: 0n,
    window: undefined,
    retryAfterMs: slots >= 1 ? UNDER_WAY_RETRY_MS : undefined,
    isTemporary: slots >= 1,
  });
}

/** Whether an account limits what may happen in a minute. */
export function hasRate(limits: RateLimits): boolean {
  return (
    limits.requestsPerMinute !== undefined ||
    limits.tokensPerMinute !== undefined ||
    limits.inputTokensPerMinute !== undefined ||
    limits.outputTokensPerMinute !== undefined
  );
}

function overRate(
  account: ClaimAccount,
  minute: SlidingMinute,
  counted: Counted,
  limit: number | undefined,
  wanted: number,
  nowMs: number,
): Refusal | undefined {
  if (limit === undefined) return undefined;
  const used = minute.used(counted);
  if (used + wanted <= limit) return undefined;
  return refusalOf(account.id, counted, {
    max: count(limit),
    used: count(used),
    held: 0n,
    window: undefined,
    retryAfterMs: minute.msUntilAtMost(counted, limit - wanted, nowMs),
    isTemporary: false,
  });
}

interface RefusalFacts {
  readonly max: bigint;
  readonly used: bigint;
  readonly held: bigint;
  readonly window: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isTemporary: boolean;
}

function refusalOf(account: string, limit: LimitKind, facts: RefusalFacts): Refusal {
  const { max, used, held, window, retryAfterMs, isTemporary } = facts;
  return {
    account,
    limit,
    max,
    used,
    held,
    ...defined({ window, retryAfterMs }),
    isTemporary,
  };
}

/** Limits may be configured as fractions; what is reported is whole. */
const count = (given: number): bigint => BigInt(Math.floor(given));
