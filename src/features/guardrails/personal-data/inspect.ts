import { type Inspection, type Span, withoutOverlaps } from '../inspection.ts';
import { findEmails, findIpAddresses } from './addresses.ts';
import { findCards } from './cards.ts';
import { findIbans } from './ibans.ts';
import { findNationalIds } from './national-ids.ts';
import { findPhones } from './phones.ts';

/** In the order of proof: a number is a card before it is a telephone. */
const FINDERS = [findIbans, findCards, findNationalIds, findIpAddresses, findPhones] as const;
/** So many digits so near each other begin a place worth reading. */
const DIGITS = 4;
const WITHIN = 16;
/** How much around such a place may say what the number is. */
const BEFORE = 72;
const BEHIND = 40;

/** Personal data that has a form: cards, accounts, ids, addresses and telephones. Names and streets have none, and are not looked for. */
export function inspectPersonalData(text: string): Inspection {
  const found: Span[][] = FINDERS.map(() => []);
  for (const { start, end } of placesWithNumbers(text)) {
    const part = text.slice(start, end);
    FINDERS.forEach((find, at) => {
      for (const span of find(part)) {
        found[at]?.push({ type: span.type, start: span.start + start, end: span.end + start });
      }
    });
  }
  const spans = withoutOverlaps([...findEmails(text), ...found.flat()]);
  return { score: spans.length === 0 ? 0 : 1, flagged: spans.length > 0, spans };
}

/** Where digits, or the colons of an address, stand close together. Most of a text is neither, and is not read again. */
function placesWithNumbers(text: string): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  const recent = new Int32Array(DIGITS).fill(-WITHIN - 1);
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isPairOfColons = code === 58 && text.charCodeAt(at + 1) === 58;
    if ((code < 48 || code > 57) && !isPairOfColons) continue;
    const first = recent[count % DIGITS] ?? 0;
    recent[count % DIGITS] = at;
    count += 1;
    if (!isPairOfColons && (count < DIGITS || at - first > WITHIN)) continue;
    const start = Math.max(0, (isPairOfColons ? at : first) - BEFORE);
    const last = places.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.min(text.length, at + BEHIND);
    else places.push({ start, end: Math.min(text.length, at + BEHIND) });
  }
  return places;
}
