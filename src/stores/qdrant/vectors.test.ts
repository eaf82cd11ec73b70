import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DrivenClock } from '../../../test/support/driven-clock.ts';
import { startTestQdrant, type TestQdrant } from '../../../test/support/qdrant.ts';
import { testVectors } from '../contracts/vectors.contract.ts';
import type { Partition } from '../contracts/vectors.ts';
import { QdrantVectors } from './vectors.ts';

interface Parts {
  readonly qdrant: TestQdrant;
  readonly store: QdrantVectors;
  readonly clock: DrivenClock;
  readonly said: string[];
}

async function using(use: (parts: Parts) => Promise<void>, { mostEntries = 1_000, asked = 'k' } = {}): Promise<void> {
  const qdrant = await startTestQdrant('k');
  const clock = new DrivenClock();
  const said: string[] = [];
  const store = new QdrantVectors({
    ...{ collection: 'questions of/all', quantization: 'scalar', mostEntries, clock },
    call: async (method, path, body, timeoutMs) => {
      try {
        const response = await fetch(qdrant.url + path, {
          method,
          headers: { 'api-key': asked },
          signal: AbortSignal.timeout(timeoutMs),
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, text: await response.text() };
      } catch (error) {
        return { fault: String(error) };
      }
    },
    onStatus: ({ isUp, reason }) => said.push(`${isUp} ${reason ?? ''}`),
  });
  try {
    await use({ qdrant, store, clock, said });
  } finally {
    store.close();
    await qdrant.close();
  }
}

testVectors('Qdrant', (use) => using(({ store, clock }) => use({ store, pass: (ms) => clock.forward(ms) })));

const P: Partition = { scope: 'a', name: 'p', size: 2 };
const keep = (store: QdrantVectors, key = 'k', partition = P, ttlMs = 600_000): Promise<void> =>
  store.keep(partition, new Float32Array(partition.size).fill(1), { key, question: 'q', life: 'l' }, ttlMs);
const find = async (store: QdrantVectors, partition = P): Promise<string[]> => {
  const direction = new Float32Array(partition.size).fill(1);
  return (await store.search({ ...partition, life: 'l', direction, least: 0, most: 8 })).map(({ key }) => key);
};
const collectionOf = ({ collections }: TestQdrant) => collections.get('questions of/all');

test('the collection is made for directions as they are, with an index for each filter', () =>
  using(async ({ store, qdrant }) => {
    assert.deepEqual(await find(store), []);
    await keep(store);
    const { size, distance, quantization, indexes } = collectionOf(qdrant) ?? {};
    assert.deepEqual([size, distance], [2, 'Cosine']);
    assert.deepEqual(quantization, { scalar: { type: 'int8', quantile: 0.99, always_ram: false } });
    assert.deepEqual(indexes?.get('sluice_scope'), { type: 'keyword', is_tenant: true });
    assert.equal(indexes?.size, 4);
  }));

test('what a faulty server gives of another scope, life, partition or time is not found', () =>
  using(async ({ store, qdrant }) => {
    await keep(store);
    assert.deepEqual(await find(store), ['k']);
    for (const field of ['sluice_scope', 'sluice_life', 'sluice_partition', 'sluice_ends_at', 'sluice_key']) {
      qdrant.tamper = (payload) => {
        payload[field] = 1;
      };
      assert.deepEqual(await find(store), [], field);
    }
  }));

test('points of other programs in the collection are neither found nor erased', () =>
  using(async ({ store, qdrant }) => {
    await keep(store);
    const points = collectionOf(qdrant)?.points;
    points?.set(7, { id: 7, vector: [0.7, 0.7], payload: { text: 'a question', response: 'an answer' } });
    assert.deepEqual(await find(store), ['k']);
    await store.erase('a');
    assert.deepEqual([...(points?.keys() ?? [])], [7]);
  }));

test('the status names a collection for other lengths, and it is used as soon as it is another', () =>
  using(async ({ store, qdrant, clock, said }) => {
    await keep(store, 'k3', { ...P, size: 3 });
    await assert.rejects(keep(store), /takes Cosine vectors of 3 numbers, and the embedding model gives 2/);
    assert.match(store.status().reason ?? '', /gives 2/);
    assert.equal(said.length, 1);
    qdrant.collections.clear();
    clock.forward(60_000);
    await keep(store);
    assert.deepEqual(await find(store), ['k']);
    assert.equal(store.status().isUp, true);
  }));

test('the status says that a key is wrong, and not which', () =>
  using(
    async ({ store, said }) => {
      await assert.rejects(keep(store), /401/);
      assert.match(said[0] ?? '', /Must provide an API key/);
      assert.doesNotMatch(said.join(), /wrong-key/);
    },
    { asked: 'wrong-key' },
  ));

for (const failure of [{ status: 500 }, { status: 503 }, 'hang', 'drop'] as const) {
  test(`a server that answers with ${JSON.stringify(failure)} is waited for once, then left alone, and tried again`, () =>
    using(async ({ store, qdrant, clock }) => {
      await keep(store);
      qdrant.failure = failure;
      const startedMs = performance.now();
      await assert.rejects(find(store));
      assert.ok(performance.now() - startedMs < 1_000);
      const calls = qdrant.calls.length;
      for (let round = 0; round < 20; round += 1) await assert.rejects(find(store));
      assert.equal(qdrant.calls.length, calls);
      assert.equal(store.status().isUp, false);
      qdrant.failure = undefined;
      clock.forward(60_000);
      assert.deepEqual(await find(store), ['k']);
      assert.equal(store.status().isUp, true);
    }));
}

test('garbage is nothing found', () =>
  using(async ({ store, qdrant }) => {
    await keep(store);
    qdrant.failure = 'garbage';
    assert.deepEqual(await find(store), []);
  }));

test('ended questions are deleted, and no more than the bound are kept', () =>
  using(
    async ({ store, qdrant, clock }) => {
      for (let index = 0; index < 5; index += 1) await keep(store, `${index}`, P, 5_000);
      assert.equal(collectionOf(qdrant)?.points.size, 3);
      assert.match(store.status().reason ?? '', /max_entries/);
      clock.forward(61_000);
      await keep(store, 'new');
      assert.deepEqual(
        [...(collectionOf(qdrant)?.points.values() ?? [])].map(({ payload }) => payload.sluice_key),
        ['new'],
      );
    },
    { mostEntries: 3 },
  ));

test('a scope that is erased while the server is down is erased when it is back, and not found before', () =>
  using(async ({ store, qdrant }) => {
    await keep(store);
    qdrant.failure = { status: 503 };
    await assert.rejects(store.erase('a'));
    qdrant.failure = undefined;
    assert.deepEqual(await find(store), []);
    const deadline = performance.now() + 10_000;
    while ((collectionOf(qdrant)?.points.size ?? 0) > 0) {
      assert.ok(performance.now() < deadline, 'it is not erased');
      await wait(50);
    }
    // The answer to the erasure is under way.
    await wait(50);
    await keep(store, 'later');
    assert.deepEqual(await find(store), ['later']);
  }));
