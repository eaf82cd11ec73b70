/** Decides on a claim by all counters that it touches. Changes nothing. */
import type { PicoUsd } from '../../core/money.ts';
import type { ClaimAccount, ClaimAmounts, MoneyLimit, Refusal, Remaining, Reserve } from '../contracts/claims.ts';
import { fits, type Grant, grantOf, leastIn, mayGrow, reservesOf } from '../limits/budget.ts';
import { rateRefusal } from '../limits/rates.ts';
import { moneyRefusal, unavailableRefusal } from '../limits/refusals.ts';
import type { AccountCounters } from './accounts.ts';
import type { MoneyCounter } from './money-counter.ts';

/** The counters that a request touches, in the order of its accounts and their budgets. */
export interface Touched {
  readonly accounts: readonly ClaimAccount[];
  readonly counters: readonly AccountCounters[];
  /** One for each budget of each account: budgets of one period share theirs. */
  readonly money: readonly MoneyCounter[];
}

/** What all budgets together can grant; undefined if that is too little. */
export function grantFor(amounts: ClaimAmounts, touched: Touched): Grant | undefined {
  return grantOf(amounts, (holds) => everyBudget(touched, holds));
}

/** The refusal of the first limit that refuses, in the order of the accounts. */
export function firstRefusal(
  amounts: ClaimAmounts,
  { accounts, counters, money }: Touched,
  { isMoneyShort, wallMs, nowMs }: { readonly isMoneyShort: boolean; readonly wallMs: number; readonly nowMs: number },
): Refusal | undefined {
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
        if (account.whenAway === 'closed') return unavailableRefusal(account, limit, counter);
      } else if (isMoneyShort && !fits(limit, counter, leastIn(amounts, counter))) {
        return moneyRefusal(account.id, limit, counter, reservesOf(amounts), wallMs);
      }
    }
    const refusal = rateRefusal(account, counted, amounts, nowMs);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The refusal of the first budget in which an open claim cannot grow. */
export function extensionRefusal(
  claim: Touched & Reserve,
  { hold, exposure, nowMs }: Reserve & { readonly nowMs: number },
): Refusal | undefined {
  const growth = { hold: hold - claim.hold, exposure: exposure - claim.exposure };
  let refusal: Refusal | undefined;
  everyBudget(claim, (limit, counter, account) => {
    if (mayGrow(limit, counter, growth)) return true;
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
  { window, open }: AccountCounters,
  money: Remaining['money'],
  nowMs: number,
): Remaining {
  const left: Writable<Remaining> = { resetMs: window === undefined ? 0 : window.resetMs(nowMs), money };
  if (account.parallelRequests !== undefined) left.parallel = Math.max(0, account.parallelRequests - open);
  if (window === undefined) return left;
  const { requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute } = account;
  const beyond = (limit: number, used: number): number => Math.max(0, limit - used);
  if (requestsPerMinute !== undefined) left.requests = beyond(requestsPerMinute, window.used('requests'));
  if (tokensPerMinute !== undefined) left.tokens = beyond(tokensPerMinute, window.used('tokens'));
  if (inputTokensPerMinute !== undefined) left.inputTokens = beyond(inputTokensPerMinute, window.used('input-tokens'));
  if (outputTokensPerMinute !== undefined) {
    left.outputTokens = beyond(outputTokensPerMinute, window.used('output-tokens'));
  }
  return left;
}

/** Whether something holds for every budget of which the spend is known. */
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
