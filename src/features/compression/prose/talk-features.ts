/**
 * What the turns of a talk have in common with a question, as columns of numbers. A talk goes on about one thing for many turns, most of
 * which do not name it: what is near counts, at several distances.
 */
import type { Question } from './question.ts';
import type { Vocabulary } from './words.ts';

/** A turn: the words of who speaks, and of what is said. */
interface Turn {
  readonly speaker: Int32Array;
  readonly words: Int32Array;
  readonly characters: number;
}

type Column = Float64Array;

/** A term and how much it says. */
interface Weighted {
  readonly counts: Column;
  readonly weight: number;
}

/** Distances in turns, and in characters. */
const NEAR_TURNS = [1, 4, 12, 30, 80];
const NEAR_CHARACTERS = [400, 1_500, 5_000];
/** What a turn counts for beside its characters. */
const OF_A_TURN = 40;
/** The part of the talk whose words are taken as being about the question, and how many of them. */
const SEEN_FIRST = 0.06;
const MOST_FURTHER = 25;
const LEAST_FURTHER_LETTERS = 4;
/** Who is named in the question is named all over the talk. */
const SHARE_OF_SPEAKERS = 0.3;

/** The columns, in the order of their weights. */
export function talkFeatures(turns: readonly Turn[], question: Question, vocabulary: Vocabulary): readonly Column[] {
  const size = turns.length;
  const lengths = Float64Array.from(turns, ({ characters }) => characters);
  const found = inHowMany(turns);
  const speakers = new Set(turns.flatMap(({ speaker }) => [...speaker]));
  const terms: Weighted[] = [];
  question.terms.forEach((id, term) => {
    const inTurns = found.get(id);
    if (inTurns === undefined) return;
    const rarity = Math.log(1 + (size - inTurns + 0.5) / (inTurns + 0.5));
    const weight = rarity * (question.shares[term] as number) * (speakers.has(id) ? SHARE_OF_SPEAKERS : 1);
    terms.push({ counts: countsOf(turns, id), weight });
  });
  const asked = [...question.terms].filter((id) => speakers.has(id) && vocabulary.nameOf(id).length > 1);
  const speaks = Float64Array.from(turns, ({ speaker }) => shareOf(speaker, asked, vocabulary));
  const byTurns = NEAR_TURNS.map((reach) => scored(terms, size, (counts) => around(counts, reach), 1));
  const byCharacters = NEAR_CHARACTERS.map((reach) =>
    scored(terms, size, (counts) => aroundIn(counts, lengths, reach), 1.5),
  );
  const order = descending(byCharacters[1] as Column);
  const further = furtherTerms(turns, order, lengths, found, vocabulary);
  const pairs = pairsOf(turns, question);
  return [
    ...byTurns,
    scored(terms, size, (counts) => forward(counts, 12), 3),
    scored(terms, size, (counts) => backward(counts, 12), 3),
    scored(terms, size, (counts) => around(counts, 30), 3),
    ...byCharacters,
    around(pairs, 8).map((value) => value / (value + 1)),
    around(pairs, 30).map((value) => value / (value + 1)),
    together(terms, size),
    rarest(terms, size),
    ...[4, 15].map((reach) => scored(further, size, (counts) => around(counts, reach), 1)),
    speaks,
    around(speaks, 10).map((value) => value / (value + 3)),
    ...[byTurns[2], byTurns[3], byCharacters[1]].map((column) => againstBest(column as Column)),
    lengths.map((length) => Math.log(length) / 5),
    around(lengths, 8).map((length) => Math.log(length) / 8),
    lengths.map((_, at) => at / size),
    lengths.map((_, at) => Math.exp(-at / 10)),
    lengths.map((_, at) => Math.exp((at - size) / 10)),
    (byTurns[2] as Column).map((value, at) => value * (speaks[at] as number)),
    new Float64Array(size).fill(asked.length > 0 ? 1 : 0),
    ranksIn(order),
    new Float64Array(size).fill(1),
  ];
}

/** In how many turns a word is. */
function inHowMany(turns: readonly Turn[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { words } of turns) for (const id of new Set(words)) found.set(id, (found.get(id) ?? 0) + 1);
  return found;
}

function countsOf(turns: readonly Turn[], id: number): Column {
  return Float64Array.from(turns, ({ words }) => {
    let count = 0;
    for (const word of words) if (word === id) count += 1;
    return count;
  });
}

function shareOf(speaker: Int32Array, asked: readonly number[], vocabulary: Vocabulary): number {
  const own = [...new Set(speaker)].filter((id) => vocabulary.nameOf(id).length > 1);
  return own.length === 0 ? 0 : own.filter((id) => asked.includes(id)).length / own.length;
}

/** What terms that are near a turn say of all that they could say; the same term again says less and less. */
function scored(terms: readonly Weighted[], size: number, spread: (counts: Column) => Column, half: number): Column {
  const sums = new Float64Array(size);
  const total = terms.reduce((sum, { weight }) => sum + weight, 0) || 1;
  for (const { counts, weight } of terms) {
    const near = spread(counts);
    for (let at = 0; at < size; at += 1) {
      const value = near[at] as number;
      sums[at] = (sums[at] as number) + ((weight / total) * value) / (value + half);
    }
  }
  return sums;
}

/** Values spread to both sides, fading by e for each `reach` of turns. */
export function around(values: Column, reach: number): Column {
  const after = forward(values, reach);
  const before = backward(values, reach);
  return after.map((value, at) => value + (before[at] as number) - (values[at] as number));
}

function forward(values: Column, reach: number): Column {
  const fade = Math.exp(-1 / reach);
  let sum = 0;
  return values.map((value) => {
    sum = sum * fade + value;
    return sum;
  });
}

function backward(values: Column, reach: number): Column {
  return forward(values.toReversed(), reach).reverse();
}

/** The same by characters. */
function aroundIn(values: Column, lengths: Column, reach: number): Column {
  const fades = lengths.map((length) => Math.exp(-(length + OF_A_TURN) / reach));
  const result = new Float64Array(values.length);
  let before = 0;
  for (const [turn, value] of values.entries()) {
    before = before * (fades[turn - 1] ?? 0) + value;
    result[turn] = before;
  }
  let after = 0;
  for (let place = values.length - 1; place >= 0; place -= 1) {
    result[place] = (result[place] as number) + after;
    after = (after + (values[place] as number)) * (fades[place - 1] ?? 0);
  }
  return result;
}

/** How much terms that stand near each other say together. */
function together(terms: readonly Weighted[], size: number): Column {
  const total = terms.reduce((sum, { weight }) => sum + weight, 0) || 1;
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  for (const { counts, weight } of terms) {
    const near = around(counts, 6);
    for (let at = 0; at < size; at += 1) {
      const part = (Math.min(1, near[at] as number) * weight) / total;
      sums[at] = (sums[at] as number) + part;
      squares[at] = (squares[at] as number) + part * part;
    }
  }
  return sums.map((sum, at) => sum * sum - (squares[at] as number));
}

function rarest(terms: readonly Weighted[], size: number): Column {
  const [first] = terms.toSorted((one, other) => other.weight - one.weight);
  if (first === undefined) return new Float64Array(size);
  return around(first.counts, 12).map((value) => value / (value + 1));
}

/** Words that the most promising turns have more of than the others: a second look with them finds turns that name the matter otherwise. */
function furtherTerms(
  turns: readonly Turn[],
  order: Int32Array,
  lengths: Column,
  found: ReadonlyMap<number, number>,
  vocabulary: Vocabulary,
): readonly Weighted[] {
  const most = lengths.reduce((sum, length) => sum + length, 0) * SEEN_FIRST;
  const counts = new Map<number, number>();
  let characters = 0;
  let seen = 0;
  for (const at of order) {
    if (characters > most) break;
    for (const id of new Set((turns[at] as Turn).words)) counts.set(id, (counts.get(id) ?? 0) + 1);
    characters += lengths[at] as number;
    seen += 1;
  }
  return [...counts]
    .filter(([id, count]) => count >= 2 && vocabulary.nameOf(id).length >= LEAST_FURTHER_LETTERS)
    .map(([id, count]) => ({ id, weight: count * Math.log((count * turns.length) / (seen * (found.get(id) ?? 1))) }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight || one.id - other.id)
    .slice(0, MOST_FURTHER)
    .map(({ id, weight }) => ({ counts: countsOf(turns, id), weight }));
}

/** How often words that follow each other in the question do so in a turn. */
function pairsOf(turns: readonly Turn[], { pairs, terms }: Question): Column {
  return Float64Array.from(turns, ({ words }) => {
    let count = 0;
    for (let pair = 0; pair < pairs.length; pair += 2) {
      const one = terms[pairs[pair] as number];
      const other = terms[pairs[pair + 1] as number];
      for (let at = 0; at + 1 < words.length; at += 1) {
        if (words[at] === one && (words[at + 1] === other || words[at + 2] === other)) count += 1;
      }
    }
    return count;
  });
}

function againstBest(column: Column): Column {
  const best = column.reduce((most, value) => Math.max(most, value), 0);
  return best === 0 ? column : column.map((value) => value / best);
}

/** Places by their values, the largest first; equal ones in their order. */
function descending(values: Column): Int32Array {
  return Int32Array.from(values, (_, at) => at).sort(
    (one, other) => (values[other] as number) - (values[one] as number) || one - other,
  );
}

function ranksIn(order: Int32Array): Column {
  const ranks = new Float64Array(order.length);
  order.forEach((at, rank) => {
    ranks[at] = Math.log(1 + (rank / order.length) * 20);
  });
  return ranks;
}
