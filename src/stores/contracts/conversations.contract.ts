/** What every store of conversations must do, as tests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SqlConnection } from '../sql/connection.ts';
import { sqlDirectory } from '../sql/directory/sql-directory.ts';
import { migrate } from '../sql/migrate.ts';
import { SqlConversations } from '../sql/responses/sql-conversations.ts';
import { SqlResponses } from '../sql/responses/sql-responses.ts';
import type { ConversationStore, StoredConversation } from './conversations.ts';
import { entry, makeKey } from './directory.contract.ts';
import type { ResponseOwner, ResponseStore, StoredItem } from './responses.ts';

const MUCH = 1_000_000;
const OWNER: ResponseOwner = { scope: 'team:t1', keyHash: 'h1', isStoredKey: false, userId: 'u1', teamId: 't1' };

const made = (id: string, more: Partial<StoredConversation> = {}): StoredConversation => ({
  ...{ id, createdAtMs: 5, expiresAtMs: 1_000, data: '{}' },
  ...more,
});
const items = (...ids: string[]): StoredItem[] => ids.map((id) => ({ id, data: `data of ${id}` }));
const addition = (conversationId: string, added: readonly StoredItem[], nowMs = 9) => ({
  ...{ conversationId, items: added, nowMs, expiresAtMs: 2_000 },
});
const idsOf = (found: readonly StoredItem[] | undefined) => found?.map(({ id }) => id);

/** Tests the store of one database. */
export function testConversations(name: string, open: () => Promise<SqlConnection>): void {
  describe(`stored conversations in ${name}`, () => {
    interface Stores {
      readonly store: ConversationStore;
      readonly responses: ResponseStore;
      readonly directory: ReturnType<typeof sqlDirectory>;
    }
    const using = async (use: (stores: Stores) => Promise<void>): Promise<void> => {
      const connection = await open();
      try {
        await migrate(connection);
        const store = new SqlConversations(connection);
        await use({ store, responses: new SqlResponses(connection), directory: sqlDirectory(connection) });
      } finally {
        await connection.close();
      }
    };

    it('finds a conversation and its items by scope and id together, until it expires', () =>
      using(async ({ store }) => {
        assert.equal(await store.create(OWNER, made('c'), items('a', 'b'), MUCH), true);
        assert.deepEqual(await store.get('team:t1', 'c', 999), made('c'));
        assert.deepEqual(await store.items('team:t1', 'c'), items('a', 'b'));
        assert.equal(await store.get('team:t2', 'c', 9), undefined);
        assert.deepEqual(await store.items('team:t2', 'c'), []);
        assert.equal(await store.get('team:t1', 'c\0', 9), undefined);
        assert.equal(await store.setData('team:t2', 'c', 'x', 9), false);
        assert.equal(await store.setData('team:t1', 'c', '{"a":1}', 9), true);
        assert.equal((await store.get('team:t1', 'c', 9))?.data, '{"a":1}');
        assert.equal(await store.get('team:t1', 'c', 1_000), undefined);
        assert.equal(await store.setData('team:t1', 'c', 'late', 1_000), false);
        assert.equal(await store.add(OWNER, addition('c', items('late'), 1_000), MUCH), false);
        assert.equal(await store.delete('team:t1', 'c', 1_000), false);
        assert.equal(await store.prune(999), 0);
        assert.equal(await store.prune(1_000), 1);
        assert.deepEqual(await store.items('team:t1', 'c'), []);
      }));

    it('adds items behind the others, also many at once, and is then kept for longer', () =>
      using(async ({ store }) => {
        await store.create(OWNER, made('c'), items('a'), MUCH);
        const many = Array.from({ length: 450 }, (_, index) => `i${index}`);
        assert.equal(await store.add(OWNER, addition('c', items(...many)), MUCH), true);
        assert.deepEqual(idsOf(await store.items('team:t1', 'c')), ['a', ...many]);
        assert.equal((await store.get('team:t1', 'c', 1_999))?.expiresAtMs, 2_000);
        assert.equal(await store.add(OWNER, addition('none', items('x')), MUCH), false);
        assert.equal(await store.add({ ...OWNER, scope: 'team:t2' }, addition('c', items('x')), MUCH), false);
      }));

    it('loses nothing of turns that end at the same time, and keeps the items of each together', () =>
      using(async ({ store, responses }) => {
        await store.create(OWNER, made('c'), [], MUCH);
        const turn = (index: number) => items(`in${index}`, `out${index}`);
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => {
            if (index % 2 === 0) return store.add(OWNER, addition('c', turn(index)), MUCH);
            const response = { id: `r${index}`, createdAtMs: 5, expiresAtMs: 1_000, data: '{}' };
            return responses.put(OWNER, response, MUCH, { addition: addition('c', turn(index)) });
          }),
        );
        const ids = idsOf(await store.items('team:t1', 'c')) ?? [];
        assert.equal(ids.length, 40);
        for (let at = 0; at < 40; at += 2) assert.equal(ids[at + 1], ids[at]?.replace('in', 'out'));
      }));

    it('gives pages in both orders, and finds items of the same id', () =>
      using(async ({ store }) => {
        await store.create(OWNER, made('c'), items('a', 'b', 'c', 'd'), MUCH);
        const page = async (after: string | undefined, isNewestFirst: boolean) =>
          idsOf(await store.page('team:t1', 'c', { after, limit: 2, isNewestFirst }));
        assert.deepEqual(await page(undefined, false), ['a', 'b']);
        assert.deepEqual(await page('b', false), ['c', 'd']);
        assert.deepEqual(await page(undefined, true), ['d', 'c']);
        assert.deepEqual(await page('a', true), []);
        assert.equal(await page('none', true), undefined);
        await store.create(OWNER, made('newer', { createdAtMs: 6 }), [{ id: 'b', data: 'newer' }], MUCH);
        assert.equal((await store.item('team:t1', 'c', 'b'))?.data, 'data of b');
        assert.equal(await store.item('team:t2', 'c', 'b'), undefined);
        assert.equal(await store.item('team:t1', 'newer', 'a'), undefined);
        assert.ok((await store.sizeOf('team:t1', 'c')) > (await store.sizeOf('team:t1', 'newer')));
        assert.equal(await store.sizeOf('team:t2', 'c'), 0);
        const found = await store.find('team:t1', ['a', 'b', 'none'], 9);
        assert.deepEqual(found.map(({ id, data, conversationId }) => [id, data, conversationId]).sort(), [
          ['a', 'data of a', 'c'],
          ['b', 'newer', 'newer'],
        ]);
        assert.deepEqual(await store.find('team:t2', ['a'], 9), []);
        assert.deepEqual(await store.find('team:t1', ['a'], 1_000), []);
        assert.equal(await store.deleteItem('team:t2', 'c', 'b'), false);
        assert.equal(await store.deleteItem('team:t1', 'c', 'b'), true);
        assert.equal(await store.deleteItem('team:t1', 'c', 'b'), false);
        assert.deepEqual(idsOf(await store.items('team:t1', 'c')), ['a', 'c', 'd']);
        assert.equal(await store.add(OWNER, addition('c', items('e')), MUCH), true);
        assert.deepEqual(idsOf(await store.items('team:t1', 'c')), ['a', 'c', 'd', 'e']);
      }));

    it('keeps no more bytes of a scope than it may have: what was not used for longest goes', () =>
      using(async ({ store }) => {
        const large = [{ id: 'x', data: 'x'.repeat(1_000) }];
        for (const [at, id] of ['c1', 'c2', 'c3'].entries()) {
          await store.create(OWNER, made(id, { createdAtMs: at }), large, 6_000);
        }
        await store.add(OWNER, addition('c1', large), 6_000);
        await store.create(OWNER, made('c4', { createdAtMs: 10 }), large, 6_000);
        const isThere = await Promise.all(
          ['c1', 'c2', 'c3', 'c4'].map(async (id) => (await store.get('team:t1', id, 11)) !== undefined),
        );
        assert.deepEqual(isThere, [true, false, true, true]);
      }));

    it('erases what belongs to a key, a team or a user that is deleted, and stores nothing for it afterwards', () =>
      using(async ({ store, directory }) => {
        const first: ResponseOwner = { ...OWNER, isStoredKey: true };
        const second: ResponseOwner = { ...first, keyHash: 'h2' };
        assert.equal(await store.create(first, made('before'), [], MUCH), false, 'there is no such key');
        await directory.create('key', makeKey('any', { hash: 'h1' }), entry());
        await directory.create('key', makeKey('other', { hash: 'h2' }), entry());
        await store.create(first, made('mine'), items('a'), MUCH);
        await store.create(second, made('shared'), items('b'), MUCH);
        await store.add(first, addition('shared', items('c')), MUCH);
        await directory.delete('key', ['h1'], () => entry());
        assert.equal(await store.get('team:t1', 'mine', 9), undefined);
        assert.deepEqual(await store.find('team:t1', ['a'], 9), []);
        assert.deepEqual(idsOf(await store.items('team:t1', 'shared')), ['b']);
        assert.equal(await store.add(first, addition('shared', items('late')), MUCH), false);
        assert.equal(await store.create(first, made('late'), [], MUCH), false);
        await directory.delete('key', ['h2'], () => entry());
        assert.equal(await store.get('team:t1', 'shared', 9), undefined);
      }));

    it('gives the conversations of a key to the key that takes its place', () =>
      using(async ({ store, directory }) => {
        const owner: ResponseOwner = { scope: 'key:h1', keyHash: 'h1', isStoredKey: true };
        await directory.create('key', makeKey('any', { hash: 'h1' }), entry());
        await store.create(owner, made('c'), items('a'), MUCH);
        await directory.rotateKey(
          'h1',
          (key) => ({ ...key, hash: 'h9' }),
          () => entry(),
        );
        assert.equal(await store.get('key:h1', 'c', 9), undefined);
        assert.deepEqual(await store.items('key:h9', 'c'), items('a'));
        await directory.delete('key', ['h9'], () => entry());
        assert.deepEqual(await store.items('key:h9', 'c'), []);
      }));
  });
}
