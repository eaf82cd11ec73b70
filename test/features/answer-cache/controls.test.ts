/** What requests, keys and operators may say about the cache. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CachedGateway, chat, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

const withCache = (cache: unknown, content = 'x'): JsonObject => chat(content, { cache } as JsonObject);
const isHit = async (body: JsonObject, how = {}): Promise<boolean> => (await cached.ask(body, how)).isHit;

describe('the cache', { timeout: 60_000 }, () => {
  it('refuses controls that mean nothing, also one that is too long to be read, and bounds the others', async () => {
    cached = await startCached({ cache: { max_ttl: 600 } });
    for (const wrong of [[], 'no-cache', true, { ttl: -1 }, { ttl: '60' }, { 'no-cache': 'yes' }, { namespace: 5 }]) {
      const { status, text } = await cached.ask(withCache(wrong));
      assert.deepEqual([status, /'cache/.test(text)], [400, true], JSON.stringify(wrong));
    }
    assert.equal((await cached.ask(withCache({ 'no-store': true, padding: 'x'.repeat(4_000) }))).status, 400);
    assert.equal((await cached.ask(withCache({ namespace: 'n'.repeat(129) }))).status, 400);
    assert.equal(cached.calls(), 0);
    assert.equal((await cached.ask(withCache({ ttl: 1e308, 's-maxage': 1e308 }))).status, 200);
    assert.equal(await isHit(withCache(null)), true);
    await cached.ask(withCache({ ttl: 0.05 }, 'short'));
    await wait(80);
    assert.equal(await isHit(withCache({}, 'short')), false);
    assert.equal(await isHit(withCache({ 's-maxage': 0 })), false);
  });

  it('goes by what the operator says of a key, and refuses controls that the key is denied', async () => {
    const keys = [
      { api_key: 'key-of-a', user_id: 'a' },
      { api_key: 'never-kept', user_id: 'a', metadata: { cache: { 'no-store': true } } },
      { api_key: 'never-given', user_id: 'a', metadata: { cache: { 'no-cache': true } } },
      { api_key: 'few-controls', user_id: 'a', allowed_cache_controls: ['s-maxage'] },
    ];
    cached = await startCached({ keys });
    await cached.ask(chat(), { key: 'never-kept' });
    assert.equal(await isHit(chat(), { key: 'never-kept' }), false);
    assert.equal(await isHit(chat()), false, 'nothing was kept');
    assert.equal(await isHit(chat(), { key: 'never-kept' }), true, 'what others kept is given');
    assert.equal(await isHit(chat(), { key: 'never-given' }), false);
    const key = 'few-controls';
    const denied = await cached.ask(withCache({ 'no-cache': true }, 'Tell me of rivers.'), { key });
    assert.equal(denied.status, 400);
    assert.match(denied.text, /may not set `cache.no-cache`/);
    assert.equal(
      await isHit(chat(), { key, headers: { 'cache-control': 'no-cache' } }),
      true,
      'the header is no way round',
    );
    assert.equal(await isHit(chat(), { key, headers: { 'cache-control': 'max-age=0' } }), false);
    assert.equal(await isHit(withCache({ 's-maxage': 600 }, 'Tell me of rivers.'), { key }), true);
  });

  it('hides its controls from providers in every format, on or off', async () => {
    for (const isOn of [true, false]) {
      cached = await startCached({ litellm: { cache: isOn } });
      const more = { cache: { 'no-cache': true }, caching: true };
      for (const model of ['gpt-4o', 'claude-sonnet-4-5', 'gemini-2.5-pro'])
        assert.equal((await cached.ask({ ...chat(), model, ...more })).status, 200, `${model} ${isOn}`);
      const messages = {
        model: 'claude-sonnet-4-5',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'x' }],
        ...more,
      };
      assert.equal((await cached.ask(messages, { path: '/v1/messages' })).status, 200);
      const response = { model: 'gpt-4o', store: false, input: 'x', ...more };
      assert.equal((await cached.ask(response, { path: '/v1/responses' })).status, 200);
      const vectors = { model: 'text-embedding-3-small', input: 'x', ...more };
      assert.equal((await cached.ask(vectors, { path: '/v1/embeddings' })).status, 200);
      const gemini = { contents: [{ role: 'user', parts: [{ text: 'x' }] }], ...more };
      const path = '/v1beta/models/gemini-2.5-pro:generateContent';
      assert.equal((await cached.ask(gemini, { path })).status, 200);
      const sent = cached.gateway.simulator.requests.map(({ rawBody }) => rawBody.toString());
      assert.deepEqual(
        sent.filter((body) => /"cach(?:e|ing)"/.test(body)),
        [],
        `${isOn}`,
      );
      if (isOn) await cached.gateway.close();
    }
  });

  it('counts hits, misses and tokens under the names of LiteLLM, and names them in the log', async () => {
    cached = await startCached();
    await cached.ask(chat());
    const hit = await cached.ask(chat());
    await cached.ask(chat('y'), { key: cached.gateway.masterKey });
    const { usage } = JSON.parse(hit.text) as { usage: { total_tokens: number } };
    const metrics = await (await cached.gateway.get('/metrics')).text();
    const sum = (name: string): number =>
      [...metrics.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'gm'))].reduce((all, [, n]) => all + Number(n), 0);
    assert.equal(sum('litellm_cache_hits_metric_total'), 1);
    assert.equal(sum('litellm_cache_misses_metric_total'), 1);
    assert.equal(sum('litellm_cached_tokens_metric_total'), usage.total_tokens);
    const line = await cached.gateway.requestLine(hit.headers.get('x-litellm-call-id') ?? '');
    assert.equal(line.cache, 'hit');
  });

  it('keeps long streams and no answer above the bound', async () => {
    cached = await startCached({ cache: { max_entry_kb: 512 } });
    const long = (tokens: number) => ({
      ...chat(`x${tokens}`, { stream: true }),
      model: `sim/gpt-4o+tokens-${tokens}`,
    });
    const first = await cached.ask(long(1_500));
    assert.ok(first.text.length > 131_072, `${first.text.length}`);
    await wait(200);
    const again = await cached.ask(long(1_500));
    assert.deepEqual([again.isHit, again.text === first.text], [true, true]);
    await cached.ask(long(6_000));
    await wait(200);
    assert.equal(await isHit(long(6_000)), false);
  });

  it('finds nothing again under another salt key', async () => {
    cached = await startCached({ env: { LITELLM_SALT_KEY: 'salt-one-0123456789' } });
    await cached.ask(chat());
    const one = (await cached.ask(chat())).headers.get('x-litellm-cache-key');
    const { simulator } = cached.gateway;
    const other = await startCached({ env: { LITELLM_SALT_KEY: 'salt-two-0123456789' }, simulator });
    await other.ask(chat());
    const two = (await other.ask(chat())).headers.get('x-litellm-cache-key');
    await other.gateway.close();
    assert.ok(one !== null && two !== null && one !== two);
  });
});
