import { THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** SambaNova Cloud. It skips parameters it does not know. */
export const sambanova: Provider = openAiCompatible({
  name: 'sambanova',
  title: 'SambaNova',
  defaultBaseUrl: 'https://api.sambanova.ai/v1',
  keyVariables: ['SAMBANOVA_API_KEY'],
  baseUrlVariables: ['SAMBANOVA_API_BASE'],
  // The price list does not have it.
  priceProvider: null,
  operations: ['chat', 'embedding'],
  underBudget: { harmless: ['top_k', 'do_sample', 'reasoning'], checked: { chat_template_kwargs: THINKING_SWITCHES } },
  source: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility (2026-11-23)',
});
