import type { Span } from '../inspection.ts';

/** Shorter ones would be found in ordinary words. */
const SHORTEST = 8;
/** How many characters of the end of each secret are hashed; ends are random where beginnings are `sk-`. */
const WINDOW = 8;
const FACTOR = 0x01000193;
const FILTER_BITS = 16;

/**
 * The secrets that this process was configured with. A rolling hash over the last characters of each finds them in one pass, at a
 * cost that does not grow with their number.
 */
export class KnownSecrets {
  readonly #byHash = new Map<number, string[]>();
  readonly #filter = new Uint8Array(1 << FILTER_BITS);
  readonly #outgoing: number;

  constructor(secrets: Iterable<string>) {
    let power = 1;
    for (let at = 1; at < WINDOW; at += 1) power = Math.imul(power, FACTOR);
    this.#outgoing = power;
    for (const secret of new Set(secrets)) {
      if (secret.length < SHORTEST) continue;
      let hash = 0;
      for (let at = secret.length - WINDOW; at < secret.length; at += 1)
        hash = (Math.imul(hash, FACTOR) + secret.charCodeAt(at)) | 0;
      this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), secret]);
      this.#filter[filterSlot(hash)] = 1;
    }
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** Where one of them stands. */
  find(text: string): Span[] {
    const spans: Span[] = [];
    if (this.#byHash.size === 0) return spans;
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) {
      if (at >= WINDOW) hash = (hash - Math.imul(text.charCodeAt(at - WINDOW), this.#outgoing)) | 0;
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
      if (at + 1 < WINDOW || this.#filter[filterSlot(hash)] === 0) continue;
      for (const secret of this.#byHash.get(hash) ?? []) {
        const start = at + 1 - secret.length;
        if (start >= 0 && text.startsWith(secret, start)) spans.push({ type: 'CONFIGURED_SECRET', start, end: at + 1 });
      }
    }
    return spans.sort((one, other) => one.start - other.start || other.end - one.end);
  }
}

const filterSlot = (hash: number): number => (hash ^ (hash >>> FILTER_BITS)) & ((1 << FILTER_BITS) - 1);
