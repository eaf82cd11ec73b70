/** Limits on the tokens of a day (`tpd_limit`), counted on accounts of their own. Pure. */
import type { WhenAway } from '../config/gateway-config.ts';
import { parsePeriod, windowAt } from '../core/period.ts';

import type { ClaimAccount } from '../stores/contracts/claims.ts';
import type { Scope } from './scopes.ts';

/** Ids of objects may hold any other text at their end. */
const PREFIX = 'tokens_of:';

/** The account of the scope whose tokens an account counts; undefined for accounts of money. */
export function scopeOfTokens(account: string): string | undefined {
  return account.startsWith(PREFIX) ? account.slice(PREFIX.length) : undefined;
}

/** The account that counts a scope's tokens of the present day, as LiteLLM does by UTC; undefined if they are not limited. */
export function dayAccount(
  { account, limits: { tpdLimit }, kind }: Scope,
  nowMs: number,
  whenAway: Readonly<Record<Scope['kind'], WhenAway>>,
): ClaimAccount | undefined {
  if (tpdLimit === undefined || DAY === undefined) return undefined;
  const { name, startsAtMs, endsAtMs = startsAtMs } = windowAt(DAY, nowMs, { timeZone: 'UTC', anchorMs: 0 });
  return {
    id: PREFIX + account,
    money: [{ max: BigInt(tpdLimit), debt: 0n, window: name, startsAtMs, endsAtMs }],
    whenAway: whenAway[kind],
  };
}

const DAY = parsePeriod('1d');
