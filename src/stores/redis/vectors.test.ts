import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts';
import { type SearchModule, startSearchModule } from '../../../test/support/search-module.ts';
import { testVectors } from '../contracts/vectors.contract.ts';
import type { Partition } from '../contracts/vectors.ts';
import type { RedisStatus } from './link.ts';
import { RedisVectors } from './vectors.ts';

let shared: Promise<TestRedis> | undefined;
const redisOfAll = (): Promise<TestRedis> => (shared ??= startTestRedis());
after(async () => (await shared)?.close());

interface Opened {
  readonly store: RedisVectors;
  readonly statuses: RedisStatus[];
  readonly becomes: (isUp: boolean) => Promise<void>;
}

async function open(port: number, namespace = '', mostEntries = 1_000): Promise<Opened> {
  const statuses: RedisStatus[] = [];
  const store = new RedisVectors({
    address: { host: '127.0.0.1', port, database: 0, isTls: false },
    ...{ namespace, mostEntries, indexName: 'questions', random: Math.random },
    onStatus: (status) => statuses.push(status),
  });
  const becomes = async (isUp: boolean): Promise<void> => {
    const deadline = performance.now() + 10_000;
    while (store.status().isUp !== isUp) {
      if (performance.now() > deadline) assert.fail(`not ${isUp ? 'up' : 'down'}: ${JSON.stringify(store.status())}`);
      await wait(5);
    }
  };
  return { store, statuses, becomes };
}

async function using(
  use: (parts: { redis: TestRedis; module: SearchModule } & Opened) => Promise<void>,
  { kind = 'redis' as 'redis' | 'valkey', mostEntries = 1_000 } = {},
): Promise<void> {
  const redis = await redisOfAll();
  redis.thaw();
  await redis.command('FLUSHALL');
  const module = await startSearchModule(redis.port, kind);
  const opened = await open(module.port, 'test', mostEntries);
  try {
    await opened.becomes(true);
    await use({ redis, module, ...opened });
  } finally {
    redis.thaw();
    opened.store.close();
    await module.close();
  }
}

for (const kind of ['redis', 'valkey'] as const)
  testVectors(`a ${kind} that can search`, (use) =>
    using(({ store }) => use({ store, pass: (ms) => wait(ms) }), { kind }),
  );

const P: Partition = { scope: 'a', name: 'p', size: 2 };
const ONE = new Float32Array([1, 0]);
const keep = (store: RedisVectors, key = 'k', partition = P): Promise<void> =>
  store.keep(
    partition,
    new Float32Array(partition.size).fill(Math.sqrt(1 / partition.size)),
    { key, question: 'q', life: 'l' },
    60_000,
  );
const find = async (store: RedisVectors, partition = P): Promise<string[]> => {
  const direction = partition.size === 2 ? ONE : new Float32Array(partition.size).fill(1);
  return (await store.search({ ...partition, life: 'l', direction, least: 0, most: 8 })).map(({ key }) => key);
};

test('what a faulty server gives of another scope, life or partition is not found', () =>
  using(async ({ store, module }) => {
    await keep(store);
    assert.deepEqual(await find(store), ['k']);
    for (const field of ['scope', 'life', 'partition', 'distance', 'key']) {
      module.tamper = (fields) => void (field === 'key' ? fields.delete('key') : fields.set(field, 'x'));
      assert.deepEqual(await find(store), [], field);
    }
  }));

test('directions of several lengths are side by side, and a scope is erased in all of them', () =>
  using(async ({ store }) => {
    const other = { ...P, size: 3 };
    await keep(store);
    await keep(store, 'k3', other);
    assert.deepEqual([await find(store), await find(store, other)], [['k'], ['k3']]);
    await store.erase('a');
    assert.deepEqual([await find(store), await find(store, other)], [[], []]);
  }));

test('every key ends by itself, says nothing of its scope in words, and is in one slot', () =>
  using(async ({ store, redis }) => {
    await keep(store, 'k', { ...P, scope: 'team of Ann' });
    const keys = await redis.command('KEYS', '*');
    const [, key = ''] = /\r\n(test:sluice:\{questions\}:2:\S+)\r\n/.exec(keys) ?? [];
    assert.match(keys, /^\*1\r\n/);
    assert.doesNotMatch(keys, /Ann/);
    assert.match(await redis.command('PTTL', key), /^:[1-9]/);
  }));

test('no more than the bound are kept, and the status says so', () =>
  using(
    async ({ store }) => {
      for (let index = 0; index < 60; index += 1) await keep(store, `${index}`);
      assert.equal(store.status().entries, 50);
      assert.match(store.status().reason ?? '', /max_entries/);
      await store.erase('a');
      await keep(store, 'again');
      assert.deepEqual(await find(store), ['again']);
    },
    { mostEntries: 50 },
  ));

test('an index that was dropped, or lost with its Redis, is made again', () =>
  using(async ({ store, redis, module, becomes }) => {
    await keep(store);
    await redis.kill();
    await becomes(false);
    await assert.rejects(find(store));
    await redis.start();
    await becomes(true);
    assert.deepEqual(await find(store), []);
    await keep(store, 'new');
    assert.deepEqual(await find(store), ['new']);
    assert.ok(module.commands.filter((each) => each.startsWith('FT.CREATE')).length >= 2);
  }));

test('a frozen or slow Redis holds a search for one time limit', () =>
  using(async ({ store, module, statuses, becomes }) => {
    await keep(store);
    module.delayMs = 2_000;
    const startedMs = performance.now();
    const looks = await Promise.allSettled(Array.from({ length: 50 }, () => find(store)));
    assert.ok(looks.every(({ status }) => status === 'rejected'));
    assert.ok(performance.now() - startedMs < 1_000, `${performance.now() - startedMs} ms`);
    await becomes(false);
    const nextMs = performance.now();
    await assert.rejects(find(store));
    assert.ok(performance.now() - nextMs < 50);
    assert.equal(statuses[0]?.isUp, false);
    module.delayMs = 0;
    await becomes(true);
    assert.deepEqual(await find(store), ['k']);
  }));

test('the status says what was refused, and the connection stays', () =>
  using(async ({ store, module }) => {
    await keep(store);
    module.failure = { error: 'NOPERM this user has no permissions to run the command' };
    await assert.rejects(find(store), /NOPERM/);
    assert.match(store.status().reason ?? '', /NOPERM/);
    module.failure = undefined;
    assert.deepEqual(await find(store), ['k']);
  }));

test('a scope that is erased while Redis is down is erased when it is back, and not found before', () =>
  using(async ({ store, module, redis, becomes }) => {
    await keep(store);
    module.failure = { error: 'ERR busy' };
    await assert.rejects(store.erase('a'));
    assert.deepEqual(await find(store), []);
    redis.freeze();
    await assert.rejects(keep(store, 'x', { ...P, scope: 'b' }));
    module.failure = undefined;
    redis.thaw();
    await becomes(true);
    while ((await redis.command('DBSIZE')) !== ':0\r\n') await wait(10);
    await keep(store, 'later');
    assert.deepEqual(await find(store), ['later']);
  }));

test('a Redis without the module says so', async () => {
  const redis = await redisOfAll();
  const { store } = await open(redis.port);
  while (store.status().reason === undefined) await wait(5);
  assert.equal(store.canSearch, false);
  assert.match(store.status().reason ?? '', /no search module/);
  await assert.rejects(find(store), /no search module/);
  store.close();
});
