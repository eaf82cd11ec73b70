/** Says without a call how likely each model is to be right. No allocation for each feature; a text of 4 kB takes some 0.1 ms. */
import { RARITY_STEP, standard, type Weights } from './learner.ts';
import { SHAPES, shapeOf, TextHasher } from './text-features.ts';

/** Predicts with what was learnt. What it gives is valid until the next call. */
export class Predictor {
  readonly #weights: Weights;
  readonly #hasher: TextHasher;
  readonly #sums: Float64Array;
  readonly #shape = new Float64Array(SHAPES);
  readonly #out: Float64Array;

  constructor(weights: Weights) {
    this.#weights = weights;
    this.#hasher = new TextHasher(weights.bits, weights.runs > 0);
    this.#sums = new Float64Array(weights.models);
    this.#out = new Float64Array(weights.models);
  }

  /** For each model the chance that its answer is right; as learnt, so that it may be a little below 0 or above 1. */
  predict(text: string): Float64Array {
    const { models, means, shapeMeans, shapeSpreads, shapeWeights, runs } = this.#weights;
    const out = this.#out;
    out.set(means);
    const { length, words, places, counts } = this.#hasher.read(text);
    this.#add(places, counts, 0, words, 1);
    if (runs > 0) this.#add(places, counts, words, length, runs);
    shapeOf(text, this.#shape);
    for (let each = 0; each < SHAPES; each += 1) {
      const value = standard(this.#shape[each] as number, shapeMeans[each] as number, shapeSpreads[each] as number);
      for (let which = 0; which < models; which += 1)
        out[which] = (out[which] as number) + value * (shapeWeights[each * models + which] as number);
    }
    return out;
  }

  #add(places: Int32Array, counts: Int32Array, from: number, to: number, scale: number): void {
    const { models, rarities, table, steps } = this.#weights;
    const sums = this.#sums.fill(0);
    let square = 0;
    for (let each = from; each < to; each += 1) {
      const place = places[each] as number;
      const rarity = rarities[place] as number;
      if (rarity === 0) continue;
      const count = counts[each] as number;
      const log = count < LOGS.length ? (LOGS[count] as number) : 1 + Math.log(count);
      const value = log * rarity * RARITY_STEP;
      square += value * value;
      const base = place * models;
      for (let which = 0; which < models; which += 1)
        sums[which] = (sums[which] as number) + log * (table[base + which] as number);
    }
    if (square === 0) return;
    const factor = scale / Math.sqrt(square);
    for (let which = 0; which < models; which += 1)
      this.#out[which] = (this.#out[which] as number) + factor * (sums[which] as number) * (steps[which] as number);
  }
}

const LOGS: Float64Array = Float64Array.from({ length: 64 }, (_, count) => (count === 0 ? 0 : 1 + Math.log(count)));
