import { OPEN_MODEL_SAMPLING, THINKING_SWITCHES } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';

/** NVIDIA NIM, hosted; a container of one's own by `api_base`. */
export const nvidiaNim: Provider = openAiCompatible({
  name: 'nvidia_nim',
  title: 'NvidiaNim',
  defaultBaseUrl: 'https://integrate.api.nvidia.com/v1',
  keyVariables: ['NVIDIA_NIM_API_KEY', 'NVIDIA_API_KEY'],
  baseUrlVariables: ['NVIDIA_NIM_API_BASE'],
  // The price list does not have it.
  priceProvider: null,
  operations: ['chat', 'completion', 'embedding'],
  underBudget: { harmless: OPEN_MODEL_SAMPLING, checked: { chat_template_kwargs: THINKING_SWITCHES } },
  source: 'https://docs.api.nvidia.com/nim/reference/llm-apis (2026-11-23)',
});
