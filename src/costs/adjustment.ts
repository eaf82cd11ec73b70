/** What an operator adds to prices or takes off them, for a provider: LiteLLM's `cost_discount_config` and `cost_margin_config`. */
import type { PicoUsd } from '../core/money.ts';
import type { Adjustment, RateCard } from './rate-card.ts';
import type { TieredRate } from './tiered-rate.ts';

/** One, in millionths. */
export const MILLION = 1_000_000n;

/** A price with the multiple, rounded half up. */
export function adjusted(price: PicoUsd, { times }: Adjustment): PicoUsd {
  return (price * times + MILLION / 2n) / MILLION;
}

/** What a price was before; rounded, as the price after it was. */
export function beforeAdjustment(price: PicoUsd, { times, fixed }: Adjustment): PicoUsd {
  const share = price > fixed ? price - fixed : 0n;
  return times === 0n ? 0n : (share * MILLION + times / 2n) / times;
}

/** Adjusts the cards of one model, each of them once. */
export class Adjuster {
  readonly #adjustment: Adjustment;
  readonly #made = new WeakMap<RateCard, RateCard>();

  constructor(adjustment: Adjustment) {
    this.#adjustment = adjustment;
  }

  /** The whole card, searches and units among it, so that what is reserved is adjusted as well as what is charged. */
  apply(card: RateCard | undefined): RateCard | undefined {
    if (card === undefined) return undefined;
    const known = this.#made.get(card);
    if (known !== undefined) return known;
    const made = this.#scale(card);
    this.#made.set(card, made);
    return made;
  }

  #scale(card: RateCard): RateCard {
    const { perRequest = 0n } = card;
    const scaled = Object.fromEntries(Object.entries(card).map(([name, value]) => [name, this.#scaled(value)]));
    const adjustment = this.#adjustment;
    return {
      ...(scaled as unknown as RateCard),
      perRequest: adjusted(perRequest, adjustment) + adjustment.fixed,
      adjustment,
    };
  }

  /** Amounts are bigints, and no other fields are; maps of amounts and of rates may be inside. */
  #scaled(value: unknown): unknown {
    if (typeof value === 'bigint') return adjusted(value, this.#adjustment);
    if (typeof value !== 'object' || value === null) return value;
    if (isTiered(value)) {
      const tiers = value.tiers.map((tier) => ({ ...tier, rate: adjusted(tier.rate, this.#adjustment) }));
      return { base: adjusted(value.base, this.#adjustment), tiers };
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#scaled(each)]));
  }
}

function isTiered(value: object): value is TieredRate {
  return 'base' in value && 'tiers' in value;
}
