/** LiteLLM's suites of spend: rows with filters, sums by day and by name, and what a question would cost. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { day, member, near, objects, SPAN, type SpendWorld, startSpendWorld, TODAY } from './spend-world.ts';

let world: SpendWorld;
let { proxy, red, blue, ok, list, rows, status } = {} as SpendWorld;
before(async () => {
  world = await startSpendWorld();
  ({ proxy, red, blue, ok, list, rows, status } = world);
});
after(() => world.proxy.close());

describe('/spend/logs/v2', { timeout: 60_000 }, () => {
  it('is in pages that hold every row once', async () => {
    const pages = await Promise.all([1, 2, 3].map((page) => ok(`/spend/logs/v2?${SPAN}&page=${page}&page_size=2`)));
    for (const { total, page_size, total_pages } of pages) assert.deepEqual([total, page_size, total_pages], [5, 2, 3]);
    const ids = pages.flatMap(({ data }) => objects(data).map(({ request_id }) => request_id));
    assert.deepEqual([ids.length, new Set(ids).size], [5, 5]);
    assert.deepEqual(await ok(`/spend/logs/ui?${SPAN}&page_size=2`), pages[0]);
  });

  it('is filtered by key, alias, user, team, customer, model and request', async () => {
    const [first] = await rows('');
    for (const [query, expected] of [
      [`api_key=${red.hash}`, 3],
      [`api_key=${red.key}`, 3],
      ['key_alias=key%20of%20blue', 2],
      ['user_id=user%20of%20red', 3],
      [`team_id=${blue.team}`, 2],
      ['end_user=customer%20one', 3],
      ['model_group=small', 3],
      ['model=gpt-4o', 1],
      [`request_id=${first?.request_id}`, 1],
      [`team_id=${red.team}&end_user=customer%20one`, 2],
      ['key_alias=no%20such%20alias', 0],
    ] as const) {
      assert.equal((await rows(query)).length, expected, query);
    }
  });

  it('is filtered by how calls ended, in the words of the rows', async () => {
    const failed = await rows('status_filter=failure');
    assert.deepEqual(
      failed.map(({ status, model_group, spend }) => [status, model_group, spend]),
      [['failure', 'broken', 0]],
    );
    assert.equal((await rows('status_filter=success')).length, 4);
  });

  it('is filtered by cost, both ends included', async () => {
    const spends = (await rows('')).map(({ spend }) => Number(spend)).sort((one, other) => one - other);
    const [least = 0, , , , most = 0] = spends;
    assert.equal(least, 0);
    const exact = (await rows(`min_spend=${most}&max_spend=${most}`)).map(({ model_group }) => model_group);
    assert.deepEqual(exact, ['large']);
    assert.equal((await rows(`max_spend=${most / 2}`)).length, 4);
    assert.equal((await rows(`min_spend=${most * 2}`)).length, 0);
    assert.equal(await status(`/spend/logs/v2?${SPAN}&min_spend=-1`), 422);
  });

  it('is sorted by time and by cost, either way', async () => {
    const spends = async (order: string): Promise<number[]> =>
      (await rows(`sort_by=spend&sort_order=${order}`)).map(({ spend }) => Number(spend));
    const up = await spends('asc');
    assert.deepEqual(
      up,
      up.toSorted((one, other) => one - other),
    );
    assert.deepEqual(await spends('desc'), up.toReversed());
    const times = (await rows('sort_order=asc')).map(({ startTime }) => String(startTime));
    assert.deepEqual(times, times.toSorted());
    assert.deepEqual(
      (await rows('')).map(({ startTime }) => String(startTime)),
      times.toReversed(),
    );
  });

  it('holds to its dates', async () => {
    const total = async (from: string, to: string): Promise<unknown> =>
      (await ok(`/spend/logs/v2?start_date=${encodeURIComponent(from)}&end_date=${encodeURIComponent(to)}`)).total;
    assert.equal(await total(`${TODAY} 00:00:00`, `${TODAY} 23:59:59`), 5);
    assert.equal(await total(day(-9), day(-8)), 0);
    for (const query of ['start_date=yesterday', `start_date=${TODAY}&end_date=${day(-3)}`, 'page=0', 'page_size=0']) {
      assert.ok((await status(`/spend/logs/v2?${query}`)) >= 400, query);
    }
  });

  it('shows a user its own rows, and refuses those of others', async () => {
    const own = await proxy.key({ user_id: 'user of red' });
    assert.ok((await rows('', own)).every(({ user }) => user === 'user of red'));
    assert.equal((await rows('', own)).length, 3);
    for (const query of [`team_id=${blue.team}`, `api_key=${blue.hash}`, 'user_id=user%20of%20blue']) {
      assert.equal(await status(`/spend/logs/v2?${SPAN}&${query}`, own), 403, query);
    }
  });
});

describe('/spend/logs', { timeout: 60_000 }, () => {
  it('sums by day between two dates, and lists rows if asked to', async () => {
    const days = await list(`/spend/logs?${SPAN}`);
    const today = days.find(({ startTime }) => startTime === TODAY);
    near(today?.spend, red.cost + blue.cost);
    near(today?.[red.hash], red.cost);
    near(member(today?.models, 'large'), 0.8);
    assert.equal(days.length, 3, 'days without spend are there');
    assert.equal((await list(`/spend/logs?${SPAN}&summarize=false`)).length, 5);
    assert.equal((await list(`/spend/logs?api_key=${blue.hash}`)).length, 2);
    assert.equal((await list('/spend/logs?user_id=user%20of%20red')).length, 3);
  });
});

describe('Sums', { timeout: 60_000 }, () => {
  it('by tag, key, user, team, model, provider and customer agree with the answers', async () => {
    const find = async (path: string, name: string, value: string): Promise<JsonObject | undefined> =>
      (await list(path)).find((each) => each[name] === value);
    near((await find(`/spend/tags?${SPAN}`, 'individual_request_tag', 'alpha'))?.total_spend, 0.016);
    near((await find(`/global/spend/keys?${SPAN}`, 'api_key', red.hash))?.total_spend, red.cost);
    near((await find('/spend/keys', 'token', blue.hash))?.spend, blue.cost);
    near((await find('/spend/users', 'user_id', 'user of red'))?.spend, red.cost);
    near((await find(`/global/spend/models?${SPAN}`, 'model', 'gpt-4o'))?.total_spend, 0.8);
    near((await find(`/global/spend/provider?${SPAN}`, 'provider', 'openai'))?.spend, red.cost + blue.cost);
    near((await ok('/global/spend')).spend, red.cost + blue.cost);
    const customers = (await proxy.ok('POST', '/global/spend/end_users', {
      startTime: day(-1),
      endTime: day(1),
    })) as unknown as JsonObject[];
    near(customers.find(({ end_user }) => end_user === 'customer two')?.total_spend, 0.008);
    const names = await ok('/global/spend/all_tag_names');
    assert.deepEqual(names.tag_names, ['alpha', 'beta']);
  });

  it('by day count requests and tokens', async () => {
    const { sum_api_requests, sum_total_tokens, daily_data } = await ok(`/global/activity?${SPAN}`);
    assert.equal(sum_api_requests, 5);
    assert.ok(Number(sum_total_tokens) > 0);
    assert.equal(objects(daily_data).length, 1);
    const models = await list(`/global/activity/model?${SPAN}`);
    assert.ok(models.some(({ model, sum_api_requests: of }) => model === 'small' && of === 3));
  });
});

describe('/spend/calculate', { timeout: 60_000 }, () => {
  it('says what a prompt or an answer costs, and refuses to guess', async () => {
    const messages = [{ role: 'user', content: 'Hey, how is it going?' }];
    const { cost: prompt } = await proxy.ok('POST', '/spend/calculate', { model: 'large', messages });
    assert.ok(Number(prompt) > 0.1);
    const usage = { prompt_tokens: 30, completion_tokens: 82, total_tokens: 112 };
    const { cost: answer } = await proxy.ok('POST', '/spend/calculate', {
      completion_response: { model: 'large', usage, choices: [] },
    });
    near(answer, 3);
    assert.ok((await proxy.ask('POST', '/spend/calculate', { model: 'no-such-model', messages })).status >= 400);
    assert.equal((await proxy.ask('POST', '/spend/calculate', {})).status, 422);
  });
});
