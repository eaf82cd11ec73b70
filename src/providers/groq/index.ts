import { openAiCompatible } from '../openai-compatible/index.ts';
import { joinRules, onlyDefault, strictMessages } from '../openai-compatible/parameters.ts';
import type { ParameterRules, Provider } from '../provider.ts';

/**
 * "The following fields are currently not supported and will result in a 400 error: logprobs, logit_bias, top_logprobs,
 * messages[].name; if N is supplied, it must be equal to 1" (https://console.groq.com/docs/openai, 2026-11-23). Unknown members of
 * messages are refused too ("property 'reasoning_content' is unsupported"); its own word for reasoning is `reasoning`.
 */
const CHAT: ParameterRules = joinRules(
  strictMessages(['name', 'reasoning_content', 'reasoning_details', 'refusal', 'annotations', 'audio']),
  {
    unsupported: ['logit_bias', 'top_logprobs'],
    values: { logprobs: onlyDefault(false), n: onlyDefault(1) },
  },
);

/** Groq. */
export const groq: Provider = openAiCompatible({
  name: 'groq',
  title: 'Groq',
  defaultBaseUrl: 'https://api.groq.com/openai/v1',
  keyVariables: ['GROQ_API_KEY'],
  baseUrlVariables: ['GROQ_API_BASE'],
  rules: { chat: CHAT },
  failures: [
    // The model wrote a tool call or JSON that does not parse: its fault, and another try often goes well.
    // https://console.groq.com/docs/tool-use and https://console.groq.com/docs/errors (2026-11-23)
    { means: 'upstream_server_error', status: [400], code: /^(?:tool_use_failed|json_validate_failed)$/ },
    // 413 with the code `rate_limit_exceeded`: this request alone is above the limit of tokens per minute.
    { means: 'upstream_too_large', status: [413] },
    { means: 'upstream_overloaded', status: [498] },
  ],
  underBudget: { harmless: ['reasoning_format', 'include_reasoning', 'top_k'] },
  source: 'https://console.groq.com/docs/api-reference (2026-11-23)',
});
