import { type ParameterRules, UNSUPPORTED } from '../provider.ts';
import { joinRules, NEW_MAX_TOKENS, onlyDefault } from './parameters.ts';

/**
 * OpenAI's reasoning models, by name (dated and fine-tuned names included). Sources, read 2026-11-23:
 * https://developers.openai.com/api/reference/resources/chat (`max_tokens` "is not compatible with o-series models", `stop`
 * "not supported with latest reasoning models o3 and o4-mini"), https://learn.microsoft.com/azure/foundry/openai/how-to/reasoning
 * ("not supported: temperature, top_p, presence_penalty, frequency_penalty, logprobs, top_logprobs, logit_bias, max_tokens"),
 * https://developers.openai.com/api/docs/guides/latest-model (`temperature`, `top_p` and `logprobs` are taken from GPT-5.1 on
 * while the effort is `none`: not refused here, the model itself knows which effort it runs at).
 */
const REASONING_MODEL = /^(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d))/;
const CHAT_VARIANT = /-chat(?:-|$)/;
const WITHOUT_SAMPLING = /^(?:ft:)?(?:o\d|gpt-5(?:-(?!chat)|$))/;
const WITHOUT_STOP = /^(?:ft:)?(?:o3(?!-mini)|o4|gpt-5(?:-(?!chat)|$))/;

const SAMPLING_FIXED: ParameterRules = {
  values: {
    temperature: onlyDefault(1),
    top_p: onlyDefault(1),
    presence_penalty: onlyDefault(0),
    frequency_penalty: onlyDefault(0),
    logprobs: onlyDefault(false),
    logit_bias: (value) =>
      value === null || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : UNSUPPORTED,
  },
  unsupported: ['top_logprobs'],
};
const REASONING: ParameterRules = joinRules(NEW_MAX_TOKENS, SAMPLING_FIXED);
const REASONING_WITHOUT_STOP: ParameterRules = joinRules(REASONING, { values: { stop: onlyDefault(null) } });
const ANYTHING: ParameterRules = {};

/** What one of OpenAI's models, served by OpenAI or by somebody with its API, takes of the chat parameters. */
export function openAiModelRules(model: string): ParameterRules {
  const name = model.toLowerCase();
  if (WITHOUT_STOP.test(name)) return REASONING_WITHOUT_STOP;
  if (WITHOUT_SAMPLING.test(name)) return REASONING;
  if (REASONING_MODEL.test(name)) return CHAT_VARIANT.test(name) ? ANYTHING : NEW_MAX_TOKENS;
  return ANYTHING;
}
