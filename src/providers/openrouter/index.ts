import { OPEN_MODEL_SAMPLING } from '../openai-compatible/budget-members.ts';
import { openAiCompatible } from '../openai-compatible/index.ts';
import { openAiToolLimits } from '../openai-compatible/tool-limits.ts';
import type { Provider } from '../provider.ts';

/**
 * OpenRouter. It knows OpenAI's parameters in both their old and new names and leaves out what the model behind it cannot take
 * (https://openrouter.ai/docs/api/reference/parameters, 2026-11-23), so there are no rules of its own.
 */
export const openrouter: Provider = openAiCompatible({
  name: 'openrouter',
  title: 'OpenRouter',
  defaultBaseUrl: 'https://openrouter.ai/api/v1',
  keyVariables: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
  baseUrlVariables: ['OPENROUTER_API_BASE'],
  operations: ['chat', 'completion', 'embedding'],
  rules: { chat: {} },
  toolLimits: openAiToolLimits,
  // https://openrouter.ai/docs/api/reference/errors-and-debugging (2026-11-23). The body's numeric `error.code` is the status, also
  // under an HTTP 200; `error.metadata.raw` holds what the provider behind it said.
  failures: [
    { means: 'upstream_content_policy', status: [403], message: /moderation|flagged/i },
    { means: 'upstream_not_found', status: [404], message: /no (?:allowed )?(?:providers|endpoints)/i },
    { means: 'upstream_bad_gateway', status: [502] },
    { means: 'upstream_overloaded', status: [503] },
  ],
  underBudget: {
    // Left out: `models`, `provider`, `route`, `preset` (another model or price), `plugins` (searches, files), `transforms`.
    harmless: [...OPEN_MODEL_SAMPLING, 'reasoning', 'include_reasoning', 'usage', 'session_id'],
  },
  source: 'https://openrouter.ai/docs/api/reference/overview (2026-11-23)',
});
