/** Bodies that are parsed on a thread of their own: they mean what small ones mean, and the event loop turns meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { HEAVY_BYTES } from '../../src/core/too-heavy.ts';
import { faultConfig, onlyLine, startFaultGateway } from '../faults/support.ts';
import type { TestGateway } from '../support/gateway.ts';

/** Every role, tools and their results, and what the formats have names of their own for. */
const TOOL = { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };
const long = (bytes: number): string => 'word '.repeat(bytes / 5);

/** Sends a body as it is written. */
function postText(
  { url, masterKey }: TestGateway,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const headers = { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' };
  return fetch(url + path, { method: 'POST', headers, body });
}

interface Spoken {
  readonly path: string;
  readonly models: readonly string[];
  ask(model: string, text: string): JsonObject;
}

/** The same conversation in every format of clients. */
const SPOKEN: Readonly<Record<string, Spoken>> = {
  'openai-chat': {
    path: '/v1/chat/completions',
    models: ['ant/claude-sonnet-4-5', 'gem/gemini-2.5-flash', 'deepseek'],
    ask: (model, text) => ({
      ...{ model, max_tokens: 50, temperature: 0.5, tools: [{ type: 'function', function: TOOL }] },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text }] },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
        { role: 'developer', content: 'Answer now.' },
      ],
    }),
  },
  'anthropic-messages': {
    path: '/v1/messages',
    models: ['oai/gpt-4o', 'gem/gemini-2.5-flash'],
    ask: (model, text) => ({
      ...{ model, max_tokens: 50, system: [{ type: 'text', text: 'Be brief.' }] },
      tools: [{ name: 'weather', input_schema: TOOL.parameters }],
      messages: [
        { role: 'user', content: text },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Rome' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' }] },
      ],
    }),
  },
  'openai-responses': {
    path: '/v1/responses',
    models: ['ant/claude-sonnet-4-5', 'gem/gemini-2.5-flash'],
    ask: (model, text) => ({
      ...{ model, max_output_tokens: 50, instructions: 'Be brief.', store: false },
      tools: [{ type: 'function', ...TOOL }],
      input: [
        { role: 'user', content: text },
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Rome"}' },
        { type: 'function_call_output', call_id: 'call_1', output: 'sunny' },
      ],
    }),
  },
  'gemini-generate': {
    path: '/v1beta/models/MODEL:generateContent',
    models: ['oai/gpt-4o', 'ant/claude-sonnet-4-5'],
    ask: (_model, text) => ({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { maxOutputTokens: 50 },
      contents: [
        { role: 'user', parts: [{ text }] },
        { role: 'model', parts: [{ text: 'Yes?' }] },
        { role: 'user', parts: [{ text: 'Go on.' }] },
      ],
    }),
  },
};

const SMALL = long(10_000);
const LARGE = long(1.1 * HEAVY_BYTES);

describe('large bodies', { timeout: 240_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    const simulated = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
    const models = [
      { model_name: 'deepseek', litellm_params: { model: 'deepseek/deepseek-chat', ...simulated } },
      {
        model_name: 'strict',
        litellm_params: { model: 'anthropic/claude-sonnet-4-5', ...simulated },
        model_info: { max_input_tokens: 50_000 },
      },
    ];
    const router_settings = { enable_pre_call_checks: true, timeout: 60, ttft_timeout: 60, stream_idle_timeout: 60 };
    gateway = await startFaultGateway({ config: faultConfig(models, { router_settings }) });
  });
  after(() => gateway.close());

  const post = (path: string, model: string, body: unknown): Promise<Response> =>
    gateway.post(path.replace('MODEL', model.replace('/', '%2F')), body);
  const lastSent = (): string => gateway.simulator.requests.at(-1)?.rawBody.toString() ?? '';

  for (const [format, { path, models, ask }] of Object.entries(SPOKEN)) {
    for (const model of models) {
      test(`${format} to ${model}: a large request is written as a small one, and answered as one`, async () => {
        const seen: { sent: string; answer: JsonObject }[] = [];
        for (const text of [SMALL, LARGE]) {
          const response = await post(path, model, ask(model, text));
          const answer = await response.text();
          assert.equal(response.status, 200, answer);
          seen.push({ sent: lastSent().replace(text, 'TEXT'), answer: JSON.parse(answer) as JsonObject });
        }
        assert.ok(seen[0]?.sent.includes('TEXT'));
        assert.equal(seen[1]?.sent, seen[0]?.sent);
        assert.deepEqual(Object.keys(seen[1]?.answer ?? {}), Object.keys(seen[0]?.answer ?? {}));
      });
    }
  }

  test('a large stream begins with what the request asked for', async () => {
    const body = { ...SPOKEN['openai-responses']?.ask('ant/claude-sonnet-4-5', LARGE), stream: true };
    const text = await (await gateway.post('/v1/responses', body)).text();
    assert.match(text, /"instructions":"Be brief\."/);
    assert.match(text, /event: response\.(?:completed|incomplete)/);
  });

  test('the error for a large request names the place', async () => {
    const body = SPOKEN['openai-chat']?.ask('ant/claude-sonnet-4-5', LARGE) as { messages: JsonObject[] };
    body.messages[3] = { role: 'tool', content: 'sunny' };
    const response = await gateway.post('/v1/chat/completions', body);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /messages\[3\]\.tool_call_id/);
  });

  test('a large request whose members are repeated or escaped is read as JSON.parse reads it', async () => {
    for (const twice of ['"max_tokens":9,', '"max_t\\u006fkens":9,']) {
      const body = JSON.stringify(SPOKEN['openai-chat']?.ask('oai/gpt-4o', LARGE)).replace('{', `{${twice}`);
      const response = await postText(gateway, '/v1/chat/completions', body);
      assert.equal(response.status, 200, await response.text());
      assert.equal(lastSent().match(/max_tokens/g)?.length, 1);
    }
  });

  test('tokens of a large prompt are counted, for a client that asks and for a deployment that may not hold it', async () => {
    const messages = [{ role: 'user', content: LARGE }];
    const asked = await gateway.post('/v1/messages/count_tokens', { model: 'oai/gpt-4o', messages });
    const { input_tokens: tokens } = (await asked.json()) as { input_tokens: number };
    const words = LARGE.length / 5;
    assert.ok(tokens > words * 0.95 && tokens < words * 1.2, `${tokens} tokens for ${words} words`);
    const response = await gateway.post('/v1/chat/completions', { model: 'strict', messages });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /ContextWindowExceededError/);
    const wrong = await gateway.post('/v1/messages/count_tokens', {
      model: 'oai/gpt-4o',
      messages: [{ content: LARGE }],
    });
    assert.equal(wrong.status, 400);
  });
});

/** A whole answer of each provider format. */
const answered = (text: string, calls: readonly JsonObject[]): Readonly<Record<string, JsonObject>> => ({
  chat: {
    ...{ id: 'x', object: 'chat.completion', created: 1, model: 'm' },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, ...(calls.length > 0 && { tool_calls: [...calls] }) },
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  },
  messages: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn', stop_sequence: null },
    content: [{ type: 'text', text }],
    usage: { input_tokens: 1, output_tokens: 1 },
  },
  generate: {
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
  },
});

const MESSAGES = 39_900;
const DENSE = Array.from({ length: MESSAGES }, (_, index) => ({
  role: index % 2 === 1 ? 'assistant' : 'user',
  content: `${index} ${'word '.repeat(37)}`,
}));
const DENSE_CONTENTS = DENSE.slice(0, 24_000).map(({ role, content }) => ({
  role: role === 'user' ? 'user' : 'model',
  parts: [{ text: content }],
}));
const TOGETHER = 6;
const LONGEST_TURN_MS = 250;

describe('while large bodies are worked on', { timeout: 240_000 }, () => {
  let gateway: TestGateway;
  let answers: Readonly<Record<string, string>> = {};
  const provider = createServer((incoming, response) => {
    const kind = ['messages', 'generate'].find((word) => incoming.url?.toLowerCase().includes(word)) ?? 'chat';
    incoming.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answers[kind]));
  });
  const answerWith = (text: string, calls: readonly JsonObject[] = []): void => {
    const whole = Object.entries(answered(text, calls));
    answers = Object.fromEntries(whole.map(([kind, answer]) => [kind, JSON.stringify(answer)]));
  };
  before(async () => {
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const { port } = provider.address() as AddressInfo;
    const models = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash'].map((model) => ({
      model_name: model.split('/')[0] ?? '',
      litellm_params: { model, api_base: `http://127.0.0.1:${port}`, api_key: 'os.environ/PROVIDER_KEY' },
      model_info: { mode: 'chat' },
    }));
    gateway = await startFaultGateway({
      config: faultConfig(models, {
        router_settings: { timeout: 120, ttft_timeout: 120, stream_idle_timeout: 120, connect_timeout: 60 },
        general_settings: {
          ...{ master_key: 'os.environ/TEST_MASTER_KEY', max_event_loop_lag: 0, max_response_size_mb: 50 },
          ...{ max_bytes_under_way_mb: 200, max_share_of_one_key: 1 },
        },
      }),
    });
  });
  after(async () => {
    await gateway.close();
    provider.closeAllConnections();
    provider.close();
  });

  /** The longest turn of the event loop, in milliseconds of CPU, while so many of these requests are served. */
  async function longestTurnMs(path: string, body: JsonObject): Promise<number> {
    const bytes = Buffer.from(JSON.stringify(body));
    let [longest, last] = [0, process.threadCpuUsage()];
    let isOver = false;
    const watch = (): void => {
      const now = process.threadCpuUsage();
      longest = Math.max(longest, now.user + now.system - last.user - last.system);
      last = now;
      if (!isOver) setImmediate(watch);
    };
    setImmediate(watch);
    const all = Array.from({ length: TOGETHER }, async () => {
      const response = await postText(gateway, path, bytes);
      const text = await response.text();
      assert.equal(response.status, 200, text.slice(0, 400));
    });
    try {
      await Promise.all(all);
    } finally {
      isOver = true;
    }
    return longest / 1_000;
  }

  const DENSE_BODIES: Readonly<Record<string, readonly [path: string, body: JsonObject]>> = {
    'chat to Anthropic': ['/v1/chat/completions', { model: 'anthropic', messages: DENSE }],
    'chat to Gemini': ['/v1/chat/completions', { model: 'gemini', messages: DENSE }],
    'messages to OpenAI': ['/v1/messages', { model: 'openai', max_tokens: 9, messages: DENSE }],
    'responses to Anthropic': ['/v1/responses', { model: 'anthropic', store: false, input: DENSE }],
    'contents to OpenAI': ['/v1beta/models/openai:generateContent', { contents: DENSE_CONTENTS }],
  };
  for (const [what, [path, body]] of Object.entries(DENSE_BODIES)) {
    test(`10 MB of small messages, ${what}: no turn of the event loop takes long`, async (context) => {
      answerWith('hi');
      const longestMs = await longestTurnMs(path, body);
      context.diagnostic(`${TOGETHER} at once: the longest turn takes ${longestMs.toFixed(0)} ms of CPU`);
      assert.ok(longestMs < LONGEST_TURN_MS, `${longestMs} ms`);
    });
  }

  for (const stream of [false, true]) {
    test(`answers of 8,000 tool calls, asked for ${stream ? 'as streams' : 'whole'}: neither do they`, async (context) => {
      const call = { type: 'function', function: { name: 'f', arguments: JSON.stringify({ words: long(100) }) } };
      answerWith(
        '',
        Array.from({ length: 8_000 }, (_, index) => ({ id: `call_${index}`, ...call })),
      );
      const body = { model: 'openai', max_tokens: 9, stream, messages: [{ role: 'user', content: 'hi' }] };
      const longestMs = Math.max(
        await longestTurnMs('/v1/messages', body),
        await longestTurnMs('/v1/chat/completions', body),
        await longestTurnMs('/v1/responses', { model: 'openai', stream, store: false, input: 'hi' }),
      );
      context.diagnostic(`${TOGETHER} at once: the longest turn takes ${longestMs.toFixed(0)} ms of CPU`);
      assert.ok(longestMs < LONGEST_TURN_MS, `${longestMs} ms`);
    });
  }

  test('an answer of millions of empty lists is refused, and nothing else suffers', async () => {
    const hostile = `{"choices":[${'[],'.repeat(15_000_000)}[]],"content":[]}`;
    answers = { ...answers, messages: hostile };
    const body = { model: 'anthropic', messages: [{ role: 'user', content: 'hi' }] };
    const [refused, other] = await Promise.all([
      gateway.post('/v1/chat/completions', body),
      postText(
        gateway,
        '/v1/messages',
        JSON.stringify({ model: 'openai', max_tokens: 9, messages: DENSE.slice(0, 9_000) }),
      ),
    ]);
    assert.equal(refused.status, 502, await refused.text());
    assert.equal(other.status, 200, await other.text());
  });

  test('an answer with the log probabilities of 2,000 tokens is relayed as it came', async () => {
    const logprob = { token: 'word', logprob: -0.5, bytes: [119, 111, 114, 100] };
    const content = Array.from({ length: 2_000 }, () => ({ ...logprob, top_logprobs: Array(20).fill(logprob) }));
    const { choices, ...rest } = answered('word '.repeat(2_000), []).chat as { choices: JsonObject[] };
    answers = { ...answers, chat: JSON.stringify({ ...rest, choices: [{ ...choices[0], logprobs: { content } }] }) };
    const body = { model: 'openai', logprobs: true, top_logprobs: 20, messages: [{ role: 'user', content: 'hi' }] };
    const response = await gateway.post('/v1/chat/completions', body);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), answers.chat?.replace('"model":"m"', '"model":"openai"'));
  });

  test('a large answer without usage is booked by its words', async () => {
    const words = 200_000;
    answers = {
      ...answers,
      messages: JSON.stringify({ ...answered('word '.repeat(words), []).messages, usage: undefined }),
    };
    const body = { model: 'anthropic', messages: [{ role: 'user', content: 'hi' }] };
    const response = await gateway.post('/v1/chat/completions', body);
    await response.text();
    const line = await onlyLine(gateway, response.headers.get('x-litellm-call-id') ?? '');
    const tokens = Number(line.output_tokens);
    assert.ok(tokens > words * 0.9 && tokens < words * 1.3, JSON.stringify(line));
  });
});
