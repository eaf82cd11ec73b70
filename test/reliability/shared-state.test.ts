/** Two instances, one upstream, one Redis: what one learns the other knows, and without Redis each goes on alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { configOf, deployment, type Setup } from './world.ts';

const KNOWN_WITHIN_MS = 300;
const HEALS_WITHIN_MS = 8_000;
const ID = 'west';
/** What a client gets while every deployment rests. */
const ALL_REST = 429;

interface Pair {
  readonly one: TestGateway;
  readonly two: TestGateway;
  readonly redis: TestRedis;
}

/** Both gateways ask the simulator of the first. */
async function inPair(router: Setup['router'], body: (pair: Pair) => Promise<void>): Promise<void> {
  const redis = await startTestRedis();
  const config = configOf({ deployments: [deployment('chat', ID)], router: { ...router, redis_url: redis.url } });
  const one = await startTestGateway({ config });
  const two = await startTestGateway({ config, env: { SIMULATOR_URL: one.simulator.url } });
  try {
    await Promise.all([until(() => isRedisUp(one)), until(() => isRedisUp(two))]);
    await body({ one, two, redis });
  } finally {
    redis.thaw();
    await Promise.all([one.close(), two.close()]);
    await redis.close();
  }
}

async function until(holds: () => Promise<boolean>, withinMs = HEALS_WITHIN_MS): Promise<number> {
  const startedMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedMs > withinMs) assert.fail(`not within ${withinMs} ms`);
    await wait(10);
  }
  return performance.now() - startedMs;
}

async function metricsOf(gateway: TestGateway): Promise<string> {
  return (await gateway.get('/metrics')).text();
}

async function isRedisUp(gateway: TestGateway): Promise<boolean> {
  return /^sluice_redis_up 1$/m.test(await metricsOf(gateway));
}

async function isOpen(gateway: TestGateway): Promise<boolean> {
  return /^litellm_deployment_state\{.*\} 2$/m.test(await metricsOf(gateway));
}

const BODY = { model: 'chat', messages: [{ role: 'user', content: 'Say: hello' }] };

async function ask(gateway: TestGateway): Promise<number> {
  const response = await gateway.post('/v1/chat/completions', BODY);
  await response.arrayBuffer();
  return response.status;
}

const seen = ({ one }: Pair): number => one.simulator.requests.length;

test('a breaker that one instance opens is open at the other at once, and both together send one probe', async () => {
  await inPair({ num_retries: 0, cooldown_time: 2 }, async (pair) => {
    const { one, two } = pair;
    const broken = one.simulator.script({ match: { deployment: ID }, fault: '401' });
    assert.equal(await ask(two), 401, 'the other works until then, as far as its provider does');
    assert.equal(seen(pair), 1);
    // The refused key opened it there.
    await until(() => isOpen(one), KNOWN_WITHIN_MS);
    assert.equal(await ask(one), ALL_REST);
    assert.equal(seen(pair), 1, 'the other called no provider to know it');

    // Half-open: the provider is slow to answer the probe, and everybody asks for it meanwhile.
    broken.remove();
    one.simulator.script({ match: { deployment: ID }, fault: 'first-token-after-1.5' });
    await wait(2_200);
    const before = seen(pair);
    const asking: Promise<number>[] = [];
    for (let round = 0; round < 30; round += 1) {
      asking.push(ask(one), ask(two));
      await wait(20);
    }
    assert.equal(seen(pair) - before, 1, 'one probe');
    const statuses = await Promise.all(asking);
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    one.simulator.reset();
    await until(async () => (await ask(one)) === 200, KNOWN_WITHIN_MS);
    await until(async () => (await ask(two)) === 200, KNOWN_WITHIN_MS);
  });
});

test('an instance that starts during an outage knows of it', async () => {
  await inPair({ num_retries: 0, cooldown_time: 60 }, async (pair) => {
    pair.one.simulator.script({ match: { deployment: ID }, fault: '401' });
    assert.equal(await ask(pair.one), 401);
    await wait(100);
    const router = { num_retries: 0, cooldown_time: 60, redis_url: pair.redis.url };
    const config = configOf({ deployments: [deployment('chat', ID)], router });
    const three = await startTestGateway({ config, env: { SIMULATOR_URL: pair.one.simulator.url } });
    try {
      await until(() => isRedisUp(three));
      const before = seen(pair);
      assert.equal(await ask(three), ALL_REST);
      assert.equal(seen(pair), before);
    } finally {
      await three.close();
    }
  });
});

test('the retry budget counts the attempts of both', async () => {
  await inPair({ num_retries: 5, max_attempts: 6, disable_cooldowns: true, retry_after: 0 }, async (pair) => {
    const { one, two } = pair;
    assert.deepEqual([await ask(one), await ask(two)], [200, 200]);
    // From their first exchange about an upstream on, they hear of each other.
    await wait(1_300);
    one.simulator.script({ match: { deployment: ID }, fault: '500' });
    await Promise.all(Array.from({ length: 20 }, () => ask(one)));
    const byOne = seen(pair) - 2;
    assert.ok(byOne > 45 && byOne <= 20 + 35, `${byOne} attempts: the requests, and as many retries as the budget has`);
    await wait(2_200);
    const before = seen(pair);
    await ask(two);
    const byTwo = seen(pair) - before;
    assert.ok(byTwo <= 2, `${byTwo} attempts of the other, where 6 would be its own`);
  });
});

/** Asks steadily and gives how long each answer took; any that is not 200 fails the test. */
async function load(gateways: readonly TestGateway[], forMs: number): Promise<number[]> {
  const tookMs: number[] = [];
  const bad: number[] = [];
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    const gateway = gateways[lane % gateways.length];
    const endMs = performance.now() + forMs;
    while (gateway !== undefined && performance.now() < endMs) {
      const startedMs = performance.now();
      const status = await ask(gateway);
      tookMs.push(performance.now() - startedMs);
      if (status !== 200) bad.push(status);
      await wait(5);
    }
  });
  await Promise.all(lanes);
  assert.deepEqual(bad, [], 'every request is answered');
  return tookMs.toSorted((a, b) => a - b);
}

const p99 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;

const MOST_ADDED_MS = 20;
const TRIES = 6;

test('Redis killed, frozen and emptied under load: no request fails, none waits, and it heals', {
  timeout: 120_000,
}, async () => {
  await inPair({}, async ({ one, two, redis }) => {
    const both = [one, two];
    const allUp = () => Promise.all(both.map((gateway) => until(() => isRedisUp(gateway))));
    await load(both, 700);
    /** Other programs on the machine may spoil a try, but a wait for Redis would spoil every one. */
    const during = async (what: string, change: () => unknown, undo: () => unknown): Promise<void> => {
      for (let tries = 1; ; tries += 1) {
        const calmMs = p99(await load(both, 1_000));
        const running = load(both, 1_800);
        await wait(200);
        await change();
        const stormMs = p99(await running);
        const areUp = [await isRedisUp(one), await isRedisUp(two)];
        assert.deepEqual(areUp, what === 'emptied' ? [true, true] : [false, false], what);
        // Its coming back is under load, too.
        const healing = load(both, 500);
        await undo();
        await Promise.all([healing, allUp()]);
        if (stormMs < calmMs + MOST_ADDED_MS) return;
        assert.ok(tries < TRIES, `${what}: p99 ${stormMs.toFixed(1)} ms, calm ${calmMs.toFixed(1)} ms`);
      }
    };
    await during('killed', redis.kill, redis.start);
    // Limits and budgets have a connection of their own, and lines of their own.
    const told = (await one.logLines()).map(
      (line) => /Redis is (unavailable: requests|back: instances)/.exec(line)?.[1],
    );
    const words = told.filter((word) => word !== undefined);
    assert.ok(words.length > 0, 'the outage is in the log');
    assert.ok(
      words.every((word, index) => word?.startsWith(index % 2 === 0 ? 'unavailable' : 'back')),
      `${words}`,
    );
    await during('frozen', redis.freeze, redis.thaw);
    await during(
      'emptied',
      () => redis.command('FLUSHALL'),
      () => undefined,
    );
  });
});

test('Redis down at the start: the gateway serves, warns once without a secret, and joins when Redis comes', async () => {
  const secret = 'canary-redis-password-71c';
  const redis = await startTestRedis('--requirepass', secret);
  await redis.kill();
  const config = configOf({
    deployments: [deployment('chat', ID)],
    router: { redis_host: '127.0.0.1', redis_port: redis.port, redis_password: 'os.environ/REDIS_SECRET' },
  });
  const gateway = await startTestGateway({ config, env: { REDIS_SECRET: secret } });
  try {
    assert.ok((await load([gateway], 1_000)).length > 20);
    assert.equal(await isRedisUp(gateway), false);
    for (const what of ['Redis is unavailable: requests', 'Redis is unavailable: limits']) {
      assert.equal((await gateway.logLines()).filter((line) => line.includes(what)).length, 1, what);
    }
    await redis.start();
    await until(() => isRedisUp(gateway));
    await until(async () => (await gateway.logLines()).some((line) => line.includes('Redis is back:')));
    assert.doesNotMatch((await gateway.logLines()).join('\n'), /canary-redis/);
  } finally {
    await gateway.close();
    await redis.close();
  }
});

test('without a configured Redis there is no gauge of it', async () => {
  const gateway = await startTestGateway({ config: configOf({ deployments: [deployment('chat', ID)] }) });
  try {
    assert.doesNotMatch(await metricsOf(gateway), /sluice_redis_up/);
  } finally {
    await gateway.close();
  }
});
