/** Every answer and every event of a stream, from every provider format, is valid by OpenAI's own OpenAPI document. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { openaiJudges } from '../golden/openai-chat/openai-schema.ts';
import { ALL_CHAT_GROUPS, TENANT_KEY } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, PNG_URL, TWO_CITIES_QUESTION } from '../support/samples.ts';

const NAMES = [
  'CreateChatCompletionResponse',
  'CreateChatCompletionStreamResponse',
  'CreateCompletionResponse',
  'CreateEmbeddingResponse',
  'ListModelsResponse',
  'Model',
  'ErrorResponse',
] as const;
const judges = openaiJudges(NAMES);
const skip = judges === undefined ? '../shared/reference/openai-openapi.json is absent' : false;

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
after(() => gateway.close());

function valid(name: (typeof NAMES)[number], value: JsonValue): void {
  assert.equal(judges?.[name](value), undefined, JSON.stringify(value));
}

/** The payloads of a stream; the last one is the end mark. */
function payloads(text: string): string[] {
  assert.ok(text.endsWith('\n\n'), text.slice(-100));
  return text.split(/\r?\n\r?\n/).flatMap((frame) => {
    const data = frame.split(/\r?\n/).filter((line) => line.startsWith('data:'));
    return data.length === 0 ? [] : [data.map((line) => line.slice(5).trim()).join('\n')];
  });
}

const ask = (content: JsonValue): JsonObject => ({ messages: [{ role: 'user', content }] });
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: CITY_SCHEMA } }];
const schema = { type: 'json_schema', json_schema: { name: 'city', strict: true, schema: CITY_SCHEMA } };

/** What is asked of every provider. */
const QUESTIONS: Readonly<Record<string, JsonObject>> = {
  words: ask('Tell me about tides.'),
  'a short answer cut by its limit': { ...ask('Tell me about tides.'), max_tokens: 5 },
  'a stop sequence': { ...ask('say: one two three'), stop: ['three'] },
  'calls of a tool': { ...ask(TWO_CITIES_QUESTION), tools },
  'a forced tool': { ...ask('Hello'), tools, tool_choice: 'required' },
  reasoning: { ...ask('How many feathers has a swan?'), reasoning_effort: 'low' },
  'a schema': { ...ask('Where is Paris? Answer in JSON.'), response_format: schema },
  'several choices': { ...ask('say: two'), n: 2 },
  'log-probabilities': { ...ask('say: two'), logprobs: true, top_logprobs: 2 },
  'a picture': ask([
    { type: 'text', text: 'Look.' },
    { type: 'image_url', image_url: { url: PNG_URL } },
  ]),
};
const MODELS = [...ALL_CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro', 'deepseek-reasoner'];
/** Azure speaks of its filters first, in a frame that OpenAI's document does not know, and which is relayed as it comes. */
const isAzureFilterFrame = (chunk: JsonObject): boolean => chunk.prompt_filter_results !== undefined;

for (const model of MODELS) {
  describe(`${model} answers as OpenAI's document has it`, { timeout: 20_000, skip }, () => {
    for (const [name, question] of Object.entries(QUESTIONS)) {
      it(`${name}, whole and streamed`, async () => {
        const body = { model, ...question };
        const whole = await gateway.post('/v1/chat/completions', body);
        const text = await whole.text();
        // What a model of OpenAI's does not take it refuses, and that is an answer too.
        if (whole.status !== 200) {
          assert.equal(whole.status, 400);
          valid('ErrorResponse', JSON.parse(text));
          return;
        }
        valid('CreateChatCompletionResponse', JSON.parse(text));
        for (const options of [{}, { stream_options: { include_usage: true } }]) {
          const streamed = await gateway.post('/v1/chat/completions', { ...body, stream: true, ...options });
          assert.match(streamed.headers.get('content-type') ?? '', /^text\/event-stream/);
          const events = payloads(await streamed.text());
          assert.equal(events.pop(), '[DONE]');
          assert.ok(events.length > 0);
          for (const event of events) {
            const chunk = JSON.parse(event) as JsonObject;
            if (!isAzureFilterFrame(chunk)) valid('CreateChatCompletionStreamResponse', chunk);
          }
        }
      });
    }
  });
}

describe("everything else is as OpenAI's document has it", { timeout: 20_000, skip }, () => {
  it('refusals and filtered answers', async () => {
    for (const model of [
      'openai/gpt-4o+refuse',
      'anthropic/claude-sonnet-4-5+refuse',
      'gemini/gemini-2.5-pro+filter',
      'openai/gpt-4o+filter',
    ]) {
      const whole = await gateway.post('/v1/chat/completions', { model, ...ask('Do harm.') });
      valid('CreateChatCompletionResponse', (await whole.json()) as JsonObject);
      const streamed = await gateway.post('/v1/chat/completions', { model, stream: true, ...ask('Do harm.') });
      for (const event of payloads(await streamed.text()).slice(0, -1))
        valid('CreateChatCompletionStreamResponse', JSON.parse(event));
    }
  });

  it('completions, whole and streamed', async () => {
    for (const model of ['instruct', 'claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat', 'glm-4.6']) {
      const body = { model, prompt: 'Tell me about tides.', max_tokens: 12 };
      const whole = await gateway.post('/v1/completions', body);
      valid('CreateCompletionResponse', (await whole.json()) as JsonObject);
      for (const options of [{}, { stream_options: { include_usage: true } }]) {
        const streamed = await gateway.post('/v1/completions', { ...body, stream: true, ...options });
        const events = payloads(await streamed.text());
        assert.equal(events.pop(), '[DONE]');
        for (const event of events) {
          // The document has one schema for both kinds; of events it does not say what OpenAI sends until the last: null.
          const { usage, choices, ...chunk } = JSON.parse(event) as JsonObject & { choices: JsonObject[] };
          const ended = choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? 'stop' }));
          const told = usage === null || usage === undefined ? {} : { usage };
          valid('CreateCompletionResponse', { ...chunk, ...told, choices: ended });
        }
      }
    }
  });

  it('embeddings as numbers', async () => {
    for (const model of ['text-embedding-3-small', 'gemini-embedding']) {
      const embedded = await gateway.post('/v1/embeddings', { model, input: ['sea', 'shore'] });
      valid('CreateEmbeddingResponse', (await embedded.json()) as JsonObject);
    }
  });

  it('models, all and one', async () => {
    valid('ListModelsResponse', (await (await gateway.get('/v1/models')).json()) as JsonObject);
    valid('Model', (await (await gateway.get('/v1/models/claude-sonnet')).json()) as JsonObject);
  });

  it('errors of the gateway and of providers', async () => {
    const words = ask('Hello');
    const tenant = { authorization: `Bearer ${TENANT_KEY}` };
    const failed: [number, Response][] = [
      [401, await gateway.post('/v1/chat/completions', words, {})],
      [403, await gateway.post('/v1/chat/completions', { model: 'claude-sonnet', ...words }, tenant)],
      [400, await gateway.post('/v1/chat/completions', { model: 'no-such-model', ...words })],
      [400, await gateway.post('/v1/chat/completions', '{"model":')],
      [400, await gateway.post('/v1/chat/completions', '')],
      [404, await gateway.post('/v1/no/such/path', {})],
      [405, await gateway.get('/v1/chat/completions')],
      [404, await gateway.get('/v1/models/no-such-model')],
      [400, await gateway.post('/v1/embeddings', { model: 'claude-sonnet', input: 'sea' })],
      [400, await gateway.post('/v1/completions', { model: 'instruct', prompt: { a: 1 } })],
    ];
    for (const provider of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-pro', 'zai/glm-4.6']) {
      for (const status of [400, 401, 403, 404, 413, 422, 429, 500, 503]) {
        const answered = await gateway.post('/v1/chat/completions', { model: `${provider}+fault-${status}`, ...words });
        failed.push([answered.status, answered]);
        assert.ok(answered.status >= 400, `${provider} ${status}`);
      }
      for (const fault of [
        'context-length',
        'quota',
        'content-filter-400',
        'html-in-200',
        'empty-200',
        'error-in-200',
      ]) {
        const answered = await gateway.post('/v1/chat/completions', { model: `${provider}+fault-${fault}`, ...words });
        assert.ok(answered.status >= 400, `${provider} ${fault}`);
        failed.push([answered.status, answered]);
      }
    }
    for (const [status, response] of failed) {
      assert.equal(response.status, status);
      valid('ErrorResponse', (await response.json()) as JsonObject);
    }
  });

  it('the error that ends a stream which broke', async () => {
    for (const provider of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-pro', 'zai/glm-4.6']) {
      const model = `${provider}+fault-reset-after-3`;
      const streamed = await gateway.post('/v1/chat/completions', { model, stream: true, ...ask('Go') });
      const events = payloads(await streamed.text());
      assert.ok(!events.includes('[DONE]'), model);
      valid('ErrorResponse', JSON.parse(events.at(-1) ?? ''));
      for (const event of events.slice(0, -1)) valid('CreateChatCompletionStreamResponse', JSON.parse(event));
    }
  });
});
