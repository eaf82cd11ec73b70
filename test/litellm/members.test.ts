/** LiteLLM's suites of teams and users: who becomes a member, and users that a team made by naming them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy();
});
after(() => proxy.close());

const newTeam = async (body: JsonObject = {}): Promise<string> =>
  String((await proxy.ok('POST', '/team/new', body)).team_id);
const membersOf = async (team: string): Promise<unknown[]> => {
  const { team_info } = await proxy.ok('GET', `/team/info?team_id=${team}`);
  const members = (team_info as JsonObject).members_with_roles as readonly JsonObject[];
  return members.map(({ user_id, role }) => `${user_id} ${role}`);
};

describe('/user/new', { timeout: 60_000 }, () => {
  it('with `team_id` makes a member of the team, and the first key is a key of it', async () => {
    const team = await newTeam();
    const { user_id, key, teams } = await proxy.ok('POST', '/user/new', { user_id: 'joins', team_id: team });
    assert.deepEqual(await membersOf(team), ['joins user']);
    assert.deepEqual([user_id, teams], ['joins', [team]]);
    assert.equal(((await proxy.ok('GET', `/key/info?key=${key}`)).info as JsonObject).team_id, team);
    const member = await proxy.ok('POST', '/team/member_update', { team_id: team, user_id: 'joins', role: 'admin' });
    assert.equal(member.role, 'admin');
  });

  it('with `teams` makes a member of each', async () => {
    const [one, other] = [await newTeam(), await newTeam()];
    const place = { team_id: other, user_role: 'admin', max_budget_in_team: '3' };
    await proxy.ok('POST', '/user/new', { user_id: 'in-both', teams: [one, place] });
    assert.deepEqual([await membersOf(one), await membersOf(other)], [['in-both user'], ['in-both admin']]);
  });

  it('with a team that does not exist makes no user', async () => {
    assert.equal((await proxy.ask('POST', '/user/new', { user_id: 'unmade', team_id: 'none' })).status, 404);
    assert.equal((await proxy.ask('GET', '/user/info?user_id=unmade')).status, 404);
  });

  it('gives a user that a team made its settings, and keeps its role in the team', async () => {
    const team = await newTeam({ members_with_roles: [{ user_id: 'named', role: 'admin' }] });
    const made = await proxy.ok('POST', '/user/new', {
      user_id: 'named',
      user_email: 'named@example.com',
      max_budget: 7,
      team_id: team,
    });
    assert.equal(made.max_budget, 7);
    assert.deepEqual(await membersOf(team), ['named admin']);
    assert.equal((await proxy.chat(String(made.key))).status, 200);
    assert.equal((await proxy.ask('POST', '/user/new', { user_id: 'named' })).status, 409, 'only once');
  });

  it('finds a user that a team made by its address', async () => {
    const team = await newTeam({ members_with_roles: [{ user_email: 'by-mail@example.com', role: 'user' }] });
    const { user_id } = await proxy.ok('POST', '/user/new', { user_email: 'By-Mail@example.com', rpm_limit: 3 });
    assert.deepEqual(await membersOf(team), [`${user_id} user`]);
  });

  it('of several at once makes a user once', async () => {
    await newTeam({ members_with_roles: [{ user_id: 'adopted', role: 'user' }] });
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => proxy.ask('POST', '/user/new', { user_id: 'adopted', auto_create_key: false })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409]);
  });

  it('lets no admin of an organisation take over a user that another organisation’s team made', async () => {
    const organization = (await proxy.ok('POST', '/organization/new', { organization_alias: 'takes' })).organization_id;
    const admin = await proxy.ok('POST', '/user/new', { user_id: 'takes-over' });
    await proxy.ok('POST', '/organization/member_add', {
      organization_id: organization ?? '',
      member: { user_id: 'takes-over', role: 'org_admin' },
    });
    await newTeam({ members_with_roles: [{ user_id: 'theirs', role: 'user' }] });
    const wanted = { user_id: 'theirs', organizations: [organization ?? ''] };
    assert.equal((await proxy.ask('POST', '/user/new', wanted, String(admin.key))).status, 409);
  });
});

describe('Ten requests at once that name the same new user', { timeout: 60_000 }, () => {
  for (const who of [{ user_id: 'everywhere' }, { user_email: 'everywhere@example.com' }]) {
    it(`all make their teams (${Object.keys(who)[0]})`, async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          proxy.ask('POST', '/team/new', { members_with_roles: [{ ...who, role: 'user' }] }),
        ),
      );
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      const ids = answers.flatMap(({ body }) =>
        (body.members_with_roles as JsonObject[]).map(({ user_id }) => user_id),
      );
      assert.equal(new Set(ids).size, 1);
      const { teams } = await proxy.ok('GET', `/user/info?user_id=${ids[0]}`);
      assert.equal((teams as unknown[]).length, 10);
    });
  }

  it('all add the member', async () => {
    const teams = await Promise.all(Array.from({ length: 10 }, () => newTeam()));
    const answers = await Promise.all(
      teams.map((team_id) =>
        proxy.ask('POST', '/team/member_add', { team_id, member: { user_id: 'added', role: 'user' } }),
      ),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  });
});
