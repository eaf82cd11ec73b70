import { joinRules, NO_DEVELOPER_ROLE, onlyDefault } from '../openai-compatible/parameters.ts';
import type { ParameterRules } from '../provider.ts';

/**
 * "presencePenalty, frequencyPenalty and stop are not supported by reasoning models; adding them results in an error"
 * (https://docs.x.ai/docs/guides/reasoning, 2026-11-23); tried model by model in https://github.com/mnfst/modelparams.dev/pull/20
 * (2026-05-24): from Grok 4.20 on the penalties are refused everywhere, and `reasoning_effort` by models that always reason.
 */
const NO_PENALTIES: ParameterRules = joinRules(NO_DEVELOPER_ROLE, {
  values: { presence_penalty: onlyDefault(0), frequency_penalty: onlyDefault(0) },
});
const REASONING: ParameterRules = joinRules(NO_PENALTIES, { values: { stop: onlyDefault(null) } });
const ALWAYS_REASONING: ParameterRules = joinRules(REASONING, { unsupported: ['reasoning_effort'] });

/** What a Grok model takes; `max_tokens` and `max_completion_tokens` are both known. */
export function xaiRules(model: string): ParameterRules {
  if (/^grok-(?:2|3(?!-mini))/.test(model)) return NO_DEVELOPER_ROLE;
  if (/non-reasoning/.test(model)) return NO_PENALTIES;
  if (/^grok-(?:4(?:-0709|-latest|$)|4-fast|4-1|4\.20|code|build)/.test(model)) return ALWAYS_REASONING;
  return REASONING;
}
