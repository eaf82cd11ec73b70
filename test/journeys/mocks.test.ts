/** Mocks in place of calls: LiteLLM's `mock_…` members, of deployments and of requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

/** A key that may mock, one that may not, and one with a limit for each minute. */
const DRILLING = 'a-key-that-may-mock';
const PLAIN = 'a-key-that-may-not-mock';
const LIMITED = 'a-key-of-two-requests';
const TOKENS = 'a-key-of-few-tokens';
const POOR = 'a-key-with-little-money';

const URL_OF = '$' + '{SIMULATOR_URL}';

interface Model {
  readonly name: string;
  readonly model: string;
  readonly params?: JsonObject;
}

const ADDRESSES: Readonly<Record<string, string>> = { openai: '/v1', anthropic: '', gemini: '' };

function entry({ name, model, params }: Model): JsonObject {
  const path = ADDRESSES[model.split('/')[0] ?? ''] ?? '';
  const litellm = { model, api_base: `${URL_OF}${path}`, api_key: 'os.environ/PROVIDER_KEY', ...params };
  return { model_name: name, litellm_params: litellm };
}

async function withModels(
  models: readonly Model[],
  run: (gateway: TestGateway) => Promise<void>,
  router: JsonObject = {},
): Promise<void> {
  const may = { metadata: { allow_client_mock_response: true } };
  const config = {
    model_list: models.map(entry),
    user_api_key_list: [
      { api_key: DRILLING, ...may },
      { api_key: PLAIN },
      { api_key: LIMITED, rpm_limit: 2, ...may },
      { api_key: TOKENS, tpm_limit: 1_000, ...may },
      { api_key: POOR, max_budget: 0.01, ...may },
    ],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
    router_settings: { num_retries: 0, ...router },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

interface Call {
  readonly body?: JsonObject;
  readonly key?: string;
  readonly path?: string;
}

async function ask(gateway: TestGateway, model: string, { body, key = PLAIN, path }: Call = {}) {
  const whole = { model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 50, ...body };
  const response = await gateway.post(path ?? '/v1/chat/completions', whole, { authorization: `Bearer ${key}` });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
}

const contentOf = (text: string): unknown => JSON.parse(text).choices[0].message.content;
const SAID = 'This answer was given by no model at all, and it is long enough to come in several pieces.';

test('mock_response answers in every format, whole and streamed, and no provider hears of it', async () => {
  const models = [
    ['mock-openai', 'openai/gpt-4o'],
    ['mock-anthropic', 'anthropic/claude-sonnet-4-5'],
    ['mock-gemini', 'gemini/gemini-2.5-flash'],
  ].map(([name = '', model = '']) => ({ name, model, params: { mock_response: SAID } }));
  await withModels(models, async (gateway) => {
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: PLAIN, maxRetries: 0 });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: PLAIN, maxRetries: 0 });
    const google = new GoogleGenAI({ apiKey: PLAIN, httpOptions: { baseUrl: gateway.url } });
    for (const { name: model } of models) {
      const messages = [{ role: 'user' as const, content: 'Hello' }];
      const chat = await openai.chat.completions.create({ model, messages });
      assert.equal(chat.choices[0]?.message.content, SAID, model);
      assert.equal(chat.model, model);
      assert.ok((chat.usage?.completion_tokens ?? 0) > 10);
      let said = '';
      let pieces = 0;
      for await (const { choices } of await openai.chat.completions.create({ model, messages, stream: true })) {
        const piece = choices[0]?.delta.content ?? '';
        said += piece;
        if (piece !== '') pieces += 1;
      }
      assert.equal(said, SAID, model);
      assert.ok(pieces > 1, `${model} came in ${pieces} pieces`);
      assert.equal((await openai.responses.create({ model, input: 'Hello' })).output_text, SAID, model);
      const streamed = await openai.responses.create({ model, input: 'Hello', stream: true });
      let last = '';
      for await (const event of streamed) if (event.type === 'response.completed') last = event.response.status ?? '';
      assert.equal(last, 'completed');
      const message = await anthropic.messages.create({ model, max_tokens: 50, messages });
      assert.deepEqual(
        message.content.map((block) => block.type === 'text' && block.text),
        [SAID],
        model,
      );
      const stream = anthropic.messages.stream({ model, max_tokens: 50, messages });
      assert.equal(await stream.finalText(), SAID, model);
      assert.equal((await google.models.generateContent({ model, contents: 'Hello' })).text, SAID, model);
      let pieced = '';
      for await (const { text } of await google.models.generateContentStream({ model, contents: 'Hello' })) {
        pieced += text ?? '';
      }
      assert.equal(pieced, SAID, model);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

test('a mock is seen to be one, costs nothing, and counts for limits', async () => {
  const models = [{ name: 'mock', model: 'openai/gpt-4o', params: { mock_response: SAID } }];
  await withModels(models, async (gateway) => {
    const { headers, status } = await ask(gateway, 'mock', { key: LIMITED });
    assert.equal(status, 200);
    assert.equal(headers.get('x-sluice-mock'), '1');
    const callId = headers.get('x-litellm-call-id') ?? '';
    const line = await gateway.requestLine(callId);
    assert.equal(line.lane_reason, 'mock');
    assert.equal(line.cost_usd, '0');
    assert.ok(Number(line.output_tokens) > 10);
    assert.equal((await ask(gateway, 'mock', { key: LIMITED })).status, 200);
    assert.equal((await ask(gateway, 'mock', { key: LIMITED })).status, 429);
    let rows: JsonObject[] = [];
    for (const deadline = Date.now() + 10_000; rows.length === 0 && Date.now() < deadline; await wait(20)) {
      rows = (await (await gateway.get(`/spend/logs?request_id=${callId}`)).json()) as JsonObject[];
    }
    assert.equal(rows[0]?.spend, 0);
    assert.match(JSON.stringify(rows[0]), /"mocked_by":"operator"/);
    const long = { messages: [{ role: 'user', content: 'word '.repeat(500) }] };
    assert.equal((await ask(gateway, 'mock', { key: TOKENS, body: long })).status, 200);
    assert.equal((await ask(gateway, 'mock', { key: TOKENS, body: long })).status, 429);
  });
});

test('mock_response may be a whole answer, and mock_tool_calls are calls of tools', async () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } };
  const message = { role: 'assistant', content: 'Whole.' };
  const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
  const completion = {
    id: 'c',
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'length' }],
    usage,
  };
  const models = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'].flatMap((model) => [
    { name: `whole ${model}`, model, params: { mock_response: completion } },
    { name: `calls ${model}`, model, params: { mock_tool_calls: [call] } },
  ]);
  await withModels(models, async (gateway) => {
    for (const model of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5']) {
      const whole = JSON.parse((await ask(gateway, `whole ${model}`)).text);
      assert.equal(whole.choices[0].message.content, 'Whole.');
      assert.equal(whole.choices[0].finish_reason, 'length');
      assert.equal(whole.usage.prompt_tokens, 7);
      const streamed = await ask(gateway, `whole ${model}`, { body: { stream: true } });
      assert.match(streamed.text, /"content":\s*"Whole\."/);
      const calls = JSON.parse((await ask(gateway, `calls ${model}`)).text).choices[0];
      assert.equal(calls.finish_reason, 'tool_calls');
      assert.equal(calls.message.tool_calls[0].function.name, 'weather');
      const asked = await ask(gateway, `calls ${model}`, { path: '/v1/messages', body: { stream: true } });
      assert.match(asked.text, /"type":"tool_use"/);
      assert.match(asked.text, /weather/);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

test('a list of numbers answers embeddings, one vector for each input', async () => {
  const models = [{ name: 'mock', model: 'openai/text-embedding-3-small', params: { mock_response: [0.5, 0.25] } }];
  await withModels(models, async (gateway) => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: PLAIN, maxRetries: 0 });
    const { data } = await client.embeddings.create({ model: 'mock', input: ['a', 'b'] });
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [
        [0.5, 0.25],
        [0.5, 0.25],
      ],
    );
    const chat = await ask(gateway, 'mock');
    assert.equal(chat.status, 400);
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

const ERRORS = [
  ['litellm.RateLimitError', 429, /RateLimitError: this is a mock rate limit error/],
  ['litellm.InternalServerError', 500, /InternalServerError: this is a mock internal server error/],
  ['litellm.ContextWindowExceededError', 400, /ContextWindowExceededError/],
  ['Exception: content_filter_policy', 400, /ContentPolicyViolationError/],
] as const;

test('words of LiteLLM mock its errors, which take their fallbacks', async () => {
  const models = [
    ...ERRORS.map(([word], place) => ({
      name: `bad-${place}`,
      model: 'openai/gpt-4o',
      params: { mock_response: word },
    })),
    { name: 'good', model: 'openai/gpt-4o-mini' },
  ];
  for (const isFallingBack of [false, true]) {
    const each = ERRORS.map((_, place) => ({ [`bad-${place}`]: ['good'] }));
    const router = { fallbacks: each, context_window_fallbacks: each, content_policy_fallbacks: each };
    await withModels(
      models,
      async (gateway) => {
        for (const [place, [, status, words]] of ERRORS.entries()) {
          for (const stream of [false, true]) {
            const answer = await ask(gateway, `bad-${place}`, { body: { stream } });
            assert.equal(answer.status, isFallingBack ? 200 : status, answer.text);
            if (!isFallingBack) assert.match(answer.text, words);
            else assert.equal(answer.headers.get('x-litellm-model-group'), 'good');
          }
        }
        assert.equal(gateway.simulator.requests.length, isFallingBack ? 2 * ERRORS.length : 0);
      },
      isFallingBack ? router : {},
    );
  }
});

test('mock_timeout waits for the time limit, and mock_delay for its time', async () => {
  const models = [
    { name: 'late', model: 'openai/gpt-4o', params: { mock_timeout: true, timeout: 0.3 } },
    { name: 'slow', model: 'openai/gpt-4o', params: { mock_response: 'Late.', mock_delay: 0.3 } },
    { name: 'too-slow', model: 'openai/gpt-4o', params: { mock_response: 'Late.', mock_delay: 5, timeout: 0.3 } },
  ];
  await withModels(models, async (gateway) => {
    for (const [name, status] of [
      ['late', 408],
      ['slow', 200],
      ['too-slow', 408],
    ] as const) {
      for (const stream of [false, true]) {
        const startedMs = performance.now();
        const answer = await ask(gateway, name, { body: { stream } });
        const tookMs = performance.now() - startedMs;
        assert.equal(answer.status, status, `${name} ${answer.text}`);
        assert.ok(tookMs > 290 && tookMs < 4_000, `${name} took ${tookMs} ms`);
      }
    }
    const gone = new AbortController();
    const body = JSON.stringify({ model: 'slow', messages: [{ role: 'user', content: 'Hello' }] });
    const headers = { authorization: `Bearer ${PLAIN}`, 'content-type': 'application/json' };
    const leaving = fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body, headers, signal: gone.signal });
    setTimeout(() => gone.abort(), 100);
    await assert.rejects(leaving);
    let lines = '';
    for (
      const deadline = Date.now() + 10_000;
      !lines.includes('client-gone') && Date.now() < deadline;
      await wait(20)
    ) {
      lines = (await gateway.logLines()).join('\n');
    }
    assert.match(lines, /"outcome":"client-gone"/);
    assert.equal(gateway.simulator.requests.length, 0);
  });
});

const GOOD: readonly Model[] = [
  { name: 'first', model: 'openai/gpt-4o' },
  { name: 'second', model: 'openai/gpt-4o-mini' },
];

test('requests may mock if their key is allowed to, and never hand the members on', async () => {
  await withModels(GOOD, async (gateway) => {
    for (const stream of [false, true]) {
      const body = { mock_response: SAID, mock_delay: 0.01, stream };
      const mocked = await ask(gateway, 'first', { key: DRILLING, body });
      assert.equal(mocked.headers.get('x-sluice-mock'), '1');
      if (!stream) assert.equal(contentOf(mocked.text), SAID);
      assert.equal(gateway.simulator.requests.length, stream ? 1 : 0);
      const true_ = await ask(gateway, 'first', { key: PLAIN, body });
      assert.equal(true_.status, 200);
      assert.equal(true_.headers.get('x-sluice-mock'), null);
      assert.ok(!true_.text.includes(SAID));
    }
    const sent = gateway.simulator.requests.map(({ rawBody }) => rawBody).join('\n');
    assert.equal(gateway.simulator.requests.length, 2);
    assert.doesNotMatch(sent, /mock/);
    const wrong = await ask(gateway, 'first', { key: DRILLING, body: { mock_response: 'x', mock_delay: -1 } });
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /mock_delay/);
    const poor = await ask(gateway, 'first', { key: POOR, body: { mock_response: SAID } });
    assert.equal(poor.status, 200);
    assert.equal((await gateway.requestLine(poor.headers.get('x-litellm-call-id') ?? '')).cost_usd, '0');
    assert.equal((await ask(gateway, 'no-such-model', { key: DRILLING, body: { mock_response: 'x' } })).status, 400);
  });
});

test('drills of fallbacks fail at the group that was asked for, and leave its deployments as they were', async () => {
  const router = {
    num_retries: 1,
    allowed_fails: 0,
    cooldown_time: 60,
    fallbacks: [{ first: ['second'] }],
    context_window_fallbacks: [{ first: ['second'] }],
    content_policy_fallbacks: [{ first: ['second'] }],
  };
  await withModels(
    [GOOD[0] as Model, ...GOOD],
    async (gateway) => {
      for (const member of [
        'mock_testing_fallbacks',
        'mock_testing_context_fallbacks',
        'mock_testing_context_window_fallbacks',
        'mock_testing_content_policy_fallbacks',
      ]) {
        const before = gateway.simulator.requests.length;
        const drilled = await ask(gateway, 'first', { key: DRILLING, body: { [member]: true } });
        assert.equal(drilled.status, 200, `${member} ${drilled.text}`);
        assert.equal(drilled.headers.get('x-litellm-model-group'), 'second', member);
        assert.deepEqual(
          gateway.simulator.requests.slice(before).map(({ model }) => model),
          ['gpt-4o-mini'],
        );
        const off = await ask(gateway, 'first', { key: DRILLING, body: { [member]: true, disable_fallbacks: true } });
        assert.ok(off.status >= 400, member);
        assert.match(off.text, /This is a mock exception/);
      }
      const again = await ask(gateway, 'first', { key: DRILLING, body: { mock_testing_rate_limit_error: true } });
      assert.equal(again.status, 200);
      assert.equal(again.headers.get('x-litellm-model-group'), 'first');
      assert.equal(again.headers.get('x-litellm-attempted-retries'), '1');
      for (let request = 0; request < 4; request += 1) {
        const body = { mock_response: 'litellm.InternalServerError', disable_fallbacks: true };
        assert.equal((await ask(gateway, 'first', { key: DRILLING, body })).status, 500);
      }
      const after = await ask(gateway, 'first');
      assert.equal(after.status, 200);
      assert.equal(after.headers.get('x-litellm-model-group'), 'first');
      const metrics = await (await gateway.get('/metrics')).text();
      assert.match(metrics, /litellm_deployment_success_responses_total\{/);
      assert.doesNotMatch(metrics, /litellm_deployment_failure_responses_total\{/);
    },
    router,
  );
});
