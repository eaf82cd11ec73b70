/** Searches of the web are counted, priced and held to budgets whatever the client's format is. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const TOKENS = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
const bySize = (low: number, medium: number, high: number): JsonObject => ({
  search_context_cost_per_query: {
    search_context_size_low: low,
    search_context_size_medium: medium,
    search_context_size_high: high,
  },
});
const model = (name: string, made: string, more: JsonObject): JsonObject => ({
  model_name: name,
  litellm_params: { model: made, ...DEPLOYMENT, ...TOKENS, ...more },
  model_info: { max_output_tokens: 4_096 },
});

let gateway: TestGateway;
before(async () => {
  gateway = await startMoneyGateway({
    user_api_key_list: [
      { api_key: 'budgeted', max_budget: 1_000 },
      { api_key: 'poor', max_budget: 0.05 },
      { api_key: 'free' },
    ],
    model_list: [
      model('gpt', 'openai/gpt-4o', bySize(0.5, 1, 2)),
      model('claude', 'anthropic/claude-sonnet-4-5', bySize(3, 3, 3)),
      model('gemini', 'gemini/gemini-3-pro', bySize(4, 4, 4)),
      // The list does not know these models of tomorrow.
      model('unpriced-claude', 'anthropic/claude-sonnet-9', {}),
      model('unpriced-gpt', 'openai/gpt-9', {}),
      model('zai', 'zai/glm-4.6', bySize(5, 5, 5)),
    ],
  });
});
after(() => gateway.close());

const QUESTION = 'Search for the latest news on tides.';
const FORMATS: Readonly<Record<string, (name: string, isStream: boolean) => [string, JsonObject]>> = {
  'the Responses API': (name, stream) => [
    '/v1/responses',
    { model: name, input: QUESTION, store: false, stream, tools: [{ type: 'web_search' }], max_output_tokens: 500 },
  ],
  'the Messages API': (name, stream) => [
    '/v1/messages',
    {
      model: name,
      max_tokens: 500,
      stream,
      messages: [{ role: 'user', content: QUESTION }],
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
    },
  ],
  'the Gemini API': (name, stream) => [
    `/v1beta/models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    {
      contents: [{ role: 'user', parts: [{ text: QUESTION }] }],
      tools: [{ googleSearch: {} }],
      generationConfig: { maxOutputTokens: 500 },
    },
  ],
  'chat completions': (name, stream) => [
    '/v1/chat/completions',
    { model: name, stream, messages: [{ role: 'user', content: QUESTION }], web_search_options: {}, max_tokens: 500 },
  ],
};

async function cost(path: string, body: JsonObject, key = 'budgeted'): Promise<number> {
  const answer = await gateway.post(path, body, { authorization: `Bearer ${key}` });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const line = await gateway.requestLine(answer.headers.get('x-litellm-call-id') ?? '');
  return Number(line.cost_usd);
}

describe('a search of the web', { timeout: 60_000 }, () => {
  for (const [format, make] of Object.entries(FORMATS)) {
    for (const [name, price] of [
      ['gpt', 1],
      ['claude', 3],
      ['gemini', 4],
    ] as const) {
      it(`of a client of ${format} is booked at ${name}, whole and streamed`, async () => {
        for (const isStream of [false, true]) {
          const booked = await cost(...make(name, isStream));
          assert.ok(booked > price && booked < price + 0.01, String(booked));
        }
      });
    }

    it(`of a client of ${format} is refused under a budget where it has no price`, async () => {
      for (const name of ['unpriced-claude', 'unpriced-gpt']) {
        const [path, body] = make(name, false);
        const seen = gateway.simulator.requests.length;
        const refused = await gateway.post(path, body, { authorization: 'Bearer budgeted' });
        assert.equal(refused.status, 400);
        assert.match(await refused.text(), /counts against a budget/);
        assert.equal(gateway.simulator.requests.length, seen);
        assert.ok((await cost(path, body, 'free')) >= 0);
      }
    });

    it(`of a client of ${format} is held against a budget before it is made`, async () => {
      for (const name of ['gpt', 'claude', 'gemini']) {
        const [path, body] = make(name, false);
        const refused = await gateway.post(path, body, { authorization: 'Bearer poor' });
        assert.ok(refused.status === 422 || refused.status === 429, `${refused.status} ${await refused.text()}`);
      }
    });
  }

  it('costs what the size of its context says, also as a tool', async () => {
    for (const [size, price] of [
      ['low', 0.5],
      ['high', 2],
    ] as const) {
      const [path, body] = FORMATS['the Responses API']?.('gpt', false) ?? ['', {}];
      const booked = await cost(path, { ...body, tools: [{ type: 'web_search', search_context_size: size }] });
      assert.ok(booked > price && booked < price + 0.01, String(booked));
    }
  });

  it('of Z.AI, whose settings no list knows, is refused under a budget', async () => {
    const [path, body] = FORMATS['the Responses API']?.('zai', false) ?? ['', {}];
    const refused = await gateway.post(path, body, { authorization: 'Bearer budgeted' });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /counts against a budget/);
  });
});
