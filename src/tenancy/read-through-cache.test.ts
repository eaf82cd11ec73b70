import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadThroughCache, type ReadThroughCacheOptions } from './read-through-cache.ts';

class Away extends Error {}

function remembered(
  load: ReadThroughCacheOptions<string>['load'],
  more: Partial<ReadThroughCacheOptions<string>> = {},
) {
  const clock = { ms: 0, nowMs: () => clock.ms, monotonicMs: () => clock.ms };
  const memory = new ReadThroughCache<string>({
    clock,
    load,
    sourcesOf: (id, value) => [`key:${id}`, ...(value === undefined ? [] : [`team:${value}`])],
    capacity: 3,
    ttlMs: 1_000,
    absentTtlMs: 100,
    mayServeOld: (error) => error instanceof Away,
    ...more,
  });
  return { memory, clock };
}

test('what was read is known at once, until it is too old', async () => {
  let reads = 0;
  const { memory, clock } = remembered(async (id) => `${id}${++reads}`);
  assert.equal(await memory.find('a'), 'a1');
  assert.equal(memory.find('a'), 'a1', 'without a promise');
  clock.ms = 1_000;
  assert.equal(await memory.find('a'), 'a2');
});

test('that there is none is remembered too, for a shorter time', async () => {
  let reads = 0;
  const { memory, clock } = remembered(async () => {
    reads++;
    return undefined;
  });
  assert.equal(await memory.find('a'), undefined);
  assert.equal(await memory.find('a'), undefined);
  assert.equal(reads, 1);
  clock.ms = 100;
  await memory.find('a');
  assert.equal(reads, 2);
});

test('a thousand questions at once are one read', async () => {
  let reads = 0;
  const { memory } = remembered(async () => {
    reads++;
    return 'x';
  });
  await Promise.all(Array.from({ length: 1_000 }, () => memory.find('a')));
  assert.equal(reads, 1);
});

test('what changed is forgotten, by whatever it was made of', async () => {
  let value = 'old';
  const { memory } = remembered(async () => value);
  await memory.find('a');
  value = 'new';
  memory.forget(['team:other']);
  assert.equal(memory.find('a'), 'old');
  memory.forget(['team:old']);
  assert.equal(await memory.find('a'), 'new');
});

test('a read that began before a change does not bring back what was true before it', async () => {
  let value = 'old';
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  const { memory } = remembered(async () => {
    const seen = value;
    if (++reads === 1) await gate.promise;
    return seen;
  });
  const asked = memory.find('a');
  value = 'new';
  memory.forget(['key:a']);
  gate.resolve();
  assert.equal(await asked, 'new');
  assert.equal(memory.find('a'), 'new');
});

test('while the store is unavailable what was known serves on, but not what was forgotten, and nothing that was never known', async () => {
  let isAway = false;
  const { memory, clock } = remembered(async (id) => {
    if (isAway) throw new Away();
    return id;
  });
  await memory.find('a');
  await memory.find('b');
  isAway = true;
  clock.ms = 5_000;
  assert.equal(await memory.find('a'), 'a');
  memory.forget(['key:b']);
  await assert.rejects(async () => memory.find('b'), Away);
  await assert.rejects(async () => memory.find('c'), Away);
});

test('what it holds is bounded: the oldest goes', async () => {
  const { memory } = remembered(async (id) => id);
  for (const id of ['a', 'b', 'c', 'd', 'e']) await memory.find(id);
  assert.equal(memory.size, 3);
  assert.ok(memory.find('a') instanceof Promise);
  assert.equal(memory.find('e'), 'e');
});

test('what is asked for and is not there drives out nothing that is', async () => {
  const { memory } = remembered(async (id) => (id.startsWith('made-up') ? undefined : id));
  await memory.find('a');
  await memory.find('b');
  for (let number = 0; number < 100; number++) await memory.find(`made-up ${number}`);
  assert.equal(memory.find('a'), 'a');
  assert.equal(memory.find('b'), 'b');
  assert.equal(memory.size, 3);
  for (const id of ['c', 'd']) await memory.find(id);
  assert.equal(memory.size, 3);
  assert.ok(memory.find('a') instanceof Promise, 'what there is takes the whole room');
});
