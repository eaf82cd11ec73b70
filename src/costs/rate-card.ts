import type { PicoUsd } from '../core/money.ts';

/**
 * A price that changes with the prompt's size: the tier with the largest `aboveInputTokens` below it applies to the
 * whole request.
 */
export interface TieredRate {
  readonly base: PicoUsd;
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly rate: PicoUsd }[];
}

/** A rate of 0. */
export const FREE: TieredRate = { base: 0n, tiers: [] };

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
  /** Falls back to `input`. */
  readonly audioInput?: TieredRate;
  /** Falls back to `output`. */
  readonly reasoning?: TieredRate;
  /** Falls back to `output`. */
  readonly audioOutput?: TieredRate;
  /** Per request, in pico-USD. */
  readonly perRequest?: PicoUsd;
  /** Per web search, in pico-USD. */
  readonly perWebSearch?: PicoUsd;
  /** The source of the row: `config`, or the package and its version with the provider/model id that matched. */
  readonly source: string;
}

/** What is known of a model. `rates` undefined means unpriced, never free. */
export interface ModelFacts {
  readonly rates?: RateCard;
  readonly mode?: string;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  /** LiteLLM's `supports_*` flags that are known, by name. */
  readonly supports: Readonly<Record<string, boolean>>;
}
