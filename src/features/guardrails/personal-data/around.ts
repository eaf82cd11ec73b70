/** What stands around a number, which decides what it may be. */

const REACH_BEFORE = 40;
const REACH_AFTER = 16;

/** The text before a place, as far as it may explain it: the same line and the end of the one before. */
export const before = (text: string, start: number, reach = REACH_BEFORE): string =>
  text.slice(Math.max(0, start - reach), start);

/** The text behind a place, as far as it may explain it. */
export const behind = (text: string, end: number, reach = REACH_AFTER): string => text.slice(end, end + reach);

/** Words before a number that say that it is a count, a reference or a version and no person's. */
export const REFERENCE =
  /(?:\b(?:order|invoice|ticket|tracking|serial|reference|ref|sku|part|model|version|ver|release|build|commit|revision|rev|isbn|issn|issue|bug|case|item|batch|lot|transaction|txn|receipt|confirmation|request|session|trace|span|hash|checksum|timestamp|epoch|unix|bestellung|rechnung|commande|facture|pedido|factura|ordine|fattura)(?:s|[ _-]?(?:id|no|nr|num|number|code|nummer))?\b|(?<![a-z])(?:id|uuid|guid|ean|upc|gtin|pid|doi)\b)[^\n\p{L}]{0,12}(?:(?:is|was|of|number|for)\b[^\n\p{L}]{0,6})?$/iu;
