import { modelAbilities } from '../../models/model-table.ts';
import { type ParameterRules, UNSUPPORTED } from '../provider.ts';
import { joinRules, NEW_MAX_TOKENS, onlyDefault } from './parameters.ts';

/**
 * What reasoning models of OpenAI refuse beside what the table of models says of each. Sources, read 2026-11-23:
 * https://developers.openai.com/api/reference/resources/chat (`max_tokens` "is not compatible with o-series models"),
 * https://learn.microsoft.com/azure/foundry/openai/how-to/reasoning ("not supported: temperature, top_p, presence_penalty,
 * frequency_penalty, logprobs, top_logprobs, logit_bias, max_tokens").
 */
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
/** Names of OpenAI's own models; others are served by somebody with its API, who takes more. gpt-oss is anybody's. */
const OWN_MODEL = /^(?:ft:)?(?:gpt-(?!oss)|chatgpt-|o\d)/;
/** No parameter of OpenAI's ("Unrecognized request argument supplied: top_k"); clients of other formats send it. */
const OWN: ParameterRules = { unsupported: ['top_k'] };
const NEWER_MODEL: ParameterRules = joinRules(OWN, NEW_MAX_TOKENS);
const REASONING: ParameterRules = joinRules(NEWER_MODEL, SAMPLING_FIXED);
const REASONING_WITHOUT_STOP: ParameterRules = joinRules(REASONING, { values: { stop: onlyDefault(null) } });
const ANYTHING: ParameterRules = {};
/** "Unsupported parameter: 'temperature' is not supported with this model." (1 is taken; https://github.com/OpenHands/software-agent-sdk/pull/992, 2026-11-29) */
const RESPONSES_FIXED: ParameterRules = {
  values: { temperature: onlyDefault(1), top_p: onlyDefault(1), top_logprobs: onlyDefault(0) },
};

/** What one of OpenAI's models, served by OpenAI or by somebody with its API, takes of the chat parameters. */
export function openAiModelRules(model: string): ParameterRules {
  const name = model.toLowerCase();
  if (!OWN_MODEL.test(name)) return ANYTHING;
  const { reasoning, sampling, refusesStop } = modelAbilities(name);
  if (reasoning === undefined || reasoning.how === 'never') return OWN;
  if (sampling === undefined) return NEWER_MODEL;
  return refusesStop === true ? REASONING_WITHOUT_STOP : REASONING;
}

/** What one of OpenAI's models takes of the parameters of the Responses API. */
export function openAiResponseRules(model: string): ParameterRules {
  const name = model.toLowerCase();
  return OWN_MODEL.test(name) && modelAbilities(name).sampling === 'fixed' ? RESPONSES_FIXED : ANYTHING;
}

/**
 * Whether one of OpenAI's models answers legacy completions; every other one only chats
 * (https://developers.openai.com/api/docs/models, 2026-11-23: gpt-3.5-turbo-instruct, davinci-002, babbage-002 and fine-tunes of them).
 */
export function isCompletionModel(model: string): boolean {
  return /instruct|davinci|babbage/.test(model);
}
