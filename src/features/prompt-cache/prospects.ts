/** What is expected of whole prompts, in the terms of marks: for how many blocks writing pays, and for how long. */
import type { PromptChain } from '../../core/prompt-chain.ts';
import { chooseCut } from '../../costs/prompt-cache/choose-cut.ts';
import { type Prospect, ReuseForecast } from '../../costs/prompt-cache/reuse-forecast.ts';
import type { Chances } from './reuse-history.ts';
import type { CachePrices } from './worth.ts';

const HOUR_MS = 3_600_000;

/** What is expected of one prompt: within the short life, and within an hour. */
export interface Prospects {
  readonly short: Prospect;
  readonly hour: Prospect;
}

/** What is asked of it: how much of the prompt is kept already, and what keeping costs. */
interface Question {
  readonly chain: PromptChain;
  /** How many blocks are kept already. */
  readonly keptBlocks: number;
  readonly leastTokens: number;
  readonly prices: CachePrices;
}

/** The forecasts for prompts at providers that keep them equally long. Bounded. */
export class ProspectsOfPrompts {
  readonly #hour = new ReuseForecast({ lifeMs: HOUR_MS });
  readonly #short = new Map<number, ReuseForecast>();

  /** Takes a prompt in, once. `pool`: whose prompts are learned from together. `isOnlyAsked`: it is not sent, and nothing is learned of it. */
  observe(pool: string, chain: PromptChain, shortMs: number, nowMs: number, isOnlyAsked: boolean): Prospects {
    let short = this.#short.get(shortMs);
    if (short === undefined) {
      // Lives are those of the table of models: there are a few.
      short = new ReuseForecast({ lifeMs: shortMs });
      this.#short.set(shortMs, short);
    }
    return {
      short: short.observe(pool, chain, nowMs, isOnlyAsked),
      hour: this.#hour.observe(pool, chain, nowMs, isOnlyAsked),
    };
  }
}

/** For how many blocks a write for the short life is expected to pay, and the chances that what ends there comes again. */
export function cutOf(
  { short, hour }: Prospects,
  { chain, keptBlocks, leastTokens, prices }: Question,
): { readonly cut: number; readonly chances: Chances } {
  const terms = { writePremium: prices.write - 1, readSaving: 1 - prices.read, leastTokens };
  const { steps } = chooseCut(chain, short, terms, keptBlocks);
  const end = (steps > 0 ? steps : chain.keys.length) - 1;
  return { cut: steps, chances: { short: short.chances[end] ?? 0, hour: hour.chances[end] ?? 0 } };
}
