/** What a cached answer costs, what it counts for, and who may have it. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { FEATURES } from '../../../src/features/index.ts';
import { testFeature } from '../../support/test-features.ts';
import { type CachedGateway, cachedConfig, chat, deployment, startCached } from './cached-gateway.ts';

let cached: CachedGateway;
afterEach(() => cached.gateway.close());

const KEYS = [
  { api_key: 'key-of-a', user_id: 'a' },
  { api_key: 'few-requests', user_id: 'a', rpm_limit: 2 },
  { api_key: 'few-tokens', user_id: 'a', tpm_limit: 60 },
  { api_key: 'no-money', user_id: 'a', max_budget: 0.0000001 },
];

interface Row {
  readonly request_id: string;
  readonly cache_hit: string;
  readonly spend: number;
  readonly prompt_tokens: number;
}

async function rowOf(callId: string | null): Promise<Row | undefined> {
  for (let round = 0; round < 50; round += 1) {
    const response = await cached.gateway.get(`/spend/logs?request_id=${callId}`);
    const rows = (await response.json()) as Row[];
    if (rows.length > 0) return rows[0];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

describe('a cached answer', { timeout: 60_000 }, () => {
  it('is booked as a hit that cost nothing', async () => {
    cached = await startCached({ keys: KEYS });
    const [miss, hit] = [await cached.ask(chat()), await cached.ask(chat())];
    const [paid, saved] = [
      await rowOf(miss.headers.get('x-litellm-call-id')),
      await rowOf(hit.headers.get('x-litellm-call-id')),
    ];
    assert.deepEqual([paid?.cache_hit, saved?.cache_hit, saved?.spend], ['False', 'True', 0]);
    assert.ok((paid?.spend ?? 0) > 0);
    assert.equal(saved?.prompt_tokens, paid?.prompt_tokens);
    const metrics = await (await cached.gateway.get('/metrics')).text();
    assert.match(metrics, /^sluice_answer_cache_hits_total 1$/m);
    assert.match(metrics, /^sluice_answer_cache_misses_total 1$/m);
  });

  it('counts for the limits of requests and of tokens, and not for those of money', async () => {
    cached = await startCached({ keys: KEYS });
    await cached.ask(chat());
    const statuses = [];
    for (let round = 0; round < 3; round += 1)
      statuses.push((await cached.ask(chat(), { key: 'few-requests' })).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    let last = 200;
    for (let round = 0; round < 10 && last === 200; round += 1)
      last = (await cached.ask(chat(), { key: 'few-tokens' })).status;
    assert.equal(last, 429);
    const hits = [await cached.ask(chat(), { key: 'no-money' }), await cached.ask(chat(), { key: 'no-money' })];
    assert.deepEqual(
      hits.map(({ status, isHit }) => [status, isHit]),
      [
        [200, true],
        [200, true],
      ],
    );
    assert.equal(cached.calls(), 1);
  });

  it('is not for a key that may not use the model, nor any more for one that lost it', async () => {
    const models = [deployment('gpt-4o', 'openai/gpt-4o'), deployment('other', 'openai/gpt-4o')];
    const setup = { models, cache: { scope: 'global' } };
    cached = await startCached({ ...setup, keys: [{ api_key: 'key-of-a' }, { api_key: 'denied', models: ['other'] }] });
    await cached.ask(chat());
    assert.equal((await cached.ask(chat())).isHit, true);
    const denied = await cached.ask(chat(), { key: 'denied' });
    assert.deepEqual([denied.status >= 400, denied.isHit], [true, false]);
    cached.gateway.reload(cachedConfig({ ...setup, keys: [{ api_key: 'key-of-a', models: ['other'] }] }));
    const lost = await cached.ask(chat());
    assert.deepEqual([lost.status >= 400, lost.isHit], [true, false]);
  });

  it('is another one if the group has another model, address or default behind the same name', async () => {
    const setups = [
      [deployment('gpt-4o', 'openai/gpt-4o')],
      [deployment('gpt-4o', 'openai/gpt-4o-mini')],
      [deployment('gpt-4o', 'openai/gpt-4o', { temperature: 0.5 })],
      [deployment('gpt-4o', 'openai/gpt-4o'), deployment('gpt-4o', 'openai/gpt-4o-mini')],
    ];
    cached = await startCached({ models: setups[0] ?? [] });
    for (const [index, models] of setups.entries()) {
      cached.gateway.reload(cachedConfig({ models }));
      assert.equal((await cached.ask(chat())).isHit, false, `setup ${index}`);
      assert.equal((await cached.ask(chat())).isHit, true, `setup ${index}`);
    }
    cached.gateway.reload(cachedConfig({ models: setups[0] ?? [] }));
    assert.equal((await cached.ask(chat())).isHit, true, 'the first is there again');
  });

  it('passes the guards of answers', async () => {
    let refuses = false;
    const guard = testFeature('guard', () => ({
      guardOutput: () => [
        {
          sees: 'whole',
          check: () => {
            if (refuses) throw new GatewayError('refused_by_guardrail', 'No.');
            return undefined;
          },
        },
      ],
    }));
    cached = await startCached({ features: [...FEATURES, guard] });
    await cached.ask(chat());
    assert.equal((await cached.ask(chat())).isHit, true);
    refuses = true;
    const refused = await cached.ask(chat());
    assert.equal(refused.status, 400);
    assert.match(refused.text, /No\./);
    assert.equal(cached.calls(), 1, 'the cached answer was refused');
    await cached.ask(chat('Another.'));
    refuses = false;
    assert.equal((await cached.ask(chat('Another.'))).isHit, false, 'what was refused was not kept');
  });
});
