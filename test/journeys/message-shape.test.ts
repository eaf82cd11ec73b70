/** Turns and reasoning in the shape that the operator says a model, or a program, takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const BASE = '$' + '{SIMULATOR_URL}';

async function withShape(params: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const model = (name: string, provider: string, path: string) => ({
    model_name: name,
    litellm_params: {
      model: `${provider}/${name}`,
      api_base: BASE + path,
      api_key: 'os.environ/PROVIDER_KEY',
      ...params,
    },
  });
  const config = {
    model_list: [model('gpt-4o', 'openai', '/v1'), model('claude-sonnet-4-5', 'anthropic', '')],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    router_settings: { num_retries: 0 },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

const system = (content: string) => ({ role: 'system', content });
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

async function sentFor(gateway: TestGateway, messages: JsonObject[], more: JsonObject = {}): Promise<JsonObject> {
  const response = await gateway.post('/v1/chat/completions', { model: 'gpt-4o', messages, ...more });
  assert.equal(response.status, 200, await response.text());
  return JSON.parse(String(gateway.simulator.requests.at(-1)?.rawBody)) as JsonObject;
}

test('supports_system_message: false makes user messages of instructions, in every format and at a stable place', async () => {
  await withShape({ supports_system_message: false }, async (gateway) => {
    const begin = [system('Be brief.'), { role: 'developer', content: 'Be kind.' }, user('Hello')];
    const first = await sentFor(gateway, begin);
    assert.deepEqual(first.messages, [user('Be brief.\n\nBe kind.\n\nHello')]);
    const further = [...begin, assistant('Hi.'), system('Now in French.')];
    const second = await sentFor(gateway, further);
    assert.deepEqual(second.messages, [...(first.messages as JsonObject[]), assistant('Hi.'), user('Now in French.')]);
    const third = await sentFor(gateway, [...further, user('Go on')], { temperature: 0 });
    assert.deepEqual(third.messages, [...(second.messages as JsonObject[]), user('Go on')]);
    assert.equal(third.temperature, 0);
    const alone = await sentFor(gateway, [system('Only this.')]);
    assert.deepEqual(alone.messages, [user('Only this.')]);
    const body = { model: 'gpt-4o', max_tokens: 20, system: 'Be brief.', messages: [user('Hello')] };
    assert.equal((await gateway.post('/v1/messages', body)).status, 200);
    const translated = JSON.parse(String(gateway.simulator.requests.at(-1)?.rawBody));
    assert.deepEqual(translated.messages, [user('Be brief.\n\nHello')]);
    const relayed = { ...body, model: 'claude-sonnet-4-5' };
    assert.equal((await gateway.post('/v1/messages', relayed)).status, 200);
    const sent = JSON.parse(String(gateway.simulator.requests.at(-1)?.rawBody));
    assert.equal(sent.system, undefined);
    assert.match(JSON.stringify(sent.messages), /Be brief\.\\n\\nHello/);
  });
});

test('ensure_alternating_roles puts messages between those of one role, and leaves calls of tools alone', async () => {
  const go = 'Please continue.';
  await withShape({ ensure_alternating_roles: true }, async (gateway) => {
    const messages = [system('S'), assistant('a'), assistant('b'), user('c'), user('d')];
    const { messages: sent } = await sentFor(gateway, messages);
    assert.deepEqual(sent, [
      system('S'),
      user(go),
      assistant('a'),
      user(go),
      assistant('b'),
      user('c'),
      assistant(go),
      user('d'),
    ]);
    const last = await sentFor(gateway, [user('c'), assistant('d')]);
    assert.deepEqual(last.messages, [user('c'), assistant('d'), user(go)]);
    const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
    const calls = [user('c'), { role: 'assistant', content: null, tool_calls: [call] }];
    const result = { role: 'tool', tool_call_id: 'call_1', content: 'r' };
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
    const used = await sentFor(gateway, [...calls, result], { tools });
    assert.equal((used.messages as JsonObject[]).length, 3);
    const usual = [user('c'), assistant('d'), user('e')];
    assert.deepEqual((await sentFor(gateway, usual)).messages, usual);
  });
  const own = { user_continue_message: user('More?'), assistant_continue_message: assistant('Yes?') };
  await withShape(own, async (gateway) => {
    const { messages: sent } = await sentFor(gateway, [assistant('a'), user('b'), user('c')]);
    assert.deepEqual(sent, [user('More?'), assistant('a'), user('b'), assistant('Yes?'), user('c')]);
  });
});

const THOUGHTS = 'The user greets me.';
const usage = { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 };
const WHOLE = {
  id: 'x',
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'Hi.', reasoning_content: THOUGHTS }, finish_reason: 'stop' },
  ],
  usage,
};
const chunk = (delta: JsonObject, more: JsonObject = {}) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;
const STREAM = [
  chunk({ role: 'assistant', reasoning_content: 'The user ' }),
  chunk({ reasoning_content: 'greets me.' }),
  chunk({ content: 'Hi' }),
  chunk({ content: '.' }),
  chunk({}, { finish_reason: 'stop' }),
  'data: [DONE]\n\n',
].join('');
const CLAUDE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [
    { type: 'thinking', thinking: THOUGHTS, signature: 'c2ln' },
    { type: 'text', text: 'Hi.' },
  ],
  stop_reason: 'end_turn',
  usage: { input_tokens: 5, output_tokens: 9 },
};

const textOfStream = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '')
    .join('');

test('merge_reasoning_content_in_choices puts reasoning into the text, whole and streamed', async () => {
  const merged = `<think>${THOUGHTS}</think>Hi.`;
  for (const merges of [true, false]) {
    await withShape({ merge_reasoning_content_in_choices: merges }, async (gateway) => {
      const script = (model: string, reply: JsonObject) =>
        gateway.simulator.script({ match: { model }, reply: reply as never });
      const ask = async (model: string, stream: boolean) => {
        const response = await gateway.post('/v1/chat/completions', { model, stream, messages: [user('Hello')] });
        const text = await response.text();
        assert.equal(response.status, 200, text);
        return text;
      };
      for (const [model, json] of [
        ['gpt-4o', WHOLE],
        ['claude-sonnet-4-5', CLAUDE],
      ] as const) {
        const rule = script(model, { status: 200, json });
        const { message } = JSON.parse(await ask(model, false)).choices[0];
        assert.equal(message.content, merges ? merged : 'Hi.', model);
        assert.equal(message.reasoning_content, merges ? undefined : THOUGHTS, model);
        // A provider that answers a stream in one piece.
        const streamed = await ask(model, true);
        assert.equal(textOfStream(streamed), merges ? merged : 'Hi.', model);
        rule.remove();
      }
      const rule = script('gpt-4o', { status: 200, headers: { 'content-type': 'text/event-stream' }, text: STREAM });
      const streamed = await ask('gpt-4o', true);
      assert.equal(textOfStream(streamed), merges ? merged : 'Hi.');
      assert.equal(streamed.includes('reasoning_content'), !merges);
      rule.remove();
      // Messages have a place of their own for it.
      script('claude-sonnet-4-5', { status: 200, json: CLAUDE });
      const body = { model: 'claude-sonnet-4-5', max_tokens: 50, messages: [user('Hello')] };
      const { content } = (await (await gateway.post('/v1/messages', body)).json()) as typeof CLAUDE;
      assert.deepEqual(content, CLAUDE.content);
    });
  }
});

for (const [name, begin, rest, expected] of [
  [
    'in its text',
    [{ role: 'assistant', reasoning_content: 'Six times seven.' }, { content: 'The answer is certainly ' }],
    [{ role: 'assistant', content: 'forty-two.' }],
    '<think>Six times seven.</think>The answer is certainly forty-two.',
  ],
  [
    'in its reasoning',
    [{ role: 'assistant', reasoning_content: 'Six times ' }],
    [{ role: 'assistant', reasoning_content: 'seven.' }, { content: 'Forty-two.' }],
    '<think>Six times seven.</think>Forty-two.',
  ],
] as const) {
  test(`a stream with reasoning in its text that breaks off ${name} is continued with one beginning and one end of it`, async () => {
    const deployment = (model: string, order: number) => ({
      model_name: 'm',
      litellm_params: {
        ...{ model: `openai/${model}`, api_base: `${BASE}/v1`, api_key: 'os.environ/PROVIDER_KEY', order },
        merge_reasoning_content_in_choices: true,
      },
    });
    const config = {
      model_list: [deployment('first', 1), deployment('second', 2)],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      router_settings: { num_retries: 2 },
    };
    const gateway = await startTestGateway({ config: JSON.stringify(config) });
    try {
      const headers = { 'content-type': 'text/event-stream' };
      const text = begin.map((delta) => chunk(delta)).join('');
      gateway.simulator.script({ match: { model: 'first' }, reply: { status: 200, headers, text } as never });
      const whole = `${rest.map((delta) => chunk(delta)).join('')}${chunk({}, { finish_reason: 'stop' })}data: [DONE]\n\n`;
      gateway.simulator.script({ match: { model: 'second' }, reply: { status: 200, headers, text: whole } as never });
      const response = await gateway.post('/v1/chat/completions', {
        model: 'm',
        stream: true,
        messages: [user('6 × 7?')],
      });
      const answered = await response.text();
      assert.doesNotMatch(answered, /"error"/, answered);
      assert.equal(textOfStream(answered), expected);
      const asked = gateway.simulator.requests.at(-1);
      assert.equal(asked?.model, 'second');
      assert.doesNotMatch(String(asked?.rawBody), /<think>/);
    } finally {
      await gateway.close();
    }
  });
}
