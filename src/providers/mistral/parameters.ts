import {
  joinRules,
  OLD_MAX_TOKENS,
  omit,
  onlyDefault,
  respell,
  strictMessages,
} from '../openai-compatible/parameters.ts';
import type { ParameterRules } from '../provider.ts';

/**
 * Mistral refuses every member it does not know with 422 "Extra inputs are not permitted" (`extra_forbidden`), in the body
 * (https://github.com/mistralai/platform-docs-public/issues/7) and in messages (https://github.com/charmbracelet/crush/issues/1590).
 * What it knows: https://docs.mistral.ai/api/endpoint/chat (2026-11-23).
 */
export const MISTRAL_CHAT_RULES: ParameterRules = joinRules(
  OLD_MAX_TOKENS,
  strictMessages([
    'name',
    'reasoning_content',
    'reasoning',
    'reasoning_details',
    'refusal',
    'annotations',
    'audio',
    'function_call',
  ]),
  {
    rename: { seed: 'random_seed' },
    unsupported: [
      'logit_bias',
      'top_logprobs',
      'user',
      'service_tier',
      'verbosity',
      'modalities',
      'audio',
      'web_search_options',
      'safety_identifier',
      'prompt_cache_retention',
      'functions',
      'function_call',
    ],
    values: {
      // Usage comes without being asked for.
      stream_options: omit,
      store: onlyDefault(false),
      logprobs: onlyDefault(false),
      tool_choice: respell({ required: 'any' }),
    },
  },
);

/** https://docs.mistral.ai/api/endpoint/embeddings (2026-11-23): `output_dimension` and `encoding_format`, no `user`. */
export const MISTRAL_EMBEDDING_RULES: ParameterRules = {
  rename: { dimensions: 'output_dimension' },
  unsupported: ['user'],
};

/**
 * Whether answers come with reasoning, for which Mistral makes `content` a list with `thinking` parts: OpenAI's clients take the
 * content of an answer to be a string. https://docs.mistral.ai/capabilities/reasoning (2026-11-23): Magistral models always, others
 * if the request asks for it.
 */
export function reasonsInContent(model: string, body: Uint8Array): boolean {
  if (/^magistral/.test(model)) return true;
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return buffer.includes('"reasoning_effort"') || buffer.includes('"prompt_mode"');
}
