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

/** The price at exactly this size: the highest tier that it exceeds; a prompt exactly at a border pays the lower rate. */
export function rateAt(rate: TieredRate, inputTokens: number): PicoUsd {
  let chosen = rate.base;
  let border = -1;
  for (const tier of rate.tiers) {
    if (inputTokens > tier.aboveInputTokens && tier.aboveInputTokens > border) {
      chosen = tier.rate;
      border = tier.aboveInputTokens;
    }
  }
  return chosen;
}

/** The highest of all tiers that a prompt of up to this size may reach. */
export function dearestUpTo(rate: TieredRate, inputTokens: number): PicoUsd {
  let dearest = rate.base;
  for (const tier of rate.tiers) if (inputTokens > tier.aboveInputTokens && tier.rate > dearest) dearest = tier.rate;
  return dearest;
}
