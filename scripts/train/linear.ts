/** Fits a linear model over hashed features: logistic loss, AdaGrad, windows of texts as examples. */

import { canonicalOf } from '../../src/features/guardrails/canonical.ts';
import type { FeatureReader } from '../../src/features/guardrails/feature-reader.ts';
import type { HashedModel } from '../../src/features/guardrails/hashed-model.ts';
import { Random } from './random.ts';

/** A text that was read once: its features, token by token. */
export interface ReadText {
  /** The text in its one spelling. */
  readonly canonical: string;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly features: Int32Array;
  readonly firsts: Int32Array;
  readonly words: Int32Array;
  readonly concepts: Uint8Array;
  readonly count: number;
}

/** Reads a text into features. */
export function readText(text: string, reader: FeatureReader): ReadText {
  const canonical = canonicalOf(text).text;
  reader.read(canonical);
  return {
    canonical,
    starts: reader.starts.slice(0, reader.count),
    ends: reader.ends.slice(0, reader.count),
    words: reader.words.slice(0, reader.count),
    concepts: reader.concepts.slice(0, reader.count),
    features: reader.features.slice(0, reader.firsts[reader.count] ?? 0),
    firsts: reader.firsts.slice(0, reader.count + 1),
    count: reader.count,
  };
}

/** An example: some tokens of a text, what they are, and how much it counts. */
export interface Example {
  readonly text: ReadText;
  readonly from: number;
  readonly to: number;
  readonly label: 0 | 1;
  readonly weight: number;
}

/** What was learned. */
export interface LinearModel {
  readonly bits: number;
  readonly weights: Float32Array;
  readonly bias: number;
}

interface Fitting {
  readonly bits: number;
  readonly epochs: number;
  readonly rate: number;
  readonly decay: number;
  readonly seed: number;
}

function sumOf(weights: Float32Array, mask: number, features: Int32Array, first: number, last: number): number {
  let sum = 0;
  for (let at = first; at < last; at += 1) sum += weights[(features[at] as number) & mask] as number;
  return sum;
}

/** The model's score of some tokens. */
export function scoreOf(
  { bits, weights, bias }: LinearModel,
  { features, firsts }: ReadText,
  from: number,
  to: number,
): number {
  const first = firsts[from] ?? 0;
  const last = firsts[to] ?? 0;
  const mask = (1 << bits) - 1;
  const sum = sumOf(weights, mask, features, first, last);
  return sum / Math.sqrt(Math.max(1, last - first)) + bias;
}

/** Fits a model. `chosen` may leave out examples that the model so far says are beside the point. */
export function fit(
  examples: readonly Example[],
  { bits, epochs, rate, decay, seed }: Fitting,
  chosen?: (model: LinearModel, epoch: number) => readonly Example[],
): LinearModel {
  const size = 1 << bits;
  const mask = size - 1;
  const weights = new Float32Array(size);
  const squares = new Float32Array(size).fill(1e-3);
  const model = { bits, weights, bias: 0 };
  let biasSquares = 1e-3;
  const random = new Random(seed);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const round = chosen === undefined ? examples : chosen(model, epoch);
    for (const { text, from, to, label, weight } of random.shuffled(round)) {
      const first = text.firsts[from] ?? 0;
      const last = text.firsts[to] ?? 0;
      if (last === first) continue;
      const scale = 1 / Math.sqrt(last - first);
      const { features } = text;
      const sum = sumOf(weights, mask, features, first, last);
      const probability = 1 / (1 + Math.exp(-(sum * scale + model.bias)));
      const gradient = (probability - label) * weight;
      if (Math.abs(gradient) < 1e-4) continue;
      const step = gradient * scale;
      for (let place = first; place < last; place += 1) {
        const feature = (features[place] as number) & mask;
        const before = weights[feature] as number;
        const slope = step + decay * before * scale;
        const square = (squares[feature] as number) + slope * slope;
        squares[feature] = square;
        weights[feature] = before - (rate * slope) / Math.sqrt(square);
      }
      biasSquares += gradient * gradient;
      model.bias -= (rate * 0.5 * gradient) / Math.sqrt(biasSquares);
    }
  }
  return model;
}

/** The model with a byte for each weight; the largest few are cut to what a byte holds. */
export function quantized({ bits, weights, bias }: LinearModel): HashedModel {
  const sizes = weights.map((weight) => Math.abs(weight)).sort();
  const largest = sizes[Math.floor(sizes.length * (1 - 1 / 16_384))] ?? 1;
  const scale = Math.max(largest, 1e-6) / 127;
  return {
    bits,
    scale,
    bias,
    weights: Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / scale)))),
  };
}
