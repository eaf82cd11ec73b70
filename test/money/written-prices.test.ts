/** Prices of what an answer holds and of how long it takes: characters, images, seconds, tokens of videos, caches that are kept long. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { png } from './media-files.ts';
import { rowsOf, startMoneyGateway } from './tenants.ts';

/** 1 USD per million tokens, both ways; what the provider counts of every answer costs this. */
const TOKENS = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000001 };
const PLAIN = 0.0011;
const USAGE = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };
/** 20 characters without white space. */
const TEXT = 'Zwei  Flüsse,\nein Meer 🌊!';

const picture = (side: number): JsonObject => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${png(side, side).toString('base64')}` },
});

function openAi(message: JsonObject, usage: JsonObject = {}): JsonObject {
  return {
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT, ...message }, finish_reason: 'stop' }],
    usage: { ...USAGE, ...usage },
  };
}

function gemini(parts: readonly JsonObject[], usage: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { role: 'model', parts: [{ text: TEXT }, ...parts] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 1_000, candidatesTokenCount: 100, totalTokenCount: 1_100, ...usage },
  };
}

/** The answer as a stream: each character and each image in a chunk of its own, cut into pieces that end anywhere. */
function streamOf(answer: JsonObject): string {
  const event = (value: JsonObject): string => `data: ${JSON.stringify(value)}\n\n`;
  if (answer.candidates !== undefined) return event(answer);
  const { choices, usage, ...head } = answer;
  const { message } = objectsOf(choices)[0] ?? {};
  const { content, images } = isJsonObject(message) ? message : {};
  const chunk = (delta: JsonObject): string =>
    event({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: null }] });
  const last = { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  return [
    ...Array.from(String(content), (character) => chunk({ content: character })),
    ...objectsOf(images).map((image) => chunk({ images: [image] })),
    event({ ...last }),
    event({ ...head, object: 'chat.completion.chunk', choices: [], ...(usage !== undefined && { usage }) }),
    'data: [DONE]\n\n',
  ].join('');
}

const CONFIGURED: Readonly<Record<string, JsonObject>> = {
  character: { output_cost_per_character: 0.00001, input_cost_per_character: 0 },
  image: { ...TOKENS, output_cost_per_image: 0.04 },
  'image-sizes': {
    ...TOKENS,
    output_cost_per_image: 0.03,
    'output_cost_per_image_0.5K': 0.01,
    output_cost_per_image_1K: 0.02,
    output_cost_per_image_4K: 0.08,
  },
  'image-tokens': { ...TOKENS, output_cost_per_image: 0.04, output_cost_per_image_token: 0.00003 },
  pixel: { ...TOKENS, output_cost_per_pixel: 0.00000001 },
  time: { input_cost_per_second: 0.1, output_cost_per_second: 0.2 },
  'time-and-tokens': { ...TOKENS, input_cost_per_second: 5 },
  large: { ...TOKENS, input_cost_per_image: 0.01, input_cost_per_image_above_128k_tokens: 0.05 },
  video: { ...TOKENS, output_cost_per_video_token: 0.00003, input_cost_per_video_token: 0.000002 },
  'kept-long': {
    ...TOKENS,
    cache_creation_input_token_cost: 0.000002,
    cache_creation_input_token_cost_above_12hr: 0.000005,
  },
  'cached-sound': {
    ...TOKENS,
    input_cost_per_audio_token: 0.00001,
    cache_read_input_token_cost: 0.0000001,
    cache_read_input_audio_token_cost: 0.000001,
  },
};

describe('prices of what an answer holds', () => {
  let answer: JsonObject = openAi({});
  let delayMs = 0;
  let asked = 0;
  let provider: Server;
  let gateway: TestGateway;

  before(async () => {
    provider = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        asked += 1;
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
        await wait(delayMs);
        if (body.stream !== true && !String(request.url).includes('alt=sse')) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(answer));
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const bytes = Buffer.from(streamOf(answer));
        for (let at = 0; at < bytes.length; at += 101) response.write(bytes.subarray(at, at + 101));
        response.end();
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const api_base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const entry = (name: string, model: string, info: JsonObject): JsonObject => ({
      model_name: name,
      litellm_params: { model, api_base, api_key: 'sk-provider', timeout: 20 },
      model_info: { max_output_tokens: 100, ...info },
    });
    gateway = await startMoneyGateway({
      model_list: Object.entries(CONFIGURED).flatMap(([name, info]) => [
        entry(name, 'openai/our-model', info),
        entry(`g-${name}`, 'gemini/our-model', info),
      ]),
      budget_settings: { mode: 'strict' },
      user_api_key_list: [{ api_key: 'tenant' }, { api_key: 'poor', max_budget: 0.0101 }],
    });
  });
  after(async () => {
    await gateway.close();
    provider.closeAllConnections();
    provider.close();
  });

  const send = (key: string, body: JsonObject): Promise<Response> =>
    gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` });
  const chat = (model: string, more: JsonObject = {}): JsonObject => ({
    model,
    max_tokens: 10,
    messages: [{ role: 'user', content: 'Hello' }],
    ...more,
  });
  const spent = async (body: JsonObject): Promise<number> => {
    const response = await send('tenant', body);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    const [row] = await rowsOf(gateway, response.headers.get('x-litellm-call-id') ?? '');
    return Number(row?.spend);
  };
  const inlined = (side: number): JsonObject => ({
    inlineData: { mimeType: 'image/png', data: png(side, side).toString('base64') },
  });

  for (const stream of [false, true]) {
    const how = stream ? 'streamed' : 'whole';

    test(`characters without white space, ${how}, from a provider of either format`, async () => {
      answer = openAi({});
      assert.equal(await spent(chat('character', { stream })), 0.0002);
      answer = gemini([]);
      assert.equal(await spent(chat('g-character', { stream })), 0.0002);
    });

    for (const [model, sides, cost] of [
      ['image', [64, 1_024], 0.08],
      ['image-sizes', [256, 1_024, 4_096], 0.01 + 0.02 + 0.08],
      // No price for 2K: what any image costs.
      ['image-sizes', [2_048], 0.03],
      ['pixel', [1_000, 500], 0.0125],
    ] as const) {
      test(`${model} of ${sides.join(', ')} pixels, ${how}`, async () => {
        answer = openAi({ images: sides.map(picture) });
        const relayed = await spent(chat(model, { stream }));
        assert.ok(Math.abs(relayed - PLAIN - cost) < 1e-9, `${relayed}`);
        answer = gemini(sides.map(inlined));
        const translated = await spent(chat(`g-${model}`, { stream }));
        assert.ok(Math.abs(translated - PLAIN - cost) < 1e-9, `${translated}`);
      });
    }

    test(`images whose tokens the provider counts cost their tokens only, ${how}`, async () => {
      answer = gemini([inlined(1_024)], { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 90 }] });
      const booked = await spent(chat('g-image-tokens', { stream }));
      assert.ok(Math.abs(booked - (0.001 + 10 * 0.000001 + 90 * 0.00003)) < 1e-9, `${booked}`);
      answer = gemini([inlined(1_024)]);
      assert.ok(Math.abs((await spent(chat('g-image-tokens', { stream }))) - PLAIN - 0.04) < 1e-9);
    });

    test(`time, ${how}; what has prices of tokens is not charged for it`, async () => {
      answer = openAi({});
      delayMs = 300;
      const booked = await spent(chat('time', { stream }));
      const tokens = await spent(chat('time-and-tokens', { stream }));
      delayMs = 0;
      assert.ok(booked >= 0.3 * 0.299 && booked < 0.3 * 3, `${booked}`);
      assert.equal(tokens, PLAIN);
    });
  }

  test('an answer without usage is charged for what it holds nevertheless', async () => {
    const { usage: _usage, ...uncounted } = openAi({ images: [picture(1_024)] });
    answer = uncounted;
    const booked = await spent(chat('image'));
    assert.ok(booked > 0.04 && booked < 0.041, `${booked}`);
    assert.equal(await spent(chat('character')), 0.0002);
  });

  test('tokens of videos have prices of their own', async () => {
    answer = gemini([], {
      promptTokensDetails: [{ modality: 'VIDEO', tokenCount: 500 }],
      candidatesTokensDetails: [{ modality: 'VIDEO', tokenCount: 60 }],
    });
    const booked = await spent(chat('g-video'));
    assert.ok(Math.abs(booked - (0.0005 + 500 * 0.000002 + 40 * 0.000001 + 60 * 0.00003)) < 1e-9, `${booked}`);
  });

  test('sound from a cache costs what cached sound costs, and is not charged as sound again', async () => {
    answer = gemini([], {
      promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 800 }],
      cachedContentTokenCount: 600,
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 500 }],
    });
    const booked = await spent(chat('g-cached-sound'));
    const cost = 500 * 0.000001 + 100 * 0.0000001 + 300 * 0.00001 + 100 * 0.000001 + 100 * 0.000001;
    assert.ok(Math.abs(booked - cost) < 1e-9, `${booked} instead of ${cost}`);
  });

  test('a cache that is to be kept for a day is written at its own price', async () => {
    answer = openAi({}, { prompt_tokens_details: { cache_write_tokens: 400 } });
    const rest = 600 * 0.000001 + 100 * 0.000001;
    assert.ok(Math.abs((await spent(chat('kept-long'))) - rest - 400 * 0.000002) < 1e-9);
    const long = await spent(chat('kept-long', { prompt_cache_retention: '24h' }));
    assert.ok(Math.abs(long - rest - 400 * 0.000005) < 1e-9, `${long}`);
  });

  test('units have another price above a prompt of so many tokens', async () => {
    const content: JsonValue = [picture(64)];
    const body = chat('large', { messages: [{ role: 'user', content }] });
    answer = openAi({});
    assert.ok(Math.abs((await spent(body)) - PLAIN - 0.01) < 1e-9);
    answer = openAi({}, { prompt_tokens: 128_001, total_tokens: 128_101 });
    assert.ok(Math.abs((await spent(body)) - 0.128101 - 0.05) < 1e-9);
  });

  for (const model of ['character', 'image', 'image-sizes', 'pixel', 'time', 'g-image']) {
    test(`${model}: a budget that does not pay for the most it may cost lets nothing through`, async () => {
      const before = asked;
      const response = await send('poor', chat(model, { max_tokens: 100 }));
      assert.equal(response.status, 422, await response.text());
      assert.equal(asked, before);
    });
  }
});
