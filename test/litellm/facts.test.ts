/** LiteLLM's smaller suites: history of health checks, models that end, callbacks, and several members or users at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const model = (name: string, info: JsonObject = {}, further = ''): string => `
  - model_name: ${name}
    litellm_params: { model: openai/gpt-4o, api_base: ${further || 'os.environ/SIMULATOR_URL'}, api_key: os.environ/PROVIDER_KEY }
    model_info: ${JSON.stringify({ id: `id of ${name}`, ...info })}`;
const CONFIG = `
model_list:${model('past', { deprecation_date: day(-3), successor_model: 'soon' })}${model('soon', { deprecation_date: day(10) })}${model(
  'later',
  { deprecation_date: day(100) },
)}${model('well')}${model('ill', {}, 'http://127.0.0.1:9')}
router_settings: { num_retries: 0 }
`;

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy({ config: CONFIG });
});
after(() => proxy.close());

const ok = (path: string, key?: string): Promise<JsonObject> => proxy.ok('GET', path, undefined, key);
const statusOf = async (path: string, key?: string): Promise<number> =>
  (await proxy.ask('GET', path, undefined, key)).status;
const listOf = (value: unknown): JsonObject[] => value as JsonObject[];

describe('/health/history', { timeout: 60_000 }, () => {
  it('lists the checks that were made, newest first, in slices, by model and outcome', async () => {
    assert.deepEqual(await ok('/health/history'), { health_checks: [], total_records: 0, limit: 100, offset: 0 });
    await ok('/health');
    const all = await ok('/health/history');
    assert.equal(all.total_records, 5);
    const times = listOf(all.health_checks).map(({ checked_at }) => String(checked_at));
    assert.deepEqual(times, times.toSorted().reverse());
    const ofWell = await ok('/health/history?model=well');
    const [check] = listOf(ofWell.health_checks);
    assert.deepEqual([check?.model_id, check?.status, check?.error_message], ['id of well', 'healthy', null]);
    const failed = listOf((await ok('/health/history?status_filter=unhealthy')).health_checks);
    assert.deepEqual(
      failed.map(({ model_name }) => model_name),
      ['ill'],
    );
    assert.ok(failed[0]?.error_message);
    const slice = await ok('/health/history?limit=2&offset=4');
    assert.deepEqual([listOf(slice.health_checks).length, slice.total_records], [1, 5]);
    for (const query of ['limit=0', 'offset=-1', 'status_filter=maybe', 'limit=x']) {
      assert.equal(await statusOf(`/health/history?${query}`), 422, query);
    }
  });

  it('shows a key what is its own', async () => {
    const key = await proxy.key({ models: ['well'] });
    const { health_checks } = await ok('/health/history', key);
    assert.deepEqual(
      listOf(health_checks).map(({ model_name }) => model_name),
      ['well'],
    );
  });
});

describe('/model/deprecations', { timeout: 60_000 }, () => {
  it('lists models by how soon they end', async () => {
    const names = async (query = '', key?: string): Promise<unknown[][]> => {
      const found = await ok(`/model/deprecations${query}`, key);
      return ['deprecated', 'imminent', 'upcoming'].map((name) =>
        listOf(found[name]).map(({ model_name }) => model_name),
      );
    };
    assert.deepEqual(await names(), [['past'], ['soon'], ['later']]);
    assert.deepEqual(await names('?warn_within_days=200'), [['past'], ['soon', 'later'], []]);
    assert.deepEqual(await names('', await proxy.key({ models: ['later'] })), [[], [], ['later']]);
    const [past] = listOf((await ok('/v1/model/deprecations')).deprecated);
    assert.deepEqual(
      [past?.deprecation_date, past?.status, past?.successor_model, past?.litellm_model],
      [day(-3), 'deprecated', 'soon', 'openai/gpt-4o'],
    );
    assert.ok(Number(past?.days_until_deprecation) < 0);
    assert.equal(await statusOf('/model/deprecations?warn_within_days=soon'), 422);
  });
});

describe('Questions about the gateway', { timeout: 60_000 }, () => {
  it('are answered to whom they belong', async () => {
    const key = await proxy.key();
    assert.deepEqual(await ok('/test', key), { route: '/test' });
    assert.equal((await ok('/health/readiness/details', key)).status, 'healthy');
    assert.deepEqual((await ok('/callbacks/list')).success_and_failure, ['prometheus']);
    assert.equal((await ok('/active/callbacks')).num_callbacks, 1);
    assert.deepEqual(await ok('/settings'), await ok('/active/callbacks'));
    for (const path of ['/callbacks/list', '/active/callbacks', '/settings'])
      assert.equal(await statusOf(path, key), 403);
    for (const path of ['/test', '/health/readiness/details'])
      assert.equal(await statusOf(path, 'sk-unknown-key-012345'), 401);
  });
});

describe('A member’s budget', { timeout: 60_000 }, () => {
  it('is used up, set back, and given up for that of the team', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { team_member_budget: 50 });
    const { user_id = '' } = await proxy.ok('POST', '/user/new', { auto_create_key: false });
    const member = { user_id, role: 'user' };
    await proxy.ok('POST', '/team/member_add', { team_id, member, max_budget_in_team: 1e-12 });
    const key = await proxy.key({ team_id, user_id });
    assert.equal((await proxy.chat(key, 'well')).status, 422);
    const path = `/team/${team_id}/member/${user_id}`;
    const reset = await proxy.ok('POST', `${path}/reset_budget`);
    assert.deepEqual([reset.user_id, reset.budget_source], [user_id, 'team_default']);
    assert.equal((await proxy.chat(key, 'well')).status, 200);
    const spent = async (): Promise<number> => {
      const { team_memberships } = await ok(`/team/info?team_id=${team_id}`);
      return Number(listOf(team_memberships)[0]?.spend);
    };
    const before = await until(spent, (amount) => amount > 0);
    assert.equal((await proxy.ask('POST', `${path}/reset_spend`, { reset_to: before * 2 })).status, 422);
    const { spend, previous_spend, max_budget } = await proxy.ok('POST', `${path}/reset_spend`, { reset_to: 0 });
    assert.deepEqual([spend, previous_spend, max_budget], [0, before, 50]);
    assert.equal(await spent(), 0);
    assert.equal(
      (await proxy.ask('POST', `/team/${team_id}/member/stranger/reset_spend`, { reset_to: 0 })).status,
      404,
    );
  });
});

describe('Many at once', { timeout: 60_000 }, () => {
  it('are made, limited and removed one by one', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { team_member_budget: 7 });
    const users = [
      { user_id: 'many-1', user_email: 'many-1@example.com', teams: [team_id] },
      { user_id: 'many-2', auto_create_key: true, team_id },
      { user_id: 'many-1' },
      { user_id: 'many-3', teams: ['no-such-team'] },
    ];
    const made = await proxy.ok('POST', '/management/v1/users/bulk', { users });
    assert.deepEqual(made.meta, { total_requested: 4, created: 2, failed: 2 });
    const rows = listOf(made.data);
    assert.deepEqual(
      rows.map(({ success }) => success),
      [true, true, false, false],
    );
    assert.equal(rows[0]?.key, null);
    assert.equal((await proxy.chat(String(rows[1]?.key), 'well')).status, 200);
    const members = [
      { user_id: 'many-1', max_budget_in_team: 3, allowed_models: ['well'] },
      { user_id: 'many-2', rpm_limit: 5 },
      { user_id: 'many-1', rpm_limit: 5 },
      { user_email: 'stranger@example.com', rpm_limit: 5 },
    ];
    const path = `/management/v1/teams/${team_id}/members`;
    const updated = await proxy.ok('POST', `${path}/bulk_update`, { members: members.slice(0, 2) });
    assert.deepEqual(
      listOf(updated.data).map(({ max_budget, max_budget_source, rpm_limit, allowed_models }) => [
        max_budget,
        max_budget_source,
        rpm_limit,
        allowed_models,
      ]),
      [
        [3, 'member', null, ['well']],
        [7, 'team_default', 5, null],
      ],
    );
    const again = listOf((await proxy.ok('POST', `${path}/bulk_update`, { members: members.slice(1) })).data);
    assert.deepEqual(
      again.map(({ success }) => success),
      [true, true, false],
    );
    const removed = { members: [{ user_id: 'many-1' }, { user_id: 'many-1' }] };
    assert.deepEqual(
      listOf((await proxy.ok('POST', `${path}/bulk_delete`, removed)).data).map(({ success }) => success),
      [true, false],
    );
    const deleted = await proxy.ok('POST', '/management/v1/users/bulk_delete', { user_ids: ['many-2', 'none'] });
    assert.deepEqual(
      listOf(deleted.data).map(({ success, teams_removed }) => [success, teams_removed]),
      [
        [true, [team_id]],
        [false, []],
      ],
    );
    assert.equal(await statusOf('/user/info?user_id=many-2'), 404);
    assert.equal((await proxy.chat(String(rows[1]?.key), 'well')).status, 401);
  });

  it('teams get permissions for their members besides those they have', async () => {
    const own = ['/key/list'];
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { team_member_permissions: own });
    const { team_id: other = '' } = await proxy.ok('POST', '/team/new', {});
    const add = { permissions: ['/key/generate', '/key/list'], team_ids: [team_id, other] };
    assert.equal((await proxy.ok('POST', '/team/permissions_bulk_update', add)).teams_updated, 2);
    assert.equal((await proxy.ok('POST', '/team/permissions_bulk_update', add)).teams_updated, 0);
    const { team_member_permissions } = await ok(`/team/permissions_list?team_id=${team_id}`);
    assert.deepEqual(team_member_permissions, ['/key/list', '/key/generate']);
    const all = { permissions: ['/key/aliases'], apply_to_all_teams: true };
    assert.ok(Number((await proxy.ok('POST', '/team/permissions_bulk_update', all)).teams_updated) >= 2);
    for (const body of [
      { ...all, team_ids: [team_id] },
      { permissions: [] },
      { permissions: ['/key/unknown'], team_ids: [team_id] },
    ]) {
      assert.equal((await proxy.ask('POST', '/team/permissions_bulk_update', body)).status, 422, JSON.stringify(body));
    }
  });

  it('an organisation is changed by its path', async () => {
    await proxy.ok('POST', '/organization/new', { organization_id: 'by-path', organization_alias: 'Old' });
    const changed = await proxy.ok('PATCH', '/v2/organization/by-path', { organization_alias: 'New', max_budget: 4 });
    assert.deepEqual([changed.organization_alias, (changed.litellm_budget_table as JsonObject).max_budget], ['New', 4]);
    assert.equal((await proxy.ask('PATCH', '/v2/organization/none', { organization_alias: 'x' })).status, 404);
  });
});
