import { OPEN_MODEL_SAMPLING, THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** DeepInfra. */
export const deepinfra: Provider = openAiCompatible({
  name: 'deepinfra',
  title: 'DeepInfra',
  defaultBaseUrl: 'https://api.deepinfra.com/v1/openai',
  keyVariables: ['DEEPINFRA_API_KEY', 'DEEPINFRA_TOKEN'],
  baseUrlVariables: ['DEEPINFRA_API_BASE'],
  // The price list does not have it.
  priceProvider: null,
  operations: ['chat', 'completion', 'embedding'],
  underBudget: {
    harmless: [...OPEN_MODEL_SAMPLING, 'reasoning'],
    checked: { chat_template_kwargs: THINKING_SWITCHES },
  },
  source: 'https://deepinfra.com/docs/openai_api (2026-11-23)',
});
