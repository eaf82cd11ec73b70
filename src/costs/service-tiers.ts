import type { PicoUsd } from '../core/money.ts';
import type { RateCard } from './rate-card.ts';
import type { TieredRate } from './tiered-rate.ts';

/** What a service tier costs relative to the standard one, as a fraction so that the result stays exact. */
interface TierFactor {
  readonly tier: 'priority' | 'flex';
  readonly model: RegExp;
  readonly times: bigint;
  readonly by: bigint;
}

const factor = (tier: TierFactor['tier'], model: RegExp, times: bigint, by: bigint): TierFactor => ({
  tier,
  model,
  times,
  by,
});

/**
 * https://developers.openai.com/api/docs/pricing: flex costs what a batch costs, half; priority by model. The list of
 * prices has the standard tier only; these are the quotients of the published prices as LiteLLM's price file records
 * them (2026-06).
 */
const OPENAI_TIERS: readonly TierFactor[] = [
  factor('flex', /^(?:o\d|gpt-[5-9])/, 1n, 2n),
  factor('priority', /^gpt-4o-mini/, 5n, 3n),
  factor('priority', /^gpt-4o-2024-05-13/, 7n, 4n),
  factor('priority', /^gpt-4o/, 17n, 10n),
  factor('priority', /^gpt-4\.1-nano/, 2n, 1n),
  factor('priority', /^(?:gpt-4\.1|o3)/, 7n, 4n),
  factor('priority', /^o4-mini/, 20n, 11n),
  factor('priority', /^gpt-5(?:\.1-codex)?-mini/, 9n, 5n),
  factor('priority', /^gpt-[5-9]/, 2n, 1n),
];

/** https://ai.google.dev/gemini-api/docs/pricing, as LiteLLM's price file records it (2026-06). */
const GEMINI_TIERS: readonly TierFactor[] = [
  factor('flex', /^gemini-[3-9]/, 1n, 2n),
  factor('priority', /^gemini-[3-9]/, 9n, 5n),
];

const TIERS: Readonly<Record<string, readonly TierFactor[]>> = {
  openai: OPENAI_TIERS,
  azure: OPENAI_TIERS,
  google: GEMINI_TIERS,
};

/** A listed card at a service tier; the card itself if the tier has no price of its own. */
export function atServiceTier(card: RateCard, owner: string, model: string, tier: string): RateCard {
  const rows = Object.hasOwn(TIERS, owner) ? TIERS[owner] : undefined;
  const row = rows?.find((candidate) => candidate.tier === tier && candidate.model.test(model));
  if (row === undefined) return card;
  const scale = (rate: PicoUsd): PicoUsd => (rate * row.times * 2n + row.by) / (row.by * 2n);
  const scaled: Record<string, TieredRate> = {};
  for (const [name, value] of Object.entries(card)) {
    if (typeof value !== 'object' || !('tiers' in value)) continue;
    const tiers = value.tiers.map(({ aboveInputTokens, rate }: TieredRate['tiers'][number]) => ({
      aboveInputTokens,
      rate: scale(rate),
    }));
    scaled[name] = { base: scale(value.base), tiers };
  }
  // Searches and requests cost the same at every tier.
  return { ...card, ...scaled, source: `${card.source} at the ${tier} tier` };
}
