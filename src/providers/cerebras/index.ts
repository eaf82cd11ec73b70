import { openAiCompatible } from '../openai-compatible/index.ts';
import { joinRules, NO_DEVELOPER_ROLE, onlyDefault } from '../openai-compatible/parameters.ts';
import type { ParameterRules, Provider } from '../provider.ts';

/**
 * 400 for `frequency_penalty`, `logit_bias` and `presence_penalty`; the role `developer` is not exposed; the limit of the answer is
 * `max_completion_tokens`, with `max_tokens` understood. https://inference-docs.cerebras.ai/resources/openai and
 * https://hexdocs.pm/req_llm/cerebras.html (2026-11-23)
 */
const CHAT: ParameterRules = joinRules(NO_DEVELOPER_ROLE, {
  unsupported: ['logit_bias'],
  values: { frequency_penalty: onlyDefault(0), presence_penalty: onlyDefault(0), n: onlyDefault(1) },
});

/** Cerebras. */
export const cerebras: Provider = openAiCompatible({
  name: 'cerebras',
  title: 'Cerebras',
  defaultBaseUrl: 'https://api.cerebras.ai/v1',
  keyVariables: ['CEREBRAS_API_KEY'],
  baseUrlVariables: ['CEREBRAS_API_BASE'],
  operations: ['chat', 'completion'],
  rules: { chat: CHAT },
  failures: [
    // "Please reduce the length of the messages or completion. Current length is 8193 while limit is 8192"
    { means: 'upstream_context_window', status: [400], message: /current length is \d+ while limit is \d+/i },
    // 429 with these types. https://inference-docs.cerebras.ai/support/error (2026-11-23)
    { means: 'upstream_overloaded', status: [429], code: /^(?:queue_exceeded|too_many_queued)$/ },
  ],
  underBudget: { harmless: ['disable_reasoning', 'clear_thinking', 'reasoning_format'] },
  source: 'https://inference-docs.cerebras.ai/api-reference/chat-completions (2026-11-23)',
});
