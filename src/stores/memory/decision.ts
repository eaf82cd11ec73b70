/** What is answered to a claim, from all counters that it touches. Changes nothing. */
import type { PicoUsd } from '../../core/money.ts';
import type { ClaimAccount, ClaimAmounts, MoneyLimit, Refusal, Remaining } from '../contracts/claims.ts';
import type { AccountCounters } from './accounts.ts';
import {
  awayRefusal,
  freeIn,
  leastOf,
  moneyRefusal,
  type Reserve,
  rateRefusal,
  takes,
  tokensFor,
} from './admission.ts';
import type { MoneyCounter } from './money-counter.ts';

/** The counters that a request touches, in the order of its accounts and their budgets. */
export interface Touched {
  readonly accounts: readonly ClaimAccount[];
  readonly counters: readonly AccountCounters[];
  /** One for each budget of each account: budgets of one period share theirs. */
  readonly money: readonly MoneyCounter[];
}

/** What a claim is let in with; the cap where it is let in by that. */
export interface Admission extends Reserve {
  readonly cap: number | undefined;
}

/** Everything as it was asked for. */
export const asGiven = ({ hold, exposure }: ClaimAmounts): Admission => ({ hold, exposure, cap: undefined });

/** What all budgets together take: the amounts as they are, else as many tokens as fit, else undefined. */
export function admissionOf(amounts: ClaimAmounts, touched: Touched): Admission | undefined {
  if (allTake(touched, amounts)) return asGiven(amounts);
  const { cap } = amounts;
  const least = leastOf(amounts);
  if (cap === undefined || least === undefined || !allTake(touched, least)) return undefined;
  let free: PicoUsd | undefined;
  everyBudget(touched, (limit, counter) => {
    const here = freeIn(limit, counter);
    if (free === undefined || here < free) free = here;
    return true;
  });
  const tokens = tokensFor(free ?? 0n, cap);
  return { hold: cap.fixed + cap.perToken * BigInt(tokens), exposure: 0n, cap: tokens };
}

/** The first limit, in the order of the accounts, that says no. */
export function firstRefusal(
  amounts: ClaimAmounts,
  { accounts, counters, money }: Touched,
  { isMoneyShort, wallMs, nowMs }: { readonly isMoneyShort: boolean; readonly wallMs: number; readonly nowMs: number },
): Refusal | undefined {
  const least = isMoneyShort ? leastOf(amounts) : undefined;
  let next = 0;
  for (let index = 0; index < accounts.length; index += 1) {
    const account = accounts[index];
    const counted = counters[index];
    if (account === undefined || counted === undefined) continue;
    for (const limit of account.money) {
      const counter = money[next];
      next += 1;
      if (counter === undefined) continue;
      if (!counter.isSeeded) {
        if (account.whenAway === 'closed') return awayRefusal(account.id, limit, counter);
      } else if (isMoneyShort && !takes(limit, counter, least ?? amounts)) {
        const wanted = least === undefined ? [amounts] : [amounts, least];
        return moneyRefusal(account.id, limit, counter, wanted, wallMs);
      }
    }
    const refusal = rateRefusal(account, counted, amounts, nowMs);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The first budget that an open claim cannot grow in: what does not grow is not asked about. */
export function extensionRefusal(
  claim: Touched & Reserve,
  { hold, exposure, nowMs }: Reserve & { readonly nowMs: number },
): Refusal | undefined {
  const holdGrowth = hold - claim.hold;
  const growth = holdGrowth + exposure - claim.exposure;
  if (holdGrowth <= 0n && growth <= 0n) return undefined;
  let refusal: Refusal | undefined;
  everyBudget(claim, (limit, counter, account) => {
    const committed = counter.spent + counter.held + holdGrowth;
    const isHoldTooMuch = holdGrowth > 0n && committed > limit.max;
    const expected = counter.spent + counter.held + counter.exposed + growth;
    const isDebtTooMuch = growth > 0n && expected > limit.max + limit.debt;
    if (!isHoldTooMuch && !isDebtTooMuch) return true;
    refusal = moneyRefusal(account.id, limit, counter, [{ hold, exposure }], nowMs);
    return false;
  });
  return refusal;
}

/** What is left in each account; `nowMs` is monotonic. */
export function remainingOf({ accounts, counters, money }: Touched, nowMs: number): Remaining[] {
  const remaining: Remaining[] = [];
  let next = 0;
  for (let index = 0; index < accounts.length; index += 1) {
    const account = accounts[index];
    const counted = counters[index];
    if (account === undefined || counted === undefined) continue;
    const amounts: { spent: PicoUsd; held: PicoUsd }[] = [];
    for (let end = next + account.money.length; next < end; next += 1) {
      const counter = money[next];
      amounts.push({ spent: counter?.spent ?? 0n, held: counter?.held ?? 0n });
    }
    remaining.push(remainingIn(account, counted, amounts, nowMs));
  }
  return remaining;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function remainingIn(
  account: ClaimAccount,
  { minute, open }: AccountCounters,
  money: Remaining['money'],
  nowMs: number,
): Remaining {
  const left: Writable<Remaining> = { resetMs: minute === undefined ? 0 : minute.resetMs(nowMs), money };
  if (account.parallelRequests !== undefined) left.parallel = Math.max(0, account.parallelRequests - open);
  if (minute === undefined) return left;
  const { requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute } = account;
  const beyond = (limit: number, used: number): number => Math.max(0, limit - used);
  if (requestsPerMinute !== undefined) left.requests = beyond(requestsPerMinute, minute.used('requests'));
  if (tokensPerMinute !== undefined) left.tokens = beyond(tokensPerMinute, minute.used('tokens'));
  if (inputTokensPerMinute !== undefined) left.inputTokens = beyond(inputTokensPerMinute, minute.used('input-tokens'));
  if (outputTokensPerMinute !== undefined) {
    left.outputTokens = beyond(outputTokensPerMinute, minute.used('output-tokens'));
  }
  return left;
}

/** Whether every budget of which the spend is known takes a reserve. */
function allTake(touched: Touched, reserve: Reserve): boolean {
  return everyBudget(touched, (limit, counter) => takes(limit, counter, reserve));
}

/** Asks of each budget of which the spend is known, until one says false. */
function everyBudget(
  { accounts, money }: Touched,
  holds: (limit: MoneyLimit, counter: MoneyCounter, account: ClaimAccount) => boolean,
): boolean {
  let next = 0;
  for (const account of accounts) {
    for (const limit of account.money) {
      const counter = money[next];
      next += 1;
      if (counter?.isSeeded === true && !holds(limit, counter, account)) return false;
    }
  }
  return true;
}
