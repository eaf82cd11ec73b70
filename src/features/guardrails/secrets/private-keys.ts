import type { Span } from '../inspection.ts';

const BEGIN = /-----BEGIN (?<kind>[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?)-----/g;
const LONGEST = 16_384;

/** Private keys in PEM's armour, also those that were cut off before their end. */
export function findPrivateKeys(text: string): Span[] {
  const spans: Span[] = [];
  if (!text.includes('PRIVATE KEY')) return spans;
  for (const found of text.matchAll(BEGIN)) {
    const start = found.index;
    // No key holds the beginning of another: without this bound many beginnings would each read all that follows.
    const next = text.indexOf('-----BEGIN', start + found[0].length);
    const body = text.slice(start + found[0].length, Math.min(next === -1 ? text.length : next, start + LONGEST));
    const closing = body.indexOf(`-----END ${found.groups?.kind}-----`);
    const inside = closing === -1 ? (/^(?:\\[nr]|[A-Za-z0-9+/=:,\s-])*/.exec(body)?.[0] ?? '') : body.slice(0, closing);
    // A sentence about the header, or an empty example, holds no key.
    if (inside.replace(/\\[nr]|[^A-Za-z0-9+/]/g, '').length < 32) continue;
    const end =
      start +
      found[0].length +
      (closing === -1
        ? inside.length
        : text.indexOf('-----', start + found[0].length + closing + 8) - start - found[0].length + 5);
    spans.push({ type: 'PRIVATE_KEY', start, end });
  }
  return spans;
}
