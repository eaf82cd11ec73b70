/** A gateway over scripted upstreams, and the pieces of which provider streams are made. */
import type { JsonObject } from '../../src/core/json.ts';
import { ONE_ATTEMPT } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts';

/** A gateway with a group for each provider's name (`openai/*`) over one scripted upstream, and a spare one for `spare`. */
export interface StreamWorld {
  readonly gateway: TestGateway;
  readonly upstream: ScriptedUpstream;
  readonly spare: ScriptedUpstream;
  ask(client: 'openai' | 'anthropic', body: JsonObject): Promise<{ status: number; headers: Headers; text: string }>;
  close(): Promise<void>;
}

const PROVIDERS = ['openai', 'anthropic', 'gemini', 'moonshot', 'mistral', 'ollama', 'hosted_vllm', 'deepseek', 'groq'];

/** Starts the world. Groups `falls/PROVIDER` fall back to `spare`, which is the model that is named. */
export async function startStreamWorld(spareModel = 'anthropic/claude-sonnet-4-5'): Promise<StreamWorld> {
  const upstream = await startScriptedUpstream();
  const spare = await startScriptedUpstream();
  const at = (url: string): JsonObject => ({ api_base: url, api_key: 'k' });
  const config = JSON.stringify({
    model_list: [
      ...PROVIDERS.map((name) => ({
        model_name: `${name}/*`,
        litellm_params: { model: `${name}/*`, ...at(upstream.url) },
      })),
      ...PROVIDERS.map((name) => ({
        model_name: `falls/${name}`,
        litellm_params: { model: `${name}/first`, ...at(upstream.url) },
      })),
      { model_name: 'spare', litellm_params: { model: spareModel, ...at(spare.url) } },
    ],
    litellm_settings: { drop_params: true },
    router_settings: { ...ONE_ATTEMPT, fallbacks: PROVIDERS.map((name) => ({ [`falls/${name}`]: ['spare'] })) },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  });
  const gateway = await startTestGateway({ config });
  return {
    gateway,
    upstream,
    spare,
    async ask(client, body) {
      const path = client === 'openai' ? '/v1/chat/completions' : '/v1/messages';
      const more = { max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
      const response = await gateway.post(path, { ...more, ...body });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    async close() {
      await gateway.close();
      await upstream.close();
      await spare.close();
    },
  };
}

/** Events of a Claude stream. */
export const claude = {
  start: (id = 'msg_1'): JsonObject => ({
    type: 'message_start',
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 10, output_tokens: 1 },
    },
  }),
  text: (index: number): JsonObject => ({
    type: 'content_block_start',
    index,
    content_block: { type: 'text', text: '' },
  }),
  tool: (index: number, id: string, name: string): JsonObject => ({
    type: 'content_block_start',
    index,
    content_block: { type: 'tool_use', id, name, input: {} },
  }),
  say: (index: number, text: string): JsonObject => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'text_delta', text },
  }),
  input: (index: number, json: string): JsonObject => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'input_json_delta', partial_json: json },
  }),
  stop: (index: number): JsonObject => ({ type: 'content_block_stop', index }),
  end: (reason = 'tool_use'): JsonObject[] => [
    { type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ],
};

/** Chunks of an OpenAI stream. */
export const openai = {
  chunk: (delta: JsonObject, id = 'chatcmpl-1', finish: string | null = null): JsonObject => ({
    id,
    object: 'chat.completion.chunk',
    created: 1700000000,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  }),
  call: (fragment: JsonObject, id = 'chatcmpl-1'): JsonObject => openai.chunk({ tool_calls: [fragment] }, id),
  end: (finish = 'stop', id = 'chatcmpl-1'): (JsonObject | string)[] => [openai.chunk({}, id, finish), '[DONE]'],
};
