/** A linear model over hashed features, a byte for each weight. */
export interface HashedModel {
  readonly bits: number;
  /** What a step of a weight is worth. */
  readonly scale: number;
  readonly bias: number;
  readonly weights: Int8Array;
}

/** Tokens with the hashes of their features, as a feature reader holds them. */
interface ReadTokens {
  readonly count: number;
  readonly firsts: Int32Array;
  readonly features: Int32Array;
}

/** Sums over all tokens up to each, so that any stretch of them is scored with two look-ups. Holds its buffer. */
export class TokenSums {
  #sums = new Float64Array(1 << 10);
  #firsts: Int32Array = new Int32Array(0);
  #bias = 0;

  /** Adds up what the model says of each token. */
  add({ bits, scale, bias, weights }: HashedModel, { count, firsts, features }: ReadTokens): void {
    if (this.#sums.length <= count) this.#sums = new Float64Array(2 ** Math.ceil(Math.log2(count + 2)));
    this.#firsts = firsts;
    this.#bias = bias;
    const mask = (1 << bits) - 1;
    const sums = this.#sums;
    let sum = 0;
    let at = 0;
    for (let token = 0; token < count; token += 1) {
      const last = firsts[token + 1] as number;
      for (; at < last; at += 1) sum += weights[(features[at] as number) & mask] as number;
      sums[token + 1] = sum * scale;
    }
  }

  /** The score of the tokens from one to below another, by the root of how many features they have. */
  score(from: number, to: number): number {
    const features = (this.#firsts[to] ?? 0) - (this.#firsts[from] ?? 0);
    return ((this.#sums[to] ?? 0) - (this.#sums[from] ?? 0)) / Math.sqrt(Math.max(1, features)) + this.#bias;
  }
}
