import { createHash } from 'node:crypto';

/**
 * A prompt as the prompt caches of providers see it: a chain of ever longer prefixes. Two prompts share a prefix if, and as far as,
 * the keys of their chains are equal.
 */
export interface PromptChain {
  /** One for each prefix, shortest first: a keyed hash of everything up to its end, so that no client can make two of them equal. */
  readonly keys: readonly PrefixKey[];
  /** About how many tokens each prefix has: rising, the last one is the whole prompt or nearly so. */
  readonly tokens: readonly number[];
}

/** Names a prefix. */
export type PrefixKey = number | string;

/** The first blocks have so many bytes: about what a provider's cache keeps at the least, halved. */
const BLOCK_BYTES = 2_048;
/** From eight blocks on each is so long a part of what comes before it: the longest prompt has a few dozen. */
const BLOCK_SHARE = 1 / 16;
const BYTES_PER_TOKEN = 4;
const KEY_BYTES = 6;

/**
 * The chain of a prompt's bytes, cut at places that depend on nothing but how many bytes come before them. `seed` is secret, and
 * the same for prompts that may share a cache.
 */
export function chainOf(pieces: readonly Buffer[], seed: string): PromptChain {
  const hash = createHash('sha256').update(seed);
  const keys: number[] = [];
  const tokens: number[] = [];
  let passed = 0;
  let cut = BLOCK_BYTES;
  for (const piece of pieces) {
    let from = 0;
    while (passed + piece.length - from >= cut) {
      const to = from + cut - passed;
      hash.update(piece.subarray(from, to));
      from = to;
      passed = cut;
      keys.push(hash.copy().digest().readUIntBE(0, KEY_BYTES));
      tokens.push(Math.floor(passed / BYTES_PER_TOKEN));
      cut += Math.max(BLOCK_BYTES, Math.floor(passed * BLOCK_SHARE));
    }
    hash.update(piece.subarray(from));
    passed += piece.length - from;
  }
  return { keys, tokens };
}
