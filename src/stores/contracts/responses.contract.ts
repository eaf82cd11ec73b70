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
        assert.equal(await store.end('key:h1', 'a', 'done'), true);
        assert.deepEqual(await store.get('key:h1', 'a', 9), made('a', { data: 'done' }));
        assert.equal(await store.end('key:h1', 'a', 'again'), false);
        assert.equal(await store.renew('key:h1', 'a', 99), false);
        assert.equal(await store.end('key:h1', 'none', 'data'), false);
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
