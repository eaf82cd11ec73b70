/** Organisations, customers, budgets, tags: made, shown, changed and deleted over HTTP, in LiteLLM's shapes. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { litellmJudge } from './openapi-schemas.ts';
import { CONFIG, type ManagementServer, NOW_MS, spendRow, startManagement } from './sqlite-server.ts';

const judge = litellmJudge();
const DECLARED = `${CONFIG}
customers:
  - { user_id: from-the-file, alias: Filed, max_budget: 5 }
tags:
  - { name: tag-from-the-file, max_budget: 5 }
teams:
  - { team_id: team-from-the-file, organization_id: mixed, max_budget: 5 }
organizations:
  - { organization_id: org-from-the-file, organization_alias: Filed, max_budget: 5 }
`;

let server: ManagementServer;
before(async () => {
  server = await startManagement(DECLARED);
});
after(() => server.close());

function valid(schema: string, body: JsonValue): void {
  assert.equal(judge?.(schema, body), undefined, JSON.stringify(body));
}

async function ok(method: string, path: string, body?: JsonValue, as = 'master'): Promise<JsonObject> {
  // So that changes have an order.
  server.pass(1);
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  assert.equal(answered.status, 200, JSON.stringify(answered.body));
  return answered.body as JsonObject;
}

async function refused(status: number, method: string, path: string, body?: JsonValue, as = 'master'): Promise<string> {
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  assert.equal(answered.status, status, `${method} ${path} as ${as}: ${JSON.stringify(answered.body)}`);
  return String(((answered.body as JsonObject).error as JsonObject).message);
}

/** The actions that the audit log has of an object, oldest first. */
async function changesOf(id: string): Promise<JsonObject[]> {
  const { audit_logs } = await ok('GET', `/audit?object_id=${encodeURIComponent(id)}&sort_order=asc`);
  return audit_logs as JsonObject[];
}

const actions = async (id: string): Promise<unknown[]> => (await changesOf(id)).map(({ action }) => action);

describe('Customers', () => {
  it('are made, shown, changed and deleted', async () => {
    const made = await ok('POST', '/customer/new', {
      user_id: 'c1',
      alias: 'Carla',
      max_budget: 1.5,
      budget_duration: '1d',
      allowed_model_region: 'eu',
      spend: 0.25,
    });
    valid('CustomerResponse', made);
    assert.equal(made.spend, 0.25);
    const table = made.litellm_budget_table as JsonObject;
    assert.deepEqual([table.max_budget, table.budget_reset_at], [1.5, '2026-03-11T00:00:00.000Z']);
    assert.deepEqual(await ok('GET', '/end_user/info?end_user_id=c1'), made);

    const changed = await ok('POST', '/end_user/update', { user_id: 'c1', alias: null, max_budget: 2 });
    assert.equal(changed.alias, null);
    assert.equal(changed.allowed_model_region, 'eu');
    assert.equal((changed.litellm_budget_table as JsonObject).max_budget, 2);
    assert.equal((changed.litellm_budget_table as JsonObject).budget_duration, '1d');

    const deleted = await ok('POST', '/customer/delete', { user_ids: ['c1'] });
    valid('DeleteCustomersResponse', deleted);
    await refused(404, 'GET', '/customer/info?end_user_id=c1');
    assert.deepEqual(await actions('c1'), ['created', 'updated', 'deleted']);
  });

  it('are blocked also if they were never created, and unblocked', async () => {
    valid('BlockUsersResponse', await ok('POST', '/customer/block', { user_ids: ['stranger'] }));
    assert.equal((await ok('GET', '/customer/info?end_user_id=stranger')).blocked, true);
    valid('UnblockUsersResponse', await ok('POST', '/customer/unblock', { user_ids: ['stranger'] }));
    assert.equal((await ok('GET', '/customer/info?end_user_id=stranger')).blocked, false);
    assert.deepEqual(await actions('stranger'), ['blocked', 'unblocked']);
  });

  it('refuse what is wrong and name the field', async () => {
    assert.match(await refused(422, 'POST', '/customer/new', { alias: 'x' }), /user_id/);
    assert.match(await refused(422, 'POST', '/customer/new', { user_id: 'c2', max_budgett: 1 }), /max_budgett/);
    assert.match(await refused(422, 'POST', '/customer/new', { user_id: 'c2', max_budget: -1 }), /max_budget/);
    await refused(404, 'POST', '/customer/new', { user_id: 'c2', budget_id: 'no-such-budget' });
    await refused(404, 'POST', '/customer/update', { user_id: 'c2', alias: 'x' });
    await refused(404, 'POST', '/customer/delete', { user_ids: ['stranger', 'nobody'] });
    await ok('POST', '/customer/new', { user_id: 'twice' });
    await refused(409, 'POST', '/customer/new', { user_id: 'twice' });
  });

  it('of the file are shown and cannot be changed', async () => {
    const shown = await ok('GET', '/customer/info?end_user_id=from-the-file');
    assert.deepEqual([shown.declared, shown.alias], [true, 'Filed']);
    const list = (await ok('GET', '/customer/list')) as unknown as JsonObject[];
    valid('CustomerResponse[]', list as unknown as JsonValue);
    assert.ok(list.some(({ user_id }) => user_id === 'from-the-file'));
    for (const [path, body] of [
      ['/customer/new', { user_id: 'from-the-file' }],
      ['/customer/update', { user_id: 'from-the-file', max_budget: 9 }],
      ['/customer/delete', { user_ids: ['from-the-file'] }],
      ['/customer/block', { user_ids: ['from-the-file'] }],
    ] as const) {
      assert.match(await refused(400, 'POST', path, body as unknown as JsonValue), /configuration file/);
    }
  });

  it('have their activity by day', async () => {
    await server.context.ledger.write([
      spendRow('ivan', { customerId: 'busy', tags: ['x'] }),
      spendRow('tom', { customerId: 'busy', startedAtMs: NOW_MS - 86_400_000, status: 'failure', cost: 0n }),
      spendRow('tom', { customerId: 'other' }),
    ]);
    const body = await ok('GET', '/customer/daily/activity?end_user_ids=busy&page_size=1');
    valid('SpendAnalyticsPaginatedResponse', body);
    const [day] = body.results as JsonObject[];
    assert.equal(day?.date, '2026-03-10');
    assert.equal((day?.metrics as JsonObject | undefined)?.spend, 0.0045);
    assert.deepEqual(Object.keys((day?.breakdown as JsonObject | undefined)?.entities as JsonObject), ['busy']);
    const { total_api_requests, total_failed_requests, total_pages, has_more } = body.metadata as JsonObject;
    assert.deepEqual([total_api_requests, total_failed_requests, total_pages, has_more], [2, 1, 2, true]);
  });
});

describe('Budgets', () => {
  it('are made, shown, changed, listed and deleted', async () => {
    const made = await ok('POST', '/budget/new', {
      budget_id: 'b1',
      max_budget: 10,
      budget_duration: '1mo',
      rpm_limit: 5,
    });
    assert.deepEqual([made.budget_id, made.max_budget, made.budget_reset_at], ['b1', 10, '2026-04-01T00:00:00.000Z']);
    valid('BudgetListItem', made);
    const named = await ok('POST', '/budget/new', { max_budget: 1 });
    assert.match(String(named.budget_id), /^[0-9a-f-]{36}$/);
    await refused(409, 'POST', '/budget/new', { budget_id: 'b1' });

    const changed = await ok('POST', '/budget/update', { budget_id: 'b1', rpm_limit: null, tpm_limit: 100 });
    assert.deepEqual([changed.rpm_limit, changed.tpm_limit, changed.max_budget], [null, 100, 10]);
    await refused(404, 'POST', '/budget/update', { budget_id: 'none', tpm_limit: 1 });

    const listed = (await ok('POST', '/budget/info', { budgets: ['b1', 'none'] })) as unknown as JsonObject[];
    assert.deepEqual(
      listed.map(({ budget_id }) => budget_id),
      ['b1'],
    );
    assert.equal(((await ok('GET', '/budget/list')) as unknown as JsonObject[]).length, 2);
    valid('ListResponse_BudgetListItem_', await ok('GET', '/management/v1/budgets?page_size=1'));
    const fields = (await ok('GET', '/budget/settings?budget_id=b1')) as unknown as JsonObject[];
    assert.equal(fields.find(({ field_name }) => field_name === 'tpm_limit')?.field_value, 100);

    await ok('POST', '/budget/delete', { id: 'b1' });
    await refused(404, 'POST', '/budget/delete', { id: 'b1' });
    assert.deepEqual(await actions('b1'), ['created', 'updated', 'deleted']);
  });

  it('that are in use are not deleted, because their users would have no limits', async () => {
    await ok('POST', '/budget/new', { budget_id: 'b2', max_budget: 3 });
    await ok('POST', '/customer/new', { user_id: 'budgeted', budget_id: 'b2' });
    const shown = await ok('GET', '/customer/info?end_user_id=budgeted');
    assert.equal((shown.litellm_budget_table as JsonObject).max_budget, 3);
    assert.match(await refused(400, 'POST', '/budget/delete', { id: 'b2' }), /1 of kind customer/);
    await ok('POST', '/customer/update', { user_id: 'budgeted', budget_id: null });
    await ok('POST', '/budget/delete', { id: 'b2' });
  });
});

describe('Tags', () => {
  it('are made, shown, changed and deleted', async () => {
    const made = await ok('POST', '/tag/new', { name: 'web', description: 'The site', models: ['m1'], max_budget: 4 });
    assert.equal(made.message, 'Tag web created successfully');
    const changed = await ok('POST', '/tag/update', { name: 'web', description: 'The shop' });
    assert.deepEqual(
      [(changed.tag as JsonObject).description, (changed.tag as JsonObject).max_budget],
      ['The shop', 4],
    );
    const shown = await ok('POST', '/tag/info', { names: ['web', 'unheard-of'] });
    assert.deepEqual(Object.keys(shown), ['web']);
    assert.deepEqual((shown.web as JsonObject).models, ['m1']);
    await refused(404, 'POST', '/tag/info', { names: ['unheard-of'] });
    await refused(409, 'POST', '/tag/new', { name: 'web' });
    await ok('POST', '/tag/delete', { name: 'web' });
    await refused(404, 'POST', '/tag/delete', { name: 'web' });
    assert.deepEqual(await actions('web'), ['created', 'updated', 'deleted']);
  });

  it('of the file are shown and cannot be changed; those of requests are listed', async () => {
    await server.context.ledger.write([
      spendRow('ivan', { tags: ['carried', '__proto__'] }),
      spendRow('tom', { tags: ['carried'] }),
    ]);
    const list = (await ok('GET', '/tag/list')) as unknown as JsonObject[];
    assert.equal(list.find(({ name }) => name === 'tag-from-the-file')?.declared, true);
    assert.equal(list.find(({ name }) => name === 'carried')?.spend, 0.009);
    assert.match(
      await refused(400, 'POST', '/tag/update', { name: 'tag-from-the-file', max_budget: 9 }),
      /configuration file/,
    );
    assert.match(await refused(400, 'POST', '/tag/delete', { name: 'tag-from-the-file' }), /configuration file/);
    valid('DistinctTagsResponse', await ok('GET', '/tag/distinct'));
    const summary = await ok('GET', '/tag/summary?tag_filters=carried');
    valid('TagSummaryResponse', summary);
    const [row] = summary.results as JsonObject[];
    assert.deepEqual([row?.unique_users, row?.total_requests, row?.total_spend], [2, 2, 0.009]);
    const activity = await ok('GET', '/tag/daily/activity?tags=carried');
    valid('SpendAnalyticsPaginatedResponse', activity);
    assert.equal((activity.metadata as JsonObject).total_api_requests, 2);
  });
});

describe('Organisations', () => {
  it('are made, shown, changed and deleted with their teams and keys', async () => {
    const made = await ok('POST', '/organization/new', {
      organization_id: 'acme',
      organization_alias: 'Acme',
      models: ['gpt-4o'],
      max_budget: 100,
      budget_duration: '1mo',
      metadata: { plan: 'gold' },
    });
    valid('NewOrganizationResponse', made);
    const changed = await ok('PATCH', '/organization/update', {
      organization_id: 'acme',
      organization_alias: 'Acme Inc',
      rpm_limit: 9,
    });
    valid('LiteLLM_OrganizationTableWithMembers', changed);
    assert.equal(changed.organization_alias, 'Acme Inc');
    assert.deepEqual(changed.models, ['gpt-4o']);
    const table = changed.litellm_budget_table as JsonObject;
    assert.deepEqual([table.max_budget, table.rpm_limit], [100, 9]);
    assert.match(await refused(422, 'POST', '/organization/new', { models: [] }), /organization_alias/);
    await refused(404, 'PATCH', '/organization/update', { organization_id: 'none', rpm_limit: 1 });

    const team = await server.context.directory.get('team', 't1');
    assert.ok(team !== undefined);
    const entry = {
      id: 'team-acme',
      atMs: NOW_MS,
      changedBy: 'test',
      keyHash: 'x',
      action: 'created',
      table: 't',
      objectId: 'a1',
    } as const;
    await server.context.directory.create('team', { ...team, id: 'a1', alias: 'A1', organizationId: 'acme' }, entry);
    const [deleted] = (await ok('DELETE', '/organization/delete', {
      organization_ids: ['acme'],
    })) as unknown as JsonObject[];
    assert.deepEqual(
      ((deleted?.teams ?? []) as JsonObject[]).map(({ team_id }) => team_id),
      ['a1'],
    );
    assert.equal(await server.context.directory.get('team', 'a1'), undefined);
    assert.deepEqual(await actions('acme'), ['created', 'updated', 'deleted']);
  });

  it('are shown to their admins, and no others are', async () => {
    const own = (await ok('GET', '/organization/list', undefined, 'olga')) as unknown as JsonObject[];
    valid('LiteLLM_OrganizationTableWithMembers[]', own as unknown as JsonValue);
    assert.deepEqual(
      own.map(({ organization_id }) => organization_id),
      ['o1'],
    );
    assert.deepEqual(await ok('GET', '/organization/list?org_id=o2', undefined, 'olga'), []);
    assert.equal((await ok('GET', '/organization/info?organization_id=o1', undefined, 'olga')).organization_id, 'o1');
    const unknown = await refused(403, 'GET', '/organization/info?organization_id=none', undefined, 'olga');
    assert.equal(await refused(403, 'GET', '/organization/info?organization_id=o2', undefined, 'olga'), unknown);
    const both = (await ok(
      'POST',
      '/organization/info',
      { organizations: ['o1', 'o2'] },
      'olga',
    )) as unknown as JsonObject[];
    assert.deepEqual(
      both.map(({ organization_id }) => organization_id),
      ['o1'],
    );
    await refused(403, 'GET', '/organization/list', undefined, 'ivan');
    const all = (await ok('GET', '/organization/list', undefined, 'pia')) as unknown as JsonObject[];
    assert.deepEqual(all.map(({ organization_id }) => organization_id).sort(), ['o1', 'o2', 'org-from-the-file']);
  });

  it('have their activity, for their admins too', async () => {
    const body = await ok('GET', '/organization/daily/activity', undefined, 'otto');
    valid('SpendAnalyticsPaginatedResponse', body);
    for (const day of body.results as JsonObject[]) {
      assert.deepEqual(Object.keys((day.breakdown as JsonObject).entities as JsonObject), ['o2']);
    }
    await refused(403, 'GET', '/organization/daily/activity?organization_ids=o1', undefined, 'otto');
  });

  it('take members, change their roles and let them go', async () => {
    const added = await ok(
      'POST',
      '/organization/member_add',
      { organization_id: 'o1', member: [{ user_id: 'nina', role: 'internal_user' }], max_budget_in_organization: 3 },
      'olga',
    );
    valid('OrganizationAddMemberResponse', added);
    assert.equal((await server.context.directory.get('user', 'nina'))?.role, 'internal_user');
    const again = {
      organization_id: 'o1',
      member: [
        { user_id: 'new-one', role: 'internal_user' },
        { user_id: 'nina', role: 'internal_user' },
      ],
    };
    await refused(409, 'POST', '/organization/member_add', again, 'olga');
    assert.equal(await server.context.directory.get('user', 'new-one'), undefined);
    const changed = await ok(
      'PATCH',
      '/organization/member_update',
      { organization_id: 'o1', user_id: 'nina', role: 'org_admin' },
      'olga',
    );
    valid('LiteLLM_OrganizationMembershipTable', changed);
    assert.deepEqual([changed.user_role, (changed.litellm_budget_table as JsonObject).max_budget], ['org_admin', 3]);
    await ok('DELETE', '/organization/member_delete', { organization_id: 'o1', user_id: 'nina' }, 'olga');
    assert.deepEqual(
      (await server.context.directory.organizationMembers('o1')).map(({ userId }) => userId),
      ['olga'],
    );
    assert.deepEqual(await actions('o1/nina'), ['created', 'updated', 'deleted']);
    await refused(404, 'DELETE', '/organization/member_delete', { organization_id: 'o1', user_id: 'nina' }, 'olga');
  });

  it('are nothing that the admin of another one can touch, nor does it get hold of users of others', async () => {
    const member = { user_id: 'ivan', role: 'org_admin' };
    await refused(403, 'POST', '/organization/member_add', { organization_id: 'o1', member }, 'otto');
    await refused(
      403,
      'PATCH',
      '/organization/member_update',
      { organization_id: 'o1', user_id: 'olga', role: 'internal_user' },
      'otto',
    );
    await refused(403, 'DELETE', '/organization/member_delete', { organization_id: 'o1', user_id: 'olga' }, 'otto');
    await refused(403, 'POST', '/organization/member_add', { organization_id: 'o2', member }, 'otto');
    await refused(
      403,
      'POST',
      '/organization/member_add',
      { organization_id: 'o2', member: { user_email: 'IVAN@example.com', role: 'internal_user' } },
      'otto',
    );
    await refused(403, 'PATCH', '/organization/update', { organization_id: 'o2', max_budget: 1_000 }, 'otto');
    await refused(403, 'DELETE', '/organization/delete', { organization_ids: ['o2'] }, 'otto');
    await ok('POST', '/organization/member_add', { organization_id: 'o2', member });
    await ok('DELETE', '/organization/member_delete', { organization_id: 'o2', user_id: 'ivan' });
  });

  it('of the file are shown and cannot be changed', async () => {
    assert.equal((await ok('GET', '/organization/info?organization_id=org-from-the-file')).declared, true);
    const id = 'org-from-the-file';
    assert.match(
      await refused(400, 'PATCH', '/organization/update', { organization_id: id, max_budget: 9 }),
      /configuration file/,
    );
    assert.match(
      await refused(400, 'DELETE', '/organization/delete', { organization_ids: [id] }),
      /configuration file/,
    );
    const member = { user_id: 'never-seen', role: 'internal_user' };
    assert.match(
      await refused(400, 'POST', '/organization/member_add', { organization_id: id, member }),
      /configuration file/,
    );
  });
});

describe('Organisations with a team of the file', () => {
  it('are not deleted, nor is anything of them', async () => {
    await ok('POST', '/organization/new', { organization_id: 'mixed', organization_alias: 'Mixed' });
    assert.match(
      await refused(400, 'DELETE', '/organization/delete', { organization_ids: ['mixed'] }),
      /configuration file/,
    );
    const { teams } = await ok('GET', '/organization/info?organization_id=mixed');
    assert.deepEqual(
      (teams as JsonObject[]).map(({ team_id }) => team_id),
      ['team-from-the-file'],
    );
    assert.equal(await server.context.directory.get('user', 'never-seen'), undefined);
  });
});

describe('The audit log', () => {
  it('pages, filters and sorts', async () => {
    const body = await ok('GET', '/audit?page_size=3&table_name=LiteLLM_EndUserTable');
    valid('PaginatedAuditLogResponse', body);
    const logs = body.audit_logs as JsonObject[];
    assert.equal(logs.length, 3);
    assert.ok(Number(body.total) > 3 && Number(body.total_pages) > 1);
    const [first] = logs;
    assert.deepEqual(await ok('GET', `/audit/${first?.id}`), first);
    await refused(404, 'GET', '/audit/none');
    assert.equal((await ok('GET', '/audit?action=blocked')).total, 1);
    assert.equal((await ok('GET', '/audit?start_date=2026-03-11')).total, 0);
    assert.equal((await ok('GET', '/audit?changed_by=olga')).total, 4);
    await refused(400, 'GET', '/audit?start_date=tomorrow');
    await refused(422, 'GET', '/audit?page_size=101');
    await refused(422, 'GET', '/audit?sort_by=action');
    await refused(422, 'GET', '/audit?object_team_id=t1');
  });

  it('tells what was there before and after, and on whose behalf an admin acted', async () => {
    await server.ask('POST', '/tag/new', { body: { name: 'told', max_budget: 1 } });
    await ok('POST', '/tag/update', { name: 'told', max_budget: 2 }, 'paul');
    const [, changed] = await changesOf('told');
    assert.equal(changed?.changed_by, 'paul');
    assert.equal((changed?.before_value as JsonObject | undefined)?.maxBudget, 1);
    assert.equal((changed?.updated_values as JsonObject | undefined)?.maxBudget, 2);
  });
});

describe('/global/spend/reset', () => {
  it('resets every budget, and keeps the rows', async () => {
    await server.context.ledger.write([
      spendRow('tom', {
        customerId: 'reset-me',
        accounts: ['customer:reset-me', 'platform', 'team:t2', 'team_member:t2/tom', 'team:team-from-the-file'],
      }),
    ]);
    await ok('POST', '/customer/new', { user_id: 'reset-me', max_budget: 1, budget_duration: '1d' });
    assert.equal((await ok('GET', '/customer/info?end_user_id=reset-me')).spend, 0.0045);
    const rows = Number((await ok('GET', '/spend/logs/v2')).total);
    await refused(403, 'POST', '/global/spend/reset', {}, 'pia');
    await ok('POST', '/global/spend/reset', {});
    assert.equal((await ok('GET', '/customer/info?end_user_id=reset-me')).spend, 0);
    assert.equal((await ok('GET', '/global/spend')).spend, 0);
    const totals = await server.context.ledger.totals([
      'team:t2',
      'team_member:t2/tom',
      'team:team-from-the-file',
      'platform',
    ]);
    assert.deepEqual(
      [...totals.values()].filter((spent) => spent !== 0n),
      [],
    );
    assert.equal(Number((await ok('GET', '/spend/logs/v2')).total), rows);
    assert.ok((await actions('reset-me')).includes('reset'));
    assert.deepEqual(await actions('platform'), ['reset']);
    await server.context.ledger.write([
      spendRow('tom', { customerId: 'reset-me', accounts: ['customer:reset-me', 'platform'], cost: 7n }),
    ]);
    assert.equal((await ok('GET', '/global/spend')).spend, 7e-12);
  });
});
