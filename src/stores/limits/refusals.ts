/** Refusals of limits. Pure. */
import { defined } from '../../core/defined.ts';
import type {
  ClaimAccount,
  LimitKind,
  MoneyLimit,
  MoneyState,
  RateLimits,
  Refusal,
  Reserve,
} from '../contracts/claims.ts';
import { fits } from './budget.ts';

/** Where an account has each limit that is a count, in the order in which they are checked. */
const COUNT_LIMITS = {
  requests: 'requestsPerMinute',
  tokens: 'tokensPerMinute',
  'input-tokens': 'inputTokensPerMinute',
  'output-tokens': 'outputTokensPerMinute',
  parallel: 'parallelRequests',
} as const satisfies Readonly<Record<CountKind, keyof RateLimits>>;

type CountKind = Exclude<LimitKind, 'money'>;

/** When to try again if only requests under way are in the way: when they end is unknown. */
const UNDER_WAY_RETRY_MS = 1_000;

/** The refusal of a budget into which none of the `wanted` reserves fits. */
export function moneyRefusal(
  account: string,
  limit: MoneyLimit,
  { spent, held }: Pick<MoneyState, 'spent' | 'held'>,
  wanted: readonly Reserve[],
  nowMs: number,
): Refusal {
  const { max, window, endsAtMs } = limit;
  const onlySettled = { spent, held: 0n, exposed: 0n };
  const isTemporary = wanted.some((reserve) => fits(limit, onlySettled, reserve));
  const untilNextMs = endsAtMs === undefined ? undefined : Math.max(0, endsAtMs - nowMs);
  const retryAfterMs = isTemporary ? UNDER_WAY_RETRY_MS : untilNextMs;
  return { account, limit: 'money', max, used: spent, held, window, ...defined({ retryAfterMs }), isTemporary };
}

/** The refusal of a rate, or of a limit on what is under way. `retryAfterMs` undefined: never, or unknown. */
export function countRefusal(
  account: ClaimAccount,
  limit: CountKind,
  used: number,
  rateRetryMs: number | undefined,
): Refusal {
  const max = account[COUNT_LIMITS[limit]] ?? 0;
  const isTemporary = limit === 'parallel' && max >= 1;
  const retryAfterMs = isTemporary ? UNDER_WAY_RETRY_MS : rateRetryMs;
  // Limits may be configured as fractions; what is reported is whole.
  const counts = { max: BigInt(Math.floor(max)), used: BigInt(Math.floor(used)), held: 0n };
  return { account: account.id, limit, ...counts, ...defined({ retryAfterMs }), isTemporary };
}

/**
 * The refusal of an account that is configured `closed` while its spend is unknown; by a budget, or by its first limit.
 */
export function unavailableRefusal(
  account: ClaimAccount,
  limit: MoneyLimit | undefined = account.money[0],
  { spent, held }: Pick<MoneyState, 'spent' | 'held'> = { spent: 0n, held: 0n },
): Refusal {
  const kinds = Object.keys(COUNT_LIMITS) as CountKind[];
  const kind = limit === undefined ? kinds.find((each) => account[COUNT_LIMITS[each]] !== undefined) : 'money';
  const counts = { max: limit?.max ?? 0n, used: spent, held };
  const window = limit?.window;
  return {
    account: account.id,
    limit: kind ?? 'parallel',
    ...counts,
    ...defined({ window }),
    isTemporary: false,
    isStoreUnavailable: true,
  };
}
