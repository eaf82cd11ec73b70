/** Whether two questions differ in what similar embeddings do not show. Pure. */
import { areOtherPersons } from './persons.ts';
import type { Reading } from './reading.ts';

/** What two questions may differ in. */
export type Difference =
  | 'numbers'
  | 'exact'
  | 'names'
  | 'negation'
  | 'contraries'
  | 'kind'
  | 'language'
  | 'roles'
  | 'joints'
  | 'content';

/** What the first guard that objects says; undefined: none does. `strict` also compares the words of content. */
export function differenceOf(one: Reading, other: Reading, isStrict: boolean): Difference | undefined {
  if (one.numbers !== other.numbers) return 'numbers';
  if (sorted(one.exact) !== sorted(other.exact)) return 'exact';
  if (one.negations !== other.negations || isNegated(one, other)) return 'negation';
  if (!one.names.every((name) => has(other, name)) || !other.names.every((name) => has(one, name))) return 'names';
  if (one.sides !== other.sides) return 'contraries';
  if (one.kind !== other.kind || isOtherTime(one, other)) return 'kind';
  if (one.languages !== other.languages || isForeign(one.language, other.language)) return 'language';
  if (one.joints !== other.joints) return 'joints';
  if (areOtherPersons(one.persons, other.persons)) return 'roles';
  if (one.hasAgent !== other.hasAgent || isTurned(one.turns, other.turns) || isSwapped(one, other)) return 'roles';
  if (isStrict && one.cased !== other.cased) return 'exact';
  if (isStrict && one.bareTense !== '' && other.bareTense !== '' && one.bareTense !== other.bareTense) return 'kind';
  if (isStrict && (!isSame(one.content, other.content) || isTurned(one.relations, other.relations))) return 'content';
  return undefined;
}

/** "How can I" is "how do I", but "can I" is neither "do I" nor "may I" "must I". */
function isOtherTime(one: Reading, other: Reading): boolean {
  const isSaid = one.kind.startsWith('yes or no') || /must/.test(one.modality + other.modality);
  const isModal = one.modality !== other.modality && (isSaid || (one.modality !== '' && other.modality !== ''));
  return isModal || (one.tense !== '' && other.tense !== '' && one.tense !== other.tense);
}

const sorted = (texts: readonly string[]): string => JSON.stringify([...texts].sort());

const has = ({ lower }: Reading, name: string): boolean =>
  lower.has(name) || (name.endsWith("'s") && lower.has(name.slice(0, -2)));

const isForeign = (one: string, other: string): boolean => one !== other && one !== '' && other !== '';

const PREFIXES = /^(?:un|in|im|ir|il|non-?|dis|de|mis|anti-?|a|counter-?)(?=\p{L}{3})/u;

/** One has a word with a prefix that makes its contrary, and the other has it without. */
function isNegated(one: Reading, other: Reading): boolean {
  return prefixed(one, other) || prefixed(other, one);
}

function prefixed({ lower }: Reading, { lower: others }: Reading): boolean {
  for (const word of lower) {
    if (others.has(word)) continue;
    const bare = word.replace(PREFIXES, '');
    if (bare !== word && others.has(bare) && !lower.has(bare)) return true;
  }
  return false;
}

function isTurned(turns: ReadonlyMap<string, string>, others: ReadonlyMap<string, string>): boolean {
  for (const [word, side] of turns) {
    const otherSide = others.get(word);
    if (otherSide !== undefined && otherSide !== side) return true;
  }
  return false;
}

/** The words that both have stand in another order, other than that the last ones come first behind a preposition: "in Python, how …". */
function isSwapped(one: Reading, other: Reading): boolean {
  const shared = new Set(one.content.filter((word) => other.content.includes(word)));
  const [left, right] = [one.content, other.content].map((words) =>
    [...new Set(words)].filter((word) => shared.has(word)),
  );
  if (left === undefined || right === undefined || left.length < 2) return false;
  if (left.every((word, at) => word === right[at])) return false;
  const fixed = [...one.names, ...one.exact];
  const isFixed = (word: string): boolean => fixed.some((name) => name === word || name.startsWith(word));
  const [names, otherNames] = [left.filter(isFixed), right.filter(isFixed)];
  if (names.some((name, at) => name !== otherNames[at])) return true;
  return left.length < LEAST_MOVED || !(one.isFronted || other.isFronted) || !isRotation(left, right);
}

const LEAST_MOVED = 3;

function isRotation(left: readonly string[], right: readonly string[]): boolean {
  const twice = [...left, ...left].join('\n');
  return left.length === right.length && `\n${twice}\n`.includes(`\n${right.join('\n')}\n`);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  const [left, right] = [new Set(one), new Set(other)];
  return left.size === right.size && [...left].every((word) => right.has(word));
}
