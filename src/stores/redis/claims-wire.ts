/** Claims in the arguments and answers of the scripts. */
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type {
  Charge,
  ClaimAccount,
  ClaimAmounts,
  ClaimOutcome,
  MoneyState,
  Refusal,
  Remaining,
  Reserve,
} from '../contracts/claims.ts';
import { countRefusal, moneyRefusal } from '../limits/refusals.ts';

/** The answer of a script. */
export type Answer = readonly unknown[];

const WHOLE = 1_000_000_000_000n;
const DAY_MS = 86_400_000;

/** An amount as two numbers: USD, and the pico-USD below one. */
export function inTwo(pico: PicoUsd): [string, string] {
  const below = ((pico % WHOLE) + WHOLE) % WHOLE;
  return [((pico - below) / WHOLE).toString(), below.toString()];
}

/** The amount in two fields of an answer. */
export function amountIn(answer: Answer, at: number): PicoUsd {
  return BigInt(numberIn(answer, at)) * WHOLE + BigInt(numberIn(answer, at + 1));
}

/** A number in an answer. */
export function numberIn(answer: Answer, at: number): number {
  return Number(answer[at]);
}

/** How long a counter is kept: a day longer than its period. 0: without end. */
export function keptForMs(endsAtMs: number | undefined, nowMs: number): string {
  return endsAtMs === undefined ? '0' : String(Math.ceil(Math.max(0, endsAtMs - nowMs)) + DAY_MS);
}

/** The accounts of a claim with their limits. */
export function writeAccounts(accounts: readonly ClaimAccount[], nowMs: number): string[] {
  const written = [String(accounts.length)];
  for (const account of accounts) {
    written.push(
      account.id,
      optional(account.requestsPerMinute),
      optional(account.tokensPerMinute),
      optional(account.inputTokensPerMinute),
      optional(account.outputTokensPerMinute),
      optional(account.parallelRequests),
      String(account.money.length),
    );
    for (const { window, startsAtMs, endsAtMs, max, debt } of account.money) {
      written.push(
        window,
        keptForMs(endsAtMs, nowMs),
        ...inTwo(max),
        ...inTwo(debt),
        String(startsAtMs),
        optional(endsAtMs),
      );
    }
  }
  return written;
}

/** Amounts as the claim script reads them, `note` last. */
export function writeAmounts(amounts: ClaimAmounts, note: string): string[] {
  const { inputTokens, outputTokens, hold, exposure, cap } = amounts;
  return [
    String(inputTokens),
    String(outputTokens),
    ...inTwo(hold),
    ...inTwo(exposure),
    ...(cap === undefined ? ['', '', '', ''] : [...inTwo(cap.fixed), ...inTwo(cap.perToken)]),
    ...(cap === undefined ? ['', ''] : [String(cap.minTokens), String(cap.maxTokens)]),
    ...(cap?.share === undefined ? ['', ''] : [String(cap.share.tokens), cap.share.doOthersWait ? '1' : '']),
    note,
  ];
}

/** The charges of a settlement. */
export function writeCharges(charges: readonly Charge[], nowMs: number): string[] {
  const written = [String(charges.length)];
  for (const { account, window, startsAtMs, endsAtMs, cost, isIfCounted = false } of charges) {
    const period = [window, keptForMs(endsAtMs, nowMs), String(startsAtMs), optional(endsAtMs)];
    written.push(account, ...period, ...inTwo(cost), isIfCounted ? '1' : '');
  }
  return written;
}

/** Reads a grant. */
export function readGrant(answer: Answer, accounts: readonly ClaimAccount[]): Granted {
  const cap = numberIn(answer, 6);
  let at = 7;
  const remaining = accounts.map((account) => {
    const left = readRemaining(answer, at, account);
    at += 5 + account.money.length * 4;
    return left;
  });
  const [hold, exposure] = [amountIn(answer, 2), amountIn(answer, 4)];
  return { kind: 'granted', hold, exposure, ...defined({ cap: cap < 0 ? undefined : cap }), remaining };
}

/** A claim that was granted. */
type Granted = Extract<ClaimOutcome, { readonly kind: 'granted' }>;

function readRemaining(answer: Answer, at: number, account: ClaimAccount): Remaining {
  const [requests, input, output, open] = [at, at + 1, at + 2, at + 3].map((field) => numberIn(answer, field));
  return {
    ...defined({
      requests: left(account.requestsPerMinute, requests),
      tokens: left(account.tokensPerMinute, (input ?? 0) + (output ?? 0)),
      inputTokens: left(account.inputTokensPerMinute, input),
      outputTokens: left(account.outputTokensPerMinute, output),
      parallel: left(account.parallelRequests, open),
    }),
    resetMs: numberIn(answer, at + 4),
    money: account.money.map((_, index) => ({
      spent: amountIn(answer, at + 5 + index * 4),
      held: amountIn(answer, at + 7 + index * 4),
    })),
  };
}

const left = (limit: number | undefined, used = 0): number | undefined =>
  limit === undefined ? undefined : Math.max(0, Math.floor(limit) - used);

/** A counter that Redis does not have. */
export interface UnknownCounter {
  readonly account: string;
  readonly window: string;
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
}

/** Reads which counters Redis does not have. */
export function readUnknown(answer: Answer): readonly UnknownCounter[] {
  const unknown: UnknownCounter[] = [];
  for (let at = 2; at < answer.length; at += 4) {
    const [account = '', window = '', startsAtMs, ends] = answer.slice(at, at + 4).map(String);
    const endsAtMs = ends === '' ? undefined : Number(ends);
    unknown.push({ account, window, startsAtMs: Number(startsAtMs), ...defined({ endsAtMs }) });
  }
  return unknown;
}

/** Reads a refusal; `wanted` are the reserves that were asked for. */
export function readRefusal(
  answer: Answer,
  accounts: readonly ClaimAccount[],
  wanted: readonly Reserve[],
  nowMs: number,
): Refusal {
  const account = accounts[numberIn(answer, 2) - 1];
  if (account === undefined) throw new Error('Redis refused for an account that was not asked about');
  const kind = answer[3] as Refusal['limit'];
  if (kind !== 'money') {
    const retryAfterMs = numberIn(answer, 9);
    return countRefusal(account, kind, numberIn(answer, 5), retryAfterMs < 0 ? undefined : retryAfterMs);
  }
  const limit = account.money[numberIn(answer, 4) - 1];
  if (limit === undefined) throw new Error('Redis refused for a budget that was not asked about');
  return moneyRefusal(account.id, limit, { spent: amountIn(answer, 5), held: amountIn(answer, 7) }, wanted, nowMs);
}

/** Reads a counter; `isKnown` is false if Redis does not have its spend. */
export function readState(answer: Answer): MoneyState & { readonly isKnown: boolean } {
  const [spent, held, exposed] = [amountIn(answer, 1), amountIn(answer, 3), amountIn(answer, 5)];
  return { isKnown: numberIn(answer, 0) === 1, spent, held, exposed };
}

const optional = (value: number | undefined): string => (value === undefined ? '' : String(value));
