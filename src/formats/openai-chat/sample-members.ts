import type { JsonObject } from '../../core/json.ts';

const TOOL: JsonObject = {
  type: 'function',
  function: { name: 'look_up', description: 'Looks up a word.', parameters: { type: 'object', properties: {} } },
};

/**
 * Each parameter of a chat completion with a harmless value, and what it needs beside it: to find out which ones a model takes
 * (https://platform.openai.com/docs/api-reference/chat/create, 2026-11-29).
 */
export const SAMPLE_MEMBERS: ReadonlyMap<string, JsonObject> = new Map(
  Object.entries({
    frequency_penalty: { frequency_penalty: 0.5 },
    logit_bias: { logit_bias: { '50256': -1 } },
    logprobs: { logprobs: true },
    top_logprobs: { logprobs: true, top_logprobs: 2 },
    max_tokens: { max_tokens: 4_096 },
    max_completion_tokens: { max_completion_tokens: 4_096 },
    modalities: { modalities: ['text'] },
    prediction: { prediction: { type: 'content', content: 'word' } },
    n: { n: 2 },
    presence_penalty: { presence_penalty: 0.5 },
    seed: { seed: 1 },
    stop: { stop: ['END'] },
    stream: { stream: true },
    stream_options: { stream: true, stream_options: { include_usage: true } },
    temperature: { temperature: 0.5 },
    top_p: { top_p: 0.5 },
    tools: { tools: [TOOL] },
    tool_choice: { tools: [TOOL], tool_choice: 'auto' },
    parallel_tool_calls: { tools: [TOOL], parallel_tool_calls: false },
    functions: { functions: [TOOL.function as JsonObject] },
    function_call: { functions: [TOOL.function as JsonObject], function_call: 'auto' },
    response_format: { response_format: { type: 'json_object' } },
    reasoning_effort: { reasoning_effort: 'low' },
    verbosity: { verbosity: 'low' },
    service_tier: { service_tier: 'default' },
    store: { store: false },
    metadata: { metadata: { purpose: 'test' } },
    user: { user: 'somebody' },
    safety_identifier: { safety_identifier: 'somebody' },
    prompt_cache_key: { prompt_cache_key: 'key' },
    web_search_options: { web_search_options: {} },
    audio: { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'mp3' } },
  }),
);

/** The shortest request in this format, with members besides. */
export function sampleChat(model: string, members: JsonObject): JsonObject {
  return { model, messages: [{ role: 'user', content: 'Answer in JSON.' }], ...members };
}
