/** Usage that no provider reported: counted from the text, and marked as estimated. */
import type { CountTokens } from '../../costs/token-counter.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { bookAttempt } from './book-attempt.ts';

/** Estimates the usage of attempts whose providers did not report it, from the prompt and what they wrote, and books it. */
export async function estimate(exchange: Exchange, countTokens: CountTokens): Promise<void> {
  const owner = exchange.identity?.keyHash;
  for (const { deployment, facts, text, factor, known, prompt } of exchange.pendingEstimates) {
    const written = Math.round((await countTokens(text(), owner)) * factor);
    const asked = (): string => prompt?.() ?? exchange.outline.promptText();
    const usage = known ?? { inputTokens: await countTokens(asked(), owner), outputTokens: 0 };
    bookAttempt(exchange, deployment, facts, {
      ...usage,
      outputTokens: Math.max(usage.outputTokens, written),
      isEstimated: true,
    });
  }
}
