import {
  FAMILY_CHAT_RULES,
  joinRules,
  onlyDefault,
  REASONING_BESIDE_CALLS,
  withoutJsonSchema,
} from '../openai-compatible/parameters.ts';
import type { ParameterRules } from '../provider.ts';

/**
 * https://api-docs.deepseek.com/api/create-chat-completion (2026-11-23): `response_format` is `text` or `json_object` ("This
 * response_format type is unavailable now" for a schema); there is one choice only. Members it does not list are skipped.
 */
const CHAT: ParameterRules = joinRules(FAMILY_CHAT_RULES, REASONING_BESIDE_CALLS, {
  values: { response_format: withoutJsonSchema, n: onlyDefault(1) },
});

/** https://api-docs.deepseek.com/guides/reasoning_model (2026-11-23): with log-probabilities it answers with an error. */
const REASONER: ParameterRules = joinRules(CHAT, {
  unsupported: ['top_logprobs'],
  values: { logprobs: onlyDefault(false) },
});

/** What a model of DeepSeek takes. */
export function deepseekRules(model: string): ParameterRules {
  return model.startsWith('deepseek-reasoner') ? REASONER : CHAT;
}
