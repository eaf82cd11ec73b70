/** Reads of a question what guards compare. Pure. */
import { languageOf } from './language.ts';
import { CONTRARIES, LANGUAGES, MEASURES, MODALITIES, NEGATIONS, NUMBERS, TENSES, TURNING } from './lists.ts';
import { questionKind } from './question-kind.ts';
import { MEANT, SMALL } from './small-words.ts';
import { isUnspaced, stemOf, type Word, wordsOf } from './words.ts';

/** What is known of a question. Lists are in order where they are compared as sets of several. */
export interface Reading {
  /** Numbers, numbers in words, units, dates. */
  readonly numbers: string;
  /** What must be the same letter by letter, and names, in their order. */
  readonly exact: readonly string[];
  readonly names: readonly string[];
  readonly negations: number;
  /** For each pair of contraries which side stands in it: 1, 2, both, or none. */
  readonly sides: string;
  readonly kind: string;
  /** The times of its auxiliaries, and what it says of what may or must be; empty: nothing. */
  readonly tense: string;
  readonly modality: string;
  readonly language: string;
  /** Languages that it names. */
  readonly languages: string;
  /** The prepositions that turn a sentence round, by the word behind each. */
  readonly turns: ReadonlyMap<string, string>;
  /** Words of content, as stems, in their order. */
  readonly content: readonly string[];
  /** All words in lower case. */
  readonly lower: ReadonlySet<string>;
}

/** Reads a question. */
export function readQuestion(question: string): Reading {
  const words = wordsOf(question);
  const numbers = words.flatMap((word) => measureOf(word));
  return {
    numbers: numbers.sort().join(' '),
    exact: words.filter(({ kind }) => kind === 'exact').map(({ text }) => text),
    names: words.filter(isName).map(({ lower }) => lower),
    negations: words.filter(({ lower }) => NEGATIONS.has(lower)).length,
    sides: sidesOf(words),
    kind: questionKind(question, words),
    tense: marksOf(words, TENSES),
    modality: marksOf(words, MODALITIES),
    language: languageOf(words),
    languages: words
      .flatMap(({ lower }) => LANGUAGES.get(lower) ?? [])
      .sort()
      .join(' '),
    turns: turnsOf(words),
    content: words.filter(isContent).map(contentOf),
    lower: new Set(words.map(({ lower }) => lower)),
  };
}

const marksOf = (words: readonly Word[], marks: ReadonlyMap<string, string>): string =>
  [...new Set(words.flatMap(({ lower }) => marks.get(lower) ?? []))].sort().join(' ');

function measureOf({ kind, lower }: Word): readonly string[] {
  if (kind === 'number') return [lower.replace(/^\+/u, '').replace(/(?<=\d)[\u2019' ,](?=\d{3}(?!\d))/gu, '')];
  const number = NUMBERS.get(lower);
  if (number !== undefined) return [number];
  return MEASURES.has(lower) ? [stemOf(lower)] : [];
}

const isName = ({ text, lower, kind, isFirst }: Word): boolean => {
  if (kind !== 'word' || isUnspaced(text) || SMALL.has(lower) || LANGUAGES.has(lower)) return false;
  const isCapital = /^\p{Lu}/u.test(text);
  return isCapital && (!isFirst || /^\p{Lu}.*\p{Lu}/u.test(text));
};

function sidesOf(words: readonly Word[]): string {
  const lower = words.map((word) => word.lower);
  return CONTRARIES.map(([one, other]) => {
    const [left, right] = [lower.some((word) => one.has(word)), lower.some((word) => other.has(word))];
    return left ? (right ? 'b' : '1') : right ? '2' : '-';
  }).join('');
}

function turnsOf(words: readonly Word[]): ReadonlyMap<string, string> {
  const turns = new Map<string, string>();
  let side: string | undefined;
  for (const word of words) {
    const turning = TURNING.get(word.lower);
    if (turning !== undefined) side = turning;
    else if (isContent(word)) {
      if (side !== undefined) turns.set(contentOf(word), side);
      side = undefined;
    }
  }
  return turns;
}

const isContent = ({ lower, kind }: Word): boolean => kind !== 'word' || !(SMALL.has(lower) || NEGATIONS.has(lower));

function contentOf({ text, lower, kind }: Word): string {
  if (kind === 'exact') return text;
  const number = NUMBERS.get(lower);
  if (number !== undefined) return number;
  return MEANT.get(lower) ?? meantStem(lower);
}

function meantStem(lower: string): string {
  const stem = stemOf(lower);
  return STEMS.get(stem) ?? stem;
}

const STEMS: ReadonlyMap<string, string> = new Map([...MEANT].map(([word, meant]) => [stemOf(word), meant]));
