import { openAiCompatible } from '../openai-compatible/index.ts';
import type { Provider } from '../provider.ts';
import { moonshotRules } from './parameters.ts';

/** Moonshot AI: the Kimi models. */
export const moonshot: Provider = openAiCompatible({
  name: 'moonshot',
  title: 'Moonshot',
  modelPatterns: ['kimi-*', 'moonshot-*'],
  defaultBaseUrl: 'https://api.moonshot.ai/v1',
  keyVariables: ['MOONSHOT_API_KEY'],
  baseUrlVariables: ['MOONSHOT_API_BASE'],
  priceProvider: 'moonshotai',
  rules: { chat: moonshotRules },
  failures: [
    // https://platform.kimi.ai/docs/api/errors and https://www.kimi.com/help/kimi-api/api-error-codes (2026-11-23)
    { means: 'upstream_payment', code: /^exceeded_current_quota_error$/, answerWith: 429 },
    { means: 'upstream_overloaded', code: /^engine_overloaded_error$/ },
    { means: 'upstream_rate_limit', code: /^rate_limit_reached_error$/ },
    { means: 'upstream_context_window', message: /exceeded model token limit/i },
    { means: 'upstream_content_policy', message: /considered high risk/i },
    { means: 'upstream_auth', code: /^(?:invalid_authentication_error|incorrect_api_key_error)$/ },
    { means: 'upstream_payment', status: [403], message: /balance|usage limit/i },
    { means: 'upstream_not_found', code: /^resource_not_found_error$/ },
  ],
  underBudget: { harmless: ['thinking'] },
  source: 'https://platform.kimi.ai/docs/api/chat (2026-11-23)',
});
