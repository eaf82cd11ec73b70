import { isJsonObject } from '../../core/json.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';
import { xaiRules } from './parameters.ts';

/** xAI. */
export const xai: Provider = openAiCompatible({
  name: 'xai',
  title: 'XAI',
  modelPatterns: ['grok-*'],
  defaultBaseUrl: 'https://api.x.ai/v1',
  keyVariables: ['XAI_API_KEY'],
  baseUrlVariables: ['XAI_API_BASE'],
  priceProvider: 'x-ai',
  rules: { chat: xaiRules },
  failures: [
    // https://docs.x.ai/docs/key-information/debugging (2026-11-23): `code` is a sentence, `error` the explanation.
    { means: 'upstream_content_policy', message: /violates? usage guidelines|SAFETY_CHECK_TYPE/i },
    { means: 'upstream_payment', status: [403, 429], message: /used all available credits|monthly spending limit/i },
    { means: 'upstream_auth', status: [400], message: /incorrect api key/i },
  ],
  underBudget: {
    harmless: ['top_k', 'prompt_cache_key'],
    checked: { search_parameters: (value) => isJsonObject(value) && value.mode === 'off' },
  },
  source: 'https://docs.x.ai/docs/api-reference (2026-11-23)',
});
