/** A cache in Redis that two gateways share, and that may be slow, frozen, dead, full or empty again. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { type CachedGateway, type CachedSetup, chat, startCached } from './cached-gateway.ts';

let redis: TestRedis;
let open: CachedGateway[] = [];
before(async () => {
  redis = await startTestRedis();
});
after(() => redis.close());
afterEach(async () => {
  redis.thaw();
  for (const cached of open) await cached.gateway.close();
  open = [];
  await redis.command('FLUSHALL');
});

const here = () => ({ type: 'redis', host: '127.0.0.1', port: redis.port });

async function start({ cache, ...setup }: CachedSetup = {}): Promise<CachedGateway> {
  const cached = await startCached({
    cache: { ...here(), ...cache },
    // The counters of limits are not to be in the way of what is tested.
    litellm: { cache_ttl: 600 },
    further: { budget_settings: { allow_evicting_redis: true } },
    ...setup,
  });
  open.push(cached);
  return cached;
}

async function untilUp({ gateway }: CachedGateway, isUp = true): Promise<void> {
  for (let round = 0; round < 500; round += 1) {
    const metrics = await (await gateway.get('/metrics')).text();
    if (metrics.includes(`sluice_answer_cache_up ${Number(isUp)}\n`)) return;
    await wait(20);
  }
  assert.fail(`the cache is not ${isUp ? 'up' : 'down'}`);
}

const keys = async (): Promise<string> => redis.command('KEYS', '*');

describe('a cache in Redis', { timeout: 120_000 }, () => {
  it('is shared by instances, and shows neither prompts nor answers nor names in its keys', async () => {
    const first = await start();
    const { simulator } = first.gateway;
    const [second, third] = [await start({ simulator, cache: { namespace: 'ours' } }), await start({ simulator })];
    for (const cached of open) await untilUp(cached);
    await first.ask(chat('Tell me of a secret river.'));
    await wait(50);
    assert.equal((await third.ask(chat('Tell me of a secret river.'))).isHit, true);
    assert.equal((await second.ask(chat('Tell me of a secret river.'))).isHit, false, 'another namespace');
    assert.equal((await third.ask(chat('Tell me of a secret river.'), { key: 'key-of-b' })).isHit, false);
    await wait(50);
    const names = await keys();
    assert.match(names, /sluice:\{answers-0\}:answer:[0-9a-f]{64}/);
    assert.match(names, /ours:sluice:\{answers-0\}:answer:/);
    assert.doesNotMatch(names, /river|key-of|gpt/);
  });

  it('may be encrypted: Redis then has no word of the answer, and what was changed there is not given', async () => {
    const cached = await start({ cache: { encrypt: true } });
    await untilUp(cached);
    const { text } = await cached.ask(chat());
    await wait(50);
    const [, key = ''] = /(sluice:\{answers-0\}:answer:[0-9a-f]{64})/.exec(await keys()) ?? [];
    const stored = await redis.command('GET', key);
    const { content } = JSON.parse(text).choices[0].message;
    assert.ok(!stored.includes(content.slice(0, 12)) && !stored.includes('openai-chat'));
    assert.equal((await cached.ask(chat())).isHit, true);
    await redis.command('SETRANGE', key, '60', 'x');
    assert.equal((await cached.ask(chat())).isHit, false);
  });

  it('gives nothing that is no entry', async () => {
    const cached = await start();
    await untilUp(cached);
    await cached.ask(chat());
    await wait(50);
    const [, key = ''] = /(sluice:\{answers-0\}:answer:[0-9a-f]{64})/.exec(await keys()) ?? [];
    await redis.command(
      'SETRANGE',
      key,
      '16',
      '{"keptAtMs":1,"format":"toString","isStream":false,"streamUsage":false}',
    );
    const answer = await cached.ask(chat());
    assert.deepEqual([answer.status, answer.isHit], [200, false]);
  });

  it('holds requests up by one time limit if it is frozen, then not at all, and is used again when it thaws', async () => {
    const cached = await start({ router: { redis_host: '', num_retries: 0 } });
    await untilUp(cached);
    await cached.ask(chat());
    assert.equal((await cached.ask(chat())).isHit, true);
    redis.freeze();
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startedMs = performance.now();
      const { status, isHit } = await cached.ask(chat());
      tookMs.push(performance.now() - startedMs);
      assert.deepEqual([status, isHit], [200, false]);
    }
    assert.ok(Math.max(...tookMs) < 2_000, `${tookMs}`);
    await untilUp(cached, false);
    const log = (await cached.gateway.logLines()).join('\n');
    assert.match(log, /The Redis of the cache is unavailable: requests go on without cached answers/);
    redis.thaw();
    await untilUp(cached);
    assert.equal((await cached.ask(chat())).isHit, true);
  });

  it('is empty after Redis was killed, and fills again', async () => {
    const cached = await start();
    await untilUp(cached);
    await cached.ask(chat());
    await redis.kill();
    assert.equal((await cached.ask(chat())).status, 200);
    await redis.start();
    await untilUp(cached);
    assert.equal((await cached.ask(chat())).isHit, false);
    await wait(50);
    assert.equal((await cached.ask(chat())).isHit, true);
  });
});
