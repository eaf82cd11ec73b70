/** Users and teams through the management API: over HTTP, on a real database. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { accountOf } from '../../src/tenancy/scopes.ts';
import { litellmJudge } from './openapi-schemas.ts';
import { type ManagementServer, PEOPLE, type Person, spendRow, startManagement } from './sqlite-server.ts';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  await server.context.ledger.write((Object.keys(PEOPLE) as Person[]).map((person) => spendRow(person)));
});
after(() => server.close());

const judge = litellmJudge();

async function ok(method: string, path: string, body?: JsonValue, as = 'master'): Promise<JsonObject> {
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  assert.equal(answered.status, 200, `${method} ${path}: ${JSON.stringify(answered.body)}`);
  return answered.body as JsonObject;
}

async function statusOf(method: string, path: string, body?: JsonValue, as = 'master'): Promise<number> {
  return (await server.ask(method, path, { as, ...(body !== undefined && { body }) })).status;
}

const list = (value: JsonValue | undefined): JsonObject[] => value as JsonObject[];

describe('A new user', () => {
  it('comes with a key that works, and with its places', async () => {
    const made = await ok('POST', '/user/new', {
      user_id: 'nina',
      user_email: 'Nina@Example.com',
      user_role: 'internal_user',
      max_budget: 5,
      budget_duration: '1mo',
      models: ['gpt-4o'],
      teams: ['t1', { team_id: 't2', user_role: 'admin', max_budget_in_team: 2 }],
    });
    if (judge !== undefined) assert.equal(judge('NewUserResponse', made), undefined);
    assert.match(String(made.key), /^sk-/);
    const own = await ok('GET', '/user/info', undefined, String(made.key));
    if (judge !== undefined) assert.equal(judge('UserInfoResponse', own), undefined);
    const info = own.user_info as JsonObject;
    assert.deepEqual([info.user_id, info.user_email, info.max_budget], ['nina', 'nina@example.com', 5]);
    assert.deepEqual(
      list(own.teams)
        .map(({ team_id }) => team_id)
        .sort(),
      ['t1', 't2'],
    );
    assert.deepEqual(
      list(own.keys).map(({ token }) => token),
      [hashKey(String(made.key))],
    );
    const alone = await ok('GET', '/v2/user/info?user_id=nina');
    if (judge !== undefined) assert.equal(judge('UserInfoV2Response', alone), undefined);
    const member = await server.context.directory.teamMember('t2', 'nina');
    assert.deepEqual([member?.role, member?.maxBudget], ['admin', 2_000_000_000_000n]);
  });

  it('comes without a key where none is wanted', async () => {
    const made = await ok('POST', '/user/new', { user_id: 'nokey', auto_create_key: false });
    assert.equal(made.token, null);
    assert.equal(await server.context.directory.count('key', { userId: 'nokey' }), 0);
  });

  it('is refused where the id or the address is taken, or a field is not understood', async () => {
    await ok('POST', '/user/new', { user_id: 'taken', user_email: 'taken@example.com', auto_create_key: false });
    assert.equal(await statusOf('POST', '/user/new', { user_id: 'taken' }), 409);
    assert.equal(await statusOf('POST', '/user/new', { user_email: 'TAKEN@example.com' }), 409);
    assert.equal(await statusOf('POST', '/user/new', { user_role: 'god' }), 422);
    assert.equal(await statusOf('POST', '/user/new', { max_budgett: 1 }), 422);
    assert.equal(await statusOf('POST', '/user/new', { teams: ['none'] }), 404);
  });

  it('of an organisation’s admin stays in the organisation, and so does what it spends', async () => {
    assert.equal(await statusOf('POST', '/user/new', {}, 'olga'), 403);
    assert.equal(await statusOf('POST', '/user/new', { organizations: ['o2'] }, 'olga'), 403);
    assert.equal(await statusOf('POST', '/user/new', { organizations: ['o1'], user_role: 'proxy_admin' }, 'olga'), 403);
    assert.equal(await statusOf('POST', '/user/new', { organizations: ['o1'], teams: ['t2'] }, 'olga'), 403);
    const made = await ok('POST', '/user/new', { user_id: 'oscar', organizations: ['o1'] }, 'olga');
    assert.equal((await server.context.directory.get('key', hashKey(String(made.key))))?.organizationId, 'o1');
    const further = await ok('POST', '/key/generate', {}, String(made.key));
    assert.equal(further.organization_id, 'o1');
  });
});

describe('Changing users', () => {
  it('changes what is sent and says it', async () => {
    await ok('POST', '/user/new', { user_id: 'chang', max_budget: 1, rpm_limit: 3, auto_create_key: false });
    const answer = await ok('POST', '/user/update', { user_id: 'chang', max_budget: 2, user_alias: 'Chang' });
    const data = answer.data as JsonObject;
    assert.deepEqual([data.max_budget, data.rpm_limit, data.user_alias], [2, 3, 'Chang']);
    const bulk = await ok('POST', '/user/bulk_update', {
      users: [{ user_id: 'chang', rpm_limit: null }, { user_id: 'nobody' }],
    });
    if (judge !== undefined) assert.equal(judge('BulkUpdateUserResponse', bulk), undefined);
    assert.deepEqual([bulk.successful_updates, bulk.failed_updates], [1, 1]);
  });

  it('lets users change their name, and nothing that they are held to', async () => {
    await ok('POST', '/user/update', { user_alias: 'Ivan the Good' }, 'ivan');
    for (const change of [
      { user_role: 'proxy_admin' },
      { max_budget: 1_000_000 },
      { models: [] },
      { blocked: false },
    ]) {
      assert.equal(await statusOf('POST', '/user/update', change, 'ivan'), 403, JSON.stringify(change));
    }
    assert.equal(await statusOf('POST', '/user/update', { user_id: 'tina', user_alias: 'x' }, 'ivan'), 403);
    assert.equal((await server.context.directory.get('user', 'ivan'))?.role, 'internal_user');
  });

  it('deletes them with their keys', async () => {
    const made = await ok('POST', '/user/new', { user_id: 'gone' });
    await ok('POST', '/user/delete', { user_ids: ['gone'] });
    assert.equal(await statusOf('GET', '/key/info', undefined, String(made.key)), 401);
    assert.equal(await statusOf('POST', '/user/delete', { user_ids: ['gone'] }), 404);
  });
});

describe('Lists of users', () => {
  it('come in pages', async () => {
    const page = await ok('GET', '/user/list?page=1&page_size=3&sort_by=user_id');
    if (judge !== undefined) assert.equal(judge('UserListResponse', page), undefined);
    assert.equal(list(page.users).length, 3);
    assert.deepEqual(
      list((await ok('GET', '/user/list?user_email=vera@example.com')).users).map((user) => user.user_id),
      ['vera'],
    );
    assert.deepEqual(
      list((await ok('GET', '/user/list?role=proxy_admin_viewer')).users).map((user) => user.user_id),
      ['pia'],
    );
    assert.deepEqual(
      list((await ok('GET', '/user/list?team=t2')).users)
        .map((user) => user.user_id)
        .includes('tom'),
      true,
    );
  });

  it('hold the members of its organisation for an organisation’s admin', async () => {
    const seen = list((await ok('GET', '/user/list', undefined, 'otto')).users).map((user) => user.user_id);
    assert.deepEqual(seen, ['otto']);
    assert.equal(await statusOf('GET', '/user/list?organization_ids=o1', undefined, 'otto'), 403);
    assert.equal(await statusOf('GET', '/user/info?user_id=olga', undefined, 'otto'), 403);
  });

  it('show activity by day: all of it, or the caller’s own', async () => {
    const all = await ok('GET', '/user/daily/activity?start_date=2026-03-01&end_date=2026-03-31');
    if (judge !== undefined) assert.equal(judge('SpendAnalyticsPaginatedResponse', all), undefined);
    const total = (body: JsonObject) => (body.metadata as JsonObject).total_api_requests;
    assert.equal(total(all), Object.keys(PEOPLE).length);
    const range = '?start_date=2026-03-01&end_date=2026-03-31';
    assert.equal(total(await ok('GET', `/user/daily/activity/aggregated${range}`, undefined, 'vera')), 1);
    assert.equal(total(await ok('GET', `/user/daily/activity${range}`, undefined, 'bare')), 1);
    assert.equal(await statusOf('GET', `/user/daily/activity${range}&user_id=ivan`, undefined, 'vera'), 403);
    assert.equal(total(await ok('GET', `/team/daily/activity${range}`, undefined, 'tina')), 2);
    assert.equal(total(await ok('GET', `/team/daily/activity${range}`, undefined, 'ivan')), 1);
    assert.equal(await statusOf('GET', `/team/daily/activity${range}&team_ids=t2`, undefined, 'tina'), 403);
  });
});

describe('A new team', () => {
  it('has its members, limits and permissions', async () => {
    const made = await ok('POST', '/team/new', {
      team_id: 'blue',
      team_alias: 'Blue',
      max_budget: 10,
      budget_duration: '7d',
      models: ['gpt-4o'],
      model_aliases: { small: 'gpt-4o' },
      members_with_roles: [
        { role: 'admin', user_id: 'tina' },
        { role: 'user', user_email: 'newcomer@example.com' },
      ],
      team_member_budget: 1,
      team_member_permissions: ['/key/generate'],
      tags: ['t'],
      guardrails: ['pii'],
    });
    if (judge !== undefined) assert.equal(judge('LiteLLM_TeamTable', made), undefined);
    assert.deepEqual(
      list(made.members_with_roles)
        .map(({ role }) => role)
        .sort(),
      ['admin', 'user'],
    );
    assert.equal(made.team_member_budget, 1);
    assert.equal(made.budget_reset_at, '2026-03-16T00:00:00.000Z');
    const info = await ok('GET', '/team/info?team_id=blue', undefined, 'tina');
    assert.equal(info.team_id, 'blue');
    assert.equal(list(info.team_memberships).length, 2);
    const [membership = {}] = list(info.team_memberships);
    assert.equal((membership.litellm_budget_table as JsonObject).max_budget, 1);
    assert.equal(await statusOf('POST', '/team/new', { team_id: 'blue' }), 400);
  });

  it('of an organisation’s admin is within the organisation', async () => {
    await ok('PATCH', '/organization/update', { organization_id: 'o1', max_budget: 100, models: ['gpt-4o'] });
    assert.equal(await statusOf('POST', '/team/new', { organization_id: 'o2' }, 'olga'), 403);
    assert.equal(await statusOf('POST', '/team/new', {}, 'olga'), 403);
    assert.equal(await statusOf('POST', '/team/new', { organization_id: 'o1', max_budget: 101 }, 'olga'), 400);
    assert.equal(await statusOf('POST', '/team/new', { organization_id: 'o1', models: ['claude'] }, 'olga'), 400);
    const made = await ok('POST', '/team/new', { organization_id: 'o1', max_budget: 100 }, 'olga');
    assert.deepEqual(list(made.members_with_roles), [
      { user_id: 'olga', user_email: 'olga@example.com', role: 'admin' },
    ]);
  });
});

describe('Changing a team', () => {
  it('changes what is sent, by either way', async () => {
    await ok('POST', '/team/new', { team_id: 'green', max_budget: 5, rpm_limit: 10 });
    const changed = await ok('POST', '/team/update', { team_id: 'green', max_budget: 6 });
    assert.deepEqual([(changed.data as JsonObject).max_budget, (changed.data as JsonObject).rpm_limit], [6, 10]);
    const patched = await ok('PATCH', '/team/green', { rpm_limit: null, team_alias: 'Green' });
    assert.deepEqual([patched.max_budget, patched.rpm_limit, patched.team_alias], [6, null, 'Green']);
    assert.equal(await statusOf('PATCH', '/team/green', { team_id: 'blue' }), 422);
  });

  it('lets its admin narrow it and never widen it', async () => {
    await ok('POST', '/team/new', {
      team_id: 'red',
      max_budget: 5,
      budget_duration: '1d',
      models: ['gpt-4o'],
      members_with_roles: [{ role: 'admin', user_id: 'tom' }],
    });
    const as = 'tom';
    await ok('POST', '/team/update', { team_id: 'red', max_budget: 4, team_alias: 'Red' }, as);
    for (const change of [
      { max_budget: 5 },
      { max_budget: null },
      { budget_duration: '1h' },
      { models: [] },
      { models: ['gpt-4o', 'claude'] },
      { model_aliases: { 'gpt-4o': 'claude' } },
      { blocked: false },
      { organization_id: 'o2' },
      { temp_budget_increase: 100, temp_budget_expiry: '10d' },
      { guardrails: [] },
    ]) {
      assert.equal(
        await statusOf('POST', '/team/update', { team_id: 'red', ...change }, as),
        403,
        JSON.stringify(change),
      );
    }
    assert.equal(await statusOf('POST', '/team/delete', { team_ids: ['red'] }, as), 403);
    assert.equal(await statusOf('POST', '/team/update', { team_id: 't1', team_alias: 'x' }, as), 403);
  });

  it('adds and removes models, and removing the last never leaves the team with all of them', async () => {
    await ok('POST', '/team/new', { team_id: 'models', models: ['gpt-4o'] });
    assert.deepEqual((await ok('POST', '/team/model/add', { team_id: 'models', models: ['b', 'gpt-4o'] })).models, [
      'gpt-4o',
      'b',
    ]);
    assert.deepEqual((await ok('POST', '/team/model/delete', { team_id: 'models', models: ['gpt-4o'] })).models, ['b']);
    assert.equal(await statusOf('POST', '/team/model/delete', { team_id: 'models', models: ['b'] }), 422);
  });

  it('blocks it, and deletes it with its keys', async () => {
    await ok('POST', '/team/new', { team_id: 'short' });
    const { key } = await ok('POST', '/key/generate', { team_id: 'short' });
    assert.equal((await ok('POST', '/team/block', { team_id: 'short' })).blocked, true);
    assert.equal((await ok('POST', '/team/unblock', { team_id: 'short' })).blocked, false);
    assert.equal(await statusOf('POST', '/team/block', { team_id: 't1' }, 'otto'), 403);
    await ok('POST', '/team/delete', { team_ids: ['short'] });
    assert.equal(await statusOf('GET', '/key/info', undefined, String(key)), 401);
  });
});

describe('Members of a team', () => {
  it('are added, changed and removed', async () => {
    const added = await ok(
      'POST',
      '/team/member_add',
      { team_id: 't1', member: { role: 'user', user_id: 'milo' }, max_budget_in_team: 3 },
      'tina',
    );
    if (judge !== undefined) assert.equal(judge('TeamAddMemberResponse', added), undefined);
    assert.deepEqual(
      list(added.updated_users).map((user) => user.user_id),
      ['milo'],
    );
    const changed = await ok(
      'POST',
      '/team/member_update',
      { team_id: 't1', user_id: 'milo', role: 'admin', max_budget_in_team: 4 },
      'tina',
    );
    if (judge !== undefined) assert.equal(judge('TeamMemberUpdateResponse', changed), undefined);
    assert.equal(changed.max_budget_in_team, 4);
    const { key } = await ok('POST', '/key/generate', { team_id: 't1', user_id: 'milo' });
    const me = await ok('GET', '/team/t1/members/me', undefined, String(key));
    if (judge !== undefined) assert.equal(judge('TeamMemberInfoResponse', me), undefined);
    assert.deepEqual([me.user_id, me.role], ['milo', 'admin']);
    await ok('POST', '/team/member_delete', { team_id: 't1', user_id: 'milo' }, 'tina');
    assert.equal(await statusOf('GET', '/key/info', undefined, String(key)), 401, 'keys of the membership go with it');
  });

  it('are added several at a time, each on its own', async () => {
    const answer = await ok('POST', '/team/bulk_member_add', {
      team_id: 't1',
      members: [
        { role: 'user', user_id: 'bulk-1' },
        { role: 'user', user_email: 'bulk-2@example.com' },
      ],
    });
    if (judge !== undefined) assert.equal(judge('BulkTeamMemberAddResponse', answer), undefined);
    assert.equal(answer.successful_additions, 2);
  });

  it('are not shown to one another, and not to others', async () => {
    const info = await ok('GET', '/team/info?team_id=t1', undefined, 'ivan');
    assert.deepEqual(
      list(info.team_memberships).map(({ user_id }) => user_id),
      ['ivan'],
    );
    assert.doesNotMatch(JSON.stringify(info), /tina/);
    assert.equal(await statusOf('GET', '/team/info?team_id=t1', undefined, 'tom'), 403);
    assert.equal(
      await statusOf('POST', '/team/member_add', { team_id: 't1', member: { role: 'admin', user_id: 'ivan' } }, 'ivan'),
      403,
    );
  });

  it('make keys of the team only where the team lets them', async () => {
    assert.equal(await statusOf('POST', '/key/generate', { team_id: 't1' }, 'ivan'), 403);
    assert.equal(await statusOf('POST', '/key/generate', { team_id: 't2' }, 'ivan'), 403);
    await ok(
      'POST',
      '/team/permissions_update',
      { team_id: 't1', team_member_permissions: ['/key/generate', '/key/delete'] },
      'tina',
    );
    const listed = await ok('GET', '/team/permissions_list?team_id=t1', undefined, 'ivan');
    if (judge !== undefined) assert.equal(judge('GetTeamMemberPermissionsResponse', listed), undefined);
    const { key, user_id } = await ok('POST', '/key/generate', { team_id: 't1' }, 'ivan');
    assert.equal(user_id, 'ivan');
    assert.equal(await statusOf('POST', '/key/update', { key, rpm_limit: 1 }, 'ivan'), 403, 'not opened');
    await ok('POST', '/key/delete', { keys: [String(key)] }, 'ivan');
    assert.equal(
      await statusOf(
        'POST',
        '/team/permissions_update',
        { team_id: 't1', team_member_permissions: ['/team/delete'] },
        'tina',
      ),
      422,
    );
  });
});

describe('Lists of teams', () => {
  it('hold what the caller may see', async () => {
    const seen = async (as: string, path = '/team/list') =>
      ((await server.get(path, as)).body as JsonObject[]).map(({ team_id }) => String(team_id));
    assert.ok((await seen('master')).includes('t2'));
    assert.deepEqual(await seen('vera'), []);
    assert.deepEqual(await seen('ivan'), ['t1']);
    assert.deepEqual(await seen('otto'), ['t2']);
    assert.equal((await seen('olga')).includes('t2'), false);
    assert.equal(await statusOf('GET', '/team/list?organization_id=o1', undefined, 'otto'), 403);
    assert.equal(await statusOf('GET', '/team/list?user_id=ivan', undefined, 'vera'), 403);
    const page = await ok('GET', '/v2/team/list?page_size=2&sort_by=team_id');
    if (judge !== undefined) assert.equal(judge('TeamListResponse', page), undefined);
    assert.equal(list(page.teams).length, 2);
  });
});

describe('A key made by somebody with less than everything', () => {
  it('is no more than its maker’s', async () => {
    const { key } = await ok('POST', '/key/generate', {
      user_id: 'vito',
      models: ['gpt-4o'],
      max_budget: 2,
      budget_duration: '1d',
      rpm_limit: 5,
      duration: '2d',
      allowed_routes: ['/key/*', '/v1/*'],
    });
    await ok('POST', '/user/new', { user_id: 'vito', auto_create_key: false });
    const as = String(key);
    const made = await ok('POST', '/key/generate', {}, as);
    assert.deepEqual(
      [made.models, made.max_budget, made.budget_duration, made.rpm_limit, made.allowed_routes],
      [['gpt-4o'], 2, '1d', 5, ['/key/*', '/v1/*']],
    );
    assert.ok(made.expires !== null);
    await ok('POST', '/key/generate', { max_budget: 1, rpm_limit: 2, models: ['gpt-4o'], duration: '1d' }, as);
    for (const more of [
      { models: ['claude'] },
      { models: ['all-proxy-models'] },
      { max_budget: 3 },
      { max_budget: 1, budget_duration: '1h' },
      { rpm_limit: 6 },
      { duration: '3d' },
      { allowed_routes: ['/user/*'] },
      { spend: 0.1 },
      { user_id: 'ivan' },
      { organization_id: 'o1' },
      { permissions: { all: true } },
      { guardrails: ['none'] },
    ]) {
      assert.equal(await statusOf('POST', '/key/generate', more, as), 403, JSON.stringify(more));
    }
  });

  it('does not show the text of a key that can do more', async () => {
    const wide = await ok('POST', '/key/generate', { user_id: 'wim' });
    const narrow = await ok('POST', '/key/generate', { user_id: 'wim', rpm_limit: 1 });
    await ok('POST', '/user/new', { user_id: 'wim', auto_create_key: false });
    const as = String(narrow.key);
    assert.equal(await statusOf('POST', `/key/${wide.token}/regenerate`, {}, as), 403);
    assert.equal(await statusOf('POST', '/key/update', { key: narrow.key, rpm_limit: 2 }, as), 403);
    await ok('POST', `/key/${narrow.token}/regenerate`, {}, as);
  });

  it('is within the operator’s bounds, with the operator’s defaults', async () => {
    const bounded = await startManagement(`
model_list: []
litellm_settings:
  upperbound_key_generate_params: { max_budget: 10, duration: 30d, rpm_limit: 100 }
  default_key_generate_params: { tpm_limit: 500, rpm_limit: 7 }
`);
    try {
      const made = (await bounded.post('/key/generate', {})).body as JsonObject;
      assert.deepEqual([made.max_budget, made.rpm_limit, made.tpm_limit], [10, 7, 500]);
      assert.ok(made.expires !== null);
      const inQuotes = [{ max_budget: '11' }, { rpm_limit: ' 101 ' }, { max_budget: '1.1e1' }];
      for (const body of [
        ...[{ max_budget: 11 }, { duration: '31d' }, { duration: '-1' }, { rpm_limit: 101 }],
        ...inQuotes,
      ]) {
        assert.equal((await bounded.post('/key/generate', body)).status, 400, JSON.stringify(body));
      }
      assert.equal((await bounded.post('/key/update', { key: made.token ?? '', max_budget: 11 })).status, 400);
    } finally {
      await bounded.close();
    }
  });
});

describe('What is set from above', () => {
  it('is passed on to the keys that its owner makes, and cannot be shaken off', async () => {
    await ok('POST', '/user/new', { user_id: 'uma', auto_create_key: false });
    const { key, token } = await ok('POST', '/key/generate', {
      user_id: 'uma',
      tags: ['blue'],
      metadata: { deny_request_controls: ['fallbacks'], note: 'x' },
    });
    const as = String(key);
    const child = await ok('POST', '/key/generate', { tags: ['red'], metadata: { own: 1 } }, as);
    assert.deepEqual(new Set(child.tags as string[]), new Set(['red', 'blue']));
    assert.deepEqual((child.metadata as JsonObject).deny_request_controls, ['fallbacks']);
    for (const change of [
      { tags: [] },
      { tags: ['red'] },
      { metadata: {} },
      { metadata: { deny_request_controls: [] } },
      { metadata: { deny_request_controls: ['fallbacks'], disable_fallbacks: false } },
      { budget_id: 'any' },
    ]) {
      assert.equal(
        await statusOf('POST', '/key/update', { key: token ?? '', ...change }, as),
        403,
        JSON.stringify(change),
      );
      assert.equal(await statusOf('POST', `/key/${token}/regenerate`, change, as), 403, JSON.stringify(change));
    }
    assert.equal(await statusOf('POST', '/key/generate', { metadata: { deny_request_controls: [] } }, as), 403);
    const metadata = { deny_request_controls: ['fallbacks'], note: 'y' };
    await ok('POST', '/key/update', { key: token ?? '', metadata, tags: ['blue', 'red'] }, as);
  });

  it('is not an admin’s right in a key that an admin makes for a team', async () => {
    const made = await ok('POST', '/key/generate', { team_id: 't1' }, 'paul');
    assert.equal(made.user_id, null);
    assert.equal(await statusOf('GET', '/user/list', undefined, String(made.key)), 403);
  });

  it('is not mixed up by ids that look like one another', async () => {
    await ok('POST', '/team/new', { team_id: 'a/b', members_with_roles: [{ role: 'user', user_id: 'c' }] });
    await ok('POST', '/team/new', { team_id: 'a', members_with_roles: [{ role: 'user', user_id: 'b/c' }] });
    const one = accountOf.teamMember('a/b', 'c');
    assert.notEqual(one, accountOf.teamMember('a', 'b/c'));
    await server.context.ledger.write([spendRow('bare', { callId: 'slashes', accounts: [one] })]);
    const spent = async (team: string) => {
      const { team_memberships } = await ok('GET', `/team/info?team_id=${encodeURIComponent(team)}`);
      return list(team_memberships).map(({ spend }) => spend);
    };
    assert.deepEqual([await spent('a/b'), await spent('a')], [[0.0045], [0]]);
  });
});

describe('What the operator says of new objects', () => {
  it('decides who makes which keys, and what users and teams are given', async () => {
    const ruled = await startManagement(`
model_list: []
litellm_settings:
  key_generation_settings:
    team_key_generation: { allowed_team_member_roles: [admin], required_params: [tags] }
    personal_key_generation: { allowed_user_roles: [proxy_admin] }
  default_internal_user_params: { max_budget: 3, budget_duration: 30d, models: [gpt-4o] }
  default_team_params: { max_budget: 7, tpm_limit: 70 }
`);
    try {
      assert.equal((await ruled.post('/key/generate', {}, 'tina')).status, 403, 'no personal keys');
      assert.equal((await ruled.post('/key/generate', { team_id: 't1' }, 'tina')).status, 400, 'no tags');
      assert.equal((await ruled.post('/key/generate', { team_id: 't1', tags: ['x'] }, 'tina')).status, 200);
      await ruled.post('/team/permissions_update', { team_id: 't1', team_member_permissions: ['/key/generate'] });
      assert.equal((await ruled.post('/key/generate', { team_id: 't1', tags: ['x'] }, 'ivan')).status, 403);
      assert.equal((await ruled.post('/key/generate', {}, 'master')).status, 200);
      const user = (await ruled.post('/user/new', { user_id: 'given', auto_create_key: false })).body as JsonObject;
      assert.deepEqual([user.max_budget, user.budget_duration, user.models], [3, '30d', ['gpt-4o']]);
      const team = (await ruled.post('/team/new', { team_id: 'given', tpm_limit: 5 })).body as JsonObject;
      assert.deepEqual([team.max_budget, team.tpm_limit], [7, 5]);
    } finally {
      await ruled.close();
    }
  });
});
