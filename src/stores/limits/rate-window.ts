/**
 * What was counted in the last 60 seconds, second by second. `SlidingWindow` of core estimates one sum in coarse slots
 * and may count a slot too little; a limit must not, and a settlement changes what an earlier second counted.
 */

/** Fields of an entry in the ring. */
const SECOND = 0;
const REQUESTS = 1;
const INPUT = 2;
const OUTPUT = 3;
const FIELDS = 4;

/**
 * The oldest second counts in full until all of it is a minute old, so that no span of 60 s ever holds more than was
 * allowed.
 */
const COUNTED_SECONDS = 61;

/** How many entries a ring starts with, a power of two; most accounts are not used in every second. */
const FIRST_CAPACITY = 4;

/** What a rate limits. */
export type RateKind = 'requests' | 'tokens' | 'input-tokens' | 'output-tokens';

/**
 * Requests and tokens of one account in the last minute, as a ring of the seconds in which there were any. Times are
 * monotonic milliseconds, and `advance` is called with the present one before anything is read.
 */
export class RateWindow {
  #ring = new Float64Array(FIRST_CAPACITY * FIELDS);
  /** A power of two less one. */
  #mask = FIRST_CAPACITY - 1;
  /** Entries are numbered without end; number & mask is the place. */
  #first = 0;
  #next = 0;
  #requests = 0;
  #input = 0;
  #output = 0;

  /** The second that a moment counts in. */
  static secondAt(nowMs: number): number {
    return Math.floor(nowMs / 1_000);
  }

  get isEmpty(): boolean {
    return this.#first === this.#next;
  }

  /** Drops what is more than a minute old. */
  advance(nowMs: number): void {
    const oldest = RateWindow.secondAt(nowMs) - COUNTED_SECONDS + 1;
    while (this.#first < this.#next) {
      const at = (this.#first & this.#mask) * FIELDS;
      if (this.#read(at + SECOND) >= oldest) return;
      this.#requests -= this.#read(at + REQUESTS);
      this.#input -= this.#read(at + INPUT);
      this.#output -= this.#read(at + OUTPUT);
      this.#first += 1;
    }
  }

  used(kind: RateKind): number {
    switch (kind) {
      case 'requests':
        return this.#requests;
      case 'tokens':
        return this.#input + this.#output;
      case 'input-tokens':
        return this.#input;
      case 'output-tokens':
        return this.#output;
    }
  }

  /** Counts in a second that is not before the last one. */
  add(second: number, requests: number, inputTokens: number, outputTokens: number): void {
    const last = ((this.#next - 1) & this.#mask) * FIELDS;
    if (this.isEmpty || this.#read(last + SECOND) !== second) this.#append(second);
    this.#change(((this.#next - 1) & this.#mask) * FIELDS, requests, inputTokens, outputTokens);
  }

  /** Changes what was counted in a second, unless that has left the window. */
  correct(second: number, requests: number, inputTokens: number, outputTokens: number): void {
    let low = this.#first;
    let high = this.#next - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = (middle & this.#mask) * FIELDS;
      const found = this.#read(at + SECOND);
      if (found === second) {
        this.#change(at, requests, inputTokens, outputTokens);
        return;
      }
      if (found < second) low = middle + 1;
      else high = middle - 1;
    }
  }

  /** In how many milliseconds at most `most` will be counted; undefined: never. */
  msUntilAtMost(kind: RateKind, most: number, nowMs: number): number | undefined {
    let left = this.used(kind);
    if (left <= most) return 0;
    for (let number = this.#first; number < this.#next; number += 1) {
      const at = (number & this.#mask) * FIELDS;
      left -= this.#countedAt(at, kind);
      if (left <= most) return this.#leavesInMs(at, nowMs);
    }
    return undefined;
  }

  /** In how many milliseconds the oldest second leaves the window; 0 if nothing is counted. */
  resetMs(nowMs: number): number {
    return this.isEmpty ? 0 : this.#leavesInMs((this.#first & this.#mask) * FIELDS, nowMs);
  }

  #leavesInMs(at: number, nowMs: number): number {
    return Math.ceil((this.#read(at + SECOND) + COUNTED_SECONDS) * 1_000 - nowMs);
  }

  #countedAt(at: number, kind: RateKind): number {
    switch (kind) {
      case 'requests':
        return this.#read(at + REQUESTS);
      case 'tokens':
        return this.#read(at + INPUT) + this.#read(at + OUTPUT);
      case 'input-tokens':
        return this.#read(at + INPUT);
      case 'output-tokens':
        return this.#read(at + OUTPUT);
    }
  }

  /** No second is ever counted below zero. */
  #change(at: number, requests: number, inputTokens: number, outputTokens: number): void {
    this.#requests += this.#changeField(at + REQUESTS, requests);
    this.#input += this.#changeField(at + INPUT, inputTokens);
    this.#output += this.#changeField(at + OUTPUT, outputTokens);
  }

  #changeField(index: number, difference: number): number {
    const before = this.#read(index);
    const after = Math.max(0, before + difference);
    this.#ring[index] = after;
    return after - before;
  }

  #append(second: number): void {
    if (this.#next - this.#first > this.#mask) this.#grow();
    const at = (this.#next & this.#mask) * FIELDS;
    this.#ring.fill(0, at, at + FIELDS);
    this.#ring[at + SECOND] = second;
    this.#next += 1;
  }

  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const ring = new Float64Array((mask + 1) * FIELDS);
    for (let number = this.#first; number < this.#next; number += 1) {
      const from = (number & this.#mask) * FIELDS;
      ring.set(this.#ring.subarray(from, from + FIELDS), (number & mask) * FIELDS);
    }
    this.#ring = ring;
    this.#mask = mask;
  }

  #read(index: number): number {
    return this.#ring[index] ?? 0;
  }
}
