/** LiteLLM's suites of teams and users: who becomes a member, and users that a team made by naming them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy, until } from './proxy.ts';

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

describe('A member', { timeout: 60_000 }, () => {
  const join = async (team_id: string, further: JsonObject = {}): Promise<string> => {
    const { user_id } = await proxy.ok('POST', '/user/new', { auto_create_key: false });
    await proxy.ok('POST', '/team/member_add', {
      team_id,
      member: { user_id: user_id ?? '', role: 'user' },
      ...further,
    });
    return String(user_id);
  };
  const shown = async (team: string, user: string): Promise<JsonObject> => {
    const { team_memberships } = await proxy.ok('GET', `/team/info?team_id=${team}`);
    return (team_memberships as JsonObject[]).find(({ user_id }) => user_id === user) ?? {};
  };
  const statuses = async (key: string): Promise<number[]> => [
    (await proxy.chat(key, 'gpt-4o')).status,
    (await proxy.chat(key, 'claude-sonnet')).status,
  ];

  it('uses the models of its membership, of those of the team', async () => {
    const team_id = await newTeam();
    const user_id = await join(team_id, { allowed_models: ['gpt-4o'] });
    const key = await proxy.key({ team_id, user_id });
    assert.deepEqual(await statuses(key), [200, 403]);
    assert.match(
      JSON.stringify((await proxy.chat(key, 'claude-sonnet')).body),
      /team member not allowed to access model/,
    );
    assert.deepEqual(await statuses(await proxy.key({ team_id })), [200, 200], 'a key without a user is the team’s');
    const { data } = await proxy.ok('GET', '/v1/models', undefined, key);
    assert.ok(!JSON.stringify(data).includes('claude-sonnet'));
    assert.deepEqual((await shown(team_id, user_id)).allowed_models, ['gpt-4o']);
    await proxy.ok('POST', '/team/member_update', { team_id, user_id, allowed_models: ['claude-sonnet'] });
    assert.deepEqual(await statuses(key), [403, 200]);
    await proxy.ok('POST', '/team/member_update', { team_id, user_id, allowed_models: [] });
    assert.deepEqual(await statuses(key), [200, 200]);
  });

  it('without models of its own uses those that the team gives its members', async () => {
    const team_id = await newTeam({ default_team_member_models: ['claude-sonnet'] });
    const plain = await proxy.key({ team_id, user_id: await join(team_id) });
    const special = await proxy.key({ team_id, user_id: await join(team_id, { allowed_models: ['gpt-4o'] }) });
    assert.deepEqual(
      [await statuses(plain), await statuses(special)],
      [
        [403, 200],
        [200, 403],
      ],
    );
    await proxy.ok('POST', '/team/update', { team_id, default_team_member_models: null });
    assert.deepEqual(await statuses(plain), [200, 200]);
  });

  it('makes no key that may use more than its membership', async () => {
    const team_id = await newTeam({ team_member_permissions: ['/key/generate'] });
    const user_id = await join(team_id, { allowed_models: ['gpt-4o'] });
    const own = await proxy.key({ team_id, user_id });
    assert.equal((await proxy.ask('POST', '/key/generate', { team_id, models: ['claude-sonnet'] }, own)).status, 403);
    const made = await proxy.key({ team_id }, own);
    assert.deepEqual(await statuses(made), [200, 403]);
  });

  it('has budgets by model, its own or those of the team’s members', async () => {
    const budgets = { 'gpt-4o': { budget_limit: 1e-12, time_period: '1d' } };
    const team_id = await newTeam({ team_member_model_max_budget: budgets });
    const plain = await proxy.key({ team_id, user_id: await join(team_id) });
    assert.deepEqual(await statuses(plain), [422, 200]);
    const user_id = await join(team_id);
    const own = { 'claude-sonnet': { budget_limit: 1e-12, time_period: '1d' } };
    await proxy.ok('POST', '/team/member_update', { team_id, user_id, model_max_budget: own });
    assert.deepEqual(await statuses(await proxy.key({ team_id, user_id })), [200, 422]);
  });

  it('gets a raise that ends', async () => {
    const team_id = await newTeam();
    const user_id = await join(team_id, { max_budget_in_team: 1e-12 });
    const key = await proxy.key({ team_id, user_id });
    assert.equal((await proxy.chat(key)).status, 422);
    const raise = { team_id, user_id, temp_budget_increase: 5, temp_budget_expiry: '2s' };
    await proxy.ok('POST', '/team/member_update', raise);
    assert.equal((await proxy.chat(key)).status, 200);
    await until(
      async () => (await proxy.chat(key)).status,
      (status) => status === 422,
    );
  });

  it('gets keys that end when the team says', async () => {
    const team_id = await newTeam({ team_member_key_duration: '1h' });
    const user_id = await join(team_id);
    const expires = async (body: JsonObject): Promise<number> => {
      const made = await proxy.ok('POST', '/key/generate', { team_id, ...body });
      return made.expires === null ? Number.POSITIVE_INFINITY : Date.parse(String(made.expires)) - Date.now();
    };
    const hour = 3_600_000;
    assert.ok(Math.abs((await expires({ user_id })) - hour) < 60_000);
    assert.ok(Math.abs((await expires({ user_id, duration: '30m' })) - hour / 2) < 60_000);
    assert.equal(await expires({ user_id, duration: '-1' }), Number.POSITIVE_INFINITY);
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
