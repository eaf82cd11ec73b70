import { chainOf } from '../../core/prompt-chain.ts';

/** For how long providers keep a prefix at least after it was used. */
const WARM_MS = 300_000;
const MOST_PREFIXES = 50_000;

/** Which candidate last had which prefix of a prompt: its provider's prompt cache is warm for it. Each caller's own. */
export class WarmPrefixes {
  readonly #seen = new Map<string, { readonly group: string; readonly atMs: number }>();
  readonly #seed: string;

  /** `seed`: secret, so that no client can make two prefixes equal. */
  constructor(seed: string) {
    this.#seed = seed;
  }

  /** The keys of a prompt's prefixes, shortest first, and their tokens. */
  keysOf(
    pieces: readonly Buffer[],
    owner: string,
  ): { readonly keys: readonly string[]; readonly tokens: readonly number[] } {
    const { keys, tokens } = chainOf(pieces, `${this.#seed}:${owner}`);
    return { keys: keys.map(String), tokens };
  }

  /** How many tokens of a prompt each candidate has warm. */
  warmTokens(keys: readonly string[], tokens: readonly number[], nowMs: number): ReadonlyMap<string, number> {
    const warm = new Map<string, number>();
    keys.forEach((key, at) => {
      const found = this.#seen.get(key);
      if (found !== undefined && nowMs - found.atMs < WARM_MS) warm.set(found.group, tokens[at] ?? 0);
    });
    return warm;
  }

  note(keys: readonly string[], group: string, nowMs: number): void {
    for (const key of keys) {
      this.#seen.delete(key);
      this.#seen.set(key, { group, atMs: nowMs });
    }
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MOST_PREFIXES) return;
      this.#seen.delete(oldest);
    }
  }
}
