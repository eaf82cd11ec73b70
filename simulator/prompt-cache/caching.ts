import type { AutomaticFacts } from './model-facts.ts';

/** A place in the prompt up to which it shall be kept. */
export interface CacheMark {
  /** How much of the prompt's text lies before the mark, in characters. */
  readonly characters: number;
  readonly ttl: '5m' | '30m' | '1h';
}

/** How the provider caches one prompt. */
export type Caching = AutomaticCaching | MarkedCaching;

/** By itself, whatever prompts begin with alike. */
interface AutomaticCaching extends AutomaticFacts {
  readonly kind: 'automatic';
  /** Prompts with another one share nothing (`prompt_cache_key`, `cache_salt`). */
  readonly salt?: string;
}

/** At marks only. */
export interface MarkedCaching {
  readonly kind: 'marked';
  /** In the order of the prompt. */
  readonly marks: readonly CacheMark[];
  /** The other places at which an entry that is there is found, in characters. */
  readonly foundAt: readonly number[];
  /** The shortest prompt that is kept, in tokens. */
  readonly least: number;
  /** What the prompt's text does not say and changes what follows this place (the choice of a tool, thinking). */
  readonly seam?: { readonly characters: number; readonly text: string };
  readonly salt?: string;
}

/** "The system checks up to 20 blocks before each breakpoint" (platform.claude.com, prompt caching, read 2026-11-29). */
const LOOK_BACK_BLOCKS = 20;

/** Where Claude looks for entries: at the ends of the last blocks before each mark. `blocks` are the ends of all, in characters. */
export function lookBack(marks: readonly CacheMark[], blocks: readonly number[]): number[] {
  const places = new Set<number>();
  for (const { characters } of marks) {
    const before = blocks.filter((end) => end <= characters);
    for (const end of before.slice(-LOOK_BACK_BLOCKS)) places.add(end);
  }
  return [...places];
}

/** Marks of Anthropic's whose lives are in an order that it refuses: the longer have to come first. */
export function isOutOfOrder(marks: readonly CacheMark[]): boolean {
  return marks.some(({ ttl }, index) => ttl === '1h' && marks.slice(0, index).some((earlier) => earlier.ttl !== '1h'));
}
