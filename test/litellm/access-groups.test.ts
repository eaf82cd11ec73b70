/** LiteLLM's suite of access groups, and what `/v1/models` lists by them and by aliases. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { type LiteLlmClient, startProxy } from './proxy.ts';

const CONFIG = `
model_list:
  - model_name: in-file
    litellm_params: { model: openai/gpt-4o, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
    model_info: { access_groups: [of-file] }
  - model_name: plain
    litellm_params: { model: openai/gpt-4o, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
router_settings: { fallbacks: [{ plain: [in-file] }] }
`;

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy({ config: CONFIG });
  for (const model_name of ['one', 'one', 'two']) {
    const params = { model: 'openai/gpt-4o-mini', api_base: proxy.gateway.simulator.url, api_key: 'sk-any' };
    await proxy.ok('POST', '/model/new', { model_name, litellm_params: params, model_info: {} });
  }
});
after(() => proxy.close());

const statusOf = async (method: string, path: string, body?: JsonObject): Promise<number> =>
  (await proxy.ask(method, path, body)).status;
const names = async (key: string, query = ''): Promise<unknown[]> =>
  ((await proxy.ok('GET', `/v1/models${query}`, undefined, key)).data as JsonObject[]).map(({ id }) => id);
const infoOf = (group: string) => proxy.ok('GET', `/access_group/${encodeURIComponent(group)}/info`);

describe('An access group', { timeout: 60_000 }, () => {
  it('is made of models, opens them to keys and teams that name it, and closes them when it goes', async () => {
    const made = await proxy.ok('POST', '/access_group/new', { access_group: 'beta', model_names: ['one'] });
    assert.deepEqual(made, { access_group: 'beta', model_names: ['one'], model_ids: null, models_updated: 2 });
    const { team_id = '' } = await proxy.ok('POST', '/team/new', { models: ['beta'] });
    const keys = [await proxy.key({ models: ['beta'] }), await proxy.key({ team_id })];
    const statuses = async (): Promise<number[][]> =>
      await Promise.all(
        keys.map((key) => Promise.all(['one', 'two'].map(async (model) => (await proxy.chat(key, model)).status))),
      );
    assert.deepEqual(await statuses(), [
      [200, 403],
      [200, 403],
    ]);
    assert.deepEqual(await names(keys[0] ?? ''), ['one']);
    assert.deepEqual(await infoOf('beta'), {
      access_group: 'beta',
      model_names: ['one'],
      deployment_count: 2,
      spend: null,
      budget: null,
    });
    await proxy.ok('PUT', '/access_group/beta/update', { model_names: ['two'] });
    assert.deepEqual(await statuses(), [
      [403, 200],
      [403, 200],
    ]);
    const gone = await proxy.ok('DELETE', '/access_group/beta/delete');
    assert.equal(gone.models_updated, 1);
    assert.deepEqual(await statuses(), [
      [403, 403],
      [403, 403],
    ]);
    assert.equal(await statusOf('GET', '/access_group/beta/info'), 404);
  });

  it('can have one deployment of several, by its id', async () => {
    const { data } = await proxy.ok('GET', '/model/info');
    const [first] = (data as JsonObject[]).filter(({ model_name }) => model_name === 'one');
    const { id } = (first?.model_info ?? {}) as JsonObject;
    const model_ids = [String(id)];
    await proxy.ok('POST', '/access_group/new', { access_group: 'one/of two', model_ids });
    assert.equal((await infoOf('one/of two')).deployment_count, 1);
    const { access_groups } = await proxy.ok('GET', '/access_group/list');
    assert.deepEqual(
      (access_groups as JsonObject[]).map(({ access_group }) => access_group),
      ['of-file', 'one/of two'],
    );
  });

  it('is refused where it exists, has no model, or would change the configuration file', async () => {
    await proxy.ok('POST', '/access_group/new', { access_group: 'taken', model_names: ['two'] });
    for (const [body, status] of [
      [{ access_group: 'taken', model_names: ['one'] }, 409],
      [{ access_group: 'of-file', model_names: ['one'] }, 409],
      [{ access_group: 'new', model_names: ['no-such-model'] }, 400],
      [{ access_group: 'new', model_names: ['plain'] }, 400],
      [{ access_group: 'new', model_names: [] }, 422],
      [{ model_names: ['one'] }, 422],
    ] satisfies [JsonObject, number][]) {
      assert.equal(await statusOf('POST', '/access_group/new', body), status, JSON.stringify(body));
    }
    assert.equal(await statusOf('PUT', '/access_group/none/update', { model_names: ['one'] }), 404);
    assert.equal(await statusOf('PUT', '/access_group/of-file/update', { model_names: ['one'] }), 400);
    assert.equal(await statusOf('DELETE', '/access_group/of-file/delete'), 400);
    assert.equal(await statusOf('DELETE', '/access_group/none/delete'), 404);
    assert.deepEqual((await infoOf('of-file')).model_names, ['in-file'], 'and nothing was changed');
  });

  it('keeps the secrets of its models out of the change log', async () => {
    const { audit_logs } = await proxy.ok('GET', '/audit?page_size=100');
    assert.ok((audit_logs as JsonObject[]).length > 5);
    assert.ok(!JSON.stringify(audit_logs).includes('sk-any'));
  });
});

describe('/v1/models', { timeout: 60_000 }, () => {
  it('lists access groups alone or besides the models, as far as the key has them', async () => {
    const key = await proxy.key({ models: ['of-file', 'plain'] });
    assert.deepEqual((await names(key)).sort(), ['in-file', 'plain']);
    assert.deepEqual(await names(key, '?only_model_access_groups=true'), ['of-file']);
    assert.deepEqual((await names(key, '?include_model_access_groups=true')).sort(), ['in-file', 'of-file', 'plain']);
    assert.ok((await names(proxy.gateway.masterKey, '?only_model_access_groups=true')).includes('of-file'));
  });

  it('lists the aliases of the key and its team, for models that it may use', async () => {
    const { team_id = '' } = await proxy.ok('POST', '/team/new', {
      model_aliases: { ours: 'two' },
      models: ['two', 'plain'],
    });
    const key = await proxy.key({ team_id, aliases: { mine: 'plain', closed: 'in-file', broken: 'no-such-model' } });
    assert.deepEqual((await names(key)).sort(), ['mine', 'ours', 'plain', 'two']);
    assert.equal((await proxy.chat(key, 'mine')).status, 200);
    assert.equal((await proxy.chat(key, 'closed')).status, 403);
  });

  it('says which fallbacks a model has', async () => {
    const { data } = await proxy.ok('GET', '/v1/models?include_metadata=true');
    const metadata = (data as JsonObject[]).find(({ id }) => id === 'plain')?.metadata;
    assert.deepEqual(metadata, { fallbacks: ['in-file'] });
    assert.equal(await statusOf('GET', '/v1/models?include_metadata=true&fallback_type=any'), 400);
  });
});
