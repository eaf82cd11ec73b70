import { OPEN_MODEL_SAMPLING } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** LM Studio. */
export const lmStudio: Provider = openAiCompatible({
  name: 'lm_studio',
  aliases: ['lmstudio'],
  title: 'LMStudio',
  defaultBaseUrl: 'http://localhost:1234/v1',
  keyVariables: ['LM_STUDIO_API_KEY'],
  baseUrlVariables: ['LM_STUDIO_API_BASE'],
  barePath: '/v1',
  keyOptional: true,
  priceProvider: null,
  operations: ['chat', 'completion', 'embedding'],
  underBudget: { harmless: [...OPEN_MODEL_SAMPLING, 'repeat_penalty'] },
  source: 'https://lmstudio.ai/docs/developer/openai-compat (2026-11-23)',
});
