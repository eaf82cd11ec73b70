/** Options of a request that multiply the prices of its tokens: how fast, and where. */
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { type PicoUsd, picoUsdFromUsd } from '../core/money.ts';
import type { RateCard } from './rate-card.ts';
import type { TieredRate } from './tiered-rate.ts';

/** How an answer was made, as far as that changes its price. */
export interface ServedHow {
  readonly speed?: string | undefined;
  readonly region?: string | undefined;
}

/** A multiple in thousandths. */
type Thousandths = bigint;
const ONE: Thousandths = 1_000n;

/**
 * Fast mode: https://platform.claude.com/docs/en/build-with-claude/fast-mode (2026-11; Opus 4.6 and 4.7 as they were until 2026-07).
 * Inference in the US: https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing (2026-11).
 */
const ANTHROPIC: readonly (readonly [option: string, model: RegExp, times: Thousandths])[] = [
  ['fast', /claude-opus-4[-.][67]/, 6_000n],
  ['fast', /claude-(?:opus|fable|mythos)-/, 2_000n],
  ['us', /claude-(?:(?:opus|sonnet)-4[-.][6-9]|(?:opus|sonnet|haiku|fable|mythos)-(?:[5-9]|preview))/, 1_100n],
];

/** The multiple for an option: as configured (`provider_specific_entry`, `regional_processing_uplift_multiplier_us`), else as documented. */
function timesOf(owner: string, model: string, modelInfo: JsonObject, option: string): Thousandths {
  const own = isJsonObject(modelInfo.provider_specific_entry) ? modelInfo.provider_specific_entry : undefined;
  const configured =
    (own !== undefined && Object.hasOwn(own, option) ? own[option] : undefined) ??
    modelInfo[`regional_processing_uplift_multiplier_${option}`];
  if (typeof configured === 'number' && configured > 0) return (picoUsdFromUsd(configured) ?? 0n) / 1_000_000_000n;
  if (owner !== 'anthropic') return ONE;
  return ANTHROPIC.find(([name, pattern]) => name === option && pattern.test(model))?.[2] ?? ONE;
}

/** Multiplies the cards of one model. */
export class PriceFactors {
  readonly #times: ReadonlyMap<string, Thousandths>;
  readonly #scaled = new WeakMap<RateCard, Map<Thousandths, RateCard>>();

  constructor(owner: string, model: string, modelInfo: JsonObject) {
    const times = ['fast', 'us', 'eu'].map((option) => [option, timesOf(owner, model, modelInfo, option)] as const);
    this.#times = new Map(times.filter(([, each]) => each !== ONE));
  }

  /** The card for an answer that was made like this; the card itself if nothing changes its price. */
  apply(card: RateCard | undefined, how: ServedHow | undefined): RateCard | undefined {
    if (card === undefined || how === undefined || this.#times.size === 0) return card;
    const times = (this.#of(how.speed) * this.#of(how.region)) / ONE;
    if (times === ONE) return card;
    const known = this.#scaled.get(card) ?? new Map<Thousandths, RateCard>();
    const scaled = known.get(times) ?? scale(card, times);
    this.#scaled.set(card, known.set(times, scaled));
    return scaled;
  }

  #of(option: string | undefined): Thousandths {
    return option === undefined ? ONE : (this.#times.get(option) ?? ONE);
  }
}

/** Prices of tokens only: searches and requests cost the same. */
function scale(card: RateCard, times: Thousandths): RateCard {
  const scaled: Record<string, TieredRate> = {};
  const multiply = (rate: PicoUsd): PicoUsd => (rate * times + ONE / 2n) / ONE;
  for (const [name, value] of Object.entries(card)) {
    if (!isTiered(value)) continue;
    const tiers = value.tiers.map(({ aboveInputTokens, rate }) => ({ aboveInputTokens, rate: multiply(rate) }));
    scaled[name] = { base: multiply(value.base), tiers };
  }
  return { ...card, ...scaled, source: `${card.source} × ${Number(times) / 1_000}` };
}

function isTiered(value: unknown): value is TieredRate {
  return typeof value === 'object' && value !== null && 'tiers' in value;
}
