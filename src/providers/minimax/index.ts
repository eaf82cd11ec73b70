import { openAiCompatible } from '../openai-compatible/index.ts';
import { FAMILY_CHAT_RULES, joinRules, onlyDefault } from '../openai-compatible/parameters.ts';
import type { Provider } from '../provider.ts';
import { MINIMAX_FAILURES } from './errors.ts';

/** MiniMax. One choice only; parameters it does not know are skipped (https://platform.minimax.io/docs/api-reference/text-openai-api, 2026-11-23). */
export const minimax: Provider = openAiCompatible({
  name: 'minimax',
  title: 'MiniMax',
  modelPatterns: ['MiniMax-*', 'minimax-*'],
  defaultBaseUrl: 'https://api.minimax.io/v1',
  keyVariables: ['MINIMAX_API_KEY'],
  baseUrlVariables: ['MINIMAX_API_BASE'],
  rules: { chat: joinRules(FAMILY_CHAT_RULES, { values: { n: onlyDefault(1) } }) },
  failures: MINIMAX_FAILURES,
  underBudget: { harmless: ['thinking', 'reasoning_split', 'mask_sensitive_info'] },
  source: 'https://platform.minimax.io/docs/api-reference/text-openai-api (2026-11-23)',
});
