/** Learns from prompts and outcomes how likely each model is to be right, and writes it small: one byte for each weight. */
import { type Fitted, fitRidge, predictRow, type SparseRows } from './ridge.ts';
import { SHAPES, shapeOf, TextHasher } from './text-features.ts';

/** Prompts with what each model made of them. */
export interface Examples {
  readonly models: readonly string[];
  readonly texts: readonly string[];
  /** What kind of prompt each is, where the data says so: a task, a subject. */
  readonly families: readonly (string | undefined)[];
  /** By `row * models + model`: 1 is right, 0 is wrong; or a score between. */
  readonly scores: Float64Array;
}

/** What is chosen by cross-validation. */
export interface LearnerShape {
  /** How much runs of characters count beside words; 0: not at all. */
  readonly runs: number;
  /** How much numbers about the shape count. */
  readonly shape: number;
  readonly penalty: number;
  /** How much of a target is the row's own; the rest is the mean of its family, which says more of new prompts than a single answer. */
  readonly own: number;
}

/** What was learnt. */
export interface Weights {
  readonly models: number;
  readonly bits: number;
  readonly runs: number;
  /** How rare the features of a place are, in steps of `RARITY_STEP`; 0: too rare to count. */
  readonly rarities: Uint8Array;
  /** By place and model, in steps of `steps`. Rarity is a factor of them already. */
  readonly table: Int8Array;
  readonly steps: Float64Array;
  readonly means: Float64Array;
  readonly shapeMeans: Float64Array;
  readonly shapeSpreads: Float64Array;
  /** By number and model. */
  readonly shapeWeights: Float64Array;
}

/** What a step of rarity is worth. */
export const RARITY_STEP = 0.05;
/** Features of fewer prompts say nothing about new ones. */
const LEAST_SEEN = 2;
const FAMILY_PRIOR = 20;
const MOST_SPREAD = 3;
/** Weights beyond so many standard deviations are cut, so that the others keep their precision. */
const CUT = 8;

/** The features of all prompts, read once. */
export class Corpus {
  readonly #hashed: readonly { readonly places: Int32Array; readonly logs: Float32Array; readonly words: number }[];
  readonly #shapes: Float64Array;
  readonly examples: Examples;
  readonly bits: number;

  constructor(examples: Examples) {
    const { texts } = examples;
    this.examples = examples;
    // A larger table for more prompts: with fewer, most of it would only be sent around.
    this.bits = texts.length > 4_000 ? 17 : 16;
    const hasher = new TextHasher(this.bits, true);
    this.#shapes = new Float64Array(texts.length * SHAPES);
    this.#hashed = texts.map((text, row) => {
      shapeOf(text, this.#shapes.subarray(row * SHAPES, (row + 1) * SHAPES));
      const { length, places, counts, words } = hasher.read(text);
      return {
        places: places.slice(0, length),
        logs: Float32Array.from(counts.subarray(0, length), (count) => 1 + Math.log(count)),
        words,
      };
    });
  }

  /** Fits `targets` (by `row * count + target`) on some rows. */
  fit(chosen: Int32Array, targets: Float64Array, count: number, shape: LearnerShape): FittedCorpus {
    const rarities = this.#raritiesOf(chosen);
    const { means, spreads } = this.#spreadOf(chosen);
    const rows = this.#weighed(rarities, means, spreads, shape);
    const fitted = fitRidge(rows, chosen, targets, count, shape.penalty);
    return { rows, fitted, rarities, shapeMeans: means, shapeSpreads: spreads, shape, bits: this.bits };
  }

  #raritiesOf(chosen: Int32Array): Uint8Array {
    const seen = new Int32Array(1 << this.bits);
    for (const row of chosen) for (const place of this.#of(row).places) seen[place] = (seen[place] as number) + 1;
    return Uint8Array.from(seen, (count) =>
      count < LEAST_SEEN
        ? 0
        : Math.min(255, Math.round((Math.log((1 + chosen.length) / (1 + count)) + 1) / RARITY_STEP)),
    );
  }

  #spreadOf(chosen: Int32Array): { means: Float64Array; spreads: Float64Array } {
    const means = new Float64Array(SHAPES);
    const spreads = new Float64Array(SHAPES);
    for (let each = 0; each < SHAPES; each += 1) {
      let sum = 0;
      let square = 0;
      for (const row of chosen) {
        const value = this.#shapes[row * SHAPES + each] as number;
        sum += value;
        square += value * value;
      }
      const mean = sum / chosen.length;
      means[each] = mean;
      spreads[each] = Math.sqrt(Math.max(0, square / chosen.length - mean * mean)) || 1;
    }
    return { means, spreads };
  }

  #weighed(rarities: Uint8Array, means: Float64Array, spreads: Float64Array, shape: LearnerShape): SparseRows {
    const size = 1 << this.bits;
    const starts = new Int32Array(this.#hashed.length + 1);
    let length = 0;
    for (const { places } of this.#hashed) length += places.length + SHAPES;
    const placesOut = new Int32Array(length);
    const values = new Float32Array(length);
    let at = 0;
    for (let row = 0; row < this.#hashed.length; row += 1) {
      const { places, logs, words } = this.#of(row);
      at = appendBlock(places, logs, 0, words, 1, rarities, placesOut, values, at);
      if (shape.runs > 0)
        at = appendBlock(places, logs, words, places.length, shape.runs, rarities, placesOut, values, at);
      for (let each = 0; each < SHAPES && shape.shape > 0; each += 1, at += 1) {
        placesOut[at] = size + each;
        const raw = this.#shapes[row * SHAPES + each] as number;
        values[at] = standard(raw, means[each] as number, spreads[each] as number) * shape.shape;
      }
      starts[row + 1] = at;
    }
    return { starts, places: placesOut.subarray(0, at), values: values.subarray(0, at), columns: size + SHAPES };
  }

  #of(row: number) {
    const found = this.#hashed[row];
    if (found === undefined) throw new RangeError(`there is no row ${row}`);
    return found;
  }
}

/** What was fitted, with what it takes to write it down. */
interface FittedCorpus {
  readonly rows: SparseRows;
  readonly fitted: Fitted;
  readonly rarities: Uint8Array;
  readonly shapeMeans: Float64Array;
  readonly shapeSpreads: Float64Array;
  readonly shape: LearnerShape;
  readonly bits: number;
}

/** What is predicted of a row of the corpus. */
export const predictedOf = ({ rows, fitted }: FittedCorpus, row: number, target = 0): number =>
  predictRow(rows, row, fitted, target);

/** A number about the shape of a text, as far as it is from what is usual. */
export const standard = (raw: number, mean: number, spread: number): number =>
  Math.max(-MOST_SPREAD, Math.min(MOST_SPREAD, (raw - mean) / spread));

/** Targets that are partly the mean of the row's family. `own` of 1, or no families: the scores as they are. */
export function softened(examples: Examples, chosen: Int32Array, own: number): Float64Array {
  const { scores, families, models } = examples;
  const count = models.length;
  const soft = scores.slice();
  if (own >= 1) return soft;
  const sums = new Map<string | undefined, Float64Array>();
  const all = new Float64Array(count + 1);
  for (const row of chosen) {
    const sum = sums.get(families[row]) ?? new Float64Array(count + 1);
    sums.set(families[row], sum);
    for (const each of [sum, all]) {
      for (let model = 0; model < count; model += 1)
        each[model] = (each[model] as number) + (scores[row * count + model] as number);
      each[count] = (each[count] as number) + 1;
    }
  }
  for (const row of chosen) {
    const sum = sums.get(families[row]) ?? all;
    for (let model = 0; model < count; model += 1) {
      const mean = (all[model] as number) / (all[count] as number);
      const family = ((sum[model] as number) + FAMILY_PRIOR * mean) / ((sum[count] as number) + FAMILY_PRIOR);
      soft[row * count + model] = own * (scores[row * count + model] as number) + (1 - own) * family;
    }
  }
  return soft;
}

/** Weights as they are kept: rarity multiplied in, and rounded to a byte. */
export function compact({ fitted, rarities, shapeMeans, shapeSpreads, shape, bits }: FittedCorpus): Weights {
  const { weights, means, targets } = fitted;
  const size = 1 << bits;
  const table = new Int8Array(size * targets);
  const steps = new Float64Array(targets);
  for (let target = 0; target < targets; target += 1) {
    const scaled = new Float64Array(size);
    let square = 0;
    let used = 0;
    for (let place = 0; place < size; place += 1) {
      const value = (weights[place * targets + target] as number) * (rarities[place] as number) * RARITY_STEP;
      scaled[place] = value;
      square += value * value;
      if (value !== 0) used += 1;
    }
    const step = (CUT * Math.sqrt(square / Math.max(1, used))) / 127 || 1;
    steps[target] = step;
    scaled.forEach((value, at) => {
      table[at * targets + target] = Math.max(-127, Math.min(127, Math.round(value / step)));
    });
  }
  const shapeWeights = weights.slice(size * targets).map((weight) => weight * shape.shape);
  return {
    ...{ models: targets, bits, runs: shape.runs, rarities, table, steps, means },
    ...{ shapeMeans, shapeSpreads, shapeWeights },
  };
}

function appendBlock(
  places: Int32Array,
  logs: Float32Array,
  from: number,
  to: number,
  scale: number,
  rarities: Uint8Array,
  placesOut: Int32Array,
  values: Float32Array,
  start: number,
): number {
  let at = start;
  let square = 0;
  for (let each = from; each < to; each += 1) {
    const place = places[each] as number;
    const rarity = (rarities[place] as number) * RARITY_STEP;
    if (rarity === 0) continue;
    const value = (logs[each] as number) * rarity;
    placesOut[at] = place;
    values[at] = value;
    square += value * value;
    at += 1;
  }
  const factor = square > 0 ? scale / Math.sqrt(square) : 0;
  for (let written = start; written < at; written += 1) values[written] = (values[written] as number) * factor;
  return at;
}
