import { joinRules, NO_DEVELOPER_ROLE, onlyDefault } from '../openai-compatible/parameters.ts';
import type { ParameterRules } from '../provider.ts';

/**
 * "presencePenalty, frequencyPenalty and stop are not supported by reasoning models; adding them results in an error"
 * (https://docs.x.ai/docs/guides/reasoning, 2026-11-23); tried model by model in https://github.com/mnfst/modelparams.dev/pull/20
 * (2026-05-24): from Grok 4.20 on the penalties are refused everywhere. Which efforts a model knows is in the table of models.
 */
const NO_PENALTIES: ParameterRules = joinRules(NO_DEVELOPER_ROLE, {
  values: { presence_penalty: onlyDefault(0), frequency_penalty: onlyDefault(0) },
});
const REASONING: ParameterRules = joinRules(NO_PENALTIES, { values: { stop: onlyDefault(null) } });

/** What a Grok model takes; `max_tokens` and `max_completion_tokens` are both known. */
export function xaiRules(model: string): ParameterRules {
  if (/^grok-(?:2|3(?!-mini))/.test(model)) return NO_DEVELOPER_ROLE;
  if (/non-reasoning/.test(model)) return NO_PENALTIES;
  return REASONING;
}
