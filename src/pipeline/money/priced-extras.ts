import type { Extras } from '../../costs/price-of.ts';
import type { RateCard } from '../../costs/rate-card.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { countUnits } from './media-tokens.ts';

const NO_EXTRAS: Extras = {};

/** What a request brings besides tokens, as far as a card has prices for it. */
export function pricedExtras(exchange: Exchange, card: RateCard | undefined): Extras {
  if (card === undefined || (card.units === undefined && card.perWebSearchBySize === undefined)) return NO_EXTRAS;
  const { outline, admission } = exchange;
  const size = outline.searchContextSize;
  const sized = size === undefined ? NO_EXTRAS : { searchContextSize: size };
  if (card.units === undefined || admission === undefined) return sized;
  const units = countUnits(exchange, admission);
  // Reading the whole prompt is worth it only if its characters have a price.
  const character = card.units.character === undefined ? 0 : [...outline.promptText()].length;
  return { ...sized, units: { ...units, character } };
}
