/** Claims what a request may use against every limit that applies to it, in one step. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.ts';
import type { ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission, Admitted, OpenClaim } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ClaimAccount, ClaimOutcome, Claims, Refusal } from '../../stores/contracts/claims.ts';
import type { Parts } from '../parts.ts';
import { acceptedByAll, lowerLimit } from './answer-limit.ts';
import { amountsOf } from './claim-amounts.ts';
import { noteOf, orphanRow } from './ledger-rows.ts';
import { errorOfRefusal } from './refusals.ts';
import { Meter } from './stream-meter.ts';

/** Claims, or throws an error that names the limit that refused. Returns a promise only if the store does, or if the claim waits. */
export function claim(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: string,
  hasLimits: boolean,
): Admitted | Promise<Admitted> {
  const asked = ask(exchange, parts, admission, group, hasLimits);
  const { outcome } = asked;
  if (!(outcome instanceof Promise) && (outcome.kind === 'granted' || isFinal(outcome.refusal))) {
    return take(exchange, parts, admission, asked, outcome);
  }
  return claimInTime(exchange, parts, admission, group, asked);
}

interface Asked {
  readonly accounts: readonly ClaimAccount[];
  readonly amounts: ReservedAmounts;
  readonly outcome: ClaimOutcome | Promise<ClaimOutcome>;
}

function ask(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: string,
  hasLimits: boolean,
  isShortAnswer = false,
): Asked {
  const { claims } = parts;
  const nowMs = exchange.clock.nowMs();
  const [only] = admission.scopes;
  const limits =
    admission.scopes.length === 1 && only !== undefined
      ? only.at(nowMs, group)
      : admission.scopes.flatMap((accounts) => accounts.at(nowMs, group));
  const { amounts: usual, isFree } = hasLimits ? usualAmounts(exchange, parts, admission) : NO_AMOUNTS;
  const amounts = isShortAnswer ? withShortAnswer(usual) : usual;
  // A request that costs nothing is also served when its budget is used up, as LiteLLM does.
  const accounts = isFree ? limits.map(withoutMoney) : limits;
  const isShared = claims.isUp !== undefined;
  const outcome = claims.claim({
    id: exchange.callId,
    nowMs,
    accounts,
    amounts,
    // The instance that finds the claim of one that died must know what to book.
    ...(isShared && { note: noteOf(orphanRow(exchange, undefined)) }),
  });
  return { accounts, amounts, outcome };
}

/** A recalled answer costs nothing; its request and its tokens count nevertheless. */
function usualAmounts(exchange: Exchange, parts: Parts, admission: Admission): ReturnType<typeof amountsOf> {
  const { recalled } = exchange;
  if (recalled === undefined) return amountsOf(exchange, parts, admission);
  const { inputTokens = 0, outputTokens = 0 } = recalled.usage ?? {};
  return { amounts: { ...NO_AMOUNTS.amounts, inputTokens, outputTokens }, isFree: true };
}

/** The least tokens of an answer if a budget is too small for a usual one. */
const LEAST_TOKENS = 16;

function withShortAnswer(amounts: ReservedAmounts): ReservedAmounts {
  const { cap } = amounts;
  return cap === undefined
    ? amounts
    : { ...amounts, cap: { ...cap, minTokens: Math.min(cap.minTokens, LEAST_TOKENS) } };
}

const NO_AMOUNTS: { readonly amounts: ReservedAmounts; readonly isFree: boolean } = {
  amounts: { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n, practicallyMost: 0n },
  isFree: false,
};

function withoutMoney(account: ClaimAccount): ClaimAccount {
  return account.money.length === 0 ? account : { ...account, money: [] };
}

function take(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  { accounts, amounts }: Asked,
  outcome: ClaimOutcome,
): Admitted {
  const nowMs = exchange.clock.nowMs();
  if (outcome.kind === 'refused') {
    if (outcome.refusal.isStale === true) return 'stale';
    parts.limitListener?.refused(
      outcome.refusal,
      accounts,
      { scopes: admission.scopes, identity: exchange.identity },
      nowMs,
    );
    throw errorOfRefusal(outcome.refusal, admission.scopes, nowMs);
  }
  const { hold, exposure, remaining } = outcome;
  const cap = outcome.cap === undefined ? undefined : acceptedByAll(exchange, outcome.cap);
  const open: OpenClaim = { accounts, remaining, amounts, hold, exposure, perAttempt: hold, cap, meter: undefined };
  admission.claim = open;
  if (accounts.length > 0)
    parts.limitListener?.admitted(open, { scopes: admission.scopes, identity: exchange.identity }, nowMs);
  if (cap !== undefined) lowerLimit(exchange, cap);
  if (exchange.stream && exposure > 0n) open.meter = new Meter(exchange, parts, open);
  return 'admitted';
}

/** How long a request waits for what other requests hold of a budget, and the first and the longest pause between two tries. */
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** How often all waiting requests of one process try a store that instances share: more would slow the store down for all. */
const MOST_TRIES_PER_SECOND = 500;
/** How many requests wait, by store. */
const waiting = new WeakMap<Claims, number>();

/** Money that running requests hold is soon free again: waiting for it is better than a refusal after which the client retries. */
function mayWait({ limit, isTemporary, isStale, isStoreUnavailable }: Refusal): boolean {
  return limit === 'money' && isTemporary && isStale !== true && isStoreUnavailable !== true;
}

/** A budget that is too small for any usual answer, and of which nothing is used, would be of no use: it gets a short answer. */
function isUntouched({ limit, used, held, isTemporary }: Refusal): boolean {
  return limit === 'money' && used === 0n && held === 0n && !isTemporary;
}

/** Whether neither waiting nor a shorter answer may help. */
function isFinal(refusal: Refusal): boolean {
  return !mayWait(refusal) && !isUntouched(refusal);
}

async function claimInTime(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: string,
  first: Asked,
): Promise<Admitted> {
  const untilMs = exchange.clock.monotonicMs() + WAIT_MS;
  const { claims } = parts;
  let pauseMs = FIRST_PAUSE_MS;
  let isShortAnswer = false;
  for (let asked = first; ; asked = ask(exchange, parts, admission, group, true, isShortAnswer)) {
    const outcome = await asked.outcome;
    if (outcome.kind === 'refused' && !isShortAnswer && isUntouched(outcome.refusal)) {
      isShortAnswer = true;
      continue;
    }
    const isLast = exchange.clock.monotonicMs() >= untilMs;
    if (outcome.kind === 'granted' || !mayWait(outcome.refusal) || isLast) {
      return take(exchange, parts, admission, asked, outcome);
    }
    const others = waiting.get(claims) ?? 0;
    const turnMs = claims.isUp === undefined ? 0 : (others * 1_000) / MOST_TRIES_PER_SECOND;
    // Random, so that requests that wait together do not all try again at the same moment.
    const thisPauseMs = Math.max(pauseMs, turnMs) * (0.5 + parts.random());
    waiting.set(claims, others + 1);
    await sleep(Math.min(thisPauseMs, Math.max(0, untilMs - exchange.clock.monotonicMs())));
    waiting.set(claims, (waiting.get(claims) ?? 1) - 1);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (exchange.client.isGone) {
      throw new GatewayError('client_gone', 'The client hung up while its request waited for a budget.');
    }
  }
}
