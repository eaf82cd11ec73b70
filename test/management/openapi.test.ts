/** `/openapi.json` describes what management requests take: valid schemas, and requests that follow them are understood. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

interface Operation {
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonObject }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonObject } } };
}

let gateway: TestGateway;
let document: JsonObject;
let operations: readonly { readonly label: string; readonly path: string; readonly operation: Operation }[];

before(async () => {
  gateway = await startTestGateway();
  document = (await (await gateway.get('/openapi.json', {})).json()) as JsonObject;
  operations = Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ label: `${method} ${path}`, path, operation })),
  );
});
after(() => gateway.close());

const find = (label: string): Operation => {
  const found = operations.find((each) => each.label === label);
  assert.ok(found !== undefined, label);
  return found.operation;
};
const bodyOf = (label: string): JsonObject => find(label).requestBody?.content['application/json'].schema ?? {};
const propertiesOf = (label: string): Record<string, JsonObject> =>
  (bodyOf(label).properties ?? {}) as Record<string, JsonObject>;
const queryOf = (label: string) => find(label).parameters?.filter(({ in: place }) => place === 'query') ?? [];

describe('/openapi.json', { timeout: 30_000 }, () => {
  it('has valid schemas, each parameter once, and every part of a path', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: true });
    for (const { label, path, operation } of operations) {
      const names = (operation.parameters ?? []).map(({ name, in: place }) => `${place} ${name}`);
      assert.equal(new Set(names).size, names.length, label);
      for (const [, name] of path.matchAll(/\{(\w+)\}/g)) assert.ok(names.includes(`path ${name}`), label);
      const schemas = [
        ...(operation.parameters ?? []).map(({ schema }) => schema),
        ...(operation.requestBody === undefined ? [] : [operation.requestBody.content['application/json'].schema]),
      ];
      for (const schema of schemas) assert.doesNotThrow(() => ajv.compile(schema), label);
    }
  });

  it('says the same to everybody, in every configuration', async () => {
    const other = await startTestGateway({
      config: `
litellm_settings: { default_key_generate_params: { max_budget: 5 }, upperbound_key_generate_params: { rpm_limit: 5 } }
model_list: []
`,
    });
    try {
      assert.deepEqual(await (await other.get('/openapi.json')).json(), document);
    } finally {
      await other.close();
    }
  });

  it('changes nothing by being made', async () => {
    const listed = async (path: string): Promise<JsonValue> => (await (await gateway.get(path)).json()) as JsonValue;
    const audit = (await listed('/audit')) as JsonObject;
    assert.equal(audit.total, 0);
    assert.deepEqual((await listed('/budget/list')) as JsonValue, []);
  });

  it('names types, bounds, words and what is required', () => {
    const key = propertiesOf('post /key/generate');
    assert.deepEqual(key.max_budget?.type, ['number', 'null']);
    assert.deepEqual(key.rpm_limit, { type: ['integer', 'null'], minimum: 0 });
    assert.deepEqual(key.key_type?.enum, ['default', 'llm_api', 'management', 'read_only', null]);
    assert.deepEqual(bodyOf('post /key/generate').required, undefined);
    for (const [label, required] of [
      ['post /key/update', ['key']],
      ['post /key/bulk_update', ['keys']],
      ['post /key/delete', undefined],
      ['post /team/member_add', ['team_id', 'member']],
      ['post /organization/new', ['organization_alias']],
      ['post /customer/new', ['user_id']],
      ['post /model/new', ['model_name', 'litellm_params']],
      ['post /credentials', ['credential_name']],
      ['post /spend/calculate', undefined],
      ['delete /organization/delete', ['organization_ids']],
    ] as const) {
      assert.deepEqual(bodyOf(label).required, required, label);
    }
  });

  it('describes objects within a request', () => {
    const item = (label: string, name: string): JsonObject => {
      const schema = propertiesOf(label)[name] ?? {};
      const items = (schema.items ?? schema) as JsonObject;
      const [, second] = (items.anyOf ?? []) as JsonObject[];
      return (second?.items ?? second ?? items) as JsonObject;
    };
    for (const [label, name, fields, required] of [
      ['post /team/new', 'members_with_roles', ['role', 'user_id', 'user_email'], undefined],
      ['post /team/member_add', 'member', ['role', 'user_id', 'user_email'], undefined],
      ['post /organization/member_add', 'member', ['role', 'user_id', 'user_email'], ['role']],
      ['post /user/new', 'teams', ['team_id', 'user_role', 'max_budget_in_team'], ['team_id']],
      ['post /key/generate', 'budget_limits', ['max_budget', 'budget_duration', 'rpm_limit', 'tpm_limit'], undefined],
    ] as const) {
      assert.deepEqual(Object.keys(item(label, name).properties ?? {}), fields, label);
      assert.deepEqual(item(label, name).required, required, label);
    }
    for (const [label, name, field] of [
      ['post /key/bulk_update', 'keys', 'max_budget'],
      ['post /team/key/bulk_update', 'update_fields', 'rpm_limit'],
      ['post /user/bulk_update', 'users', 'user_role'],
      ['post /management/v1/users/bulk', 'users', 'user_email'],
      ['post /management/v1/teams/{team_id}/members/bulk_update', 'members', 'max_budget_in_team'],
    ] as const) {
      assert.ok(field in ((item(label, name).properties ?? {}) as JsonObject), `${label} ${field}`);
    }
  });

  it('describes filters, pages and sorting', () => {
    for (const [label, names] of [
      ['get /key/list', ['page', 'size', 'user_id', 'include_team_keys', 'sort_by', 'return_full_object']],
      ['get /team/info', ['team_id', 'key_limit']],
      ['get /spend/logs', ['start_date', 'summarize', 'request_id']],
      ['get /user/daily/activity', ['start_date', 'page_size', 'model', 'api_key']],
      ['post /key/regenerate', ['key']],
    ] as const) {
      const found = queryOf(label).map(({ name }) => name);
      for (const name of names) assert.ok(found.includes(name), `${label} ${name} of ${found.join()}`);
    }
    const [page] = queryOf('get /key/list').filter(({ name }) => name === 'size');
    assert.deepEqual(page?.schema, { type: 'integer', minimum: 1, maximum: 100 });
  });

  it('describes requests that are answered, and refuses what is', async () => {
    const ajv = new Ajv2020({ strict: false });
    for (const [path, good, bad] of [
      ['/key/generate', { key_alias: 'one', max_budget: 1.5, models: ['gpt-4o'] }, { models: 'gpt-4o' }],
      ['/team/new', { team_alias: 'one', members_with_roles: [{ role: 'user', user_id: 'u' }] }, { rpm_limit: -1 }],
      ['/customer/new', { user_id: 'c', max_budget: 1 }, { max_budget: 1 }],
      ['/budget/new', { budget_id: 'b', budget_duration: '30d' }, { max_budget: [] }],
      ['/tag/new', { name: 't' }, { name: 5 }],
    ] as const) {
      const isValid = ajv.compile(bodyOf(`post ${path}`));
      for (const [body, isGood] of [
        [good, true],
        [bad, false],
      ] as const) {
        assert.equal(isValid(body), isGood, path);
        assert.equal((await gateway.post(path, body as JsonObject)).status, isGood ? 200 : 422, path);
      }
    }
  });
});
