import { OPEN_MODEL_SAMPLING } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import { joinRules, NO_DEVELOPER_ROLE, onlyDefault } from '../openai-compatible/parameters.ts';
import type { ParameterRules, Provider } from '../provider.ts';

/**
 * Members it does not know are refused: 400 "Extra inputs are not permitted, field: …"
 * (https://github.com/web-infra-dev/midscene/issues/1322). What it knows: https://docs.fireworks.ai/api-reference/post-chatcompletions,
 * tried one by one in https://github.com/BerriAI/litellm/pull/30844 (2026-11-23).
 */
const CHAT: ParameterRules = joinRules(NO_DEVELOPER_ROLE, {
  unsupported: [
    'verbosity',
    'modalities',
    'audio',
    'web_search_options',
    'safety_identifier',
    'prompt_cache_retention',
  ],
  values: { store: onlyDefault(false) },
});

/** Fireworks AI. Models are `accounts/fireworks/models/NAME`. */
export const fireworksAi: Provider = openAiCompatible({
  name: 'fireworks_ai',
  aliases: ['fireworks'],
  title: 'FireworksAI',
  defaultBaseUrl: 'https://api.fireworks.ai/inference/v1',
  keyVariables: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY'],
  baseUrlVariables: ['FIREWORKS_API_BASE'],
  priceProvider: 'fireworks',
  operations: ['chat', 'completion', 'embedding'],
  rules: { chat: CHAT },
  // 412: the account is suspended. https://docs.fireworks.ai/troubleshooting/status_error_codes/inference_error_code (2026-11-23)
  failures: [{ means: 'upstream_payment', status: [412] }],
  underBudget: {
    harmless: [
      ...OPEN_MODEL_SAMPLING,
      'thinking',
      'context_length_exceeded_behavior',
      'prompt_truncate_len',
      'reasoning_history',
      'mirostat_target',
      'mirostat_lr',
    ],
  },
  source: 'https://docs.fireworks.ai/api-reference/introduction (2026-11-23)',
});
