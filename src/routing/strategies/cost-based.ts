import type { Routable } from '../model-groups.ts';
import type { DeploymentStats } from '../stats.ts';
import { rankByLeast, type Strategy, type TokenPrices, usedShare } from './strategy.ts';

const PICO_USD_PER_USD = 1e12;
/** Fewer settled requests than this say nothing about a deployment's cache hits. */
const LEAST_FOR_HIT_RATE = 5;
/** A deployment that took most of the traffic does not drown the others in the group's averages. */
const MOST_WEIGHT = 100;

/**
 * LiteLLM's `cost-based-routing` by the price that is really paid: list price × the deployment's measured cache-hit rate × the
 * group's measured tokens per request. Unpriced deployments come last, before those at their rpm or tpm limit.
 *
 * The tokens are the group's, not the deployment's: one that happened to get the long answers is not dearer for that. Until
 * something is measured, input and output count alike, as in LiteLLM. A deployment without measurements is taken to hit its
 * cache as often as the group does: a list price is met only by prompts that are new everywhere. Where prefixes are looked at,
 * the part of this prompt that the deployment holds stands in place of all that: a cold cache may make the cheaper one dearer.
 */
export const costBased: Strategy = (candidates, { stats, priceOf, random, heldShare }) => {
  const typical = typicalRequest(candidates, stats);
  const nowMs = stats.nowMs();
  const rates: number[] = [];
  const costs = candidates.map((deployment) => {
    const rate = heldShare?.(deployment) ?? hitRate(deployment, stats) ?? typical.cacheHitRate;
    rates.push(rate);
    if (usedShare(deployment, stats, nowMs) >= 1) return Number.POSITIVE_INFINITY;
    const prices = priceOf(deployment);
    return prices === undefined ? Number.MAX_VALUE : effectiveCost(prices, typical, rate);
  });
  return rankByLeast(candidates, costs, random, (cost, index) => {
    if (cost === Number.POSITIVE_INFINITY) return 'at its rpm or tpm limit';
    if (cost === Number.MAX_VALUE) return 'no price known';
    const rate = Math.round((rates[index] ?? 0) * 100);
    const per = typical.isMeasured ? 'typical request' : 'input and output token';
    return `costs $${(cost / PICO_USD_PER_USD).toPrecision(3)} per ${per}${rate === 0 ? '' : `, ${rate} % cached`}`;
  });
};

interface TypicalRequest {
  readonly isMeasured: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheHitRate: number;
}

function typicalRequest(candidates: readonly Routable[], stats: DeploymentStats): TypicalRequest {
  let weights = 0;
  let input = 0;
  let output = 0;
  let cached = 0;
  for (const { id } of candidates) {
    const mix = stats.of(id)?.mix;
    if (mix === undefined || mix.count === 0) continue;
    const weight = Math.min(mix.count, MOST_WEIGHT);
    weights += weight;
    input += mix.inputTokens * weight;
    output += mix.outputTokens * weight;
    cached += mix.cachedTokens * weight;
  }
  if (weights === 0) return { isMeasured: false, inputTokens: 1, outputTokens: 1, cacheHitRate: 0 };
  return {
    isMeasured: true,
    inputTokens: input / weights,
    outputTokens: output / weights,
    cacheHitRate: input > 0 ? cached / input : 0,
  };
}

function hitRate({ id }: Routable, stats: DeploymentStats): number | undefined {
  const mix = stats.of(id)?.mix;
  return mix === undefined || mix.count < LEAST_FOR_HIT_RATE ? undefined : mix.cacheHitRate;
}

function effectiveCost(prices: TokenPrices, typical: TypicalRequest, cacheHitRate: number): number {
  const perInputToken = prices.inputPerToken * (1 - cacheHitRate) + prices.cachedPerToken * cacheHitRate;
  return perInputToken * typical.inputTokens + prices.outputPerToken * typical.outputTokens;
}
