/** Prices besides those of plain tokens: images, seconds, characters, queries, searches, fast mode, regions. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { png, wav } from './media-files.ts';
import { rowsOf, startMoneyGateway } from './tenants.ts';

/** Answers every request with the same body. */
async function startProvider(answer: () => JsonValue): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const openAi = (usage: JsonObject): JsonObject => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100, ...usage },
});
const anthropic = (usage: JsonObject): JsonObject => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-8',
  content: [{ type: 'text', text: 'Yes' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1_000, output_tokens: 100, ...usage },
});
const gemini = (queries: readonly string[]): JsonObject => ({
  candidates: [
    {
      content: { role: 'model', parts: [{ text: 'Yes' }] },
      finishReason: 'STOP',
      ...(queries.length > 0 && { groundingMetadata: { webSearchQueries: [...queries] } }),
    },
  ],
  usageMetadata: { promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100 },
});

/** Of configured models: 1 USD per million tokens, both ways. */
const TOKENS = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
const PLAIN = 0.0011;

const CONFIGURED: Readonly<Record<string, JsonObject>> = {
  image: { ...TOKENS, input_cost_per_image: 0.02 },
  pixel: { ...TOKENS, input_cost_per_pixel: 0.000001 },
  sound: { ...TOKENS, input_cost_per_audio_per_second: 0.001 },
  character: { input_cost_per_character: 0.00001 },
  query: { input_cost_per_query: 0.05 },
  'image-token': { ...TOKENS, input_cost_per_image_token: 0.00001 },
  search: {
    ...TOKENS,
    search_context_cost_per_query: {
      search_context_size_low: 0.01,
      search_context_size_medium: 0.02,
      search_context_size_high: 0.04,
    },
  },
};

describe('prices of other things than tokens', () => {
  let answer: JsonValue = openAi({});
  let provider: Server;
  let gateway: TestGateway;
  before(async () => {
    provider = await startProvider(() => answer);
    const api_base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const entry = (name: string, model: string, info: JsonObject = {}): JsonObject => ({
      model_name: name,
      litellm_params: { model, api_base, api_key: 'sk-provider' },
      model_info: { max_output_tokens: 100, ...info },
    });
    gateway = await startMoneyGateway({
      model_list: [
        ...Object.entries(CONFIGURED).map(([name, info]) => entry(name, 'openai/our-model', info)),
        entry('search-response', 'openai/our-model', { ...CONFIGURED.search, mode: 'responses' }),
        entry('opus', 'anthropic/claude-opus-4-8'),
        entry('opus-own', 'anthropic/claude-opus-4-8', { provider_specific_entry: { fast: 3 } }),
        entry('gemini-2', 'gemini/gemini-2.5-flash'),
        entry('gemini-3', 'gemini/gemini-3-pro-preview'),
        entry('openai-search', 'openai/gpt-4o-search-preview'),
      ],
      budget_settings: { mode: 'strict' },
      user_api_key_list: [{ api_key: 'tenant' }, { api_key: 'poor', max_budget: 0.011 }],
    });
  });
  after(async () => {
    await gateway.close();
    provider.close();
  });

  const send = (key: string, path: string, body: JsonObject): Promise<Response> =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'anthropic-version': '2023-06-01',
      },
      body: JSON.stringify(body),
    });
  const spent = async (path: string, body: JsonObject): Promise<number> => {
    const response = await send('tenant', path, body);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const [row] = await rowsOf(gateway, response.headers.get('x-litellm-call-id') ?? '');
    return Number(row?.spend);
  };
  const chat = (model: string, content: JsonValue, more: JsonObject = {}): JsonObject => ({
    model,
    max_tokens: 10,
    messages: [{ role: 'user', content }],
    ...more,
  });
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${png(100, 50).toString('base64')}` } };
  const sound = { type: 'input_audio', input_audio: { data: wav(20).toString('base64'), format: 'wav' } };

  for (const [model, body, cost] of [
    ['image', chat('image', [picture, picture]), PLAIN + 0.04],
    ['pixel', chat('pixel', [picture]), PLAIN + 0.005],
    ['sound', chat('sound', [sound]), PLAIN + 0.02],
    ['character', chat('character', 'x'.repeat(2_000)), 0.02],
    ['query', chat('query', 'Hello'), 0.05],
  ] as const) {
    test(`${model}: is booked, and reserved before`, async () => {
      answer = openAi({});
      const booked = await spent('/v1/chat/completions', body);
      assert.ok(Math.abs(booked - cost) < 0.0001, `${booked} instead of ${cost}`);
      if (cost < 0.011) return;
      const refused = await send('poor', '/v1/chat/completions', body);
      assert.equal(refused.status, 422, await refused.text());
    });
  }

  test('tokens of images have a price of their own', async () => {
    answer = openAi({ prompt_tokens_details: { image_tokens: 600 } });
    assert.equal(await spent('/v1/chat/completions', chat('image-token', [picture])), 0.0065);
  });

  test('a search costs what the size of its context says', async () => {
    answer = openAi({ server_tool_use: { web_search_requests: 2 } });
    for (const [size, each] of [
      ['low', 0.01],
      ['medium', 0.02],
      ['high', 0.04],
      [undefined, 0.02],
    ] as const) {
      const options = { web_search_options: size === undefined ? {} : { search_context_size: size } };
      const booked = await spent('/v1/chat/completions', chat('search', 'Hello', options));
      assert.ok(Math.abs(booked - PLAIN - 2 * each) < 1e-9, `${size}: ${booked}`);
    }
  });

  test('a model that always searches is charged for it although it does not count', async () => {
    answer = openAi({});
    const booked = await spent('/v1/chat/completions', chat('openai-search', 'Hello', { web_search_options: {} }));
    assert.equal(booked, 0.0285);
    const refused = await send('poor', '/v1/chat/completions', chat('openai-search', 'Hello'));
    assert.equal(refused.status, 422, await refused.text());
  });

  test('a response says among its items how often it searched, relayed or not', async () => {
    const call = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } };
    const content = [{ type: 'output_text', text: 'Yes', annotations: [] }];
    answer = {
      ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', error: null },
      output: [call, { ...call, id: 'ws_2' }, { type: 'message', id: 'msg_1', role: 'assistant', content }],
      usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 },
    };
    const tools = [{ type: 'web_search' }];
    const relayed = await spent('/v1/responses', { model: 'search-response', input: 'Hello', tools });
    assert.ok(Math.abs(relayed - PLAIN - 0.04) < 1e-9, `${relayed}`);
    const translated = await spent(
      '/v1/chat/completions',
      chat('search-response', 'Hello', { web_search_options: {} }),
    );
    assert.ok(Math.abs(translated - PLAIN - 0.04) < 1e-9, `${translated}`);
  });

  /** 5 and 25 USD per million tokens. */
  const OPUS = 0.0075;
  for (const [what, usage, model, factor] of [
    ['standard', { speed: 'standard', inference_geo: 'global' }, 'opus', 1],
    ['fast', { speed: 'fast' }, 'opus', 2],
    ['in the US', { inference_geo: 'us' }, 'opus', 1.1],
    ['fast in the US', { speed: 'fast', inference_geo: 'us' }, 'opus', 2.2],
    ['fast at a configured multiple', { speed: 'fast' }, 'opus-own', 3],
  ] as const) {
    test(`an answer of Anthropic, ${what}`, async () => {
      answer = anthropic(usage);
      const booked = await spent('/v1/messages', {
        model,
        max_tokens: 10,
        messages: [{ role: 'user', content: 'Hi' }],
      });
      assert.ok(Math.abs(booked - OPUS * factor) < 1e-9, String(booked));
      const translated = await spent('/v1/chat/completions', chat(model, 'Hi'));
      assert.ok(Math.abs(translated - OPUS * factor) < 1e-9, String(translated));
    });
  }

  for (const [model, tokens, search] of [
    ['gemini-2', 0.00055, 0.035],
    ['gemini-3', 0.0032, 2 * 0.014],
  ] as const) {
    test(`${model}: searches are charged ${model === 'gemini-2' ? 'once for a prompt' : 'each'}`, async () => {
      answer = gemini(['one', 'two']);
      const grounded = await spent('/v1/chat/completions', chat(model, 'Hi', { web_search_options: {} }));
      assert.ok(Math.abs(grounded - tokens - search) < 1e-9, String(grounded));
      const relayed = await spent(`/v1beta/models/${model}:generateContent`, {
        contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
        tools: [{ googleSearch: {} }],
      });
      assert.ok(Math.abs(relayed - tokens - search) < 1e-9, `relayed: ${relayed}`);
      answer = gemini([]);
      assert.ok(Math.abs((await spent('/v1/chat/completions', chat(model, 'Hi'))) - tokens) < 1e-9);
    });
  }
});
