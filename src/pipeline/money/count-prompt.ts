import type { CountTokens } from '../../costs/token-counter.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { HeavyWork } from '../heavy/heavy-work.ts';

/** What the tokens of a prompt are counted with. */
export interface PromptCounter {
  readonly countTokens: CountTokens;
  readonly heavy: Pick<HeavyWork, 'promptOf'>;
}

/** On the high side, as wherever a text cannot be counted. */
const BYTES_PER_TOKEN = 3;

/** Tokens of a request's prompt. Never rejects. */
export async function countPrompt(exchange: Exchange, { countTokens, heavy }: PromptCounter): Promise<number> {
  const { body, mostParsedBytes, outline, identity } = exchange;
  if (body.length <= mostParsedBytes) return countTokens(outline.promptText(), identity?.keyHash);
  const words = await heavy.promptOf(exchange).catch(() => undefined);
  return words === undefined ? Math.ceil(outline.promptBytes / BYTES_PER_TOKEN) : countTokens(words, identity?.keyHash);
}
