import { type ParameterRules, UNSUPPORTED } from '../provider.ts';
import { joinRules, NEW_MAX_TOKENS, onlyDefault } from './parameters.ts';

/**
 * OpenAI's reasoning models, by name (dated and fine-tuned names included). Sources, read 2026-11-23:
 * https://developers.openai.com/api/reference/resources/chat (`max_tokens` "is not compatible with o-series models", `stop` "not
 * supported with latest reasoning models o3 and o4-mini"), https://learn.microsoft.com/azure/foundry/openai/how-to/reasoning
 * ("not supported: temperature, top_p, presence_penalty, frequency_penalty, logprobs, top_logprobs, logit_bias, max_tokens").
 */
const REASONING_MODEL = /^(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d))/;
const CHAT_VARIANT = /-chat(?:-|$)/;

/**
 * Reasoning models that can run at the effort `none` take sampling parameters while they do, which is their default
 * (https://developers.openai.com/api/docs/guides/latest-model, 2026-11-23): GPT-5.1 to GPT-5.5, but not their codex and pro
 * variants (https://community.openai.com/t/1371738, a table of efforts by model). They get them and judge themselves.
 * GPT-5.6 and later refuse again (https://github.com/khoj-ai/khoj/issues/1377, 2026).
 */
const SAMPLES_WITHOUT_REASONING = /^(?:ft:)?gpt-5\.[1-5](?!.*-(?:codex|pro))/;
/** `stop` is refused from o3 on. */
const TAKES_STOP = /^(?:ft:)?(?:o1|o3-mini)/;

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

/** What one of OpenAI's models, served by OpenAI or by somebody with its API, takes of the chat parameters. */
export function openAiModelRules(model: string): ParameterRules {
  const name = model.toLowerCase();
  if (!OWN_MODEL.test(name)) return ANYTHING;
  if (!REASONING_MODEL.test(name) || CHAT_VARIANT.test(name)) return OWN;
  if (SAMPLES_WITHOUT_REASONING.test(name)) return NEWER_MODEL;
  return TAKES_STOP.test(name) ? REASONING : REASONING_WITHOUT_STOP;
}

/**
 * Whether one of OpenAI's models answers legacy completions; every other one only chats
 * (https://developers.openai.com/api/docs/models, 2026-11-23: gpt-3.5-turbo-instruct, davinci-002, babbage-002 and fine-tunes of them).
 */
export function isCompletionModel(model: string): boolean {
  return /instruct|davinci|babbage/.test(model);
}
