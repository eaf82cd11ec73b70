/** A rotated key over two instances with one database and one Redis, by a clock that the test moves. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';

const GRACE_MS = 90_000;

describe('a rotated key', { timeout: 120_000 }, () => {
  const ends: (() => unknown)[] = [];
  const ending = { after: (end?: unknown) => void (typeof end === 'function' && ends.push(() => end())) };
  let gateways: readonly TestGateway[] = [];

  before(async () => {
    const [redis, postgres, simulator] = [await startTestRedis(), await startTestPostgres(), await startSimulator()];
    ending.after(() => redis.close());
    ending.after(() => postgres.close());
    ending.after(() => simulator.close());
    const config = JSON.stringify({
      model_list: [
        {
          model_name: 'm',
          litellm_params: { model: 'openai/sim-tokens-20', api_base: `${simulator.url}/v1`, api_key: 'k' },
        },
        {
          model_name: 'slow',
          litellm_params: {
            model: 'openai/sim-tokens-20+latency-200-100',
            api_base: `${simulator.url}/v1`,
            api_key: 'k',
          },
        },
      ],
      router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
      general_settings: { database_url: await postgres.makeDatabase() },
    });
    const start = async (): Promise<TestGateway> => {
      const gateway = await startTestGateway({
        config,
        sharedSimulator: simulator,
        dataFolder: temporaryFolder(ending),
      });
      ending.after(() => gateway.close());
      return gateway;
    };
    gateways = [await start(), await start()];
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  const ask = (gateway: TestGateway | undefined, key: string, more: object = {}): Promise<Response> => {
    assert.ok(gateway !== undefined);
    const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more };
    return gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` });
  };
  const statuses = async (key: string): Promise<number[]> => {
    const found: number[] = [];
    for (const gateway of gateways) {
      const response = await ask(gateway, key);
      await response.arrayBuffer();
      found.push(response.status);
    }
    return found;
  };
  const manage = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await (gateways[0] as TestGateway).post(path, body);
    assert.equal(response.status, 200);
    return (await response.json()) as Record<string, unknown>;
  };

  test('ends with its grace period on every instance, cached or not, and what is under way may finish', async (t) => {
    const { key } = await manage('/key/generate', {});
    assert.ok(typeof key === 'string');
    assert.deepEqual(await statuses(key), [200, 200]);
    // Only the wall clock stands still: connections and timers go on.
    const startMs = Math.floor(Date.now() / 1000) * 1000;
    t.mock.timers.enable({ apis: ['Date'], now: startMs });
    const { key: next } = await manage('/key/regenerate', { key, grace_period: `${GRACE_MS / 1000}s` });
    assert.ok(typeof next === 'string');
    await wait(500);
    // These requests put the identity behind the old text into the cache of each instance.
    assert.deepEqual(await statuses(key), [200, 200]);
    assert.deepEqual(await statuses(next), [200, 200]);
    t.mock.timers.setTime(startMs + GRACE_MS - 1);
    assert.deepEqual(await statuses(key), [200, 200]);
    const underWay = await ask(gateways[1], key, { model: 'slow', stream: true });
    t.mock.timers.setTime(startMs + GRACE_MS);
    assert.deepEqual(await statuses(key), [401, 401]);
    assert.deepEqual(await statuses(next), [200, 200]);
    assert.match(await underWay.text(), /data: \[DONE\]/);
  });

  test('without a grace period ends at once on every instance', async () => {
    const { key } = await manage('/key/generate', {});
    assert.ok(typeof key === 'string');
    assert.deepEqual(await statuses(key), [200, 200]);
    await manage('/key/regenerate', { key });
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs && (await statuses(key)).includes(200)) await wait(20);
    assert.deepEqual(await statuses(key), [401, 401]);
  });
});
