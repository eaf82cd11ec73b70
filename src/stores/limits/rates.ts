/** Whether the rates and slots of an account let a claim in. Pure. */
import type { ClaimAccount, ClaimAmounts, RateLimits, Refusal } from '../contracts/claims.ts';
import type { RateKind, RateWindow } from './rate-window.ts';
import { countRefusal } from './refusals.ts';

/** Whether an account limits what may happen in a minute. */
export function hasRate(limits: RateLimits): boolean {
  return (
    limits.requestsPerMinute !== undefined ||
    limits.tokensPerMinute !== undefined ||
    limits.inputTokensPerMinute !== undefined ||
    limits.outputTokensPerMinute !== undefined
  );
}

/**
 * The first rate or slot that refuses a claim, in the order of `LimitKind`. An instance that decides alone grants its
 * part only: a limit divided by `instances`, but at least one request and one slot. `nowMs` is monotonic, and the
 * window up to date.
 */
export function rateRefusal(
  account: ClaimAccount,
  { window, open }: { readonly window: RateWindow | undefined; readonly open: number },
  { inputTokens, outputTokens }: ClaimAmounts,
  nowMs: number,
  instances = 1,
): Refusal | undefined {
  const partOf = (limit: number, least: number): number =>
    instances === 1 ? limit : Math.max(Math.min(least, limit), Math.floor(limit / instances));
  if (window !== undefined) {
    const over = (kind: RateKind, limit: number | undefined, wanted: number, least = 0): Refusal | undefined => {
      if (limit === undefined) return undefined;
      const used = window.used(kind);
      const most = partOf(limit, least) - wanted;
      if (used <= most) return undefined;
      // What exceeds our part alone may fit once the outage is over.
      const lateMs = wanted <= limit ? window.resetMs(nowMs) : undefined;
      return countRefusal(account, kind, used, window.msUntilAtMost(kind, most, nowMs) ?? lateMs);
    };
    const refusal =
      over('requests', account.requestsPerMinute, 1, 1) ??
      over('tokens', account.tokensPerMinute, inputTokens + outputTokens) ??
      over('input-tokens', account.inputTokensPerMinute, inputTokens) ??
      over('output-tokens', account.outputTokensPerMinute, outputTokens);
    if (refusal !== undefined) return refusal;
  }
  const slots = account.parallelRequests;
  if (slots === undefined || open < partOf(slots, 1)) return undefined;
  return countRefusal(account, 'parallel', open, undefined);
}
