/** LiteLLM's suites of budgets and of end users: named budgets, what refers to them, and customers that requests name. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

let proxy: LiteLlmClient;
let count = 0;
before(async () => {
  proxy = await startProxy();
});
after(() => proxy.close());

const unique = (kind: string): string => `${kind}-${++count}`;
const budget = async (body: JsonObject): Promise<string> =>
  String((await proxy.ok('POST', '/budget/new', { budget_id: unique('budget'), ...body })).budget_id);
const asList = (value: unknown): JsonObject[] => value as JsonObject[];

describe('A named budget', { timeout: 60_000 }, () => {
  it('is made, shown, listed, changed and deleted', async () => {
    const id = await budget({ max_budget: 10, budget_duration: '7d', rpm_limit: 20, soft_budget: 5 });
    const [shown] = asList(await proxy.ok('POST', '/budget/info', { budgets: [id] }));
    assert.deepEqual(
      [shown?.max_budget, shown?.budget_duration, shown?.rpm_limit, shown?.soft_budget],
      [10, '7d', 20, 5],
    );
    assert.ok(asList(await proxy.ok('GET', '/budget/list')).some(({ budget_id }) => budget_id === id));
    await proxy.ok('POST', '/budget/update', { budget_id: id, max_budget: 12 });
    const [changed] = asList(await proxy.ok('POST', '/budget/info', { budgets: [id] }));
    assert.deepEqual([changed?.max_budget, changed?.rpm_limit], [12, 20]);
    await proxy.ok('POST', '/budget/delete', { id });
    assert.deepEqual(asList(await proxy.ok('POST', '/budget/info', { budgets: [id] })), []);
    assert.equal((await proxy.ask('POST', '/budget/delete', { id })).status, 404);
  });

  it('gets an id if none is sent, and no second one of the same', async () => {
    const { budget_id = '' } = await proxy.ok('POST', '/budget/new', { max_budget: 1 });
    assert.ok(String(budget_id).length > 10);
    assert.equal((await proxy.ask('POST', '/budget/new', { budget_id })).status, 409);
  });

  it('is refused with amounts and periods that mean nothing', async () => {
    for (const body of [{ max_budget: -1 }, { max_budget: 'much' }, { budget_duration: 'often' }, { rpm_limit: 1.5 }]) {
      assert.equal((await proxy.ask('POST', '/budget/new', body)).status, 422, JSON.stringify(body));
    }
  });

  it('holds for every key that refers to it, from its next request on', async () => {
    const id = await budget({ max_budget: 1e-9 });
    const keys = [await proxy.key({ budget_id: id }), await proxy.key({ budget_id: id })];
    for (const key of keys) assert.equal((await proxy.chat(key)).status, 422);
    await proxy.ok('POST', '/budget/update', { budget_id: id, max_budget: 5 });
    for (const key of keys) assert.equal((await proxy.chat(key)).status, 200);
    assert.equal((await proxy.ask('POST', '/budget/delete', { id })).status, 400, 'keys would be without limits');
  });

  it('has rates as well', async () => {
    const key = await proxy.key({ budget_id: await budget({ rpm_limit: 1 }) });
    assert.equal((await proxy.chat(key)).status, 200);
    const second = await proxy.chat(key);
    assert.equal(second.status, 429);
    assert.ok(Number(second.headers.get('retry-after')) > 0);
  });
});

describe('A budget of a key', { timeout: 60_000 }, () => {
  it('is shown as spent, and holds until it is reset', async () => {
    const key = await proxy.key({ max_budget: 0.01, budget_duration: '30d' });
    assert.equal((await proxy.chat(key)).status, 200);
    const spent = await until(
      async () => Number(((await proxy.ok('GET', `/key/info?key=${key}`)).info as JsonObject).spend),
      (amount) => amount > 0,
    );
    await proxy.ok('POST', '/key/update', { key, max_budget: spent });
    assert.equal((await proxy.chat(key)).status, 422);
    await proxy.ok('POST', `/key/${key}/reset_spend`, { reset_to: 0 });
    await proxy.ok('POST', '/key/update', { key, max_budget: 0.01 });
    assert.equal((await proxy.chat(key)).status, 200);
    const info = (await proxy.ok('GET', `/key/info?key=${key}`)).info as JsonObject;
    assert.ok(Date.parse(String(info.budget_reset_at)) > Date.now());
  });

  it('by model holds for that model alone', async () => {
    const key = await proxy.key({ model_max_budget: { 'gpt-4o': { budget_limit: 1e-9, time_period: '1d' } } });
    assert.equal((await proxy.chat(key, 'gpt-4o')).status, 422);
    assert.equal((await proxy.chat(key, 'claude-sonnet')).status, 200);
  });

  it('of several periods holds in each of them', async () => {
    const budget_limits = [
      { max_budget: 10, budget_duration: '30d' },
      { max_budget: 1e-9, budget_duration: '1d' },
    ];
    assert.equal((await proxy.chat(await proxy.key({ budget_limits }))).status, 422);
    const wider = [budget_limits[0] ?? {}, { max_budget: 5, budget_duration: '1d' }];
    assert.equal((await proxy.chat(await proxy.key({ budget_limits: wider }))).status, 200);
  });
});

describe('An end user', { timeout: 60_000 }, () => {
  const chat = (key: string, user: string) => proxy.chat(key, 'gpt-4o', { user });

  it('is held to its budget, whichever key names it', async () => {
    const user_id = unique('customer');
    await proxy.ok('POST', '/customer/new', { user_id, max_budget: 1e-9 });
    for (const key of [await proxy.key(), await proxy.key()]) {
      const { status, body } = await chat(key, user_id);
      assert.equal(status, 422);
      assert.match(String((body.error as JsonObject).message), /budget/i);
      assert.equal((await chat(key, unique('customer'))).status, 200, 'others are not');
    }
  });

  it('refers to a named budget', async () => {
    const user_id = unique('customer');
    const id = await budget({ max_budget: 1e-9 });
    await proxy.ok('POST', '/end_user/new', { user_id, budget_id: id });
    const key = await proxy.key();
    assert.equal((await chat(key, user_id)).status, 422);
    await proxy.ok('POST', '/budget/update', { budget_id: id, max_budget: 3 });
    assert.equal((await chat(key, user_id)).status, 200);
  });

  it('is blocked and unblocked, also before it was ever seen', async () => {
    const [user_id, key] = [unique('customer'), await proxy.key()];
    await proxy.ok('POST', '/customer/block', { user_ids: [user_id] });
    const blocked = await chat(key, user_id);
    assert.equal(blocked.status, 400, 'as in LiteLLM, whose key is a good one');
    await proxy.ok('POST', '/customer/unblock', { user_ids: [user_id] });
    assert.equal((await chat(key, user_id)).status, 200);
  });

  it('has its spend summed and shown', async () => {
    const [user_id, key] = [unique('customer'), await proxy.key()];
    await proxy.ok('POST', '/customer/new', { user_id, alias: 'The shop', max_budget: 5 });
    assert.equal((await chat(key, user_id)).status, 200);
    const path = `/customer/info?end_user_id=${user_id}`;
    const shown = await until(
      () => proxy.ok('GET', path),
      ({ spend }) => Number(spend) > 0,
    );
    assert.deepEqual([shown.alias, (shown.litellm_budget_table as JsonObject).max_budget], ['The shop', 5]);
    assert.ok(asList(await proxy.ok('GET', '/customer/list')).some((each) => each.user_id === user_id));
    assert.equal((await proxy.ask('GET', path, undefined, key)).status, 403);
  });

  it('is named by a header of the client as well', async () => {
    const user_id = unique('customer');
    await proxy.ok('POST', '/customer/new', { user_id, max_budget: 1e-9 });
    const response = await fetch(`${proxy.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await proxy.key()}`,
        'content-type': 'application/json',
        'x-litellm-end-user-id': user_id,
      },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }),
    });
    assert.equal(response.status, 422, await response.text());
  });

  it('is not there twice, and is gone once deleted', async () => {
    const user_id = unique('customer');
    await proxy.ok('POST', '/customer/new', { user_id });
    assert.equal((await proxy.ask('POST', '/customer/new', { user_id })).status, 409);
    await proxy.ok('POST', '/customer/delete', { user_ids: [user_id] });
    assert.equal((await proxy.ask('GET', `/customer/info?end_user_id=${user_id}`)).status, 404);
    assert.equal((await proxy.ask('POST', '/customer/delete', { user_ids: [user_id] })).status, 404);
  });
});
