import type { PicoUsd } from '../core/money.ts';
import type { TieredRate } from './tiered-rate.ts';
import type { UnitRates } from './units.ts';

/** The discount and the margin of a provider, as one: every price is multiplied, and each answer costs something more. */
export interface Adjustment {
  /** In millionths. */
  readonly times: bigint;
  readonly fixed: PicoUsd;
}

/**
 * What a model costs, in pico-USD per token (or per named unit). A rate that is absent falls back to another, as its
 * comment says.
 */
export interface RateCard {
  readonly input: TieredRate;
  readonly output: TieredRate;
  /** Falls back to `input`. */
  readonly cachedInput?: TieredRate;
  /** Falls back to `input`. */
  readonly cacheWrite?: TieredRate;
  /** Falls back to `cacheWrite`. */
  readonly cacheWriteOneHour?: TieredRate;
  /** Of a request that has its prompt kept for longer than twelve hours; falls back to `cacheWrite`. */
  readonly cacheWriteTwelveHours?: TieredRate;
  /** Falls back to `cachedInput`. */
  readonly cachedAudioInput?: TieredRate;
  /** Falls back to `cachedInput`. */
  readonly cachedImageInput?: TieredRate;
  /** Falls back to `input`. */
  readonly audioInput?: TieredRate;
  /** Tokens of images; falls back to `input`. */
  readonly imageInput?: TieredRate;
  /** Tokens of videos; falls back to `input`. */
  readonly videoInput?: TieredRate;
  /** Falls back to `output`. */
  readonly imageOutput?: TieredRate;
  /** Falls back to `output`. */
  readonly videoOutput?: TieredRate;
  /** Falls back to `output`. */
  readonly reasoning?: TieredRate;
  /** Falls back to `output`. */
  readonly audioOutput?: TieredRate;
  /** Per request, in pico-USD. */
  readonly perRequest?: PicoUsd;
  /** Per web search, in pico-USD. */
  readonly perWebSearch?: PicoUsd;
  /** The same by the size of the context that a search brings; falls back to `perWebSearch`. */
  readonly perWebSearchBySize?: Readonly<Record<string, PicoUsd>>;
  /** The most searches of one answer that are charged; undefined: each. */
  readonly mostSearches?: number;
  /** Searches of an answer that does not say how many it made; falls back to 0. */
  readonly usualSearches?: number;
  /** Of things that are not tokens. */
  readonly units?: UnitRates;
  /** The operator's discount and margin, which are in all of these prices. */
  readonly adjustment?: Adjustment;
  /** The source of the row: `config`, or the package and its version with the provider/model id that matched. */
  readonly source: string;
}

/** The card of what has no price and is under a budget. Its source marks the rows that were booked by it. */
export function ceilingCard({ input, output }: { readonly input: PicoUsd; readonly output: PicoUsd }): RateCard {
  return { input: { base: input, tiers: [] }, output: { base: output, tiers: [] }, source: 'unpriced_ceiling' };
}

/** What is known of a model. `rates` undefined means unpriced, never free. */
export interface ModelFacts {
  readonly rates?: RateCard;
  readonly mode?: string;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  /** When its provider will switch it off: `2027-03-01`. */
  readonly deprecationDate?: string;
  /** LiteLLM's `supports_*` flags that are known, by name. */
  readonly supports: Readonly<Record<string, boolean>>;
}
