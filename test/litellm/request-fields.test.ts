/** Every field that LiteLLM documents for a request that we serve is taken, or named as one without effect: none is a typo of another. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { documentedOperations, sampleOf, servedBy, WITHOUT_DOCUMENT } from './document.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

let proxy: LiteLlmClient;
let count = 0;

/** Makes the object that a request is about, and gives the rest of the request. */
type Setting = () => Promise<{ readonly path?: string; readonly body: JsonObject }>;

const unique = (): string => `object-${++count}`;
const made = async (path: string, body: JsonObject, field: string): Promise<string> =>
  String((await proxy.ok('POST', path, body))[field]);
const newKey = () => made('/key/generate', {}, 'token');
const newUser = () => made('/user/new', { user_id: unique(), auto_create_key: false }, 'user_id');
const newTeam = (body: JsonObject = {}) => made('/team/new', body, 'team_id');
const newOrganization = () => made('/organization/new', { organization_alias: unique() }, 'organization_id');
const newModel = () =>
  made(
    '/model/new',
    { model_name: unique(), litellm_params: { model: 'openai/gpt-4o', api_key: 'sk-of-a-provider' }, model_info: {} },
    'model_id',
  );
const teamWithMember = async () => {
  const user_id = await newUser();
  return { team_id: await newTeam({ members_with_roles: [{ user_id, role: 'user' }] }), user_id };
};
const only =
  (make: () => Promise<JsonObject> | JsonObject): Setting =>
  async () => ({ body: await make() });

const SETTINGS: Readonly<Record<string, Setting>> = {
  'POST /key/generate': only(() => ({})),
  'POST /key/service-account/generate': only(async () => ({ team_id: await newTeam() })),
  'POST /key/update': only(async () => ({ key: await newKey() })),
  'POST /key/bulk_update': only(async () => ({ keys: [{ key: await newKey() }] })),
  'POST /team/key/bulk_update': only(async () => ({ team_id: await newTeam(), all_keys_in_team: true })),
  'POST /key/delete': only(async () => ({ keys: [await newKey()] })),
  'POST /key/regenerate': only(async () => ({ key: await newKey() })),
  'POST /key/{key}/regenerate': async () => ({ path: `/key/${await newKey()}/regenerate`, body: {} }),
  'POST /key/{key}/reset_spend': async () => ({ path: `/key/${await newKey()}/reset_spend`, body: { reset_to: 0 } }),
  'POST /key/block': only(async () => ({ key: await newKey() })),
  'POST /key/unblock': only(async () => ({ key: await newKey() })),
  'POST /user/new': only(() => ({ user_id: unique() })),
  'POST /user/update': only(async () => ({ user_id: await newUser() })),
  'POST /user/bulk_update': only(async () => ({ users: [{ user_id: await newUser() }] })),
  'POST /user/delete': only(async () => ({ user_ids: [await newUser()] })),
  'POST /team/new': only(() => ({ team_id: unique() })),
  'POST /team/update': only(async () => ({ team_id: await newTeam() })),
  'PATCH /team/{team_id}': async () => {
    const team_id = await newTeam();
    return { path: `/team/${team_id}`, body: { team_id } };
  },
  'POST /team/member_add': only(async () => ({
    team_id: await newTeam(),
    member: { user_id: await newUser(), role: 'user' },
  })),
  'POST /team/member_delete': only(teamWithMember),
  'POST /team/member_update': only(teamWithMember),
  'POST /team/bulk_member_add': only(async () => ({
    team_id: await newTeam(),
    members: [{ user_id: await newUser(), role: 'user' }],
  })),
  'POST /team/delete': only(async () => ({ team_ids: [await newTeam()] })),
  'POST /team/block': only(async () => ({ team_id: await newTeam() })),
  'POST /team/unblock': only(async () => ({ team_id: await newTeam() })),
  'POST /team/model/add': only(async () => ({ team_id: await newTeam(), models: ['gpt-4o'] })),
  'POST /team/model/delete': only(async () => ({ team_id: await newTeam({ models: ['a', 'b'] }), models: ['a'] })),
  'POST /team/permissions_update': only(async () => ({ team_id: await newTeam(), team_member_permissions: [] })),
  'POST /organization/new': only(() => ({ organization_alias: unique() })),
  'PATCH /organization/update': only(async () => ({ organization_id: await newOrganization() })),
  'DELETE /organization/delete': only(async () => ({ organization_ids: [await newOrganization()] })),
  'POST /organization/info': only(async () => ({ organizations: [await newOrganization()] })),
  'POST /organization/member_add': only(async () => ({
    organization_id: await newOrganization(),
    member: { user_id: await newUser(), role: 'internal_user' },
  })),
  'PATCH /organization/member_update': only(() => organizationWithMember()),
  'DELETE /organization/member_delete': only(() => organizationWithMember()),
  'POST /customer/new': only(() => ({ user_id: unique() })),
  'POST /customer/update': only(async () => ({ user_id: await newCustomer() })),
  'POST /customer/delete': only(async () => ({ user_ids: [await newCustomer()] })),
  'POST /customer/block': only(() => ({ user_ids: [unique()] })),
  'POST /customer/unblock': only(() => ({ user_ids: [unique()] })),
  'POST /budget/new': only(() => ({ budget_id: unique() })),
  'POST /budget/update': only(async () => ({ budget_id: await newBudget() })),
  'POST /budget/info': only(async () => ({ budgets: [await newBudget()] })),
  'POST /budget/delete': only(async () => ({ id: await newBudget() })),
  'POST /tag/new': only(() => ({ name: unique() })),
  'POST /tag/update': only(async () => ({ name: await newTag() })),
  'POST /tag/info': only(async () => ({ names: [await newTag()] })),
  'POST /tag/delete': only(async () => ({ name: await newTag() })),
  'POST /model/new': only(() => ({ model_name: unique(), litellm_params: { model: 'openai/gpt-4o' }, model_info: {} })),
  'POST /model/update': only(async () => ({ model_info: { id: await newModel() } })),
  'PATCH /model/{model_id}/update': async () => ({ path: `/model/${await newModel()}/update`, body: {} }),
  'POST /model/delete': only(async () => ({ id: await newModel() })),
  'POST /model/block': only(async () => ({ model_id: await newModel() })),
  'POST /model/unblock': only(async () => ({ model_id: await newModel() })),
  'POST /access_group/new': only(async () => ({ access_group: unique(), model_ids: [await newModel()] })),
  'PUT /access_group/{access_group}/update': async () => {
    const access_group = unique();
    await proxy.ok('POST', '/access_group/new', { access_group, model_ids: [await newModel()] });
    return { path: `/access_group/${access_group}/update`, body: { model_ids: [await newModel()] } };
  },
  'POST /team/permissions_bulk_update': only(async () => ({
    permissions: ['/key/list'],
    team_ids: [await newTeam()],
    apply_to_all_teams: false,
  })),
  'POST /team/{team_id}/member/{user_id}/reset_spend': async () => {
    const { team_id, user_id } = await teamWithMember();
    return { path: `/team/${team_id}/member/${user_id}/reset_spend`, body: { reset_to: 0 } };
  },
  'POST /management/v1/teams/{team_id}/members/bulk_delete': async () => {
    const { team_id, user_id } = await teamWithMember();
    return { path: `/management/v1/teams/${team_id}/members/bulk_delete`, body: { members: [{ user_id }] } };
  },
  'POST /management/v1/teams/{team_id}/members/bulk_update': async () => {
    const { team_id, user_id } = await teamWithMember();
    return { path: `/management/v1/teams/${team_id}/members/bulk_update`, body: { members: [{ user_id }] } };
  },
  'POST /management/v1/users/bulk': only(() => ({ users: [{ user_id: unique() }] })),
  'POST /management/v1/users/bulk_delete': only(async () => ({ user_ids: [await newUser()] })),
  'PATCH /v2/organization/{organization_id}': async () => ({
    path: `/v2/organization/${await newOrganization()}`,
    body: {},
  }),
  'POST /credentials': only(() => newCredential()),
  'PATCH /credentials/{credential_name}': async () => {
    const credential = newCredential();
    await proxy.ok('POST', '/credentials', credential);
    const { credential_name } = credential;
    return { path: `/credentials/${credential_name}`, body: { credential_name, credential_info: {} } };
  },
  'POST /spend/calculate': only(() => ({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] })),
  'POST /cost/estimate': only(() => ({ model: 'gpt-4o', input_tokens: 1, output_tokens: 1 })),
  'POST /cost/predict-cache': only(async () => {
    const id = await newModel();
    const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] };
    return { current_deployment_id: id, candidate_deployment_id: id, request };
  }),
  'POST /utils/transform_request': only(() => ({
    call_type: 'completion',
    request_body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] },
  })),
  'POST /utils/token_counter': only(() => ({ model: 'gpt-4o', prompt: 'hi' })),
};

const newCustomer = async () => {
  const user_id = unique();
  await proxy.ok('POST', '/customer/new', { user_id });
  return user_id;
};
const newBudget = () => made('/budget/new', { budget_id: unique() }, 'budget_id');
const newTag = async () => {
  const name = unique();
  await proxy.ok('POST', '/tag/new', { name });
  return name;
};
const newCredential = () => ({
  credential_name: unique(),
  credential_info: { custom_llm_provider: 'openai' },
  credential_values: { api_key: 'sk-of-a-provider' },
});
const organizationWithMember = async () => {
  const organization_id = await newOrganization();
  const user_id = await newUser();
  await proxy.ok('POST', '/organization/member_add', { organization_id, member: { user_id, role: 'internal_user' } });
  return { organization_id, user_id };
};

/** Values where one by the schema alone would rightly be refused, by field or by request and field. */
const VALUES: Readonly<Record<string, (() => Promise<JsonValue>) | undefined>> = {
  ...constants({
    duration: '30d',
    budget_duration: '30d',
    team_member_budget_duration: '30d',
    team_member_key_duration: '30d',
    rotation_interval: '30d',
    grace_period: '1h',
    temp_budget_expiry: '10d',
    budget_reset_at: '2099-01-01T00:00:00Z',
    team_member_permissions: ['/key/generate'],
    role: 'user',
    completion_response: { model: 'gpt-4o', usage: { prompt_tokens: 1, completion_tokens: 1 } },
    'PATCH /organization/member_update role': 'internal_user',
  }),
  key_alias: async () => unique(),
  organization_alias: async () => unique(),
  'POST /access_group/new model_names': async () => ['gpt-4o-of-the-api'],
  'PUT /access_group/{access_group}/update model_names': async () => ['gpt-4o-of-the-api'],
  key: async () => `sk-${unique()}-of-a-client`,
  new_key: async () => `sk-${unique()}-of-a-client`,
  user_email: async () => `${unique()}@example.com`,
  user_id: () => newUser(),
  team_id: () => newTeam(),
  teams: async () => [await newTeam()],
  organization_id: () => newOrganization(),
  organizations: async () => [await newOrganization()],
  budget_id: () => newBudget(),
  model_id: () => newModel(),
  'POST /customer/new user_id': async () => unique(),
  'POST /organization/new organization_id': async () => unique(),
  key_aliases: async () => {
    const key_alias = unique();
    await proxy.key({ key_alias });
    return [key_alias];
  },
};

/** Fields that only go together. */
const TOGETHER: Readonly<Record<string, JsonObject>> = {
  temp_budget_increase: { temp_budget_expiry: '10d' },
  temp_budget_expiry: { temp_budget_increase: 1 },
};

/** What is known, is not named in the answer, and does nothing here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['send_invite_email']);

const ignoredIn = (headers: Headers): readonly string[] =>
  (headers.get('x-sluice-ignored-fields') ?? '').split(',').map((name) => name.trim());

/** What is refused on purpose: to ignore it would leave something unlimited, or undone that has to be done another way. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  new_master_key: /cannot be set by the API/,
  'POST /customer/new models': /would limit nothing/,
  'POST /customer/update models': /would limit nothing/,
};

function constants(values: Readonly<Record<string, JsonValue>>) {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, async () => value]));
}

describe('A request', { timeout: 240_000, skip: WITHOUT_DOCUMENT }, () => {
  before(async () => {
    proxy = await startProxy();
    const litellm_params = { model: 'openai/gpt-4o', api_key: 'sk-of-a-provider' };
    await proxy.ok('POST', '/model/new', { model_name: 'gpt-4o-of-the-api', litellm_params, model_info: {} });
  });
  after(() => proxy.close());

  for (const { name, method, path, fields } of documentedOperations()) {
    const setting = SETTINGS[name];
    if (setting === undefined || fields.size === 0) continue;
    it(`to ${name} takes every documented field`, async () => {
      const wrong: string[] = [];
      const described = (await servedBy({ method, path })?.describe?.())?.body?.properties as JsonObject | undefined;
      for (const [field, schema] of fields) {
        const { path: asked = path, body } = await setting();
        const make = VALUES[`${name} ${field}`] ?? VALUES[field];
        const value = field in body ? (body[field] ?? null) : ((await make?.()) ?? sampleOf(schema));
        const {
          status,
          body: answer,
          headers,
        } = await proxy.ask(method, asked, {
          ...TOGETHER[field],
          ...body,
          [field]: value,
        });
        const expected = REFUSED[`${name} ${field}`] ?? REFUSED[field];
        const told = JSON.stringify(answer);
        const isRight = expected === undefined ? status === 200 : status === 422 && expected.test(told);
        if (!isRight) wrong.push(`${field}: ${status} ${told}`);
        // What `/openapi.json` says of the route is what the route takes.
        const isTaken = status === 200 && !ignoredIn(headers).includes(field) && !WITHOUT_EFFECT.has(field);
        if (described !== undefined && isTaken !== field in described) {
          wrong.push(`${field}: taken ${isTaken}, and described ${!isTaken}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }

  it('is sent for every documented request with a body that is served', () => {
    const covered = new Set(Object.keys(SETTINGS));
    const missed = documentedOperations()
      .filter(({ fields, ...operation }) => fields.size > 0 && servedBy(operation)?.topic !== 'Models')
      .filter((operation) => servedBy(operation) !== undefined && !covered.has(operation.name))
      .map(({ name }) => name);
    assert.deepEqual(missed, []);
  });
});
