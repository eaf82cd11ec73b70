/** Usage that no provider told: counted from the text, marked as estimated. */
import type { JsonValue } from '../../core/json.ts';
import { textIn } from '../../core/text-in.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { account } from './book-usage.ts';

/** Counts the tokens of a text; the tokenizer behind it is loaded at its first use. */
export type CountTokens = (text: string) => Promise<number>;

/** Estimates what attempts used whose providers did not say, from the prompt and what they wrote, and books it. */
export async function estimate(exchange: Exchange, countTokens: CountTokens): Promise<void> {
  for (const { deployment, facts, text, factor, known } of exchange.pendingEstimates) {
    const written = Math.round((await countTokens(text())) * factor);
    const usage = known ?? { inputTokens: await countTokens(promptText(exchange.body)), outputTokens: 0 };
    account(exchange, deployment, facts, {
      ...usage,
      outputTokens: Math.max(usage.outputTokens, written),
      isEstimated: true,
    });
  }
}

const PROMPT_MEMBERS = ['messages', 'system', 'tools', 'prompt', 'input', 'contents'] as const;

/** The words of a request, of whatever format. */
export function promptText(body: Buffer): string {
  const value = JSON.parse(body.toString('utf8')) as { [name: string]: JsonValue | undefined };
  return PROMPT_MEMBERS.map((name) => textIn(value[name])).join(' ');
}
