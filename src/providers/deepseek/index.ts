import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';
import { deepseekRules } from './parameters.ts';

/**
 * DeepSeek. Serves at the root and, equally, under `/v1` ("the v1 here has no relationship with the model's version").
 * Its statuses mean what the family's mean: 402 no balance, 422 wrong parameters, 503 overloaded; "Content Exists Risk" with 400
 * is its filter (https://api-docs.deepseek.com/quick_start/error_codes, 2026-11-23).
 */
export const deepseek: Provider = openAiCompatible({
  name: 'deepseek',
  title: 'DeepSeek',
  modelPatterns: ['deepseek-*'],
  defaultBaseUrl: 'https://api.deepseek.com',
  keyVariables: ['DEEPSEEK_API_KEY'],
  baseUrlVariables: ['DEEPSEEK_API_BASE', 'DEEPSEEK_BASE_URL'],
  rules: { chat: deepseekRules },
  failures: [{ means: 'upstream_not_found', status: [400], message: /^model not exist/i }],
  underBudget: { harmless: ['thinking'] },
  source: 'https://api-docs.deepseek.com (2026-11-23)',
});
