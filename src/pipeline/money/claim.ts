/** Claims what a request may use against every limit that applies to it, in one step. */

import { GatewayError } from '../../core/errors.ts';
import type { ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission, Admitted, OpenClaim } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ClaimAccount, ClaimOutcome, Refusal } from '../../stores/contracts/claims.ts';
import type { LimitedModel } from '../../tenancy/accounts.ts';
import type { Parts } from '../parts.ts';
import { slowed } from './after-budget.ts';
import { acceptedByAll, lowerLimit } from './answer-limit.ts';
import { amountsOf, type RequestAmounts } from './claim-amounts.ts';
import { orphanRow } from './ledger-rows.ts';
import { noteOf, paceOf } from './orphan-note.ts';
import { errorOfRefusal, refuseUnbounded } from './refusals.ts';
import { Meter } from './stream-meter.ts';

/** Claims, or throws an error that names the limit that refused. Returns a promise only if the store does, or if the claim waits. */
export function claim(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: LimitedModel,
  hasLimits: boolean,
): Admitted | Promise<Admitted> {
  const line = hasLimits && parts.waiting.size > 0 ? lineBefore(exchange, parts, admission, group) : undefined;
  // Requests are served in the order in which they came.
  if (line !== undefined) return claimInLine(exchange, parts, admission, group, line);
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
  group: LimitedModel,
  hasLimits: boolean,
  isShortAnswer = false,
): Asked {
  const { claims } = parts;
  const nowMs = exchange.clock.nowMs();
  const limits = limitsOf(exchange, admission, group);
  const doOthersWait = limits.some(({ id }) => parts.waiting.waitingFor(id) > 1);
  const {
    amounts: usual,
    isFree,
    unbounded,
  } = hasLimits ? usualAmounts(exchange, parts, admission, doOthersWait) : NO_AMOUNTS;
  const amounts = isShortAnswer ? withShortAnswer(usual) : usual;
  // A request that costs nothing is also served when its budget is used up, as LiteLLM does.
  const accounts = isFree ? limits.map(withoutMoney) : limits;
  if (unbounded !== undefined && exchange.snapshot.config.budgets.mode === 'strict')
    refuseUnbounded(unbounded, accounts);
  const isShared = claims.isUp !== undefined;
  const outcome = claims.claim({
    id: exchange.callId,
    nowMs,
    accounts,
    amounts,
    // The instance that finds the claim of one that died must know what to book.
    ...(isShared && {
      note: noteFor(exchange, hasLimits ? amounts : usualAmounts(exchange, parts, admission).amounts, accounts),
    }),
  });
  return { accounts, amounts, outcome };
}

function noteFor(exchange: Exchange, amounts: ReservedAmounts, accounts: readonly ClaimAccount[]): string {
  return noteOf(orphanRow(exchange, undefined), {
    practicallyMost: amounts.practicallyMost,
    pace: paceOf(amounts, exchange.snapshot.config.budgets.mode),
    isUnclaimed: accounts.length === 0,
  });
}

/** A recalled answer costs nothing; its request and its tokens count nevertheless. */
function usualAmounts(exchange: Exchange, parts: Parts, admission: Admission, doOthersWait = false): RequestAmounts {
  const { recalled } = exchange;
  if (recalled === undefined) return amountsOf(exchange, parts, admission, doOthersWait);
  const { inputTokens = 0, outputTokens = 0 } = recalled.usage ?? {};
  return { amounts: { ...NO_AMOUNTS.amounts, inputTokens, outputTokens }, isFree: true, unbounded: undefined };
}

function limitsOf(exchange: Exchange, { scopes }: Admission, group: LimitedModel): readonly ClaimAccount[] {
  const nowMs = exchange.clock.nowMs();
  const [only] = scopes;
  const limits =
    scopes.length === 1 && only !== undefined
      ? only.at(nowMs, group)
      : scopes.flatMap((accounts) => accounts.at(nowMs, group));
  return exchange.overBudget === undefined ? limits : slowed(exchange, limits);
}

/** The account for whose budget others wait already; undefined if there is no such account, or the request costs nothing. */
function lineBefore(exchange: Exchange, parts: Parts, admission: Admission, group: LimitedModel): string | undefined {
  const { waiting } = parts;
  const busy = limitsOf(exchange, admission, group).find(
    ({ id, money }) => money.length > 0 && waiting.waitingFor(id) > 0,
  );
  return busy === undefined || usualAmounts(exchange, parts, admission).isFree ? undefined : busy.id;
}

/** The least tokens of an answer if a budget is too small for a usual one. */
const LEAST_TOKENS = 16;

function withShortAnswer(amounts: ReservedAmounts): ReservedAmounts {
  const { cap } = amounts;
  return cap === undefined
    ? amounts
    : { ...amounts, cap: { ...withoutShare(cap), minTokens: Math.min(cap.minTokens, LEAST_TOKENS) } };
}

function withoutShare({ share: _share, ...cap }: NonNullable<ReservedAmounts['cap']>) {
  return cap;
}

const NO_AMOUNTS: RequestAmounts = {
  amounts: { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n, practicallyMost: 0n },
  isFree: false,
  unbounded: undefined,
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
    throw errorOfRefusal(outcome.refusal, admission, exchange.snapshot.config.budgets, nowMs);
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

/** Asks once more for a short answer if that may help, and waits if others hold what is missing. */
async function claimInTime(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: LimitedModel,
  first: Asked,
): Promise<Admitted> {
  const { asked, outcome } = await answered(first, () => ask(exchange, parts, admission, group, true, true));
  if (outcome.kind === 'refused' && mayWait(outcome.refusal)) {
    return claimInLine(exchange, parts, admission, group, outcome.refusal.account);
  }
  return take(exchange, parts, admission, asked, outcome);
}

async function answered(
  asked: Asked,
  askForShortAnswer: () => Asked,
): Promise<{ readonly asked: Asked; readonly outcome: ClaimOutcome }> {
  const outcome = await asked.outcome;
  if (outcome.kind === 'granted' || !isUntouched(outcome.refusal)) return { asked, outcome };
  const again = askForShortAnswer();
  return { asked: again, outcome: await again.outcome };
}

/** Waits in the line of an account, and claims when it is this request's turn. */
async function claimInLine(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  group: LimitedModel,
  account: string,
): Promise<Admitted> {
  const { client } = exchange;
  const admitted = await parts.waiting.wait(account, client, async (isLast) => {
    const shortly = (): Asked => ask(exchange, parts, admission, group, true, true);
    const first = isLast ? shortly() : ask(exchange, parts, admission, group, true);
    const { asked, outcome } = await answered(first, shortly);
    if (outcome.kind === 'refused' && mayWait(outcome.refusal) && !isLast) return undefined;
    return take(exchange, parts, admission, asked, outcome);
  });
  if (client.isGone) {
    throw new GatewayError('client_gone', 'The client hung up while its request waited for a budget.');
  }
  return admitted;
}
