/** What it is worth to have the beginning of a prompt kept. */
import type { RateCard } from '../../costs/rate-card.ts';
import { rateAt } from '../../costs/tiered-rate.ts';
import type { PromptCacheFacts } from '../../models/model-abilities.ts';
import type { Chances } from './reuse-history.ts';

/** Prices of a token in parts of the price of one that is neither read nor written. */
export interface CachePrices {
  readonly write: number;
  /** Undefined: it cannot be kept for an hour. */
  readonly writeOneHour: number | undefined;
  readonly read: number;
}

/** How long a beginning is to be kept; undefined: not at all. */
export type Life = 'short' | 'hour' | undefined;

/** The prices of a deployment, and those of the table of models for what has no price. */
export function cachePricesOf(card: RateCard | undefined, facts: PromptCacheFacts): CachePrices {
  const input = card === undefined ? 0 : Number(rateAt(card.input, 0));
  const part = (rate: RateCard['input'] | undefined, otherwise: number): number =>
    rate === undefined || input === 0 ? otherwise : Number(rateAt(rate, 0)) / input;
  const hour = facts.writeOneHour;
  return {
    write: part(card?.cacheWrite, facts.write),
    writeOneHour: hour === undefined ? undefined : part(card?.cacheWriteOneHour, hour),
    read: part(card?.cachedInput, facts.read),
  };
}

/**
 * The life that makes a token cheapest. With a chance p of coming again in time, a token costs each time write·(1 − p) + read·p, and 1 if it
 * is not kept: at 1.25 and 0.1 a write pays from p = 0.22 on, which is 0.28 expected reads.
 */
export function bestLife({ short, hour }: Chances, { write, writeOneHour, read }: CachePrices): Life {
  const keptShort = write - (write - read) * short;
  const keptHour = writeOneHour === undefined ? Number.POSITIVE_INFINITY : writeOneHour - (writeOneHour - read) * hour;
  if (Math.min(keptShort, keptHour) >= 1) return undefined;
  return keptHour < keptShort ? 'hour' : 'short';
}
