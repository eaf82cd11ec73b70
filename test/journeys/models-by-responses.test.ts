/** Models that work only, or better, through OpenAI's Responses API serve clients of every other format by it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { type Content, GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../support/samples.ts';

const MODELS: Readonly<Record<string, { model: string; params?: JsonObject; info?: JsonObject }>> = {
  codex: { model: 'openai/gpt-5-codex' },
  'azure-codex': { model: 'azure/house', info: { base_model: 'gpt-5.1-codex' } },
  'gpt-5.4': { model: 'openai/gpt-5.4' },
  'gpt-5.6': { model: 'openai/gpt-5.6' },
  pro: { model: 'openai/gpt-5-pro' },
  research: { model: 'openai/o3-deep-research' },
  'chat-5.4': { model: 'openai/gpt-5.4', params: { use_chat_completions_api: true } },
  'chat-5.6': { model: 'openai/gpt-5.6', info: { mode: 'chat' } },
  'chat-codex': { model: 'openai/gpt-5-codex', info: { mode: 'chat' } },
  prefixed: { model: 'openai/responses/gpt-4o' },
  'bare-prefixed': { model: 'responses/gpt-4o' },
  'by-mode': { model: 'openai/gpt-4o', info: { mode: 'responses' } },
  'claude-by-mode': { model: 'anthropic/claude-sonnet-4-5', info: { mode: 'responses' } },
};
const THINKERS = ['codex', 'azure-codex', 'gpt-5.4', 'gpt-5.6'] as const;
const RESPONSES = /\/responses(\?|$)/;
const CHAT = /\/chat\/completions(\?|$)/;

let gateway: TestGateway;
let openai: OpenAI;
let anthropic: Anthropic;
let google: GoogleGenAI;
before(async () => {
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: Object.entries(MODELS).map(([group, { model, params, info }]) => ({
        model_name: group,
        litellm_params: {
          model,
          api_base: 'os.environ/SIMULATOR_URL',
          api_key: 'os.environ/PROVIDER_KEY',
          ...params,
        },
        model_info: { id: group, ...info },
      })),
      router_settings: { num_retries: 0, disable_cooldowns: true },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    }),
  });
  const apiKey = gateway.masterKey;
  openai = new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  anthropic = new Anthropic({ apiKey, baseURL: gateway.url, maxRetries: 0 });
  google = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway.url } });
});
beforeEach(() => gateway.simulator.reset());
after(() => gateway.close());

const paths = (): string[] => gateway.simulator.requests.map(({ path }) => path);
const lastBody = (): JsonObject => gateway.simulator.requests.at(-1)?.body as JsonObject;

/** The provider's own reasoning came back to it, and nothing but the Responses API was asked. */
function assertThoughtsReturned(): void {
  for (const path of paths()) assert.match(path, RESPONSES);
  const input = lastBody().input as JsonObject[];
  const thoughts = input.filter(({ type }) => type === 'reasoning');
  assert.ok(thoughts.length > 0, 'no reasoning came back to the provider');
  for (const thought of thoughts) assert.equal(typeof thought.encrypted_content, 'string');
}

const FUNCTION = {
  type: 'function' as const,
  function: { name: 'get_weather', description: 'The weather in a city', parameters: CITY_SCHEMA },
};

for (const model of THINKERS) {
  describe(`${model} thinks between tool calls`, { timeout: 30_000 }, () => {
    for (const isStream of [false, true]) {
      const how = isStream ? 'streamed' : 'whole';

      it(`for the openai client, ${how}`, async () => {
        const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: TWO_CITIES_QUESTION }];
        const body = { model, messages, tools: [FUNCTION], reasoning_effort: 'low' as const };
        const ask = async (): Promise<OpenAI.ChatCompletion> =>
          isStream
            ? openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
            : openai.chat.completions.create(body);
        const first = await ask();
        const message = first.choices[0]?.message;
        assert.equal(first.choices[0]?.finish_reason, 'tool_calls');
        assert.equal(first.model, model);
        const calls = message?.tool_calls ?? [];
        assert.equal(calls.length, 2);
        assert.ok((first.usage?.prompt_tokens ?? 0) > 0 && (first.usage?.completion_tokens ?? 0) > 0);
        messages.push(message as OpenAI.ChatCompletionMessageParam);
        for (const [index, { id }] of calls.entries())
          messages.push({ role: 'tool', tool_call_id: id, content: `degrees: ${20 + index}` });
        const second = await ask();
        assert.match(second.choices[0]?.message.content ?? '', /degrees: 20.*degrees: 21/s);
        if (!isStream) assertThoughtsReturned();
        for (const path of paths()) assert.match(path, RESPONSES);
      });

      it(`for the anthropic client, ${how}`, async () => {
        const messages: Anthropic.MessageParam[] = [{ role: 'user', content: TWO_CITIES_QUESTION }];
        const body = {
          model,
          max_tokens: 4000,
          messages,
          tools: [{ name: 'get_weather', input_schema: CITY_SCHEMA }],
          thinking: { type: 'enabled' as const, budget_tokens: 2048 },
        };
        const ask = async (): Promise<Anthropic.Message> =>
          isStream ? anthropic.messages.stream(body).finalMessage() : anthropic.messages.create(body);
        const first = await ask();
        assert.equal(first.stop_reason, 'tool_use');
        assert.equal(first.content[0]?.type, 'thinking');
        assert.ok(first.usage.input_tokens > 0 && first.usage.output_tokens > 0);
        const calls = first.content.filter((block) => block.type === 'tool_use');
        messages.push({ role: 'assistant', content: first.content });
        messages.push({
          role: 'user',
          content: calls.map(({ id }, index) => ({
            type: 'tool_result',
            tool_use_id: id,
            content: `degrees: ${20 + index}`,
          })),
        });
        const second = await ask();
        const text = second.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        assert.match(text, /degrees: 20.*degrees: 21/s);
        assertThoughtsReturned();
      });

      it(`for Google's client, ${how}`, async () => {
        const contents: Content[] = [{ role: 'user', parts: [{ text: TWO_CITIES_QUESTION }] }];
        const config = {
          tools: [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: CITY_SCHEMA }] }],
          thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
        };
        const ask = async () => {
          if (!isStream)
            return (await google.models.generateContent({ model, contents, config })).candidates?.[0]?.content?.parts;
          const parts = [];
          for await (const chunk of await google.models.generateContentStream({ model, contents, config }))
            parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
          return parts;
        };
        const called = (await ask()) ?? [];
        const calls = called.flatMap((part) => part.functionCall ?? []);
        assert.equal(calls.length, 2);
        contents.push({ role: 'model', parts: called });
        contents.push({
          role: 'user',
          parts: calls.map(({ id, name }, index) => ({
            functionResponse: {
              ...(id !== undefined && { id }),
              ...(name !== undefined && { name }),
              response: { output: `degrees: ${20 + index}` },
            },
          })),
        });
        const text = ((await ask()) ?? []).map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
        assert.match(text, /degrees: 20.*degrees: 21/s);
        assertThoughtsReturned();
      });
    }

    it('holds to a schema', async () => {
      const answer = await openai.chat.completions.create({
        model,
        messages: [{ role: 'user', content: 'Where?' }],
        response_format: { type: 'json_schema', json_schema: { name: 'city', schema: CITY_SCHEMA, strict: true } },
      });
      assert.equal(typeof JSON.parse(answer.choices[0]?.message.content ?? '').city, 'string');
    });
  });
}

const user = [{ role: 'user', content: 'say: hello' }];
async function chat(model: string, more: JsonObject = {}): Promise<Response> {
  const answer = await gateway.post(
    '/v1/chat/completions',
    { model, messages: user, ...more },
    { authorization: `Bearer ${gateway.masterKey}`, 'x-sluice-explain': '1' },
  );
  return answer;
}

describe('by which API a model is asked', { timeout: 30_000 }, () => {
  for (const [model, more, path] of [
    ['codex', {}, RESPONSES],
    ['azure-codex', {}, RESPONSES],
    ['pro', {}, RESPONSES],
    ['research', {}, RESPONSES],
    ['prefixed', {}, RESPONSES],
    ['bare-prefixed', {}, RESPONSES],
    ['by-mode', {}, RESPONSES],
    ['claude-by-mode', {}, /\/messages$/],
    ['gpt-5.4', {}, CHAT],
    ['gpt-5.4', { tools: [FUNCTION] }, CHAT],
    ['gpt-5.4', { reasoning_effort: 'low' }, CHAT],
    ['gpt-5.4', { tools: [FUNCTION], reasoning_effort: 'none', seed: null }, CHAT],
    ['gpt-5.4', { tools: [FUNCTION], reasoning_effort: 'low', n: 1 }, RESPONSES],
    ['gpt-5.4', { tools: [FUNCTION], reasoning_effort: 'low', seed: 7 }, CHAT],
    ['gpt-5.6', {}, CHAT],
    ['gpt-5.6', { tools: [FUNCTION] }, RESPONSES],
    ['gpt-5.6', { tools: [FUNCTION], reasoning_effort: 'none' }, CHAT],
    ['chat-5.4', { tools: [FUNCTION], reasoning_effort: 'low' }, CHAT],
    ['chat-5.6', { tools: [FUNCTION], reasoning_effort: 'low' }, CHAT],
  ] as const) {
    it(`${model} with ${JSON.stringify(Object.keys(more))}: ${path.source}`, async () => {
      const answer = await chat(model, more as JsonObject);
      assert.equal(answer.status, 200, await answer.text());
      assert.match(paths().at(-1) ?? '', path);
      if (path === RESPONSES) assert.doesNotMatch(String(lastBody().model), /responses/);
    });
  }

  it('the operator has the last word, and the refusal comes through', async () => {
    const answer = await chat('chat-codex');
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /only supported in v1\/responses/);
  });

  it('a client of the Responses API is served by chat completions where the operator says so', async () => {
    const answer = await openai.responses.create({ model: 'chat-5.4', input: 'say: hello', store: false });
    assert.match(answer.output_text, /hello/);
    assert.match(paths().at(-1) ?? '', CHAT);
  });

  it('a health probe asks what a chat would ask', async () => {
    const answer = await gateway.get('/health?model=codex', { authorization: `Bearer ${gateway.masterKey}` });
    const told = (await answer.json()) as { healthy_count: number };
    assert.equal(told.healthy_count, 1, JSON.stringify(told));
    assert.match(paths().at(-1) ?? '', RESPONSES);
  });
});

describe('requests are fitted to the Responses API', { timeout: 30_000 }, () => {
  it('a limit below its least is raised', async () => {
    const answer = await chat('codex', { max_tokens: 5 });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(lastBody().max_output_tokens, 16);
    assert.match(answer.headers.get('x-sluice-dropped') ?? '', /max_tokens/);
  });

  it('an effort that the model does not know becomes the nearest, in both lanes', async () => {
    assert.equal((await chat('codex', { reasoning_effort: 'xhigh' })).status, 200);
    assert.deepEqual(lastBody().reasoning, { effort: 'high', summary: 'auto' });
    await openai.responses.create({ model: 'codex', input: 'say: hello', reasoning: { effort: 'minimal' } });
    assert.deepEqual(lastBody().reasoning, { effort: 'low' });
  });

  it('a verbosity that the model does not take is left out, in both lanes', async () => {
    assert.equal((await chat('codex', { verbosity: 'low' })).status, 200);
    assert.equal((lastBody().text as JsonObject | undefined)?.verbosity, undefined);
    await openai.responses.create({ model: 'codex', input: 'say: hello', text: { verbosity: 'low' } });
    assert.equal((lastBody().text as JsonObject | undefined)?.verbosity, undefined);
  });

  it('a temperature that the model does not take is refused by name, and its default is left out', async () => {
    const refused = await chat('codex', { temperature: 0.2 });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /temperature/);
    assert.equal((await chat('codex', { temperature: 1 })).status, 200);
    assert.equal(lastBody().temperature, undefined);
  });
});
