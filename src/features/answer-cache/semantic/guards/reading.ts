/** Reads of a question what guards compare. Pure. */
import { languageOf } from './language.ts';
import {
  CONTRARIES,
  JOINTS,
  LANGUAGES,
  MEASURES,
  MODALITIES,
  NEGATIONS,
  NUMBERS,
  RELATIONS,
  TENSES,
  TURNING,
} from './lists.ts';
import { isAbbreviation, type Persons, personsOf } from './persons.ts';
import { askedIn, questionKind } from './question-kind.ts';
import { MEANT, SMALL } from './small-words.ts';
import { isUnspaced, stemOf, type Word, wordsOf } from './words.ts';

/** What is known of a question. Lists are in order where they are compared as sets of several. */
export interface Reading {
  /** Numbers, numbers in words, units, dates. */
  readonly numbers: string;
  /** What must be the same letter by letter, and names, in their order. */
  readonly exact: readonly string[];
  readonly names: readonly string[];
  /** Names as they are written, in a question about code. */
  readonly cased: string;
  readonly negations: number;
  /** For each pair of contraries which side stands in it: 1, 2, both, or none. */
  readonly sides: string;
  readonly kind: string;
  /** The times of its auxiliaries, and what it says of what may or must be; empty: nothing. */
  readonly tense: string;
  readonly modality: string;
  /** The time that its verbs say where it has no auxiliary. */
  readonly bareTense: string;
  /** What joins or conditions its parts. */
  readonly joints: string;
  readonly persons: Persons;
  /** Whether it says by whom something is done: "who was paid by Ann" is not "who paid Ann". */
  readonly hasAgent: boolean;
  /** Whether it begins with a preposition. */
  readonly isFronted: boolean;
  readonly language: string;
  /** Languages that it names. */
  readonly languages: string;
  /** The prepositions that turn a sentence round, by the word behind each. */
  readonly turns: ReadonlyMap<string, string>;
  /** Other prepositions, in the same way. */
  readonly relations: ReadonlyMap<string, string>;
  /** Words of content, as stems, in their order. */
  readonly content: readonly string[];
  /** All words in lower case. */
  readonly lower: ReadonlySet<string>;
}

/** Reads a question. */
export function readQuestion(question: string): Reading {
  const whole = wordsOf(question);
  // What only asks, such as "can you tell me", is about no person.
  const words = wordsOf(askedIn(question));
  const isShouted = question === question.toUpperCase();
  const numbers = words.flatMap((word) => measureOf(word));
  return {
    numbers: numbers.sort().join(' '),
    exact: [...words.filter((word) => isExact(word, isShouted)).map(({ text }) => text), ...lettersIn(words)],
    names: words.filter((word) => isName(word, isShouted)).map(({ lower }) => lower),
    cased: CODE.test(question) ? namesIn(words, isShouted).sort().join(' ') : '',
    negations: words.filter(({ lower }) => NEGATIONS.has(lower)).length,
    sides: sidesOf(words),
    kind: questionKind(question, words),
    tense: marksOf(words, TENSES) + (/\bgoing to\b/iu.test(question) ? ' future' : ''),
    bareTense: bareTenseOf(words),
    joints: marksOf(words, JOINTS),
    persons: personsOf(words),
    hasAgent: words.some(({ lower }) => AGENT.test(lower)),
    isFronted: FRONTED.test(words[0]?.lower ?? ''),
    modality: marksOf(words, MODALITIES),
    language: languageOf(whole),
    languages: words
      .flatMap(({ lower }) => LANGUAGES.get(lower) ?? [])
      .sort()
      .join(' '),
    turns: turnsOf(words, TURNING),
    relations: turnsOf(words, RELATIONS),
    content: words.filter(isContent).map(contentOf),
    lower: new Set(whole.map(({ lower }) => lower)),
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

/** "US" is not "us", and "IT" is not "it". */
const isExact = ({ kind, text, lower }: Word, isShouted: boolean): boolean =>
  kind === 'exact' || (!isShouted && isAbbreviation(text) && SMALL.has(lower));

const isName = ({ text, lower, kind, isFirst }: Word, isShouted: boolean): boolean => {
  if (kind === 'word' && isAbbreviation(text) && !isShouted) return true;
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

function turnsOf(words: readonly Word[], sides: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const turns = new Map<string, string>();
  let side: string | undefined;
  for (const word of words) {
    const turning = sides.get(word.lower);
    if (turning !== undefined) side = turning;
    else if (isContent(word)) {
      if (side !== undefined) turns.set(contentOf(word), side);
      side = undefined;
    }
  }
  return turns;
}

/** Prepositions and the like that bring the end of a question to its beginning. */
const FRONTED =
  /^(?:in|on|at|with|using|for|within|by|from|during|under|if|when|as|en|dans|avec|pour|con|mit|bei|auf|für|em|com)$/u;

const namesIn = (words: readonly Word[], isShouted: boolean): string[] =>
  words.filter((word) => isName(word, isShouted)).map(({ text }) => text);

/** What programs are made of: there `Foo` is not `foo`. */
const CODE =
  /\b(?:script|function|class|method|variable|returns?|import|command|module|package|enum|struct|interface|column|field|query|compile|code|api)\b/iu;

const AGENT = /^(?:by|durch|par|por|dai?l?l?a?)$/u;

/** What a letter alone is of: "vitamin a". */
const LETTERED =
  /^(?:type|vitamin|hepatitis|plan|group|class|grade|option|part|section|level|team|point|variable|exhibit|appendix|series|version|letter|note|key|chord|column|row|gate|zone|model|unit|question|answer|drive|typ|gruppe|klasse)$/u;

/** Letters that stand alone and are no words. */
function lettersIn(words: readonly Word[]): readonly string[] {
  return words.flatMap(({ kind, text, lower }, at) => {
    if (kind !== 'word' || !/^[a-z]$/u.test(lower)) return [];
    const isLettered = LETTERED.test(words[at - 1]?.lower ?? '');
    return isLettered || !/^[aieouy]$/u.test(lower) ? [`letter ${isLettered ? lower : text}`] : [];
  });
}

/** "What caused the fire" is not "what causes fires". */
function bareTenseOf(words: readonly Word[]): string {
  if (words.some(({ lower }) => TENSES.has(lower) || MODALITIES.has(lower))) return '';
  return words.some(({ kind, lower }) => kind === 'word' && /.{3}ed$/u.test(lower)) ? 'past' : 'present';
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
