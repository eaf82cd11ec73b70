/** Usage that no provider told: counted from the text, marked as estimated. */
import type { JsonValue } from '../core/json.ts';
import { textIn } from '../core/text-in.ts';
import { account } from './account.ts';
import type { Exchange } from './exchange.ts';

/** Counts the tokens of a text; the tokenizer behind it is loaded at its first use. */
export type CountTokens = (text: string) => Promise<number>;

/** Estimates what the request used from its prompt and the answer's text, and books it. */
export async function estimate(exchange: Exchange, countTokens: CountTokens): Promise<void> {
  const { toEstimate, deployment } = exchange;
  if (toEstimate === undefined || deployment === undefined) return;
  const { known, factor } = toEstimate;
  const written = Math.round((await countTokens(toEstimate.text())) * factor);
  if (known !== undefined) {
    account(exchange, deployment, { ...known, outputTokens: Math.max(known.outputTokens, written), isEstimated: true });
    return;
  }
  const inputTokens = await countTokens(promptText(exchange.body));
  account(exchange, deployment, { inputTokens, outputTokens: written, isEstimated: true });
}

const PROMPT_MEMBERS = ['messages', 'system', 'tools', 'prompt', 'input', 'contents'] as const;

function promptText(body: Buffer): string {
  const value = JSON.parse(body.toString('utf8')) as { [name: string]: JsonValue | undefined };
  return PROMPT_MEMBERS.map((name) => textIn(value[name])).join(' ');
}
