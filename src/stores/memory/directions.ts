/**
 * Directions of one length, searched exactly. A search looks at the first numbers of each, as bytes; what these leave open is bounded
 * (Cauchy and Schwarz: the rest of a product is at most the product of the lengths of the rests), and only what may still be similar
 * enough is computed whole. So few of many are read whole, and none that is similar enough is missed.
 */

/** How many numbers are looked at first. */
const HEAD = 128;
const BYTE = 127;
const FIRST_ROOM = 8;
/** A head of bytes may be a little longer than one. */
const HEAD_LENGTH = 1.02;
/** Of 32-bit numbers. */
const ROUNDING = 1e-5;

/** A direction that was found, by its place. */
interface Near {
  readonly at: number;
  readonly similarity: number;
}

/** Directions by their places. */
export class Directions {
  /** How many numbers each has. */
  readonly size: number;
  readonly #headSize: number;
  #count = 0;
  #heads: Int8Array;
  /** The step of each head's bytes; the lengths of what they leave out of the direction, and of its head alone. */
  #steps: Float32Array;
  #rests: Float32Array;
  #errors: Float32Array;
  #whole: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.#headSize = Math.min(HEAD, size);
    this.#heads = new Int8Array(FIRST_ROOM * this.#headSize);
    this.#steps = new Float32Array(FIRST_ROOM);
    this.#rests = new Float32Array(FIRST_ROOM);
    this.#errors = new Float32Array(FIRST_ROOM);
    this.#whole = new Float32Array(FIRST_ROOM * size);
  }

  /** What one of so many numbers takes. */
  static bytesOf(size: number): number {
    return 4 * size + Math.min(HEAD, size) + 12;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds one of length one; returns its place. */
  add(direction: Float32Array): number {
    const at = this.#count;
    if (at === this.#steps.length) this.#grow(2 * at);
    this.#count += 1;
    const { step, rest, error } = quantise(
      direction,
      this.#heads.subarray(at * this.#headSize, (at + 1) * this.#headSize),
    );
    this.#steps[at] = step;
    this.#rests[at] = rest;
    this.#errors[at] = error;
    this.#whole.set(direction, at * this.size);
    return at;
  }

  /** The last one takes its place. */
  removeAt(at: number): void {
    const last = this.#count - 1;
    const head = this.#headSize;
    this.#heads.copyWithin(at * head, last * head, (last + 1) * head);
    this.#steps[at] = this.#steps[last] ?? 0;
    this.#rests[at] = this.#rests[last] ?? 0;
    this.#errors[at] = this.#errors[last] ?? 0;
    this.#whole.copyWithin(at * this.size, last * this.size, (last + 1) * this.size);
    this.#count = last;
    if (this.#steps.length > 2 * FIRST_ROOM && last < this.#steps.length / 4) this.#grow(this.#steps.length / 2);
  }

  /** The nearest ones that are at least so similar, best first. */
  nearest(direction: Float32Array, least: number, most: number): readonly Near[] {
    const found: Near[] = [];
    let bar = least;
    const head = new Int8Array(this.#headSize);
    const { step, rest, error } = quantise(direction, head);
    for (let at = 0; at < this.#count; at += 1) {
      const products = step * (this.#steps[at] ?? 0) * this.#dotOfHeads(head, at);
      const leftOut = rest * (this.#rests[at] ?? 0) + HEAD_LENGTH * (error + (this.#errors[at] ?? 0)) + ROUNDING;
      if (products + leftOut < bar) continue;
      const similarity = this.#similarity(direction, at);
      if (similarity < bar) continue;
      insert(found, { at, similarity }, most);
      if (found.length === most) bar = Math.max(bar, found.at(-1)?.similarity ?? bar);
    }
    return found;
  }

  #dotOfHeads(head: Int8Array, at: number): number {
    const heads = this.#heads;
    const from = at * this.#headSize;
    let sum = 0;
    for (let index = 0; index < head.length; index += 1) sum += (head[index] ?? 0) * (heads[from + index] ?? 0);
    return sum;
  }

  #similarity(direction: Float32Array, at: number): number {
    const whole = this.#whole;
    const from = at * this.size;
    let sum = 0;
    for (let index = 0; index < direction.length; index += 1)
      sum += (direction[index] ?? 0) * (whole[from + index] ?? 0);
    return Math.min(1, sum);
  }

  #grow(room: number): void {
    const head = this.#headSize;
    const [heads, steps, rests, errors, whole] = [this.#heads, this.#steps, this.#rests, this.#errors, this.#whole];
    this.#heads = new Int8Array(room * head);
    this.#steps = new Float32Array(room);
    this.#rests = new Float32Array(room);
    this.#errors = new Float32Array(room);
    this.#whole = new Float32Array(room * this.size);
    this.#heads.set(heads.subarray(0, this.#count * head));
    this.#steps.set(steps.subarray(0, this.#count));
    this.#rests.set(rests.subarray(0, this.#count));
    this.#errors.set(errors.subarray(0, this.#count));
    this.#whole.set(whole.subarray(0, this.#count * this.size));
  }
}

/** Writes the head of a direction as bytes. */
function quantise(direction: Float32Array, head: Int8Array): { step: number; rest: number; error: number } {
  let largest = 0;
  for (let at = 0; at < head.length; at += 1) largest = Math.max(largest, Math.abs(direction[at] ?? 0));
  const step = largest / BYTE;
  let errors = 0;
  for (let at = 0; at < head.length; at += 1) {
    const value = direction[at] ?? 0;
    head[at] = step === 0 ? 0 : Math.round(value / step);
    errors += (value - step * (head[at] ?? 0)) ** 2;
  }
  let tail = 0;
  for (let at = head.length; at < direction.length; at += 1) tail += (direction[at] ?? 0) ** 2;
  return { step, rest: Math.sqrt(errors + tail), error: Math.sqrt(errors) };
}

/** Puts one among the best, which are in order. */
function insert(found: Near[], near: Near, most: number): void {
  let place = found.length;
  while (place > 0 && (found[place - 1]?.similarity ?? 0) < near.similarity) place -= 1;
  found.splice(place, 0, near);
  if (found.length > most) found.pop();
}
