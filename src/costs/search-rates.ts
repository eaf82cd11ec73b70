import type { PicoUsd } from '../core/money.ts';
import type { RateCard } from './rate-card.ts';

/** How a model charges for searches of the web. */
type SearchRates = Pick<RateCard, 'perWebSearch' | 'mostSearches' | 'usualSearches'>;

const perThousand = (usd: bigint): PicoUsd => usd * 1_000_000_000n;

/**
 * Prices that the list lacks. OpenAI's search models search once for each answer and do not count it
 * (https://platform.openai.com/docs/pricing, 2026-11). Gemini before version 3 charges a prompt that was grounded once, later ones
 * each query (https://ai.google.dev/gemini-api/docs/pricing, 2026-11).
 */
const RATES: readonly (readonly [owner: string, model: RegExp, rates: SearchRates])[] = [
  ['openai', /-search-preview/, { perWebSearch: perThousand(25n), usualSearches: 1 }],
  ['openai', /-search-api/, { perWebSearch: perThousand(10n), usualSearches: 1 }],
  ['google', /^gemini-(?:1|2)/, { perWebSearch: perThousand(35n), mostSearches: 1 }],
  ['google', /^gemini-/, { perWebSearch: perThousand(14n) }],
];

/** A listed card with what its model charges for searches. */
export function withSearchRates(card: RateCard, owner: string, model: string): RateCard {
  const rates = RATES.find(([name, pattern]) => name === owner && pattern.test(model))?.[2];
  return rates === undefined ? card : { ...rates, ...card };
}
