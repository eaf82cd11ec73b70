/** Estimates the tokens of a prompt by its bytes, learned from the counts of providers. */

/** The value for English prose in JSON, used until a provider's count is known. */
const FIRST_BYTES_PER_TOKEN = 4;
/** The weight of the newest count; prompts differ, so one odd prompt must not count for much. */
const WEIGHT = 0.05;
const MOST_SERIES = 10_000;
/** How much longer than its estimate a prompt may be, unless its length in bytes says less. */
export const INPUT_MARGIN = 1.5;

/** Tokens of a part of a prompt that is not its text. */
export interface FurtherTokens {
  readonly likely: number;
  readonly atMost: number;
}

const NO_TOKENS: FurtherTokens = { likely: 0, atMost: 0 };

/** The size of a prompt, known without parsing it. */
export interface PromptSize {
  /** Bytes of its words and the JSON around them; encoded media are left out. */
  readonly bytes: number;
  readonly media: number;
  /** Tokens that a byte of it may come to, by a look at some of them; unknown where every byte counts as one. */
  readonly density?: number;
}

/** Learns the bytes per token of each model group. */
export class InputEstimates {
  readonly #bytesPerToken = new Map<string, number>();

  /** The likely tokens of a prompt, and the number that they cannot exceed (every token of text is at least a byte). */
  estimate(group: string, { bytes, density = 0 }: PromptSize, further: FurtherTokens = NO_TOKENS): FurtherTokens {
    const ratio = this.#bytesPerToken.get(group) ?? FIRST_BYTES_PER_TOKEN;
    // With its margin the estimate covers what the prompt looks like.
    const likely = Math.ceil(bytes * Math.max(1 / ratio, density / INPUT_MARGIN));
    return { likely: likely + further.likely, atMost: bytes + further.atMost };
  }

  /** Learns from a provider's count. Prompts with media say nothing about text. */
  observe(group: string, { bytes, media }: PromptSize, tokens: number): void {
    if (media > 0 || tokens <= 0 || bytes < 1) return;
    const seen = Math.min(Math.max(bytes / tokens, 1), 32);
    const before = this.#bytesPerToken.get(group);
    if (before === undefined && this.#bytesPerToken.size >= MOST_SERIES) this.#bytesPerToken.clear();
    this.#bytesPerToken.set(group, before === undefined ? seen : before + (seen - before) * WEIGHT);
  }
}
