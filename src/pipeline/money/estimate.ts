/** Usage that no provider reported: counted from the text, and marked as estimated. */
import type { Exchange } from '../../exchange/exchange.ts';
import { bookAttempt } from './book-attempt.ts';
import { countPrompt, type PromptCounter } from './count-prompt.ts';

/** Estimates the usage of attempts whose providers did not report it, from the prompt and what they wrote, and books it. */
export async function estimate(exchange: Exchange, counter: PromptCounter): Promise<void> {
  const owner = exchange.identity?.keyHash;
  for (const { deployment, facts, text, factor, known, prompt, billed } of exchange.pendingEstimates) {
    const written = Math.round((await counter.countTokens(text(), owner)) * factor);
    const asked = (): Promise<number> =>
      prompt === undefined ? countPrompt(exchange, counter) : counter.countTokens(prompt(), owner);
    const usage = known ?? { inputTokens: await asked(), outputTokens: 0 };
    const whole = { ...usage, outputTokens: Math.max(usage.outputTokens, written), isEstimated: true };
    bookAttempt(exchange, deployment, facts, whole, billed?.(whole));
  }
}
