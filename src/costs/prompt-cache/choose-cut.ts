/** Where a mark for a provider's prompt cache pays: how much of a prompt is written, if anything. */
import type { PromptChain } from '../../core/prompt-chain.ts';
import type { Prospect } from './reuse-forecast.ts';

/** What a cache costs, as parts of the price of an input token. */
export interface CacheTerms {
  /** What writing a token costs beyond reading it uncached: 0.25 for five minutes at Anthropic. */
  readonly writePremium: number;
  /** What a token that is found costs less: 0.9 at Anthropic. */
  readonly readSaving: number;
  /** A shorter prefix cannot be cached. */
  readonly leastTokens: number;
}

/** How much of a prompt to mark. */
interface Cut {
  /** How many prefixes of the chain the mark covers: it stands at the end of the last of them. 0: no mark. */
  readonly steps: number;
  readonly tokens: number;
  /** Tokens that are written, because the deployment does not hold them. */
  readonly writtenTokens: number;
  /** What writing is expected to save beyond its premium, in input tokens. */
  readonly gain: number;
}

const NO_CUT: Cut = { steps: 0, tokens: 0, writtenTokens: 0, gain: 0 };

/**
 * The cut that is expected to cost least. `held`: how many prefixes of the chain the deployment has in its cache already: they
 * are read whatever else is decided, and reading renews them.
 */
export function chooseCut({ tokens }: PromptChain, { chances }: Prospect, terms: CacheTerms, held: number): Cut {
  const { writePremium, readSaving, leastTokens } = terms;
  const least = tokens.findIndex((count) => count >= leastTokens);
  if (least === -1) return NO_CUT;
  // What a prompt shares with another one below the least length is found by neither.
  const isHeld = held > least;
  const leastChance = chances[least] ?? 0;
  const heldTokens = isHeld ? (tokens[held - 1] ?? 0) : 0;
  let steps = isHeld ? held : 0;
  let best = 0;
  let gain = 0;
  for (let index = steps; index < tokens.length; index += 1) {
    const length = (tokens[index] ?? 0) - (index > 0 ? (tokens[index - 1] ?? 0) : 0);
    const chance = index < least ? leastChance : (chances[index] ?? 0);
    gain += length * (chance * readSaving - writePremium);
    if (gain > best && index >= least) {
      best = gain;
      steps = index + 1;
    }
  }
  if (steps === 0) return NO_CUT;
  const cutTokens = tokens[steps - 1] ?? 0;
  return { steps, tokens: cutTokens, writtenTokens: cutTokens - heldTokens, gain: best };
}
