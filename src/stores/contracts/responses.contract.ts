/** What every store of responses must do, as tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SqlConnection } from '../sql/connection.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { migrate } from '../sql/migrate.ts';
import { SqlResponses } from '../sql/responses/sql-responses.ts';
import { entry, makeKey } from './directory.contract.ts';
import type { ResponseOwner, ResponseStore, StoredResponse } from './responses.ts';

const MUCH = 1_000_000;
const OWNER: ResponseOwner = { scope: 'key:h1', keyHash: 'h1', isStoredKey: false, userId: 'u1', teamId: 't1' };

function made(id: string, more: Partial<StoredResponse> = {}): StoredResponse {
  return { id, createdAtMs: 5, expiresAtMs: 1_000, data: `data of ${id}`, ...more };
}

/** Tests the store of one database. */
export function testResponses(name: string, open: () => Promise<SqlConnection>): void {
  describe(`stored responses in ${name}`, () => {
    const using = async (
      use: (store: ResponseStore, directory: ReturnType<typeof sqlDirectory>) => Promise<void>,
    ): Promise<void> => {
      const connection = await open();
      try {
        await migrate(connection);
        await use(new SqlResponses(connection), sqlDirectory(connection));
      } finally {
        await connection.close();
      }
    };

    it('finds a response by scope and id together, until it expires', () =>
      using(async (store) => {
        await store.put(OWNER, made('a'), MUCH);
        await store.put(OWNER, made('a', { data: 'newer \u{1F426}' }), MUCH);
        await store.put({ ...OWNER, scope: 'key:h2' }, made('a', { data: 'of another' }), MUCH);
        assert.deepEqual(await store.get('key:h1', 'a', 999), made('a', { data: 'newer \u{1F426}' }));
        assert.equal((await store.get('key:h2', 'a', 999))?.data, 'of another');
        assert.equal(await store.get('key:h3', 'a', 999), undefined);
        assert.equal(await store.get('key:h1', 'b\0', 999), undefined);
        assert.equal(await store.get('key:h1', 'a', 1_000), undefined);
        assert.equal(await store.delete('key:h1', 'a', 1_000), false);
        assert.equal(await store.prune(999), 0);
        assert.equal(await store.prune(1_000), 2);
        assert.equal(await store.get('key:h1', 'a', 0), undefined);
      }));

    it('deletes a response of its own scope only', () =>
      using(async (store) => {
        await store.put(OWNER, made('a'), MUCH);
        assert.equal(await store.delete('key:h2', 'a', 9), false);
        assert.equal(await store.delete('key:h1', 'a', 9), true);
        assert.equal(await store.delete('key:h1', 'a', 9), false);
      }));

    it('ends a response once, and none that was deleted', () =>
      using(async (store) => {
        await store.put(OWNER, made('a', { runningUntilMs: 50 }), MUCH);
        assert.equal((await store.get('key:h1', 'a', 9))?.runningUntilMs, 50);
        assert.equal(await store.renew('key:h1', 'a', 90), true);
        assert.equal((await store.get('key:h1', 'a', 9))?.runningUntilMs, 90);
        assert.equal(await store.end(OWNER, 'a', 'done'), true);
        assert.deepEqual(await store.get('key:h1', 'a', 9), made('a', { data: 'done' }));
        assert.equal(await store.end(OWNER, 'a', 'again'), false);
        assert.equal(await store.renew('key:h1', 'a', 99), false);
        assert.equal(await store.end(OWNER, 'none', 'data'), false);
      }));

    it('finds the newest response that has an item, of its own scope only, and forgets items with their response', () =>
      using(async (store) => {
        await store.put(OWNER, made('a'), MUCH, { itemIds: ['m1', 'm2', 'm1'] });
        await store.put(OWNER, made('a'), MUCH, { itemIds: ['m1'] });
        await store.put(OWNER, made('b', { createdAtMs: 6 }), MUCH, { itemIds: ['m2'] });
        await store.put({ ...OWNER, scope: 'key:h2' }, made('c', { createdAtMs: 7 }), MUCH, { itemIds: ['m1'] });
        await store.put(OWNER, made('d', { createdAtMs: 8, runningUntilMs: 50 }), MUCH);
        assert.deepEqual(
          await store.holdersOf('key:h1', ['m1', 'm2', 'none', 'bad\0'], 9),
          new Map([
            ['m1', 'a'],
            ['m2', 'b'],
          ]),
        );
        assert.equal((await store.holdersOf('key:h1', ['m1'], 1_000)).size, 0);
        await store.end(OWNER, 'd', 'done', { itemIds: ['m1'] });
        assert.equal((await store.holdersOf('key:h1', ['m1'], 9)).get('m1'), 'd');
        await store.delete('key:h1', 'd', 9);
        assert.equal((await store.holdersOf('key:h1', ['m1'], 9)).get('m1'), 'a');
      }));

    it('keeps events of a response while it is made, and gives them in pages from a number on', () =>
      using(async (store) => {
        const page = (scope: string, from: number, mostBatches = 9) =>
          store.events(scope, 'a', { from, mostBatches, nowMs: 9 });
        const firsts = async (from: number, most?: number) =>
          (await page('key:h1', from, most))?.batches.map(({ first }) => first);
        await store.put(OWNER, made('a', { runningUntilMs: 50 }), MUCH, { events: { first: 0, data: 'from 0' } });
        for (const first of [4, 7]) {
          assert.equal(await store.putEvents('key:h1', 'a', { first, data: `from ${first}` }, MUCH), true);
        }
        assert.equal(await store.putEvents('key:h2', 'a', { first: 0, data: 'of another' }, MUCH), false);
        assert.deepEqual(await firsts(0), [0, 4, 7]);
        assert.deepEqual(await firsts(0, 2), [0, 4]);
        assert.deepEqual(await firsts(5), [4, 7]);
        assert.deepEqual(await firsts(7), [7]);
        assert.deepEqual(await firsts(99), [7]);
        assert.equal((await page('key:h1', 0))?.runningUntilMs, 50);
        assert.equal(await page('key:h2', 0), undefined);
        assert.equal(await store.events('key:h1', 'a', { from: 0, mostBatches: 9, nowMs: 1_000 }), undefined);
        await store.end(OWNER, 'a', 'done', { events: { first: 9, data: 'from 9' } });
        assert.equal(await store.putEvents('key:h1', 'a', { first: 12, data: 'late' }, MUCH), false);
        assert.deepEqual(await page('key:h1', 9), { batches: [{ first: 9, data: 'from 9' }] });
        assert.equal(await store.end(OWNER, 'a', 'again', { events: { first: 14, data: 'late' } }), false);
        assert.deepEqual(await firsts(99), [9]);
        await store.delete('key:h1', 'a', 9);
        assert.equal(await page('key:h1', 0), undefined);
      }));

    it('counts the events of a response as its bytes', () =>
      using(async (store) => {
        for (const [at, id] of ['a', 'b'].entries()) {
          await store.put(OWNER, made(id, { createdAtMs: at, runningUntilMs: 50, data: 'x'.repeat(500) }), 1_000, {
            events: { first: 0, data: 'y'.repeat(150) },
          });
          await store.putEvents('key:h1', id, { first: 1, data: 'y'.repeat(150) }, 1_000);
          await store.end(OWNER, id, 'z', { events: { first: 2, data: 'y'.repeat(100) } });
        }
        await store.put(OWNER, made('c', { data: 'x'.repeat(500) }), 1_000);
        const isThere = await Promise.all(
          ['a', 'b', 'c'].map(async (id) => (await store.get('key:h1', id, 9)) !== undefined),
        );
        assert.deepEqual(isThere, [false, true, true]);
      }));

    it('deletes the oldest responses while one is streamed', () =>
      using(async (store) => {
        await store.put(OWNER, made('old', { data: 'x'.repeat(500) }), 1_000);
        await store.put(OWNER, made('new', { createdAtMs: 6, runningUntilMs: 50 }), 1_000);
        await store.putEvents('key:h1', 'new', { first: 0, data: 'y'.repeat(900) }, 1_000);
        assert.equal(await store.get('key:h1', 'old', 9), undefined);
        assert.notEqual(await store.get('key:h1', 'new', 9), undefined);
      }));

    it('keeps no more bytes of a scope than it may have, and deletes the oldest first', () =>
      using(async (store) => {
        const data = 'x'.repeat(100);
        for (let count = 1; count <= 9; count += 1) {
          await store.put(OWNER, made(`r${count}`, { data, createdAtMs: count }), 350);
        }
        const kept: string[] = [];
        for (let count = 1; count <= 9; count += 1) {
          if ((await store.get('key:h1', `r${count}`, 9)) !== undefined) kept.push(`r${count}`);
        }
        assert.deepEqual(kept, ['r7', 'r8', 'r9']);
      }));

    it('erases what belongs to a key, a team or a user that is deleted, and stores nothing for it afterwards', () =>
      using(async (store, directory) => {
        const owned: ResponseOwner = { ...OWNER, isStoredKey: true };
        await store.put(owned, made('before'), MUCH);
        assert.equal(await store.get('key:h1', 'before', 9), undefined, 'there is no such key');
        await directory.create('key', makeKey('any', { hash: 'h1' }), entry());
        await store.put(owned, made('a'), MUCH);
        assert.notEqual(await store.get('key:h1', 'a', 9), undefined);
        await directory.delete('key', ['h1'], () => entry());
        assert.equal(await store.get('key:h1', 'a', 9), undefined);
        await store.put(owned, made('late'), MUCH);
        assert.equal(await store.get('key:h1', 'late', 9), undefined);
      }));

    it('gives the responses of a key to the key that takes its place', () =>
      using(async (store, directory) => {
        await directory.create('key', makeKey('any', { hash: 'h1' }), entry());
        await store.put({ ...OWNER, isStoredKey: true }, made('a'), MUCH);
        await directory.rotateKey(
          'h1',
          (key) => ({ ...key, hash: 'h9' }),
          () => entry(),
        );
        assert.equal(await store.get('key:h1', 'a', 9), undefined);
        assert.notEqual(await store.get('key:h9', 'a', 9), undefined);
        await directory.delete('key', ['h9'], () => entry());
        assert.equal(await store.get('key:h9', 'a', 9), undefined);
      }));
  });
}
