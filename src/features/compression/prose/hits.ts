/** Where the terms of a question are in the words of a text. They are rare, so that looking at them alone is quick. */
import type { Words } from './words.ts';

/** The hits in a stretch of words. */
export interface Hits {
  /** The words that are terms of the question, by their numbers in the text, and which terms these are. */
  readonly at: Int32Array;
  readonly term: Int32Array;
}

/** The hits of a text. `termOf`: by the number of a word, -1 for what the question does not name. */
export function hitsIn({ ids }: Words, termOf: Int16Array): Hits {
  const at: number[] = [];
  const term: number[] = [];
  for (let place = 0; place < ids.length; place += 1) {
    const found = termOf[ids[place] as number] as number;
    if (found < 0) continue;
    at.push(place);
    term.push(found);
  }
  return { at: Int32Array.from(at), term: Int32Array.from(term) };
}

/** The hits from one word up to another one. */
export function hitsBetween({ at, term }: Hits, from: number, to: number): Hits {
  const first = firstFrom(at, from);
  const last = firstFrom(at, to);
  return { at: at.subarray(first, last), term: term.subarray(first, last) };
}

/** The first of rising positions that is not below one. */
export function firstFrom(positions: Int32Array, position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] as number) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What the terms of a question weigh among passages, and what stretches with hits have of that weight. */
export class TermScores {
  readonly weights: Float64Array;
  readonly #total: number;
  readonly #pairs: Int32Array;
  readonly #pairTotal: number;

  constructor(weights: Float64Array, pairs: Int32Array) {
    this.weights = weights;
    this.#total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    this.#pairs = pairs;
    let pairTotal = 0;
    for (const term of pairs) pairTotal += weights[term] as number;
    this.#pairTotal = pairTotal;
  }

  /** BM25 as a part of what all terms weigh; `relativeLength`: 1 is the mean. */
  bm25({ term }: Hits, relativeLength: number): number {
    const counts = new Map<number, number>();
    for (const each of term) counts.set(each, (counts.get(each) ?? 0) + 1);
    const half = K1 * (1 - B + B * relativeLength);
    let sum = 0;
    for (const [each, count] of counts) sum += ((this.weights[each] as number) * count * (K1 + 1)) / (count + half);
    return sum / this.#total;
  }

  /** The part of the weight that stretches have together. */
  coverage(...stretches: readonly Hits[]): number {
    const seen = new Set<number>();
    let sum = 0;
    for (const { term } of stretches) {
      for (const each of term) {
        if (seen.has(each)) continue;
        seen.add(each);
        sum += this.weights[each] as number;
      }
    }
    return sum / this.#total;
  }

  /** The part of the words that follow each other in the question and do so here, or nearly so. */
  pairs({ at, term }: Hits): number {
    if (this.#pairTotal === 0 || at.length < 2) return 0;
    let sum = 0;
    for (let pair = 0; pair < this.#pairs.length; pair += 2) {
      const one = this.#pairs[pair] as number;
      const other = this.#pairs[pair + 1] as number;
      const found = this.#nearness(at, term, one, other);
      if (found > 0) sum += found * ((this.weights[one] as number) + (this.weights[other] as number));
    }
    return sum / this.#pairTotal;
  }

  #nearness(at: Int32Array, term: Int32Array, one: number, other: number): number {
    let best = 0;
    for (let hit = 0; hit < at.length; hit += 1) {
      if (term[hit] !== one) continue;
      for (const step of [1, -1]) {
        for (let near = hit + step; near >= 0 && near < at.length; near += step) {
          const distance = (at[near] as number) - (at[hit] as number);
          if (Math.abs(distance) > NEAR_PAIR) break;
          if (term[near] === other) best = Math.max(best, distance === 1 ? 1 : 0.5);
        }
      }
    }
    return best;
  }

  /** The most of the weight that stands within a few words. */
  nearby({ at, term }: Hits): number {
    let best = 0;
    for (let hit = 0; hit < at.length; hit += 1) {
      const seen = new Set<number>();
      let sum = 0;
      for (let near = hit; near < at.length && (at[near] as number) < (at[hit] as number) + WINDOW; near += 1) {
        const each = term[near] as number;
        if (seen.has(each)) continue;
        seen.add(each);
        sum += this.weights[each] as number;
      }
      best = Math.max(best, sum);
    }
    return best / this.#total;
  }
}

const K1 = 1.2;
const B = 0.75;
const NEAR_PAIR = 3;
const WINDOW = 10;
