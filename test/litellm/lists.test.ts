/** LiteLLM's lists of keys, users and teams: sorted and filtered as its pages ask for them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy();
  for (const [id, max_budget, spend] of [
    ['ann', 5, 0.25],
    ['bob', 1_000_000, 3],
    ['c/d%', 40, 0.000001],
  ] as const) {
    const user = { user_id: id, user_email: `${id[0]}@example.com`, max_budget, spend, auto_create_key: false };
    await proxy.ok('POST', '/user/new', { ...user, user_role: id === 'ann' ? 'proxy_admin' : 'internal_user' });
    await proxy.ok('POST', '/team/new', { team_id: `team of ${id}`, team_alias: `T ${id}`, max_budget });
    await proxy.key({ user_id: id, key_alias: `key of ${id}`, max_budget, spend });
  }
});
after(() => proxy.close());

const listed = async (path: string, list: string, name: string): Promise<string> =>
  ((await proxy.ok('GET', path))[list] as JsonObject[]).map((entry) => entry[name]).join(' | ');
const users = (query: string) => listed(`/user/list?${query}`, 'users', 'user_id');
const teams = (query: string) => listed(`/v2/team/list?${query}`, 'teams', 'team_id');
const keys = (query: string) =>
  listed(`/key/list?return_full_object=true&search=key%20of&${query}`, 'keys', 'key_alias');

describe('A list', { timeout: 60_000 }, () => {
  it('is sorted by what was spent, also of a key with a new text', async () => {
    assert.equal(await users('sort_by=spend&sort_order=desc'), 'bob | ann | c/d%');
    assert.equal(await users('sort_by=spend&sort_order=asc'), 'c/d% | ann | bob');
    assert.equal(await keys('sort_by=spend&sort_order=desc'), 'key of bob | key of ann | key of c/d%');
    await proxy.ok('POST', '/key/regenerate', { key: 'key of bob' });
    assert.equal(await keys('sort_by=spend&sort_order=desc'), 'key of bob | key of ann | key of c/d%');
  });

  it('is sorted by budget, address, role and name', async () => {
    assert.equal(await keys('sort_by=max_budget&sort_order=desc'), 'key of bob | key of c/d% | key of ann');
    assert.equal(await teams('sort_by=max_budget'), 'team of ann | team of c/d% | team of bob');
    assert.equal(await teams('sort_by=team_alias&sort_order=desc'), 'team of c/d% | team of bob | team of ann');
    assert.equal(await users('sort_by=user_email&sort_order=desc'), 'c/d% | bob | ann');
    assert.equal(await users('sort_by=user_role&sort_order=desc&page_size=1'), 'ann');
    for (const path of ['/user/list?sort_by=password', '/key/list?sort_by=user_email', '/v2/team/list?sort_order=up']) {
      assert.equal((await proxy.ask('GET', path)).status, 422, path);
    }
  });

  it('is in pages that hold everything once', async () => {
    const pages = await Promise.all([1, 2, 3].map((page) => keys(`sort_by=max_budget&size=1&page=${page}`)));
    assert.deepEqual(pages, ['key of bob', 'key of c/d%', 'key of ann']);
  });

  it('is searched by a part of names, addresses and ids', async () => {
    assert.equal(await users('user_email=A@EX'), 'ann');
    assert.equal(await users('search=/D%25'), 'c/d%');
    assert.equal(await teams('search=OF%20BOB'), 'team of bob');
    assert.equal(await teams('team_alias=t%20ann'), 'team of ann');
    assert.equal(await listed('/key/list?return_full_object=true&search=of%20ANN', 'keys', 'key_alias'), 'key of ann');
    assert.equal(await keys('key_alias=of%20ann'), '');
    assert.equal(await keys('key_alias=of%20ann&substring_matching=true'), 'key of ann');
    assert.equal(await users('search=nothing%20like%20it'), '');
  });

  it('of keys are filtered by their end and access group, and say whose they are', async () => {
    const user_id = 'owner-of-ends';
    await proxy.ok('POST', '/user/new', { user_id, user_email: 'ends@example.com', auto_create_key: false });
    const make = (key_alias: string, more: JsonObject) => proxy.key({ key_alias, user_id, ...more });
    await make('ends soon', { duration: '1s' });
    await make('ends later', { duration: '1d', access_group_ids: ['night'] });
    await make('never ends', {});
    await wait(1_100);
    const found = (query: string) =>
      listed(
        `/key/list?return_full_object=true&user_id=${user_id}&sort_by=key_alias&sort_order=asc&${query}`,
        'keys',
        'key_alias',
      );
    assert.equal(await found('expires=expired'), 'ends soon');
    assert.equal(await found('expires=active'), 'ends later | never ends');
    assert.equal(await found('access_group_id=night'), 'ends later');
    assert.equal((await proxy.ask('GET', '/key/list?expires=soon')).status, 422);
    const { keys } = await proxy.ok('GET', `/key/list?return_full_object=true&user_id=${user_id}&expand=user`);
    for (const key of keys as JsonObject[]) {
      assert.deepEqual(key.user, { user_id, user_email: 'ends@example.com', user_alias: null });
    }
  });
});
