import { OPEN_MODEL_SAMPLING, THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** Any server with OpenAI's API, at the `api_base` the configuration names. Paths go behind it as they are: `https://host/v1`. */
export const openaiLike: Provider = openAiCompatible({
  name: 'openai_like',
  aliases: ['custom_openai', 'openai_compatible'],
  title: 'OpenAILike',
  keyVariables: ['OPENAI_LIKE_API_KEY'],
  baseUrlVariables: ['OPENAI_LIKE_API_BASE'],
  keyOptional: true,
  isCustomEndpoint: true,
  priceProvider: null,
  operations: ['chat', 'completion', 'embedding'],
  underBudget: {
    harmless: [...OPEN_MODEL_SAMPLING, 'thinking', 'enable_thinking', 'reasoning'],
    checked: { chat_template_kwargs: THINKING_SWITCHES },
  },
  source: 'https://docs.litellm.ai/docs/providers/openai_compatible (2026-07-14)',
});
