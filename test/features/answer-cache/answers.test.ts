/** Answers that are given again: to whom, when, in which format, and at what cost. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { JsonObject } from '../../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const KEYS = [
  { api_key: 'key-of-a', user_id: 'a' },
  { api_key: 'second-key-of-a', user_id: 'a' },
  { api_key: 'key-of-b', user_id: 'b' },
];

async function start(cache: JsonObject = {}, more: JsonObject = {}): Promise<void> {
  gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: [
        'openai/gpt-4o',
        'anthropic/claude-sonnet-4-5',
        'gemini/gemini-2.5-pro',
        'openai/text-embedding-3-small',
      ]
        .map((model) => ({
          model_name: model.split('/')[1],
          litellm_params: { model, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
        }))
        .concat({
          model_name: 'sim/*',
          litellm_params: {
            model: 'openai/*',
            api_base: 'os.environ/SIMULATOR_URL',
            api_key: 'os.environ/PROVIDER_KEY',
          },
        }),
      router_settings: { num_retries: 0, disable_cooldowns: true },
      litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 600, ...cache }, ...more },
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      user_api_key_list: KEYS,
    }),
  });
}

const calls = (): number => gateway.simulator.requests.length;

async function ask(
  body: JsonObject,
  key = 'key-of-a',
  headers: Record<string, string> = {},
  path = '/v1/chat/completions',
) {
  const response = await gateway.post(path, body, { authorization: `Bearer ${key}`, ...headers });
  const text = await response.text();
  const isHit = response.headers.get('x-litellm-cache-hit') === 'True';
  return { status: response.status, text, isHit, headers: response.headers };
}

const chat = (content = 'Tell me of rivers.', more: JsonObject = {}): JsonObject => ({
  model: 'gpt-4o',
  messages: [{ role: 'user', content }],
  ...more,
});

describe('the cache of answers', { timeout: 60_000 }, () => {
  it('gives an answer again for nothing, and says so', async () => {
    await start();
    const first = await ask(chat());
    const second = await ask(chat());
    assert.deepEqual([first.isHit, second.isHit, calls()], [false, true, 1]);
    assert.equal(second.text, first.text);
    assert.equal(second.headers.get('x-litellm-response-cost'), '0');
    assert.match(second.headers.get('x-litellm-cache-key') ?? '', /^[0-9a-f]{64}$/);
    assert.match(second.headers.get('age') ?? '', /^\d+$/);
  });

  it('knows no order of members, no white space, and no members that decide nothing', async () => {
    await start();
    await ask(chat());
    const body = `{ "messages": [ {"content": [{"type":"text","text":"Tell me of rivers."}], "role":"user"} ], "n": 1,
      "metadata": {"trace": "x"}, "user": "somebody", "model":"gpt-4o", "stream": false }`;
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer key-of-a', 'content-type': 'application/json' },
      body,
    });
    await response.text();
    assert.equal(response.headers.get('x-litellm-cache-hit'), 'True');
    for (const more of [
      { temperature: 0.5 },
      { max_tokens: 50 },
      { seed: 1 },
      { stop: ['x'] },
      { tools: [] as never[], top_p: 0.5 },
    ]) {
      assert.equal((await ask(chat(undefined, more))).isHit, false, JSON.stringify(more));
    }
  });

  it('stays within the scope: the user of a key, or the key where that is chosen', async () => {
    await start();
    await ask(chat());
    assert.equal((await ask(chat(), 'second-key-of-a')).isHit, true);
    assert.equal((await ask(chat(), 'key-of-b')).isHit, false);
    assert.equal((await ask(chat(), gateway.masterKey)).isHit, false);
    assert.equal((await ask(chat(), gateway.masterKey)).isHit, false, 'the master key has no scope of its own');
    await gateway.close();
    await start({ scope: 'key' });
    await ask(chat());
    assert.equal((await ask(chat(), 'second-key-of-a')).isHit, false);
    await gateway.close();
    await start({ scope: 'global' });
    await ask(chat());
    assert.equal((await ask(chat(), 'key-of-b')).isHit, true);
    assert.equal((await ask(chat(), gateway.masterKey)).isHit, true);
  });

  it('is no common one of keys that were made without a user', async () => {
    await start();
    const keys: string[] = [];
    for (let made = 0; made < 2; made += 1) {
      const response = await gateway.post('/key/generate', {});
      const { key, user_id } = (await response.json()) as { key: string; user_id: string | null };
      assert.equal(user_id, 'default_user_id');
      keys.push(key);
    }
    assert.equal((await ask(chat(), keys[0])).isHit, false);
    assert.equal((await ask(chat(), keys[1])).isHit, false);
    assert.equal((await ask(chat(), keys[0])).isHit, true);
  });

  it('replays a stream as a stream, and gives a whole answer as one', async () => {
    await start();
    const first = await ask(chat('one', { stream: true }));
    const second = await ask(chat('one', { stream: true }));
    assert.deepEqual([second.isHit, second.text], [true, first.text]);
    assert.match(second.text, /data: \[DONE\]\n\n$/);
    assert.equal((await ask(chat('two'))).isHit, false);
    const streamed = await ask(chat('two', { stream: true }));
    assert.equal(streamed.isHit, true);
    assert.match(streamed.text, /^data: .*chat\.completion\.chunk[\s\S]*data: \[DONE\]\n\n$/);
  });

  it('answers a client of another format, if that format can say all of it', async () => {
    await start();
    const openai = new OpenAI({ apiKey: 'key-of-a', baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    const anthropic = new Anthropic({ authToken: 'key-of-a', apiKey: null, baseURL: gateway.url, maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'Tell me of lakes.' }];
    const first = await openai.chat.completions.create({ model: 'claude-sonnet-4-5', max_tokens: 300, messages });
    const second = await anthropic.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 300, messages });
    assert.equal(calls(), 1);
    const [block] = second.content;
    assert.equal(block?.type === 'text' && block.text, first.choices[0]?.message.content);
    assert.equal(second.usage.output_tokens, first.usage?.completion_tokens);
    const third = await openai.responses.create({
      model: 'claude-sonnet-4-5',
      max_output_tokens: 300,
      store: false,
      input: 'Tell me of lakes.',
    });
    assert.equal(calls(), 1);
    assert.equal(third.output_text, first.choices[0]?.message.content);
  });

  it('keeps no error, no answer that was cut off or refused, and no call of a tool unless that is wanted', async () => {
    await start();
    const weather = [
      { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } },
    ];
    const bodies: JsonObject[] = [
      chat('What is the weather in Paris?', { tools: weather }),
      { ...chat('x'), model: 'gpt-4o', messages: [{ role: 'user', content: 5 }] } as unknown as JsonObject,
    ];
    for (const body of bodies) {
      await ask(body);
      assert.equal((await ask(body)).isHit, false);
    }
    for (const [index, wish] of [
      'refuse',
      'filter',
      'fault-500',
      'fault-reset-after-5',
      'fault-error-event',
    ].entries()) {
      // An answer that comes in one piece has no events to go wrong.
      for (const stream of wish === 'fault-error-event' ? [true] : [true, false]) {
        const body = { ...chat(`Tell me of ${index}.`, { stream }), model: `sim/gpt-4o+${wish}` };
        await ask(body);
        assert.equal((await ask(body)).isHit, false, `${wish} ${stream}`);
      }
    }
    await gateway.close();
    await start({ tool_calls: true });
    await ask(bodies[0] ?? {});
    assert.equal((await ask(bodies[0] ?? {})).isHit, true);
  });

  it('does what a request says: no-cache, no-store, ttl, s-maxage, namespace, caching, and Cache-Control', async () => {
    await start();
    await ask(chat('a', { cache: { 'no-store': true } }));
    assert.equal((await ask(chat('a'))).isHit, false);
    assert.equal((await ask(chat('a'))).isHit, true);
    assert.equal((await ask(chat('a', { cache: { 'no-cache': true } }))).isHit, false);
    assert.equal((await ask(chat('a', { cache: { namespace: 'other' } }))).isHit, false);
    assert.equal((await ask(chat('a', { cache: { namespace: 'other' } }))).isHit, true);
    assert.equal((await ask(chat('a', { caching: false }))).isHit, false);
    assert.equal((await ask(chat('a'), 'key-of-a', { 'cache-control': 'no-cache' })).isHit, false);
    await ask(chat('b'), 'key-of-a', { 'cache-control': 'no-store' });
    assert.equal((await ask(chat('b', { cache: { ttl: 0 } }))).isHit, false);
    assert.equal((await ask(chat('b'))).isHit, false, 'kept for no time');
    const wrong = await ask(chat('c', { cache: { ttl: 'long' } }));
    assert.equal(wrong.status, 400);
    assert.match(wrong.text, /'cache\.ttl' must be a number of seconds/);
    const sent = gateway.simulator.requests.map(({ rawBody }) => rawBody.toString());
    assert.ok(!sent.some((body) => body.includes('"cache"') || body.includes('"caching"')), 'providers see none of it');
    await gateway.close();
    await start({ mode: 'default_off' });
    await ask(chat('a'));
    assert.equal((await ask(chat('a'))).isHit, false);
    await ask(chat('a', { cache: { 'use-cache': true } }));
    assert.equal((await ask(chat('a', { cache: { 'use-cache': true } }))).isHit, true);
  });

  it('is off by default, and with cache_system_prompt_only no answer is ever given again', async () => {
    await start({ cache_system_prompt_only: true });
    await ask(chat());
    assert.deepEqual([(await ask(chat())).isHit, calls()], [false, 2]);
    await gateway.close();
    gateway = await startTestGateway({ models: { 'gpt-4o': 'openai/gpt-4o' } });
    await ask(chat(), gateway.masterKey);
    assert.deepEqual([(await ask(chat(), gateway.masterKey)).isHit, calls()], [false, 2]);
  });
});
