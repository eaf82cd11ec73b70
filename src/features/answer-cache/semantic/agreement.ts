/** Whether two answers say the same, measured by their texts alone. Pure. */
import { NEGATIONS, NUMBERS } from './guards/lists.ts';
import { SMALL } from './guards/small-words.ts';
import { stemOf, type Word, wordsOf } from './guards/words.ts';

/** `unsure`: neither is shown. */
export type Agreement = 'same' | 'different' | 'unsure';

/** Texts are compared by their beginnings: what takes longer must not hold up others. */
const MOST_CHARACTERS = 4_000;
/** Of words that both have, as F1: at or above the first answers agree, below the second they differ. */
const ALIKE = 0.6;
const UNLIKE = 0.25;
/** The share of numbers and names that both must have. */
const LEAST_SHARED = 0.5;

/** Compares two answers. */
export function agreementOf(one: string, other: string): Agreement {
  if (plain(one) === plain(other)) return 'same';
  const [left, right] = [wordsOf(one.slice(0, MOST_CHARACTERS)), wordsOf(other.slice(0, MOST_CHARACTERS))];
  const numbers = overlap(numbersOf(left), numbersOf(right));
  const names = overlap(namesOf(left), namesOf(right));
  const words = overlap(contentOf(left), contentOf(right));
  if (Math.min(left.length, right.length) <= SHORT && isDenied(left) !== isDenied(right)) return 'different';
  if (numbers < LEAST_SHARED || words < UNLIKE) return 'different';
  return words >= ALIKE && names >= LEAST_SHARED ? 'same' : 'unsure';
}

/** In short answers "yes" and "no" are the answer. */
const SHORT = 30;
const isDenied = (words: readonly Word[]): boolean =>
  words.some(({ lower }) => NEGATIONS.has(lower) || lower === 'nein' || lower === 'いいえ');

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]+/gu, ' ')
    .trim();

const numbersOf = (words: readonly Word[]): ReadonlySet<string> =>
  new Set(words.flatMap(({ kind, lower }) => (kind === 'number' ? [lower] : (NUMBERS.get(lower) ?? []))));
const namesOf = (words: readonly Word[]): ReadonlySet<string> =>
  new Set(
    words
      .filter(
        ({ kind, text, lower, isFirst }) => kind === 'word' && !isFirst && /^\p{Lu}/u.test(text) && !SMALL.has(lower),
      )
      .map(({ lower }) => lower),
  );
const contentOf = (words: readonly Word[]): ReadonlySet<string> =>
  new Set(words.filter(({ lower }) => !SMALL.has(lower)).map(({ lower }) => stemOf(lower)));

/** F1 of two sets; 1 if both are empty. */
function overlap(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size + other.size === 0) return 1;
  let both = 0;
  for (const word of one) if (other.has(word)) both += 1;
  return (2 * both) / (one.size + other.size);
}
