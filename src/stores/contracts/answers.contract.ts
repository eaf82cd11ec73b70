/** What every store of answers must do, as tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnswerStore } from './answers.ts';

/** A store to test, and how its time passes. */
export interface TestedAnswers {
  readonly store: AnswerStore;
  readonly pass: (ms: number) => void | Promise<void>;
}

/** Tests the stores of one kind; each test gets an empty one. */
export function testAnswers(
  name: string,
  using: (use: (tested: TestedAnswers) => Promise<void>) => Promise<void>,
): void {
  const tester = ({ store }: TestedAnswers) => ({
    keep: async (scope: string, key: string, value = 'v', ttlMs = 60_000): Promise<void> => {
      const [found] = await store.find(scope, [key]);
      await store.keep(scope, [{ key, value: Buffer.from(value), ttlMs, life: found?.life ?? '' }]);
    },
    read: async (scope: string, ...keys: string[]): Promise<(string | undefined)[]> =>
      (await store.find(scope, keys)).map(({ value }) => value?.toString()),
    lifeOf: async (scope: string): Promise<string> => (await store.find(scope, ['none']))[0]?.life ?? '',
  });

  describe(`answers in ${name}`, () => {
    it('are found under their key and scope, several at once, byte for byte', () =>
      using(async (tested) => {
        const { keep, read } = tester(tested);
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
        await keep('a', 'k', 'first');
        await keep('a', 'k2', 'second');
        assert.deepEqual(await read('a', 'k2', 'none', 'k'), ['second', undefined, 'first']);
        assert.deepEqual(await read('b', 'k', 'k2'), [undefined, undefined]);
        const life = (await tested.store.find('a', ['raw']))[0]?.life ?? '';
        await tested.store.keep('a', [{ key: 'raw', value: bytes, ttlMs: 60_000, life }]);
        assert.deepEqual((await tested.store.find('a', ['raw']))[0]?.value, bytes);
        await keep('a', 'k', 'newer');
        assert.deepEqual(await read('a', 'k'), ['newer']);
      }));

    it('are kept together and in several parts under one life', () =>
      using(async (tested) => {
        const { read, lifeOf } = tester(tested);
        const life = await lifeOf('a');
        const part = (...keys: string[]) => keys.map((key) => ({ key, value: Buffer.from(key), ttlMs: 60_000, life }));
        await tested.store.keep('a', part('1', '2'));
        await tested.store.keep('a', part('3'));
        assert.deepEqual(await read('a', '1', '2', '3'), ['1', '2', '3']);
      }));

    it('are gone when their time is over', () =>
      using(async (tested) => {
        const { keep, read } = tester(tested);
        await keep('a', 'short', 'v', 200);
        await keep('a', 'long');
        assert.deepEqual(await read('a', 'short', 'long'), ['v', 'v']);
        await tested.pass(250);
        assert.deepEqual(await read('a', 'short', 'long'), [undefined, 'v']);
      }));

    it('of a scope are erased at once, those of other scopes stay, and none is kept that was under way', () =>
      using(async (tested) => {
        const { store } = tested;
        const { keep, read, lifeOf } = tester(tested);
        const late = (key: string, life: string) => [{ key, value: Buffer.from('late'), ttlMs: 60_000, life }];
        const unusedBefore = await lifeOf('unused');
        await keep('a', 'k');
        await keep('b', 'k2');
        const before = await lifeOf('a');
        await store.erase('a');
        await store.erase('unused');
        assert.deepEqual(await read('a', 'k'), [undefined]);
        await store.keep('a', late('k3', before));
        await store.keep('unused', late('k4', unusedBefore));
        assert.deepEqual(await read('a', 'k', 'k3'), [undefined, undefined]);
        assert.deepEqual(await read('unused', 'k4'), [undefined]);
        assert.deepEqual(await read('b', 'k2'), ['v']);
        await keep('a', 'k', 'again');
        await keep('unused', 'k4', 'again');
        assert.deepEqual([...(await read('a', 'k')), ...(await read('unused', 'k4'))], ['again', 'again']);
      }));

    it('that two instances find missing at the same time are kept by one of them at least', () =>
      using(async (tested) => {
        const { store } = tested;
        const { read, lifeOf } = tester(tested);
        const lives = [await lifeOf('new'), await lifeOf('new')];
        for (const [index, life] of lives.entries())
          await store.keep('new', [{ key: `k${index}`, value: Buffer.from('v'), ttlMs: 60_000, life }]);
        assert.ok((await read('new', 'k0', 'k1')).includes('v'));
      }));

    it('are deleted by their keys within their scope', () =>
      using(async (tested) => {
        const { keep, read } = tester(tested);
        await keep('a', 'k');
        await keep('a', 'k2');
        assert.equal(await tested.store.delete('b', ['k', 'k2']), 0);
        assert.equal(await tested.store.delete('a', ['k', 'none']), 1);
        assert.deepEqual(await read('a', 'k', 'k2'), [undefined, 'v']);
        assert.equal(await tested.store.delete('a', []), 0);
      }));

    it('of no life are not kept, and a healthy store says so', () =>
      using(async (tested) => {
        const { store } = tested;
        await store.keep('a', [{ key: 'k', value: Buffer.from('v'), ttlMs: 60_000, life: '' }]);
        assert.deepEqual(await tester(tested).read('a', 'k'), [undefined]);
        await store.ping();
        assert.equal(store.status().isUp, true);
      }));
  });
}
