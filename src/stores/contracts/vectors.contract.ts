/** What every store of directions must do, as tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { directionOf } from '../../core/direction.ts';
import type { Partition, VectorStore } from './vectors.ts';

/** A store to test, and how its time passes. */
export interface TestedVectors {
  readonly store: VectorStore;
  readonly pass: (ms: number) => void | Promise<void>;
}

const SIZE = 8;
const at = (scope: string, name = 'p', size = SIZE): Partition => ({ scope, name, size });

/** One with this cosine to the first axis. */
function leaning(cosine: number, size = SIZE): Float32Array {
  const direction = directionOf([cosine, Math.sqrt(1 - cosine * cosine), ...new Array(size - 2).fill(0)]);
  assert.ok(direction);
  return direction;
}

/** Tests the stores of one kind; each test gets an empty one. */
export function testVectors(
  name: string,
  using: (use: (tested: TestedVectors) => Promise<void>) => Promise<void>,
): void {
  const tester = ({ store }: TestedVectors) => ({
    keep: async (partition: Partition, key: string, cosine: number, life = 'l', ttlMs = 60_000): Promise<void> =>
      store.keep(partition, leaning(cosine, partition.size), { key, question: `question ${key}?`, life }, ttlMs),
    found: async (partition: Partition, least = 0, life = 'l', most = 8): Promise<string[]> => {
      const direction = leaning(1, partition.size);
      return (await store.search({ ...partition, life, direction, least, most })).map(({ key }) => key);
    },
  });

  describe(`directions in ${name}`, () => {
    it('are found by likeness, best first, with their questions, above a bar, as many as wanted', () =>
      using(async (tested) => {
        const { keep, found } = tester(tested);
        await keep(at('a'), '1', 0.8);
        await keep(at('a'), '2', 0.95);
        await keep(at('a'), '3', 0.6);
        assert.deepEqual(await found(at('a')), ['2', '1', '3']);
        assert.deepEqual(await found(at('a'), 0.7), ['2', '1']);
        assert.deepEqual(await found(at('a'), 0, 'l', 1), ['2']);
        const search = { ...at('a'), life: 'l', direction: leaning(1), least: 0, most: 1 };
        const [best] = await tested.store.search(search);
        assert.deepEqual([best?.question, best?.life], ['question 2?', 'l']);
        assert.ok(Math.abs((best?.similarity ?? 0) - 0.95) < 1e-5);
        await keep(at('a'), '2', 0.5);
        assert.deepEqual(await found(at('a')), ['1', '3', '2'], 'kept again under the same key');
      }));

    it('are found in their scope, partition, life and length alone', () =>
      using(async (tested) => {
        const { keep, found } = tester(tested);
        const scopes = ['a', 'b', 'a}', '*', 'a|b', 'A', "a'", 'ä', ''];
        for (const scope of scopes) await keep(at(scope), `of ${scope}`, 0.9);
        for (const scope of scopes) assert.deepEqual(await found(at(scope)), [`of ${scope}`], scope);
        await keep(at('a', 'q'), 'of q', 0.9);
        assert.deepEqual(await found(at('a', 'q')), ['of q']);
        assert.deepEqual(await found(at('a'), 0, 'another life'), []);
      }));

    it('end with their time', () =>
      using(async (tested) => {
        const { keep, found } = tester(tested);
        await keep(at('a'), 'short', 0.9, 'l', 1_000);
        await keep(at('a'), 'long', 0.8);
        assert.deepEqual(await found(at('a')), ['short', 'long']);
        await tested.pass(2_100);
        assert.deepEqual(await found(at('a')), ['long']);
      }));

    it('are forgotten by key and by scope, and a scope is used again', () =>
      using(async (tested) => {
        const { keep, found } = tester(tested);
        const { store } = tested;
        await keep(at('a'), '1', 0.9);
        await keep(at('a'), '2', 0.8);
        await keep(at('a', 'q'), '3', 0.8);
        await keep(at('b'), '4', 0.8);
        await store.forget(at('a'), '1');
        assert.deepEqual(await found(at('a')), ['2']);
        await store.erase('a');
        assert.deepEqual([await found(at('a')), await found(at('a', 'q')), await found(at('b'))], [[], [], ['4']]);
        await keep(at('a'), '5', 0.9);
        assert.deepEqual(await found(at('a')), ['5']);
      }));
  });
}
