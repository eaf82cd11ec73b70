/** What costs something and stands where it is easily missed: text and media in odd places, stored media, thoughts that no limit holds, earlier turns. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { manage, PRICES, startMoneyGateway } from './tenants.ts';

/** About 25,000 tokens. */
const LONG = 'The river runs through the wide valley to the sea, past mills and towns. '.repeat(1_500);
const VIDEO = { fileData: { fileUri: 'https://example.com/a.mp4', mimeType: 'video/mp4' } };
const PDF = { fileData: { fileUri: 'https://example.com/a.pdf', mimeType: 'application/pdf' } };
const contents = [{ role: 'user', parts: [{ text: 'Hello' }] }];
const chat = (messages: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  model: 'openai',
  messages: [...messages],
  ...more,
});
const hello = [{ role: 'user', content: 'Hello' }];

describe('costs in odd places', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    const deployment = (name: string, model: string, info: JsonObject = {}): JsonObject => ({
      model_name: name,
      litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY', ...PRICES },
      model_info: { max_output_tokens: 100, ...info },
    });
    gateway = await startMoneyGateway({
      model_list: [
        deployment('openai', 'openai/sim-tokens-5', { search_context_cost_per_query: { search_context_size_low: 0 } }),
        deployment('gemini', 'gemini/gemini-2.5-flash'),
        deployment('google-vectors', 'gemini/gemini-embedding-001', { mode: 'embedding' }),
        deployment('openai-vectors', 'openai/text-embedding-3-small', { mode: 'embedding' }),
        deployment('qwen', 'dashscope/qwen-plus'),
        deployment('open-qwen', 'dashscope/qwen3-32b'),
        deployment('qwq', 'dashscope/qwq-32b'),
      ],
      budget_settings: { mode: 'strict' },
      user_api_key_list: [
        { api_key: 'rich', max_budget: 1_000 },
        // Pays for some thousand tokens of prompt and a short answer.
        { api_key: 'poor', max_budget: 0.02 },
        { api_key: 'turns', tpm_limit: 30_000 },
      ],
    });
  });
  after(() => gateway.close());

  const send = (key: string, path: string, body: JsonObject): Promise<Response> =>
    gateway.post(path, body, { authorization: `Bearer ${key}` });
  const refused = async (path: string, body: JsonObject, status: number, words: RegExp): Promise<void> => {
    const before = gateway.simulator.requests.length;
    const response = await send('poor', path, body);
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, words);
    assert.equal(gateway.simulator.requests.length, before, 'no provider was asked');
  };
  const TOO_SMALL = /Budget is too small/;
  const NO_BOUND = /highest cost is unknown/;

  for (const model of ['google-vectors', 'openai-vectors']) {
    test(`the title of what ${model} makes a vector of is text`, async () => {
      const content = { parts: [{ text: 'Hello' }] };
      await refused(`/v1beta/models/${model}:embedContent`, { content, title: LONG }, 422, TOO_SMALL);
      const requests = [{ model: `models/${model}`, content, title: LONG }];
      await refused(`/v1beta/models/${model}:batchEmbedContents`, { requests }, 422, TOO_SMALL);
    });
  }

  test('the place from where a search is made is text', async () => {
    const place = (city: string): JsonObject =>
      chat(hello, { web_search_options: { user_location: { type: 'approximate', approximate: { city } } } });
    const tpm = async (city: string): Promise<number> =>
      (await send('turns', '/v1/chat/completions', place(city))).status;
    assert.equal(await tpm(LONG.repeat(2)), 429);
  });

  test('files in an instruction of Gemini’s format, and in what is made a vector of, are media', async () => {
    const path = '/v1beta/models/gemini:generateContent';
    await refused(path, { contents, systemInstruction: { parts: [PDF] } }, 400, NO_BOUND);
    await refused(path, { contents, system_instruction: { parts: [PDF] } }, 400, NO_BOUND);
    const content = { parts: [VIDEO] };
    await refused('/v1beta/models/google-vectors:embedContent', { content }, 400, NO_BOUND);
    await refused('/v1beta/models/google-vectors:batchEmbedContents', { requests: [{ content }] }, 400, NO_BOUND);
  });

  test('a sound that the model made before, and is only named, has no bound', async () => {
    const spoken = { role: 'assistant', audio: { id: 'audio_1' } };
    await refused('/v1/chat/completions', chat([...hello, spoken, ...hello]), 400, NO_BOUND);
    const escaped = JSON.stringify(chat([...hello, spoken, ...hello])).replace('"audio"', '"\\u0061udio"');
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer poor', 'content-type': 'application/json' },
      body: escaped,
    });
    assert.equal(response.status, 400, await response.text());
    // What clients send back of an answer without sound.
    const silent = { role: 'assistant', content: 'Hi', audio: null, refusal: null };
    const { status } = await send(
      'poor',
      '/v1/chat/completions',
      chat([...hello, silent, ...hello], { max_tokens: 5 }),
    );
    assert.equal(status, 200);
  });

  test('an image that the model made before, and is only named, costs what any image may cost', async () => {
    const input = [{ type: 'image_generation_call', id: 'ig_1', status: 'completed' }, ...hello];
    await refused('/v1/responses', { model: 'openai', input, max_output_tokens: 5 }, 422, TOO_SMALL);
  });

  for (const [what, model, more, isServed] of [
    ['that are asked for', 'qwen', { enable_thinking: true }, false],
    ['that are asked for by effort', 'qwen', { reasoning_effort: 'high' }, false],
    ['that are not asked for', 'qwen', {}, true],
    ['within a budget of theirs', 'qwen', { enable_thinking: true, thinking_budget: 100 }, true],
    ['of a model that thinks unasked', 'open-qwen', {}, false],
    ['of such a model that is kept from it', 'open-qwen', { enable_thinking: false }, true],
    ['of a model that cannot be kept from it', 'qwq', { enable_thinking: false }, false],
  ] as const) {
    test(`thoughts ${what} are ${isServed ? 'paid for' : 'more than the budget'}, whatever limit the answer has`, async () => {
      const body = chat(hello, { model, max_tokens: 1, ...more });
      if (!isServed) return refused('/v1/chat/completions', body, 422, TOO_SMALL);
      const response = await send('poor', '/v1/chat/completions', body);
      assert.equal(response.status, 200, await response.text());
    });
  }

  test('thoughts in Anthropic’s words have the budget that they say', async () => {
    const body = (budget: number): JsonObject => ({
      ...chat(hello, { model: 'qwen', max_tokens: budget + 1 }),
      thinking: { type: 'enabled', budget_tokens: budget },
    });
    await refused('/v1/messages', body(4_096), 422, TOO_SMALL);
  });

  test('earlier turns that a response goes on from are part of its prompt', async () => {
    const first = await send('turns', '/v1/responses', { model: 'openai', input: LONG });
    const { id } = (await first.json()) as { id: string };
    assert.equal(first.status, 200);
    const second = await send('turns', '/v1/responses', { model: 'openai', input: 'And?', previous_response_id: id });
    assert.equal(second.status, 429, await second.text());
    const alone = await send('turns', '/v1/responses', { model: 'openai', input: 'And?' });
    assert.equal(alone.status, 200, await alone.text());
    assert.ok(Number((await manage(gateway, '/global/spend')).spend) < 1);
  });
});
