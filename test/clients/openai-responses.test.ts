/** The official `openai` package speaks the Responses API to every provider format. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { ALL_CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../support/samples.ts';

type Responses = OpenAI.Responses.ResponseInputItem[];
type Answer = OpenAI.Responses.Response;

let gateway: TestGateway;
let client: OpenAI;
before(async () => {
  gateway = await startTestGateway();
  client = new OpenAI({ apiKey: gateway.masterKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
});
after(() => gateway.close());

const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'The weather in a city',
  parameters: CITY_SCHEMA,
  strict: true,
};
const MANNERS = ['whole', 'streamed', 'streamed by the helper'] as const;
type Manner = (typeof MANNERS)[number];

async function answerOf(body: OpenAI.Responses.ResponseCreateParamsNonStreaming, manner: Manner): Promise<Answer> {
  if (manner === 'whole') return client.responses.create(body);
  if (manner === 'streamed by the helper') return client.responses.stream({ ...body, stream: true }).finalResponse();
  let text = '';
  let done: Answer | undefined;
  for await (const event of await client.responses.create({ ...body, stream: true })) {
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed' || event.type === 'response.incomplete') done = event.response;
  }
  assert.ok(done !== undefined, 'the stream has no end');
  const told = done.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  assert.equal(told.map((part) => (part.type === 'output_text' ? part.text : '')).join(''), text);
  return { ...done, output_text: text };
}

/** Asks, gives every call its result, and asks again until words come. Every item of an answer goes back as it came. */
async function converse(model: string, manner: Manner, extra: object = {}): Promise<Answer[]> {
  const input: Responses = [{ role: 'user', content: TWO_CITIES_QUESTION }];
  const answers: Answer[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const answer = await answerOf({ model, input, tools: [WEATHER], store: false, ...extra }, manner);
    answers.push(answer);
    const calls = answer.output.filter((item) => item.type === 'function_call');
    if (calls.length === 0) break;
    input.push(...(answer.output as Responses));
    for (const [index, call] of calls.entries()) {
      input.push({ type: 'function_call_output', call_id: call.call_id, output: `degrees: ${20 + index}` });
    }
  }
  return answers;
}

for (const model of [...ALL_CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro', 'deepseek-reasoner']) {
  describe(`the openai client speaks the Responses API to ${model}`, { timeout: 30_000 }, () => {
    for (const manner of MANNERS) {
      it(`gets words and usage, ${manner}`, async () => {
        const answer = await answerOf({ model, input: 'say: hello there', store: false }, manner);
        assert.match(answer.output_text, /hello there/);
        assert.equal(answer.status, 'completed');
        assert.ok((answer.usage?.input_tokens ?? 0) > 0 && (answer.usage?.output_tokens ?? 0) > 0);
      });

      it(`calls two tools at once and tells their results, ${manner}`, async () => {
        const [first, second] = await converse(model, manner);
        const calls = first?.output.filter((item) => item.type === 'function_call') ?? [];
        assert.deepEqual(
          calls.map((call) => [call.name, JSON.parse(call.arguments)]),
          [
            ['get_weather', { city: 'Paris' }],
            ['get_weather', { city: 'London' }],
          ],
        );
        assert.match(second?.output_text ?? '', /degrees: 20.*degrees: 21/s);
      });

      it(`thinks between calls, and its thoughts come back to it, ${manner}`, async () => {
        const reasoning = { effort: 'low', summary: 'auto' };
        const extra = { reasoning, include: ['reasoning.encrypted_content'] };
        const answers = await converse(model, manner, extra);
        assert.match(answers.at(-1)?.output_text ?? '', /degrees: 20.*degrees: 21/s);
      });
    }

    it('takes an earlier answer as text, also from the assistant', async () => {
      const input: Responses = [
        { role: 'developer', content: 'Be brief.' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
        { role: 'assistant', content: 'Hello! How can I help?' },
        { role: 'user', content: 'say: again' },
      ];
      const answer = await client.responses.create({ model, input, store: false, instructions: 'Be kind.' });
      assert.match(answer.output_text, /again/);
    });

    it('sends nulls and defaults, as some libraries write every parameter', async () => {
      const body = {
        model,
        input: 'say: nulls',
        include: null,
        max_output_tokens: null,
        metadata: null,
        previous_response_id: null,
        truncation: 'disabled' as const,
        store: false,
        tools: [],
        text: null,
        reasoning: null,
      };
      const answer = await client.responses.create(
        body as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming,
      );
      assert.match(answer.output_text, /nulls/);
    });
  });
}

describe('what only this format has', { timeout: 30_000 }, () => {
  it('calls tools in namespaces by their own names, and custom tools with text', async () => {
    const tools = [
      {
        type: 'namespace',
        name: 'files',
        description: 'Files.',
        tools: [{ type: 'function', name: 'read', parameters: CITY_SCHEMA, strict: false }],
      },
    ] as unknown as OpenAI.Responses.Tool[];
    for (const model of ['claude-sonnet', 'gemini-2.5-pro', 'deepseek-chat', 'glm-4.6']) {
      for (const manner of MANNERS) {
        const called = await answerOf({ model, input: 'Hello', tools, tool_choice: 'required', store: false }, manner);
        const [call] = called.output.filter((item) => item.type === 'function_call');
        assert.equal(call?.name, 'read');
        assert.equal(call?.namespace, 'files');
        const custom: OpenAI.Responses.Tool[] = [{ type: 'custom', name: 'patch', description: 'Changes a file.' }];
        const written = await answerOf(
          { model, input: 'Hello', tools: custom, tool_choice: 'required', store: false },
          manner,
        );
        const [patch] = written.output.filter((item) => item.type === 'custom_tool_call');
        assert.equal(patch?.name, 'patch');
        assert.equal(typeof patch?.input, 'string');
        assert.ok(!patch?.input.startsWith('{'), patch?.input);
      }
    }
  });

  it('keeps namespaces on the way to OpenAI too, where another model thought before', async () => {
    const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'anthropic:c2lnbmVk' };
    const read = { type: 'function', name: 'read', parameters: CITY_SCHEMA, strict: false };
    const tools = ['files', 'letters'].map((name) => ({ type: 'namespace', name, description: name, tools: [read] }));
    const body = {
      model: 'gpt-5',
      input: [{ role: 'user', content: 'Hello' }, thought, { role: 'user', content: 'Go on' }],
      tools,
      tool_choice: { type: 'function', name: 'read', namespace: 'letters' },
      store: false,
    } as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming;
    for (const manner of MANNERS) {
      const { output } = await answerOf(body, manner);
      const [call] = output.filter((item) => item.type === 'function_call');
      assert.deepEqual([call?.name, call?.namespace], ['read', 'letters']);
      const sent = gateway.simulator.requests.at(-1)?.body as JsonObject;
      assert.deepEqual(sent.tools, tools);
      assert.deepEqual(sent.tool_choice, body.tool_choice);
    }
  });

  it('answers a WebSocket at once with 426, so that programs go on over HTTP', async () => {
    const asked = request(`${gateway.url}/v1/responses`, {
      headers: {
        authorization: `Bearer ${gateway.masterKey}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    asked.end();
    const [refused] = (await once(asked, 'response')) as [IncomingMessage];
    refused.resume();
    assert.equal(refused.statusCode, 426);
  });
});
