import { defined } from '../../core/defined.ts';
import type { Extras } from '../../costs/price-of.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { AttemptFacts } from '../../telemetry/settled.ts';
import { billedCharacters } from './answer-tally.ts';
import { candidatesOf } from './candidates.ts';
import { countUnits } from './media-tokens.ts';

const NO_EXTRAS: Extras = {};

/** What a request brings besides tokens, and an attempt of it, as far as a card has prices for it. */
export function pricedExtras(exchange: Exchange, card: RateCard | undefined, attempt?: AttemptFacts): Extras {
  if (card === undefined) return NO_EXTRAS;
  const { units, perWebSearchBySize, cacheWriteTwelveHours } = card;
  if (units === undefined && perWebSearchBySize === undefined && cacheWriteTwelveHours === undefined) return NO_EXTRAS;
  const { outline, admission } = exchange;
  const isKeptLong = cacheWriteTwelveHours !== undefined && keepsLong(exchange);
  const shared = { ...defined({ searchContextSize: outline.searchContextSize }), ...(isKeptLong && { isKeptLong }) };
  if (units === undefined || admission === undefined) return shared;
  // Reading the whole prompt is worth it only if its characters have a price.
  const character = units.character === undefined ? 0 : billedCharacters(outline.promptText());
  const seconds = (attempt?.durationMs ?? 0) / 1_000;
  return {
    ...shared,
    units: { ...countUnits(exchange, admission), character, second: seconds, answerSecond: seconds },
    ...defined({ written: attempt?.written }),
  };
}

/**
 * Whether the prompt is kept for a day, by what the client or a deployment asks for (`prompt_cache_retention`,
 * https://platform.openai.com/docs/guides/prompt-caching, 2026-11).
 */
function keepsLong(exchange: Exchange): boolean {
  const asked = exchange.outline.value('prompt_cache_retention');
  if (asked !== undefined) return asked === '24h';
  return candidatesOf(exchange).some(({ config }) => config.defaultParams.prompt_cache_retention === '24h');
}
