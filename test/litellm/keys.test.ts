/** LiteLLM's suite of keys: looked up by text, hash and alias, hidden from others, remembered when deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

const CONFIG = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
litellm_settings: { max_budget: 100, budget_duration: 30d }
`;

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy({ config: CONFIG });
});
after(() => proxy.close());

const infoOf = async (key: unknown): Promise<JsonObject> =>
  (await proxy.ok('GET', `/key/info?key=${encodeURIComponent(String(key))}`)).info as JsonObject;
const statusOf = async (method: string, path: string, body?: JsonObject, key?: string): Promise<number> =>
  (await proxy.ask(method, path, body, key)).status;
const userWithKey = async (id: string): Promise<string> =>
  String((await proxy.ok('POST', '/user/new', { user_id: id })).key);

describe('A key', { timeout: 60_000 }, () => {
  it('is found by its text, its hash and its alias, on every route', async () => {
    const made = await proxy.ok('POST', '/key/generate', { key_alias: 'our search' });
    for (const name of [made.key, made.token, 'our search']) {
      assert.equal((await infoOf(name)).key_alias, 'our search');
      await proxy.ok('POST', '/key/update', { key: name ?? '', rpm_limit: 7 });
      await proxy.ok('POST', '/key/block', { key: name ?? '' });
      assert.equal((await proxy.chat(String(made.key))).status, 401);
      await proxy.ok('POST', '/key/unblock', { key: name ?? '' });
      assert.equal((await proxy.chat(String(made.key))).status, 200);
    }
    const { info } = await proxy.ok('POST', '/v2/key/info', { keys: ['our search', 'no such key'] });
    assert.deepEqual(
      (info as JsonObject[]).map(({ token }) => token),
      [made.token],
    );
    const rotated = await proxy.ok('POST', '/key/our%20search/regenerate', {});
    assert.equal((await proxy.chat(String(made.key))).status, 401);
    assert.equal((await proxy.chat(String(rotated.key))).status, 200);
    await proxy.ok('POST', '/key/delete', { keys: ['our search'] });
    assert.equal((await proxy.chat(String(rotated.key))).status, 401);
  });

  it('whose alias is the hash of another is not taken for it', async () => {
    const victim = await proxy.ok('POST', '/key/generate', { key_alias: 'victim' });
    const other = await proxy.ok('POST', '/key/generate', { key_alias: String(victim.token) });
    assert.equal((await infoOf(victim.token)).key_alias, 'victim');
    assert.equal((await infoOf(other.token)).key_alias, victim.token);
  });

  it('gets no alias that people cannot tell from another', async () => {
    for (const key_alias of ['', '   ', '-', ' rot', 'rot ', '\trot']) {
      assert.equal(await statusOf('POST', '/key/generate', { key_alias }), 422, JSON.stringify(key_alias));
    }
    const key = await proxy.key({ key_alias: 'plain' });
    assert.equal(await statusOf('POST', '/key/update', { key, key_alias: ' plain' }), 422);
    assert.equal(await statusOf('POST', '/key/regenerate', { key, key_alias: '' }), 422);
    await proxy.ok('POST', '/key/update', { key, key_alias: null });
    assert.equal((await infoOf(key)).key_alias, null);
  });

  it('that was deleted is still shown to admins, with what it spent, and to no one else', async () => {
    const mine = await userWithKey('forgets');
    const key = await proxy.key({ key_alias: 'gone', max_budget: 5.5, user_id: 'forgets', metadata: { of: 'x' } });
    await proxy.chat(key);
    const { spend } = await until(
      () => infoOf('gone'),
      (info) => Number(info.spend) > 0,
    );
    await proxy.ok('POST', '/key/delete', { keys: [key] });
    const shown = await infoOf(key);
    assert.deepEqual(
      [shown.key_alias, shown.max_budget, shown.spend, shown.status, shown.user_id],
      ['gone', 5.5, spend, 'deleted', 'forgets'],
    );
    assert.ok(Date.parse(String(shown.deleted_at)) > 0);
    assert.equal(await statusOf('GET', `/key/info?key=${key}`, undefined, mine), 403);
    const { keys, total_count } = await proxy.ok('GET', '/key/list?status=deleted&size=100');
    assert.ok(Number(total_count) >= 1);
    assert.ok((keys as JsonObject[]).some(({ key_alias }) => key_alias === 'gone'));
    assert.equal(await statusOf('GET', '/key/list?status=deleted', undefined, mine), 403);
    assert.ok(!JSON.stringify(shown).includes(key));
  });

  it('that went with its team is remembered too', async () => {
    const { team_id } = await proxy.ok('POST', '/team/new', {});
    const key = await proxy.key({ team_id: team_id ?? '', key_alias: 'of a team', rpm_limit: 3 });
    await proxy.ok('POST', '/team/delete', { team_ids: [team_id ?? ''] });
    const { key_alias, rpm_limit, status } = await infoOf(key);
    assert.deepEqual([key_alias, rpm_limit, status], ['of a team', 3, 'deleted']);
  });
});

describe('An object of somebody else', { timeout: 60_000 }, () => {
  it('is a 403, word for word as one that does not exist', async () => {
    const mine = await userWithKey('curious');
    const theirs = await userWithKey('private');
    const { team_id } = await proxy.ok('POST', '/team/new', {});
    await proxy.ok('POST', '/key/update', { key: theirs, key_alias: 'their alias' });
    const hash = String((await infoOf(theirs)).token ?? (await proxy.ok('GET', `/key/info?key=${theirs}`)).key);
    for (const [method, path, ofOthers, ofNobody] of [
      ['GET', '/key/info?key=', hash, 'a'.repeat(64)],
      ['GET', '/key/info?key=', 'their alias', 'no alias'],
      ['GET', '/user/info?user_id=', 'private', 'nobody'],
      ['GET', '/v2/user/info?user_id=', 'private', 'nobody'],
      ['GET', '/team/info?team_id=', String(team_id), 'no-team'],
    ] as const) {
      const [one, other] = await Promise.all(
        [ofOthers, ofNobody].map((id) => proxy.ask(method, path + encodeURIComponent(id), undefined, mine)),
      );
      assert.equal(one?.status, 403, path);
      assert.deepEqual(one?.body, other?.body, path);
    }
    for (const path of ['/key/update', '/key/regenerate']) {
      const [one, other] = await Promise.all(
        [hash, 'their alias', 'b'.repeat(64)].map((key) => proxy.ask('POST', path, { key }, mine)),
      );
      assert.deepEqual([one?.status, one?.body], [403, other?.body], path);
    }
    assert.equal(await statusOf('POST', '/key/delete', { keys: ['their alias'] }, mine), 403);
    assert.equal((await proxy.chat(theirs)).status, 200);
  });

  it('that does not exist is a 404 to those who see everything', async () => {
    assert.equal(await statusOf('GET', '/key/info?key=none'), 404);
    assert.equal(await statusOf('GET', '/user/info?user_id=none'), 404);
    assert.equal(await statusOf('GET', '/team/info?team_id=none'), 404);
  });
});

describe('`litellm-proxy-budget`', { timeout: 60_000 }, () => {
  const spent = async (): Promise<number> => {
    const { user_info } = await proxy.ok('GET', '/user/info?user_id=litellm-proxy-budget');
    assert.equal((user_info as JsonObject).max_budget, 100);
    return Number((user_info as JsonObject).spend);
  };

  it('is the budget of everything, and its spend can be set', async () => {
    const key = await proxy.key();
    assert.equal((await proxy.chat(key)).status, 200);
    await until(spent, (amount) => amount > 0);
    await proxy.ok('POST', '/user/update', { user_id: 'litellm-proxy-budget', spend: 100 });
    assert.equal((await proxy.chat(key)).status, 422, 'all of it is spent');
    await proxy.ok('POST', '/user/update', { user_id: 'litellm-proxy-budget', spend: 0, max_budget: 100 });
    assert.equal((await proxy.chat(key)).status, 200);
  });

  it('takes its limit from the configuration, and belongs to proxy admins', async () => {
    const raise = { user_id: 'litellm-proxy-budget', max_budget: 1_000 };
    assert.equal(await statusOf('POST', '/user/update', raise), 422);
    const mine = await userWithKey('greedy');
    assert.equal(await statusOf('POST', '/user/update', { ...raise, max_budget: 100, spend: 0 }, mine), 403);
    assert.equal(await statusOf('GET', '/user/info?user_id=litellm-proxy-budget', undefined, mine), 403);
  });
});
