import { createHash } from 'node:crypto';

/** A source of numbers in [0, 1) that repeats for the same seed. */
export type Random = () => number;

/** Numbers from a seed (mulberry32: tiny, well spread, and the same on every machine). */
export function seededRandom(seed: string): Random {
  let state = createHash('sha1').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number between two bounds, both included. */
export function between(random: Random, lowest: number, highest: number): number {
  return lowest + Math.floor(random() * (highest - lowest + 1));
}

/** One element of a list that is not empty. */
export function pick<T>(random: Random, from: readonly [T, ...T[]]): T {
  return from[Math.floor(random() * from.length)] ?? from[0];
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** An identifier that looks like a provider's: a prefix and letters and digits that follow from the seed. */
export function identifier(prefix: string, seed: string, length = 29): string {
  const random = seededRandom(`${prefix}:${seed}`);
  let text = prefix;
  for (let count = 0; count < length; count++) text += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return text;
}

/** A short digest of a text, for keys and seeds. */
export function digest(text: string | Buffer): string {
  return createHash('sha1').update(text).digest('hex');
}
