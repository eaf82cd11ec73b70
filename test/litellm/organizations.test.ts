/** LiteLLM's suite of organisations: made, listed, changed, with members of their own, and holding what belongs to them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
let count = 0;
before(async () => {
  proxy = await startProxy();
});
after(() => proxy.close());

const make = async (further: JsonObject = {}): Promise<string> => {
  count += 1;
  return String(
    (await proxy.ok('POST', '/organization/new', { organization_alias: `acme ${count}`, ...further })).organization_id,
  );
};
const userWithKey = async (role = 'internal_user'): Promise<{ user_id: string; key: string }> => {
  const made = await proxy.ok('POST', '/user/new', { user_role: role });
  return { user_id: String(made.user_id), key: String(made.key) };
};
const info = (id: string, key?: string): Promise<JsonObject> =>
  proxy.ok('GET', `/organization/info?organization_id=${id}`, undefined, key);
const add = (organization_id: string, user_id: string, role: string, by?: string) =>
  proxy.ask('POST', '/organization/member_add', { organization_id, member: { user_id, role } }, by);

describe('An organisation', { timeout: 60_000 }, () => {
  it('has the budget and models that it was made with, in every answer about it', async () => {
    const id = await make({ max_budget: 25, budget_duration: '30d', models: ['gpt-4o'], tpm_limit: 9_000 });
    const shown = await info(id);
    const budget = shown.litellm_budget_table as JsonObject;
    assert.deepEqual([shown.models, budget.max_budget, budget.budget_duration], [['gpt-4o'], 25, '30d']);
    const listed = (await proxy.ok('GET', '/organization/list')) as unknown as JsonObject[];
    assert.ok(listed.some(({ organization_id }) => organization_id === id));
    const several = (await proxy.ok('POST', '/organization/info', { organizations: [id] })) as unknown as JsonObject[];
    assert.equal(several[0]?.organization_id, id);
  });

  it('needs a name, and a budget that exists', async () => {
    assert.equal((await proxy.ask('POST', '/organization/new', {})).status, 422);
    const { status } = await proxy.ask('POST', '/organization/new', { organization_alias: 'x', budget_id: 'none' });
    assert.ok(status === 400 || status === 404, String(status));
  });

  it('is changed by what is sent, and keeps the rest', async () => {
    const id = await make({ max_budget: 5, models: ['gpt-4o'] });
    await proxy.ok('PATCH', '/organization/update', { organization_id: id, organization_alias: 'renamed' });
    const shown = await info(id);
    assert.equal(shown.organization_alias, 'renamed');
    assert.deepEqual(shown.models, ['gpt-4o']);
    assert.equal((shown.litellm_budget_table as JsonObject).max_budget, 5);
    const unknown = await proxy.ask('PATCH', '/organization/update', { organization_id: 'none', max_budget: 1 });
    assert.equal(unknown.status, 404);
  });

  it('gains, changes and loses members', async () => {
    const id = await make();
    const { user_id, key } = await userWithKey();
    const added = await add(id, user_id, 'internal_user');
    assert.equal(added.status, 200);
    assert.equal((await add(id, user_id, 'internal_user')).status, 409, 'a second time');
    const members = async (): Promise<JsonObject[]> => (await info(id)).members as JsonObject[];
    assert.deepEqual(
      (await members()).map((member) => [member.user_id, member.user_role]),
      [[user_id, 'internal_user']],
    );
    await proxy.ok('PATCH', '/organization/member_update', { organization_id: id, user_id, role: 'org_admin' });
    assert.deepEqual(
      (await members()).map(({ user_role }) => user_role),
      ['org_admin'],
    );
    assert.equal((await proxy.ask('GET', `/organization/info?organization_id=${id}`, undefined, key)).status, 200);
    await proxy.ok('DELETE', '/organization/member_delete', { organization_id: id, user_id });
    assert.deepEqual(await members(), []);
    assert.equal((await proxy.ask('GET', `/organization/info?organization_id=${id}`, undefined, key)).status, 403);
    const gone = await proxy.ask('DELETE', '/organization/member_delete', { organization_id: id, user_id });
    assert.equal(gone.status, 404);
  });

  it('has admins who make teams in it, and in no other', async () => {
    const [own, other] = [await make(), await make()];
    const { user_id, key } = await userWithKey();
    await add(own, user_id, 'org_admin');
    const team = await proxy.ok('POST', '/team/new', { organization_id: own }, key);
    assert.equal(team.organization_id, own);
    for (const body of [{ organization_id: other }, {}]) {
      assert.equal((await proxy.ask('POST', '/team/new', body, key)).status, 403, JSON.stringify(body));
    }
    const stranger = await userWithKey();
    assert.equal((await add(other, stranger.user_id, 'internal_user', key)).status, 403);
    assert.equal((await proxy.ask('POST', '/organization/new', { organization_alias: 'mine' }, key)).status, 403);
    const listed = (await proxy.ok('GET', '/organization/list', undefined, key)) as unknown as JsonObject[];
    assert.deepEqual(
      listed.map(({ organization_id }) => organization_id),
      [own],
    );
  });

  it('bounds its teams: no other models, and no request beyond its budget', async () => {
    const id = await make({ models: ['gpt-4o'], max_budget: 1e-9 });
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { organization_id: id, models: ['gpt-4o'] });
    const key = await proxy.key({ team_id });
    const refused = await proxy.chat(key);
    assert.equal(refused.status, 422);
    assert.match(String((refused.body.error as JsonObject).message), /budget/i);
    await proxy.ok('PATCH', '/organization/update', { organization_id: id, max_budget: 10 });
    assert.equal((await proxy.chat(key)).status, 200);
    assert.equal((await proxy.chat(key, 'claude-sonnet')).status, 403);
  });

  it('refuses teams with more than it has, also if a proxy admin makes or changes them', async () => {
    const id = await make({ models: ['gpt-4o', 'claude-*'], max_budget: 10, tpm_limit: 1_000, rpm_limit: 10 });
    const { user_id, key: admin } = await userWithKey();
    await add(id, user_id, 'org_admin');
    const more: readonly (readonly [string, JsonObject, RegExp])[] = [
      ['models', { models: ['gpt-4o', 'other-model'] }, /`other-model` is not in organization's allowed models/],
      ['max_budget', { max_budget: 11 }, /`max_budget` of the team exceeds organization's/],
      ['tpm_limit', { tpm_limit: 1_001 }, /`tpm_limit` of the team exceeds organization's/],
      ['rpm_limit', { rpm_limit: 11 }, /`rpm_limit` of the team exceeds organization's/],
    ];
    const within = { models: ['gpt-4o', 'claude-sonnet'], max_budget: 10, tpm_limit: 1_000, rpm_limit: 10 };
    for (const by of [undefined, admin]) {
      const { team_id = '' } = await proxy.ok('POST', '/team/new', { organization_id: id, ...within }, by);
      for (const [param, fields, words] of more) {
        for (const [path, body] of [
          ['/team/new', { organization_id: id, ...fields }],
          ['/team/update', { team_id, ...fields }],
        ] as const) {
          const { status, body: answered } = await proxy.ask('POST', path, body, by);
          const error = answered.error as JsonObject;
          assert.deepEqual([status, error.param], [400, param], `${path} ${JSON.stringify(answered)}`);
          assert.match(String(error.message), words);
        }
      }
      const { team_info: info } = await proxy.ok('GET', `/team/info?team_id=${team_id}`);
      const { models, max_budget } = info as JsonObject;
      assert.deepEqual([models, max_budget], [within.models, within.max_budget]);
    }
  });

  it('gives its models to teams that name none, as they come to it', async () => {
    const models = ['gpt-4o'];
    const id = await make({ models });
    const made = await proxy.ok('POST', '/team/new', { organization_id: id });
    assert.deepEqual(made.models, models);
    const { team_id = '' } = await proxy.ok('POST', '/team/new', {});
    await proxy.ok('POST', '/team/update', { team_id, organization_id: id });
    const { team_info: info } = await proxy.ok('GET', `/team/info?team_id=${team_id}`);
    assert.deepEqual((info as JsonObject).models, models);
    for (const free of [{ models: [] }, { models: ['all-proxy-models'] }]) {
      const open = await make(free);
      assert.deepEqual((await proxy.ok('POST', '/team/new', { organization_id: open })).models, []);
    }
  });

  it('takes its teams and keys with it when it is deleted', async () => {
    const id = await make();
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { organization_id: id });
    const key = await proxy.key({ team_id });
    assert.equal((await proxy.chat(key)).status, 200);
    await proxy.ok('DELETE', '/organization/delete', { organization_ids: [id] });
    assert.equal((await proxy.chat(key)).status, 401);
    assert.equal((await proxy.ask('GET', `/team/info?team_id=${team_id}`)).status, 404);
    assert.equal((await proxy.ask('GET', `/organization/info?organization_id=${id}`)).status, 404);
  });
});
