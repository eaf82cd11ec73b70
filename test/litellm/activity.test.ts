/** LiteLLM's suites of daily activity and of reports of spend. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { until } from './proxy.ts';
import { member, near, objects, SPAN, type SpendWorld, startSpendWorld, TODAY } from './spend-world.ts';

let world: SpendWorld;
let { proxy, red, blue, ok, list, status } = {} as SpendWorld;
before(async () => {
  world = await startSpendWorld();
  ({ proxy, red, blue, ok, list, status } = world);
});
after(() => world.proxy.close());

describe('Daily activity', { timeout: 60_000 }, () => {
  const METRICS = ['spend', 'prompt_tokens', 'completion_tokens', 'total_tokens', 'api_requests'];

  it('of users, teams, organisations, customers and tags has one shape, in pages and on one', async () => {
    for (const [path, entity, spend] of [
      ['/user/daily/activity', 'user of red', red.cost],
      ['/team/daily/activity', red.team, red.cost],
      ['/organization/daily/activity', 'org', red.cost + blue.cost],
      ['/customer/daily/activity', 'customer two', 0.008],
      ['/end_user/daily/activity', 'customer two', 0.008],
      ['/tag/daily/activity', 'beta', 0.008],
    ] as const) {
      for (const rest of ['', '/aggregated']) {
        const { results, metadata } = await ok(`${path}${rest}?${SPAN}`);
        const [today] = results as JsonObject[];
        assert.equal(today?.date, TODAY, path);
        near(member(today?.breakdown, 'entities', entity, 'metrics', 'spend'), spend);
        for (const name of METRICS) assert.equal(typeof member(today?.metrics, name), 'number', `${path} ${name}`);
        for (const name of ['models', 'model_groups', 'providers', 'api_keys']) {
          assert.ok(member(today?.breakdown, name), `${path} ${name}`);
        }
        assert.deepEqual(
          [member(metadata, 'page'), member(metadata, 'total_pages'), member(metadata, 'has_more')],
          [1, 1, false],
        );
      }
    }
  });

  it('is narrowed by id, model and key, and leaves out what is not wanted', async () => {
    const spend = async (path: string): Promise<number> =>
      Number(member((await ok(`${path}&${SPAN}`)).metadata, 'total_spend'));
    near(await spend(`/team/daily/activity?team_ids=${red.team},${blue.team}`), red.cost + blue.cost);
    near(await spend(`/team/daily/activity/aggregated?exclude_team_ids=${red.team}`), blue.cost);
    near(await spend(`/organization/daily/activity?exclude_organization_ids=org`), 0);
    near(await spend('/customer/daily/activity?end_user_ids=customer%20one&model=gpt-4o'), 0.8);
    near(await spend(`/customer/daily/activity?exclude_end_user_ids=customer%20one&api_key=${red.hash}`), 0.008);
    near(await spend(`/tag/daily/activity?tags=alpha&api_key=${blue.key}`), 0.008);
    near(await spend('/user/daily/activity?user_id=user%20of%20blue'), blue.cost);
    near(await spend(`/organization/daily/activity?model=gpt-4o&api_key=${blue.hash}`), 0);
  });

  it('lists keys and users, costliest first, in slices', async () => {
    const path = '/team/daily/activity/aggregated/keys';
    const both = await ok(`${path}?${SPAN}`);
    assert.deepEqual(
      objects(both.api_keys).map(({ api_key }) => api_key),
      [red.hash, blue.hash],
    );
    assert.deepEqual([both.total_api_keys, both.offset, both.limit], [2, 0, 50]);
    const [first] = both.api_keys as JsonObject[];
    assert.deepEqual(first?.metadata, {
      key_alias: 'key of red',
      team_id: red.team,
      user_id: 'user of red',
      user_email: 'red@example.com',
      key_exists: true,
    });
    const second = await ok(`${path}?${SPAN}&offset=1&limit=1`);
    assert.deepEqual([objects(second.api_keys)[0]?.api_key, second.total_api_keys], [blue.hash, 2]);
    const { users, total_users } = await ok(`/user/daily/activity/aggregated/users?${SPAN}`);
    const [costliest] = users as JsonObject[];
    assert.deepEqual([costliest?.user_id, costliest?.user_alias, total_users], ['user of red', 'red', 2]);
  });

  it('searches keys, and lists those that spent most on a model', async () => {
    const found = async (search: string): Promise<unknown[]> => {
      const { api_keys } = await ok(
        `/user/daily/activity/aggregated/search?${SPAN}&search=${encodeURIComponent(search)}`,
      );
      return objects(api_keys).map(({ api_key }) => api_key);
    };
    assert.deepEqual(await found('OF BLUE'), [blue.hash]);
    assert.deepEqual(await found('red@exam'), [red.hash]);
    assert.deepEqual(await found(blue.hash.slice(0, 20)), [blue.hash]);
    assert.deepEqual(await found('nothing like it'), []);
    const top = `/organization/daily/activity/aggregated/model_top_keys?${SPAN}&model_group=`;
    const { model, by_model_group, api_keys } = await ok(`${top}large`);
    assert.deepEqual([model, by_model_group, objects(api_keys)[0]?.api_key], ['large', true, red.hash]);
    assert.equal(objects((await ok(`${top}gpt-4o-mini&by_model_group=false&limit=1`)).api_keys).length, 1);
    assert.equal(await status(`/tag/daily/activity/aggregated/model_top_keys?${SPAN}`), 422);
  });

  it('is exported as CSV, which no spreadsheet runs, and as JSON', async () => {
    await proxy.chat(red.key, 'small', { user: '=cmd|"x",1' });
    const read = async (): Promise<string> => {
      const response = await proxy.gateway.get(`/customer/daily/activity/export?${SPAN}&export_type=daily_with_keys`);
      assert.match(response.headers.get('content-type') ?? '', /^text\/csv/);
      return await response.text();
    };
    const csv = await until(read, (text) => text.includes('cmd'));
    const [head, ...lines] = csv.trimEnd().split('\r\n');
    assert.match(head ?? '', /^date,end_user_id,api_key,spend,/);
    assert.ok(
      lines.some((line) => line.startsWith(`${TODAY},customer two,${red.hash},0.008,`)),
      csv,
    );
    assert.ok(
      lines.some((line) => line.includes(`,"'=cmd|""x"",1",`)),
      csv,
    );
    const json = await list(`/team/daily/activity/export?${SPAN}&format=json&export_type=daily_with_models`);
    near(json.find(({ team_id, model_group }) => team_id === red.team && model_group === 'large')?.spend, 0.8);
  });

  it('of others is refused, whichever way it is asked for', async () => {
    const own = await proxy.key({ user_id: 'user of red' });
    for (const rest of [
      '',
      '/aggregated',
      '/aggregated/keys',
      '/aggregated/search',
      '/aggregated/model_top_keys',
      '/export',
    ]) {
      const query = `${SPAN}&search=key&model_group=small&format=json`;
      const mine = JSON.stringify(await ok(`/user/daily/activity${rest}?${query}`, own));
      assert.ok(!mine.includes(blue.hash) && !mine.includes('user of blue'), rest);
      const status = async (path: string): Promise<number> => (await proxy.ask('GET', path, undefined, own)).status;
      assert.equal(await status(`/user/daily/activity${rest}?${query}&user_id=user%20of%20blue`), 403, rest);
      assert.equal(await status(`/team/daily/activity${rest}?${query}&team_ids=${blue.team}`), 403, rest);
      assert.equal(await status(`/customer/daily/activity${rest}?${query}`), 403, rest);
    }
    const ofTeam = JSON.stringify(await ok(`/team/daily/activity/aggregated?${SPAN}`, own));
    assert.ok(ofTeam.includes(red.team) && !ofTeam.includes(blue.team));
  });
});

describe('A report of spend', { timeout: 60_000 }, () => {
  it('of everything is by team, customer or key', async () => {
    const [byTeam] = await list(`/global/spend/report?${SPAN}&group_by=team`);
    assert.equal(byTeam?.group_by_day, TODAY);
    const team = objects(byTeam?.teams).find(({ team_name }) => team_name === 'team red');
    assert.ok(objects(team?.metadata).some(({ model, api_key }) => model === 'gpt-4o' && api_key === red.hash));
    const [byCustomer] = await list(`/global/spend/report?${SPAN}&group_by=customer`);
    assert.ok(objects(byCustomer?.customers).some(({ customer }) => customer === 'customer one'));
    const byKey = await list(`/global/spend/report?${SPAN}&group_by=api_key`);
    assert.ok(byKey.some(({ api_key }) => api_key === blue.hash));
    const ofKey = await list(`/global/spend/report?${SPAN}&api_key=${blue.hash}`);
    assert.deepEqual(
      ofKey.map(({ api_key }) => api_key),
      [blue.hash],
    );
    assert.equal(await status('/global/spend/report'), 422, 'without dates');
  });

  it('of one key, user, team or organisation is by key and model', async () => {
    const models = ['gpt-4o', 'gpt-4o-mini'];
    for (const path of ['/key/spend/report', '/user/spend/report', '/team/spend/report']) {
      const own = await list(`${path}?${SPAN}`, red.key);
      assert.deepEqual(
        own.map(({ api_key }) => api_key),
        [red.hash],
        path,
      );
      assert.deepEqual(
        objects(own[0]?.model_details)
          .map(({ model }) => model)
          .sort(),
        models,
        path,
      );
    }
    const asked = await list(`/key/spend/report?${SPAN}&api_key=${blue.key}`);
    near(asked[0]?.total_cost, blue.cost);
    const ofOrganization = await list(`/organization/spend/report?${SPAN}&organization_id=org`);
    assert.equal(ofOrganization.length, 2);
    const details = ofOrganization.find(({ api_key }) => api_key === blue.hash)?.team_details as JsonObject[];
    assert.deepEqual(
      details.map(({ team_id }) => team_id),
      [blue.team],
    );
    for (const query of [`/key/spend/report?api_key=${blue.hash}`, `/team/spend/report?team_id=${blue.team}`]) {
      assert.equal(await status(`${query}&${SPAN}`, red.key), 403, query);
    }
    assert.equal(await status(`/organization/spend/report?${SPAN}&organization_id=org`, red.key), 403);
    assert.equal(await status(`/organization/spend/report?${SPAN}`), 422, 'the master key has none');
  });

  it('of teams by user shows a member its own', async () => {
    const all = (await ok(`/team/spend/by_user?${SPAN}`)).results as JsonObject[];
    const ofRed = all.find(({ team_id }) => team_id === red.team);
    assert.deepEqual(
      [ofRed?.team_alias, ofRed?.user_id, ofRed?.user_email],
      ['team red', 'user of red', 'red@example.com'],
    );
    const own = (await ok(`/team/spend/by_user?${SPAN}`, red.key)).results as JsonObject[];
    assert.deepEqual(
      own.map(({ user_id }) => user_id),
      ['user of red'],
    );
    assert.equal(await status(`/team/spend/by_user?${SPAN}&team_ids=${blue.team}`, red.key), 403);
  });
});
