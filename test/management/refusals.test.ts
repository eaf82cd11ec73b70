/** Refusals are sentences that name the field that the client sent and say what to do. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { type ManagementServer, startManagement } from './sqlite-server.ts';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
});
after(() => server.close());

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly param: string | null;
}

async function refusal(method: string, path: string, body?: JsonValue, as = 'master'): Promise<Refusal> {
  const answered = await server.ask(method, path, { as, ...(body !== undefined && { body }) });
  const { message, param } = (answered.body as JsonObject).error as { message: string; param: string | null };
  assert.match(message, /^[A-Z`].*[.]$/, 'a sentence');
  return { status: answered.status, message, param };
}

const LONG = 'x'.repeat(300);

describe('A text that the database cannot store', () => {
  const cases: readonly (readonly [path: string, param: string, body: JsonObject])[] = [
    ['/team/new', 'team_id', { team_id: LONG }],
    ['/user/new', 'user_id', { user_id: LONG }],
    ['/key/generate', 'user_id', { user_id: LONG }],
    ['/organization/new', 'organization_id', { organization_id: LONG, organization_alias: 'a' }],
    ['/customer/new', 'user_id', { user_id: LONG }],
    ['/budget/new', 'budget_id', { budget_id: LONG }],
    ['/tag/new', 'name', { name: LONG }],
    ['/team/member_add', 'user_id', { team_id: 't1', member: { user_id: LONG } }],
    [
      '/model/new',
      'model_info.id',
      { model_name: 'm', litellm_params: { model: 'openai/m' }, model_info: { id: LONG } },
    ],
  ];
  for (const [path, param, body] of cases) {
    it(`is refused by POST ${path} with the name \`${param}\``, async () => {
      assert.deepEqual(await refusal('POST', path, body), {
        status: 422,
        message: `\`${param}\` is longer than 256 bytes. Send another value.`,
        param,
      });
    });
  }
});

describe('A name that is taken', () => {
  const cases: readonly (readonly [path: string, param: string, body: JsonObject])[] = [
    ['/customer/new', 'user_id', { user_id: 'twice' }],
    ['/budget/new', 'budget_id', { budget_id: 'twice' }],
    ['/tag/new', 'name', { name: 'twice' }],
    ['/organization/new', 'organization_id', { organization_id: 'twice', organization_alias: 'a' }],
    [
      '/model/new',
      'model_info.id',
      { model_name: 'm', litellm_params: { model: 'openai/m' }, model_info: { id: 'twice' } },
    ],
  ];
  for (const [path, param, body] of cases) {
    it(`is refused by POST ${path} with the name \`${param}\``, async () => {
      assert.equal((await server.post(path, body)).status, 200);
      const refused = await refusal('POST', path, body);
      assert.deepEqual([refused.status, refused.param], [409, param]);
      assert.ok(refused.message.startsWith(`\`${param}\` is taken`), refused.message);
    });
  }
});

describe('What a caller may not do', () => {
  it('is an infinitive in the refusal', async () => {
    await server.post('/team/new', { team_id: 'loose', members_with_roles: [{ user_id: 'olga', role: 'user' }] });
    const outside = (action: string) => `You may not ${action} a team outside your organisations.`;
    const ask = async (path: string, body: JsonObject) => (await refusal('POST', path, body, 'olga')).message;
    assert.equal(await ask('/team/block', { team_id: 'loose' }), outside('block'));
    assert.equal(await ask('/team/delete', { team_ids: ['loose'] }), outside('delete'));
    assert.equal(await ask('/team/model/add', { team_id: 'loose', models: ['m'] }), outside('change the models of'));
  });

  it('names the field that only others may set', async () => {
    await server.post('/team/update', { team_id: 't1', max_budget: 10 });
    const raised = await refusal('POST', '/team/update', { team_id: 't1', max_budget: 20 }, 'tina');
    assert.deepEqual([raised.status, raised.param], [403, 'max_budget']);
    assert.match(raised.message, /^You may not raise `max_budget` of your own team\./);
    const moved = await refusal('POST', '/key/generate', { user_id: 'vera' }, 'ivan');
    assert.deepEqual(
      [moved.status, moved.param, moved.message],
      [403, 'user_id', 'You may not make a key for another user.'],
    );
  });

  it('is a route that its role does not include', async () => {
    const { status, message } = await refusal('POST', '/budget/new', {}, 'ivan');
    assert.deepEqual([status, message], [403, 'You may not call this route: it needs one of the roles proxy_admin.']);
  });
});

describe('A field of the wrong type', () => {
  it('is named with its place, what it must be and what it is', async () => {
    const ask = async (path: string, body: JsonObject) => {
      const { status, message, param } = await refusal('POST', path, body);
      assert.equal(status, 422);
      assert.ok(message.startsWith(`\`${param}\` `), message);
      return message;
    };
    assert.equal(
      await ask('/team/new', { members_with_roles: [{ user_id: 'ivan' }, { user_id: 3 }] }),
      '`members_with_roles[1].user_id` must be a string, but it is the number 3.',
    );
    assert.equal(
      await ask('/key/generate', { model_rpm_limit: { 'gpt-4o': 'five' } }),
      '`model_rpm_limit.gpt-4o` must be a whole number, 0 or more, but it is a string.',
    );
    assert.equal(await ask('/user/new', { teams: [7] }), '`teams[0]` must be an object, but it is the number 7.');
    assert.equal(
      await ask('/key/generate', { max_budgett: 1 }),
      '`max_budgett` is not a field of this request; perhaps you mean `max_budget`.',
    );
  });
});

describe('A parameter of the query', () => {
  it('that is repeated counts by its last value, as FastAPI reads it', async () => {
    const { status, body } = await server.get('/team/info?team_id=no-such-team&team_id=t1');
    assert.deepEqual([status, (body as JsonObject).team_id], [200, 't1']);
  });

  it('that has another value than its words is refused with all of them', async () => {
    const { status, message, param } = await refusal('GET', '/user/list?sort_order=up');
    assert.deepEqual([status, message, param], [422, '`sort_order` must be one of asc, desc.', 'sort_order']);
  });
});
