/** The prompts that a provider keeps: by itself in whole blocks (OpenAI, DeepSeek, GLM, Gemini), or at marks (Anthropic, OpenAI from 5.6 on). */
import { createHash } from 'node:crypto';
import type { Clock } from '../../src/core/clock.ts';
import type { Ask } from '../answering/ask.ts';
import { countTokens, tokenise } from '../answering/tokens.ts';
import type { CacheMark, Caching, MarkedCaching } from './caching.ts';
import { LIFE_MS } from './model-facts.ts';

/** What a provider's prompt cache did for one request, in tokens. */
export interface CacheUse {
  readonly read: number;
  /** Written for the shorter life: five minutes, or the thirty of OpenAI's breakpoints. */
  readonly write5m: number;
  readonly write1h: number;
}

const NOTHING: CacheUse = { read: 0, write5m: 0, write1h: 0 };
/** The oldest entries go first. */
const MOST_ENTRIES = 200_000;

interface Entry {
  untilMs: number;
  readonly lifeMs: number;
}

/** One cache for everybody with the same upstream key (organisation), as providers have it: they know no tenants of a gateway. */
export class PromptCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks the prompt up and keeps it for the next one. */
  use({ prompt, promptTokens, model, caching }: Ask, organisation: string): CacheUse {
    if (caching === undefined) return NOTHING;
    const space = `${organisation}\n${model}\n${caching.salt ?? ''}\n`;
    if (caching.kind === 'marked') return this.#useMarks(space, prompt, caching);
    return { ...NOTHING, read: Math.min(this.#useBlocks(space, prompt, caching), promptTokens) };
  }

  clear(): void {
    this.#entries.clear();
  }

  #useBlocks(space: string, prompt: string, { block, least, lifeMs }: Caching & { kind: 'automatic' }): number {
    const tokens = tokenise(prompt);
    if (tokens.length < least) return 0;
    const hash = createHash('sha256').update(space);
    let read = 0;
    let isKnown = true;
    for (let end = block; end <= tokens.length; end += block) {
      hash.update(tokens.slice(end - block, end).join(''));
      const key = hash.copy().digest('base64');
      isKnown = isKnown && this.#isThere(key);
      if (isKnown) read = end;
      this.#keep(key, lifeMs);
    }
    return read < least ? 0 : read;
  }

  #useMarks(space: string, prompt: string, caching: MarkedCaching): CacheUse {
    const { marks, least } = caching;
    const keys = keysOf(space, prompt, caching);
    const tokensAt = (characters: number): number => countTokens(prompt.slice(0, characters));
    const found = [...keys.keys()].sort((one, other) => other - one).find((place) => this.#isThere(keys.get(place)));
    const read = found === undefined ? 0 : tokensAt(found);
    // Whatever is used lives on: what was found, and what other marks stand at before it.
    for (const place of new Set([found ?? -1, ...marks.map(({ characters }) => characters)])) {
      if (found !== undefined && place <= found) this.#refresh(keys.get(place));
    }
    const written = { '5m': 0, '30m': 0, '1h': 0 };
    let upTo = read;
    for (const { characters, ttl } of marks) {
      if (found !== undefined && characters <= found) continue;
      const tokens = tokensAt(characters);
      if (tokens < least) continue;
      this.#keep(keys.get(characters) as string, LIFE_MS[ttl]);
      written[ttl] += Math.max(0, tokens - upTo);
      upTo = Math.max(upTo, tokens);
    }
    return { read, write5m: written['5m'] + written['30m'], write1h: written['1h'] };
  }

  #isThere(key: string | undefined): boolean {
    const entry = key === undefined ? undefined : this.#entries.get(key);
    return entry !== undefined && entry.untilMs > this.#clock.monotonicMs();
  }

  #refresh(key: string | undefined): void {
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (entry !== undefined) entry.untilMs = Math.max(entry.untilMs, this.#clock.monotonicMs() + entry.lifeMs);
  }

  #keep(key: string, lifeMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { untilMs: this.#clock.monotonicMs() + lifeMs, lifeMs });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MOST_ENTRIES) break;
      this.#entries.delete(oldest);
    }
  }
}

/** A key for each place at which an entry may be found or made: the hash of everything before it. */
function keysOf(space: string, prompt: string, { marks, foundAt, seam }: MarkedCaching): Map<number, string> {
  const places = new Set([...foundAt, ...marks.map(({ characters }: CacheMark) => characters)]);
  const keys = new Map<number, string>();
  const hash = createHash('sha256').update(space);
  let from = 0;
  let isSealed = seam === undefined;
  for (const place of [...places].sort((one, other) => one - other)) {
    if (!isSealed && seam !== undefined && place > seam.characters) {
      hash.update(`\n${seam.text}\n`);
      isSealed = true;
    }
    hash.update(prompt.slice(from, place));
    from = place;
    keys.set(place, hash.copy().digest('base64'));
  }
  return keys;
}
