import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts';
import { systemClock } from '../../core/clock.ts';
import { testSharedRouting } from '../contracts/shared-routing.contract.ts';
import type { BreakerChange } from '../contracts/shared-routing.ts';
import type { RedisAddress, RedisStatus } from './link.ts';
import { RedisSharedRouting } from './shared-routing.ts';

let shared: Promise<TestRedis> | undefined;
const redisOfAll = (): Promise<TestRedis> => (shared ??= startTestRedis());
after(async () => (await shared)?.close());

function instanceOf({ port }: Pick<TestRedis, 'port'>, more: Partial<RedisAddress> = {}) {
  const statuses: RedisStatus[] = [];
  const instance = new RedisSharedRouting({
    address: { host: '127.0.0.1', port, database: 0, isTls: false, ...more },
    clock: systemClock,
    random: Math.random,
    onStatus: (status) => statuses.push(status),
  });
  const becomes = async (isUp: boolean, withinMs = 5_000): Promise<void> => {
    const deadline = performance.now() + withinMs;
    while (instance.isUp !== isUp) {
      if (performance.now() > deadline) assert.fail(`not ${isUp ? 'up' : 'down'} within ${withinMs} ms`);
      await wait(5);
    }
  };
  return { instance, statuses, becomes };
}

async function withRedis(body: (redis: TestRedis) => Promise<void>, ...options: string[]): Promise<void> {
  const redis = await startTestRedis(...options);
  try {
    await body(redis);
  } finally {
    redis.thaw();
    await redis.close();
  }
}

testSharedRouting('redis', async () => {
  const redis = await redisOfAll();
  const instances: RedisSharedRouting[] = [];
  const failures: RedisStatus[][] = [];
  return {
    async join() {
      const { instance, becomes, statuses } = instanceOf(redis);
      instances.push(instance);
      failures.push(statuses);
      await becomes(true);
      return instance;
    },
    async close() {
      for (const instance of instances) await instance.close();
      // A busy machine may be late; anything else means that a command broke the connection.
      const broken = failures.flat().filter(({ reason }) => reason?.startsWith('no answer') !== true);
      assert.deepEqual(broken, [], 'no connection was lost on the way');
      await redis.command('FLUSHALL');
    },
  };
});

test('a frozen Redis is noticed within its beat, answers nothing late, and is used again when it thaws', async () => {
  await withRedis(async (redis) => {
    const { instance, statuses, becomes } = instanceOf(redis);
    await becomes(true);
    redis.freeze();
    const sinceMs = performance.now();
    assert.equal(await instance.takeProbe('a', 1_000), true, 'it probes for itself');
    assert.ok(performance.now() - sinceMs < 250, `after ${performance.now() - sinceMs} ms`);
    assert.equal(instance.isUp, false);
    assert.equal(instance.takeProbe('b', 1_000), true, 'at once from now on');
    await wait(1_500);
    assert.deepEqual(statuses, [{ isUp: false, reason: 'no answer within 100 ms' }], 'told once');
    redis.thaw();
    await becomes(true);
    redis.freeze();
    await becomes(false, 1_500);
    redis.thaw();
    await becomes(true);
    assert.equal(statuses.length, 1, 'one that comes and goes is reported once');
    await wait(5_200);
    assert.deepEqual(statuses.slice(1), [{ isUp: true }]);
    await instance.close();
  });
});

test('what happened while Redis was unavailable is sent when it is back, the last state of each breaker', async () => {
  await withRedis(async (redis) => {
    const [one, two] = [instanceOf(redis), instanceOf(redis)];
    await Promise.all([one.becomes(true), two.becomes(true)]);
    const heard: [string, BreakerChange][] = [];
    two.instance.onChange((id, news) => heard.push([id, news]));
    await redis.kill();
    await Promise.all([one.becomes(false), two.becomes(false)]);
    one.instance.publish('a', { state: 'open', forMs: 60_000 });
    one.instance.publish('b', { state: 'open', forMs: 60_000 });
    one.instance.publish('b', { state: 'closed', forMs: 0 });
    await redis.start();
    await Promise.all([one.becomes(true), two.becomes(true)]);
    await wait(100);
    const known = new Map(heard);
    assert.equal(known.get('a')?.state, 'open');
    assert.notEqual(known.get('b')?.state, 'open');
    await Promise.all([one.instance.close(), two.instance.close()]);
  });
});

test('a breaker that closed while Redis was frozen stays closed when Redis comes back with older news', async () => {
  await withRedis(async (redis) => {
    const [one, two] = [instanceOf(redis), instanceOf(redis)];
    await Promise.all([one.becomes(true), two.becomes(true)]);
    one.instance.publish('a', { state: 'open', forMs: 300 });
    await wait(100);
    redis.freeze();
    // This lies unread in Redis until it thaws, and is older by then than what follows.
    one.instance.publish('b', { state: 'open', forMs: 60_000 });
    await Promise.all([one.becomes(false, 2_000), two.becomes(false, 2_000)]);
    one.instance.publish('b', { state: 'closed', forMs: 0 });
    const last = new Map<string, BreakerChange>();
    two.instance.onChange((id, news) => last.set(id, news));
    redis.thaw();
    await Promise.all([one.becomes(true), two.becomes(true)]);
    await wait(300);
    assert.equal(last.has('a'), false);
    assert.ok(last.get('b') === undefined || last.get('b')?.state === 'closed');
    await Promise.all([one.instance.close(), two.instance.close()]);
  });
});

test('a Redis that cannot be written to, is full or wants another password is unavailable, and its reason names no secret', async () => {
  await withRedis(
    async (redis) => {
      const wrong = instanceOf(redis, { password: 'canary-wrong-password' });
      await wait(200);
      assert.equal(wrong.instance.isUp, false);
      assert.match(wrong.statuses[0]?.reason ?? '', /WRONGPASS/);
      assert.doesNotMatch(JSON.stringify(wrong.statuses), /canary/);
      const right = instanceOf(redis, { password: 'right' });
      await right.becomes(true);
      await Promise.all([wrong.instance.close(), right.instance.close()]);
    },
    '--requirepass',
    'right',
  );
  await withRedis(
    async (redis) => {
      const { instance, statuses } = instanceOf(redis);
      await wait(200);
      assert.equal(instance.isUp, false);
      assert.match(statuses[0]?.reason ?? '', /OOM|READONLY/);
      await instance.close();
    },
    '--maxmemory',
    '1',
  );
});

test('emptied at run time it stays in use, and counts are neither doubled nor negative', async () => {
  await withRedis(async (redis) => {
    const [one, two] = [instanceOf(redis), instanceOf(redis)];
    await Promise.all([one.becomes(true), two.becomes(true)]);
    const heard: number[] = [];
    let own = 0;
    one.instance.countWith({
      drain: () => [['u', { first: 0, further: 0 }]],
      addOthers: (_, { first }) => heard.push(first),
    });
    two.instance.countWith({ drain: () => [['u', { first: own, further: 0 }]], addOthers: () => undefined });
    const exchange = async (): Promise<void> => {
      await two.instance.exchange();
      own = 0;
      await one.instance.exchange();
    };
    own = 40;
    await exchange();
    own = 5;
    await exchange();
    await redis.command('FLUSHALL');
    own = 7;
    await exchange();
    await exchange();
    assert.deepEqual(heard, [5, 7]);
    assert.ok(one.instance.isUp && two.instance.isUp);
    await Promise.all([one.instance.close(), two.instance.close()]);
  });
});

test('in a Redis Cluster it finds the node that has its keys', async () => {
  const options = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
  await withRedis(
    async (first) => {
      await withRedis(
        async (second) => {
          // The slot of `{routing}` goes to the second node; the first knows that from their meeting.
          await second.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
          await first.command('CLUSTER', 'MEET', '127.0.0.1', String(second.port));
          const deadline = performance.now() + 10_000;
          while (!(await first.command('GET', 'sluice:{routing}:open')).startsWith('-MOVED')) {
            if (performance.now() > deadline) assert.fail('the nodes do not meet');
            await wait(50);
          }
          const { instance, becomes, statuses } = instanceOf(first);
          await becomes(true);
          assert.deepEqual(statuses, []);
          instance.publish('a', { state: 'open', forMs: 1_000 });
          await wait(100);
          assert.match(await second.command('EXISTS', 'sluice:{routing}:breaker:a'), /^:1/);
          await instance.close();
        },
        ...options,
      );
    },
    ...options,
  );
});

test('a user with the rights that the guide names is enough', async () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/routing.md'), 'utf8');
  const rights = /`(\+@connection [^`]+)`/.exec(guide)?.[1]?.split(' ') ?? [];
  assert.ok(rights.length > 10, 'the guide names them');
  const user = ['sluice', 'on', '>let-in', '~sluice:*', '&sluice:*', '-@all', ...rights];
  await withRedis(
    async (redis) => {
      const login = { username: 'sluice', password: 'let-in' };
      const [one, two] = [instanceOf(redis, login), instanceOf(redis, login)];
      await Promise.all([one.becomes(true), two.becomes(true)]);
      one.instance.publish('a', { state: 'open', forMs: 1_000 });
      assert.equal(await one.instance.takeProbe('a', 1_000), true);
      one.instance.releaseProbe('a');
      assert.equal(await two.instance.takeProbe('a', 1_000), true);
      let attempts = 1;
      one.instance.countWith({ drain: () => [['u', { first: attempts, further: 0 }]], addOthers: () => undefined });
      await one.instance.exchange();
      attempts = 0;
      await one.instance.exchange();
      const late = instanceOf(redis, login);
      await late.becomes(true);
      one.instance.publish('a', { state: 'closed', forMs: 0 });
      await wait(50);
      assert.deepEqual([...one.statuses, ...two.statuses, ...late.statuses], []);
      await Promise.all([one, two, late].map(({ instance }) => instance.close()));
    },
    '--user',
    ...user,
  );
});
