import type { Word } from './words.ts';

/** Pronouns by the person that they name; `my` and the like by whose something is. In English: elsewhere verbs say it too. */
const PERSONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1': 'i me myself',
    '2': 'you yourself yourselves',
    '3m': 'he him himself',
    '3f': 'she herself',
    '1p': 'we us ourselves',
    '3p': 'they them themselves',
  }).flatMap(([person, words]) => words.split(' ').map((word): [string, string] => [word, person])),
);
const OWNERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '1': 'my mine',
    '2': 'your yours',
    '3m': 'his',
    '3f': 'her hers',
    '1p': 'our ours',
    '3p': 'their theirs',
  }).flatMap(([person, words]) => words.split(' ').map((word): [string, string] => [word, person])),
);
/** Persons who are not the one that asks, nor anybody. */
const OTHERS = /3m|3f/;

/** Who acts on whom, and whose things a question is about. */
export interface Persons {
  /** In their order. */
  readonly acting: readonly string[];
  readonly owners: string;
}

/** Reads them. Pure. */
export function personsOf(words: readonly Word[]): Persons {
  const ofKind = (persons: ReadonlyMap<string, string>): readonly string[] =>
    words.flatMap(({ lower, text }) => (isAbbreviation(text) ? [] : (persons.get(lower) ?? [])));
  return { acting: ofKind(PERSONS), owners: [...new Set(ofKind(OWNERS))].sort().join(' ') };
}

/** Whether two questions are about other persons: "my" may be "the", and "I" anybody, but not "his", nor "you call me" "I call you". */
export function areOtherPersons(one: Persons, other: Persons): boolean {
  if (
    one.owners !== other.owners &&
    ((one.owners !== '' && other.owners !== '') || OTHERS.test(one.owners + other.owners))
  )
    return true;
  const [left, right] = [one, other].map(({ acting }) => acting.join(' '));
  if (left === right) return false;
  return (one.acting.length > 1 && other.acting.length > 1) || OTHERS.test(`${left} ${right}`);
}

/** Whether a word is written in capitals: "US" is not "us". */
export const isAbbreviation = (text: string): boolean => /^\p{Lu}{2,}$/u.test(text);
