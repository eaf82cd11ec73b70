import { OPEN_MODEL_SAMPLING, THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** Together AI. */
export const togetherAi: Provider = openAiCompatible({
  name: 'together_ai',
  aliases: ['together'],
  title: 'TogetherAI',
  defaultBaseUrl: 'https://api.together.xyz/v1',
  keyVariables: ['TOGETHERAI_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHER_API_KEY'],
  baseUrlVariables: ['TOGETHER_AI_API_BASE'],
  priceProvider: 'together',
  operations: ['chat', 'completion', 'embedding'],
  failures: [
    // https://docs.together.ai/docs/error-codes (2026-11-23): 402 and 429 with this type, the account's limit of spending.
    { means: 'upstream_payment', code: /^credit_limit$/ },
    // 403 "The input token count plus max_tokens exceeds the model's limit".
    { means: 'upstream_context_window', status: [403], message: /tokens? .{0,80}(?:exceed|must be <=|greater than)/i },
  ],
  underBudget: {
    harmless: [...OPEN_MODEL_SAMPLING, 'context_length_exceeded_behavior', 'reasoning'],
    checked: { chat_template_kwargs: THINKING_SWITCHES },
  },
  source: 'https://docs.together.ai/reference/chat-completions-1 (2026-11-23)',
});
