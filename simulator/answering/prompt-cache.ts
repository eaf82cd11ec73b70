import type { Clock } from '../../src/core/clock.ts';
import type { Ask, CacheMark } from './ask.ts';
import { digest } from './seeded.ts';
import { countTokens } from './tokens.ts';

/** What a provider's prompt cache did for one request, in tokens. */
export interface CacheUse {
  readonly read: number;
  readonly write5m: number;
  readonly write1h: number;
}

const KEPT_PROMPTS = 64;
/** Anthropic caches nothing shorter than this on most models. */
const LEAST_MARKED_TOKENS = 1024;

/** The prompts a provider remembers: automatic by common prefix (OpenAI, DeepSeek, Gemini) or at marks (Anthropic). */
export class PromptCache {
  readonly #clock: Clock;
  readonly #recent = new Map<string, string[]>();
  readonly #marked = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks the prompt up and remembers it for the next one. */
  use(ask: Ask): CacheUse {
    if (ask.caching === undefined) return { read: 0, write5m: 0, write1h: 0 };
    return ask.caching.kind === 'automatic'
      ? { read: this.#commonPrefix(ask, ask.caching.block, ask.caching.least), write5m: 0, write1h: 0 }
      : this.#useMarks(ask, ask.caching.marks);
  }

  clear(): void {
    this.#recent.clear();
    this.#marked.clear();
  }

  #commonPrefix(ask: Ask, block: number, least: number): number {
    if (ask.promptTokens < least) return 0;
    const seen = this.#recent.get(ask.model) ?? [];
    let longest = 0;
    for (const prompt of seen) longest = Math.max(longest, commonLength(prompt, ask.prompt));
    if (!seen.includes(ask.prompt)) this.#recent.set(ask.model, [...seen.slice(1 - KEPT_PROMPTS), ask.prompt]);
    const shared = countTokens(ask.prompt.slice(0, longest));
    return shared < least ? 0 : Math.min(Math.floor(shared / block) * block, ask.promptTokens);
  }

  #useMarks(ask: Ask, marks: readonly CacheMark[]): CacheUse {
    const now = this.#clock.monotonicMs();
    let read = 0;
    let upTo = 0;
    let write5m = 0;
    let write1h = 0;
    for (const mark of marks) {
      const prefix = ask.prompt.slice(0, mark.characters);
      const tokens = countTokens(prefix);
      if (tokens < LEAST_MARKED_TOKENS) continue;
      const key = digest(`${ask.model}\n${prefix}`);
      const isKept = (this.#marked.get(key) ?? Number.NEGATIVE_INFINITY) > now;
      this.#marked.set(key, now + (mark.ttl === '1h' ? 3_600_000 : 300_000));
      if (isKept) {
        read = tokens;
        write5m = 0;
        write1h = 0;
      } else if (mark.ttl === '1h') write1h += tokens - upTo;
      else write5m += tokens - upTo;
      upTo = tokens;
    }
    return { read, write5m, write1h };
  }
}

function commonLength(first: string, second: string): number {
  const shortest = Math.min(first.length, second.length);
  let at = 0;
  while (at < shortest && first.charCodeAt(at) === second.charCodeAt(at)) at++;
  return at;
}
