import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts';
import { systemClock } from '../../core/clock.ts';
import { testAnswers } from '../contracts/answers.contract.ts';
import { RedisAnswers } from './answers.ts';
import type { RedisAddress, RedisStatus } from './link.ts';

let shared: Promise<TestRedis> | undefined;
const redisOfAll = (): Promise<TestRedis> => (shared ??= startTestRedis());
after(async () => (await shared)?.close());

interface Opened {
  readonly answers: RedisAnswers;
  readonly statuses: RedisStatus[];
  readonly becomes: (isUp: boolean, withinMs?: number) => Promise<void>;
}

async function open(
  { port }: Pick<TestRedis, 'port'>,
  namespace = '',
  more: Partial<RedisAddress> = {},
): Promise<Opened> {
  const statuses: RedisStatus[] = [];
  const answers = new RedisAnswers({
    address: { host: '127.0.0.1', port, database: 0, isTls: false, ...more },
    namespace,
    clock: systemClock,
    random: Math.random,
    onStatus: (status) => statuses.push(status),
  });
  const becomes = async (isUp: boolean, withinMs = 10_000): Promise<void> => {
    const deadline = performance.now() + withinMs;
    while (answers.status().isUp !== isUp) {
      if (performance.now() > deadline) assert.fail(`not ${isUp ? 'up' : 'down'} within ${withinMs} ms`);
      await wait(5);
    }
  };
  await becomes(true);
  return { answers, statuses, becomes };
}

async function withRedis(
  use: (redis: TestRedis, opened: Opened) => Promise<void>,
  ...options: string[]
): Promise<void> {
  const redis = await startTestRedis(...options);
  const opened = await open(redis);
  try {
    await use(redis, opened);
  } finally {
    redis.thaw();
    opened.answers.close();
    await redis.close();
  }
}

const kept = (life: string, value = 'v', key = 'k') => [{ key, value: Buffer.from(value), ttlMs: 60_000, life }];
const lifeOf = async (answers: RedisAnswers, scope: string): Promise<string> =>
  (await answers.find(scope, ['none']))[0]?.life ?? '';
const read = async (answers: RedisAnswers, scope: string, key = 'k'): Promise<string | undefined> =>
  (await answers.find(scope, [key]))[0]?.value?.toString();

testAnswers('Redis', async (use) => {
  const redis = await redisOfAll();
  await redis.command('FLUSHALL');
  const { answers } = await open(redis, 'test');
  try {
    await use({ store: answers, pass: (ms) => wait(ms) });
  } finally {
    answers.close();
  }
});

test('a look-up is one command, and erasing a scope touches nothing else in Redis', () =>
  withRedis(async (redis, { answers }) => {
    await redis.command('SET', 'of-another-program', '1');
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    await redis.command('CONFIG', 'RESETSTAT');
    assert.equal(await read(answers, 'a'), 'v');
    const stats = await redis.command('INFO', 'commandstats');
    assert.match(stats, /cmdstat_mget:calls=1,/);
    assert.doesNotMatch(stats, /cmdstat_(?:get|set|eval)/);
    await answers.erase('a');
    assert.equal(await read(answers, 'a'), undefined);
    assert.match(await redis.command('GET', 'of-another-program'), /1/);
  }));

test('a salt that Redis dropped makes the entries of its scope unreadable for ever', () =>
  withRedis(async (redis, { answers }) => {
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    await redis.command('DEL', 'sluice:{answers-0}:salt:a');
    assert.equal(await read(answers, 'a'), undefined);
    await answers.keep('a', kept(await lifeOf(answers, 'a'), 'other', 'k2'));
    assert.deepEqual([await read(answers, 'a'), await read(answers, 'a', 'k2')], [undefined, 'other']);
  }));

test('what was erased stays erased in a Redis that lost its last writes', () =>
  withRedis(async (redis, { answers }) => {
    const salt = 'sluice:{answers-0}:salt:a';
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    await redis.command('COPY', salt, 'before');
    await wait(2);
    await answers.erase('a');
    await redis.command('COPY', 'before', salt, 'REPLACE');
    assert.equal(await read(answers, 'a'), undefined);
    await wait(50);
    assert.equal(await read(answers, 'a'), undefined);
    await answers.keep('a', kept(await lifeOf(answers, 'a'), 'new'));
    assert.equal(await read(answers, 'a'), 'new', 'and the scope is in use again');
  }));

test('a scope that is erased while Redis is down is erased when it is back', () =>
  withRedis(async (redis, { answers, becomes }) => {
    const other = await open(redis);
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    assert.equal(await read(other.answers, 'a'), 'v');
    redis.freeze();
    await assert.rejects(answers.erase('a'));
    redis.thaw();
    await becomes(true);
    await other.becomes(true);
    assert.equal(await read(answers, 'a'), undefined);
    assert.equal(await read(other.answers, 'a'), undefined, 'for the other instance too');
    other.answers.close();
  }));

test('a frozen Redis holds a look-up for one time limit, and the next ones not at all', () =>
  withRedis(async (redis, { answers, statuses, becomes }) => {
    redis.freeze();
    const startedMs = performance.now();
    const looks = await Promise.allSettled(Array.from({ length: 200 }, () => answers.find('a', ['k'])));
    const tookMs = performance.now() - startedMs;
    assert.ok(looks.every(({ status }) => status === 'rejected'));
    assert.ok(tookMs < 1_000, `${tookMs} ms`);
    await becomes(false);
    const nextMs = performance.now();
    await assert.rejects(answers.find('a', ['k']));
    assert.ok(performance.now() - nextMs < 50);
    assert.equal(statuses[0]?.isUp, false);
    assert.ok(answers.status().reason !== undefined);
    redis.thaw();
    await becomes(true);
    await answers.find('a', ['k']);
  }));

test('a Redis that is killed and starts again, empty, is used again', () =>
  withRedis(async (redis, { answers, becomes }) => {
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    await redis.kill();
    await becomes(false);
    await assert.rejects(answers.ping());
    await redis.start();
    await becomes(true);
    assert.equal(await read(answers, 'a'), undefined);
    await answers.keep('a', kept(await lifeOf(answers, 'a')));
    assert.equal(await read(answers, 'a'), 'v');
  }));

test('a full Redis refuses what is to be kept, says why, and still gives what it has', () =>
  withRedis(
    async (redis, { answers }) => {
      await answers.keep('a', kept(await lifeOf(answers, 'a')));
      await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
      await assert.rejects(answers.keep('a', kept(await lifeOf(answers, 'a'), 'more', 'k2')), /OOM/);
      assert.equal(await read(answers, 'a'), 'v');
      assert.match(answers.status().reason ?? '', /OOM/);
      await assert.rejects(answers.ping(), /OOM/);
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
      await answers.ping();
      assert.equal(answers.status().reason, undefined);
    },
    '--maxmemory-policy',
    'noeviction',
  ));

test('in a Redis Cluster each scope is at the node that has its slot', { timeout: 60_000 }, async () => {
  const options = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
  const [first, second] = [await startTestRedis(...options), await startTestRedis(...options)];
  try {
    await first.command('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await second.command('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await first.command('CLUSTER', 'MEET', '127.0.0.1', String(second.port));
    for (const redis of [first, second]) {
      while (!(await redis.command('CLUSTER', 'INFO')).includes('cluster_slots_assigned:16384')) await wait(20);
    }
    const startupNodes = [{ host: '127.0.0.1', port: second.port }];
    const { answers } = await open(first, '', { startupNodes });
    const scopes = Array.from({ length: 40 }, (_, index) => `scope ${index}`);
    for (const scope of scopes) await answers.keep(scope, kept(await lifeOf(answers, scope), scope, scope));
    for (const scope of scopes) assert.equal(await read(answers, scope, scope), scope);
    for (const redis of [first, second]) assert.match(await redis.command('DBSIZE'), /^:[1-9]/);
    await answers.erase('scope 1');
    assert.equal(await read(answers, 'scope 1', 'scope 1'), undefined);
    assert.equal(await read(answers, 'scope 2', 'scope 2'), 'scope 2');
    await answers.ping();
    answers.close();
  } finally {
    await first.close();
    await second.close();
  }
});
