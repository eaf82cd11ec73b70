/**
 * Claims the tokens of a day (`tpd_limit`). They are counted by a claim of their own, on accounts whose unit is the token, so that
 * stores keep them as exactly as money: in periods, over restarts, and shared by instances.
 */
import { GatewayError } from '../../core/errors.ts';
import type { ReservedAmounts } from '../../costs/claim-amounts.ts';
import type { Admission, Admitted } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { ClaimAccount, ClaimOutcome, Refusal } from '../../stores/contracts/claims.ts';
import { scopeOfTokens } from '../../tenancy/day-limits.ts';
import type { Parts } from '../parts.ts';
import { amountsOf } from './claim-amounts.ts';
import { momentIn, rateName } from './refusals.ts';

/** The id of the second claim of a request. */
const dayClaimId = (callId: string): string => `${callId}/tokens`;

/** Claims the tokens of an admitted request, or throws an error that names the limit. Undefined: no such limit applies. */
export function claimDay(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
): Admitted | Promise<Admitted> | undefined {
  const nowMs = exchange.clock.nowMs();
  const accounts = admission.scopes.flatMap((each) => each.dayAt(nowMs));
  if (accounts.length === 0) return undefined;
  const { claim } = admission;
  // A claim on no account, which a shared store gets for every request, reserves nothing.
  const amounts =
    claim !== undefined && claim.accounts.length > 0 ? claim.amounts : amountsOf(exchange, parts, admission).amounts;
  const outcome = parts.claims.claim({
    id: dayClaimId(exchange.callId),
    nowMs,
    accounts,
    amounts: { inputTokens: 0, outputTokens: 0, hold: tokensOf(amounts), exposure: 0n },
  });
  return outcome instanceof Promise
    ? outcome.then((told) => take(exchange, parts, admission, accounts, told))
    : take(exchange, parts, admission, accounts, outcome);
}

const tokensOf = ({ inputTokens, outputTokens }: Pick<ReservedAmounts, 'inputTokens' | 'outputTokens'>): bigint =>
  BigInt(Math.ceil(inputTokens + outputTokens));

function take(
  exchange: Exchange,
  parts: Parts,
  admission: Admission,
  accounts: readonly ClaimAccount[],
  outcome: ClaimOutcome,
): Admitted | Promise<Admitted> {
  const nowMs = exchange.clock.nowMs();
  if (outcome.kind === 'granted') {
    admission.hasDayClaim = true;
    return 'admitted';
  }
  if (outcome.refusal.isStale !== true) throw dayError(outcome.refusal, admission, accounts, nowMs);
  // The request is planned again and claims again under its id.
  const undone = admission.claim === undefined ? undefined : parts.claims.cancel(exchange.callId, nowMs);
  admission.claim = undefined;
  return undone instanceof Promise ? undone.then(() => 'stale' as const) : 'stale';
}

/** Corrects the claim by what was used; undoes it if nothing was sent. */
export function closeDay(
  { admission, callId, clock }: Exchange,
  { claims }: Pick<Parts, 'claims'>,
  used: Pick<ReservedAmounts, 'inputTokens' | 'outputTokens'> | undefined,
): void | Promise<void> {
  if (admission?.hasDayClaim !== true) return undefined;
  admission.hasDayClaim = false;
  const id = dayClaimId(callId);
  if (used === undefined) return claims.cancel(id, clock.nowMs());
  const nothing = { inputTokens: 0, outputTokens: 0, charges: [] };
  return claims.settle({ id, nowMs: clock.nowMs(), cost: tokensOf(used), ...nothing });
}

function dayError(
  { account, max, used, held, retryAfterMs, isTemporary, isStoreUnavailable }: Refusal,
  { scopes }: Admission,
  accounts: readonly ClaimAccount[],
  nowMs: number,
): GatewayError {
  if (isStoreUnavailable === true) {
    return new GatewayError(
      'store_unavailable',
      'The tokens of this day cannot be counted now, and the configuration says to refuse requests then (`when_away: closed`). Try again soon.',
      { retryAfterMs: retryAfterMs ?? 1_000 },
    );
  }
  const owner = scopes.map((each) => each.scopes.find((scope) => scope.account === scopeOfTokens(account)));
  const whose = rateName(
    owner.find((scope) => scope !== undefined),
    '',
  );
  const endsAtMs = accounts.find(({ id }) => id === account)?.money[0]?.endsAtMs ?? nowMs;
  const isAlone = used + held === 0n;
  const waitMs = isTemporary ? (retryAfterMs ?? 1_000) : endsAtMs - nowMs;
  const left = max > used + held ? max - used - held : 0n;
  const figures = `Limit type: tokens_per_day. Current limit: ${max}, Remaining: ${left}.`;
  return new GatewayError(
    'rate_limited',
    isAlone
      ? `A rate limit is too small for this request: ${whose}. ${figures} This request alone is larger than the limit; send a shorter prompt or a smaller max_tokens.`
      : `Rate limit exceeded for ${whose}. ${figures} Limit resets at: ${momentIn(nowMs, endsAtMs - nowMs)}`,
    {
      ...(isAlone ? { mayRetry: false } : { retryAfterMs: waitMs }),
      limit: { type: 'tokens_per_day', resetAt: momentIn(nowMs, endsAtMs - nowMs) },
    },
  );
}
