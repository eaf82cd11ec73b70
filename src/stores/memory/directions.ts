/**
 * Directions of one length, searched exactly. A search looks at the first numbers of each, as bytes; what these leave open is bounded
 * (Cauchy and Schwarz: the rest of a product is at most the product of the lengths of the rests), and only what may still be similar
 * enough is computed whole. So few of many are read whole, and none that is similar enough is missed. Where there are many, the bytes
 * are compared by WebAssembly, 16 at a time.
 */
import { makeScanned, type Scan } from './scan-module.ts';

/** How many numbers are looked at first. */
const HEAD = 128;
const BYTE = 127;
const FIRST_ROOM = 8;
/** From so many on a search scans with WebAssembly: each such memory takes addresses, so not every partition has one. */
const LEAST_SCANNED = 4_096;
/** The scan reads so many bytes at a time. */
const LANE = 16;
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
  #table: Table;
  #whole: Float32Array;

  constructor(size: number) {
    this.size = size;
    this.#headSize = LANE * Math.ceil(Math.min(HEAD, size) / LANE);
    this.#table = makeTable(FIRST_ROOM, this.#headSize);
    this.#whole = new Float32Array(FIRST_ROOM * size);
  }

  /** What one of so many numbers takes. */
  static bytesOf(size: number): number {
    return 4 * size + HEAD + 16;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds one of length one; returns its place. */
  add(direction: Float32Array): number {
    const at = this.#count;
    if (at === this.#table.steps.length) this.#grow(2 * at);
    this.#count += 1;
    const { heads, steps, rests, errors } = this.#table;
    const head = heads.subarray(at * this.#headSize, (at + 1) * this.#headSize);
    const { step, rest, error } = quantise(direction, head);
    steps[at] = step;
    rests[at] = rest;
    errors[at] = HEAD_LENGTH * error;
    this.#whole.set(direction, at * this.size);
    return at;
  }

  /** The last one takes its place. */
  removeAt(at: number): void {
    const last = this.#count - 1;
    const size = this.#headSize;
    const { heads, steps, rests, errors } = this.#table;
    heads.copyWithin(at * size, last * size, (last + 1) * size);
    for (const facts of [steps, rests, errors]) facts[at] = facts[last] ?? 0;
    this.#whole.copyWithin(at * this.size, last * this.size, (last + 1) * this.size);
    this.#count = last;
    if (steps.length > 2 * FIRST_ROOM && last < steps.length / 4) this.#grow(steps.length / 2);
  }

  /** The nearest ones that are at least so similar, best first. */
  nearest(direction: Float32Array, least: number, most: number): readonly Near[] {
    const found: Near[] = [];
    let bar = least;
    for (const at of this.#mayBeNear(direction, least)) {
      const similarity = this.#similarity(direction, at);
      if (similarity < bar) continue;
      insert(found, { at, similarity }, most);
      if (found.length === most) bar = Math.max(bar, found.at(-1)?.similarity ?? bar);
    }
    return found;
  }

  /** The places of all that may be so similar, by their heads. */
  #mayBeNear(direction: Float32Array, least: number): Iterable<number> {
    const { scan, asked, found } = this.#table;
    const { step, rest, error } = quantise(direction, asked);
    const bar = least - HEAD_LENGTH * error - ROUNDING;
    if (scan !== undefined) return found.subarray(0, scan(this.#count, step, rest, bar));
    return this.#compare(step, rest, bar);
  }

  *#compare(askedStep: number, askedRest: number, bar: number): Iterable<number> {
    const { heads, steps, rests, errors, asked } = this.#table;
    for (let at = 0, from = 0; at < this.#count; at += 1, from += asked.length) {
      let sum = 0;
      for (let index = 0; index < asked.length; index += 1) sum += (asked[index] ?? 0) * (heads[from + index] ?? 0);
      const most = sum * askedStep * (steps[at] ?? 0) + askedRest * (rests[at] ?? 0) + (errors[at] ?? 0);
      if (most >= bar) yield at;
    }
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
    const [table, whole] = [makeTable(room, this.#headSize), new Float32Array(room * this.size)];
    const { heads, steps, rests, errors } = this.#table;
    table.heads.set(heads.subarray(0, this.#count * this.#headSize));
    table.steps.set(steps.subarray(0, this.#count));
    table.rests.set(rests.subarray(0, this.#count));
    table.errors.set(errors.subarray(0, this.#count));
    whole.set(this.#whole.subarray(0, this.#count * this.size));
    this.#table = table;
    this.#whole = whole;
  }
}

/** What is looked at first. */
interface Table {
  readonly heads: Int8Array;
  /** The step of each head's bytes. */
  readonly steps: Float32Array;
  /** The lengths of what they leave out of the direction, and of its head alone. */
  readonly rests: Float32Array;
  readonly errors: Float32Array;
  /** The head of what is asked for, and the places that may be near. */
  readonly asked: Int8Array;
  readonly found: Uint32Array;
  /** Scans so many of them; undefined for a small table. */
  readonly scan: ((count: number, askedStep: number, askedRest: number, bar: number) => number) | undefined;
}

function makeTable(room: number, headSize: number): Table {
  const isScanned = room >= LEAST_SCANNED;
  const bytes = headSize * (room + 1) + 4 * room * (isScanned ? 4 : 3);
  const { buffer, scan } = isScanned ? makeScanned(bytes) : { buffer: new ArrayBuffer(bytes), scan: undefined };
  const steps = headSize * (room + 1);
  const [rests, errors, found] = [steps + 4 * room, steps + 8 * room, steps + 12 * room];
  return {
    asked: new Int8Array(buffer, 0, headSize),
    heads: new Int8Array(buffer, headSize, room * headSize),
    steps: new Float32Array(buffer, steps, room),
    rests: new Float32Array(buffer, rests, room),
    errors: new Float32Array(buffer, errors, room),
    found: isScanned ? new Uint32Array(buffer, found, room) : new Uint32Array(0),
    scan: scan && scanTable(scan, { headSize, steps, rests, errors, found }),
  };
}

const scanTable =
  (
    scan: Scan,
    {
      headSize,
      steps,
      rests,
      errors,
      found,
    }: Readonly<Record<'headSize' | 'steps' | 'rests' | 'errors' | 'found', number>>,
  ): NonNullable<Table['scan']> =>
  (count, askedStep, askedRest, bar) =>
    scan(0, headSize, count, headSize, steps, rests, errors, found, askedStep, askedRest, bar);

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
