/** Credentials of the API: models name them, no client sees them again, and they go to no address but the one that they were given for. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type SeenCall, startTwoProviders, type TwoProviders } from '../support/two-providers.ts';
import { litellmJudge } from './openapi-schemas.ts';

const KEY = 'sk-credential-canary-0a1b2c3d';
const NEW_KEY = 'sk-credential-canary-new-7c8d';
const judge = litellmJudge();

describe('Credentials', { timeout: 180_000 }, () => {
  let providers: TwoProviders;
  let seen: SeenCall[] = [];
  let [home, foreign] = ['', ''];
  let gateway: TestGateway | undefined;

  before(async () => {
    providers = await startTwoProviders();
    ({ home, foreign, seen } = providers);
  });
  after(() => providers.close());
  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    seen.length = 0;
  });

  const start = async (dataFolder?: string, config: object = { model_list: [] }, salt: JsonObject = {}) => {
    gateway = await startTestGateway({
      config: JSON.stringify(config),
      env: { LITELLM_SALT_KEY: 'salt', EAST: 'the-key-in-the-environment', ...(salt as Record<string, string>) },
      ...(dataFolder !== undefined && { dataFolder }),
    });
  };
  const stop = async (): Promise<string> => {
    const log = (await gateway?.close())?.join('\n') ?? '';
    gateway = undefined;
    assert.ok(!log.includes('canary'), log);
    return log;
  };
  const ask = async (method: string, path: string, body?: object, key = gateway?.masterKey) => {
    assert.ok(gateway !== undefined);
    const response = await fetch(gateway.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(!/canary/.test(text), text);
    return { status: response.status, text };
  };
  const ok = async (method: string, path: string, body?: object): Promise<JsonObject> => {
    const { status, text } = await ask(method, path, body);
    assert.equal(status, 200, `${path}: ${text}`);
    return JSON.parse(text) as JsonObject;
  };
  const refused = async (status: number, about: RegExp, method: string, path: string, body?: object): Promise<void> => {
    const answered = await ask(method, path, body);
    assert.equal(answered.status, status, answered.text);
    assert.match(answered.text, about);
  };
  const credential = (name: string, values: object, info: object = {}) =>
    ok('POST', '/credentials', { credential_name: name, credential_values: values, credential_info: info });
  const model = (id: string, name: string, params: object = {}) => ({
    model_name: id,
    litellm_params: { model: 'openai/m', litellm_credential_name: name, ...params },
    model_info: { id },
  });
  const calls = () => seen.map(({ url, key }) => ({ url, key }));
  const call = async (group: string): Promise<number> => {
    const body = { model: group, messages: [{ role: 'user', content: 'hi' }] };
    return (await ask('POST', '/v1/chat/completions', body)).status;
  };
  /** Changes rows of the database while no gateway runs, as somebody who can write it would. */
  const edit = (folder: string, table: string, change: (id: string, data: JsonObject) => JsonObject): string => {
    const database = new DatabaseSync(join(folder, 'sluice.db'));
    const rows = database.prepare(`select id, data from ${table}`).all() as { id: string; data: string }[];
    for (const { id, data } of rows) {
      const changed = JSON.stringify(change(id, JSON.parse(data) as JsonObject));
      database.prepare(`update ${table} set data = ? where id = ?`).run(changed, id);
    }
    database.close();
    return JSON.stringify(rows);
  };

  test('serve the models that name them, at once and after a restart, and are shown with masked secrets', async (t) => {
    const folder = temporaryFolder(t);
    await start(folder);
    const values = { api_key: KEY, api_base: `${home}/v1` };
    assert.deepEqual(await credential('east/one', values, { description: 'East' }), {
      success: true,
      message: 'Credential created successfully',
    });
    await ok('POST', '/model/new', model('m1', 'east/one'));
    assert.equal(await call('m1'), 200);
    assert.deepEqual(calls(), [{ url: home, key: KEY }]);
    const masked = {
      credential_name: 'east/one',
      credential_values: { api_key: 'sk****3d', api_base: `${home}/v1` },
      credential_info: { description: 'East' },
    };
    assert.deepEqual(await ok('GET', '/credentials'), { success: true, credentials: [masked] });
    for (const path of ['east/one', 'east%2Fone']) {
      const shown = await ok('GET', `/credentials/by_name/${path}`);
      assert.deepEqual(shown, { ...masked, display_name: null, source: 'db' });
      assert.equal(judge?.('CredentialItem', shown), undefined);
    }
    assert.deepEqual(await ok('GET', '/credentials/by_model/m1'), {
      ...masked,
      credential_name: 'm1-credential-m1',
      credential_info: {},
    });
    const { updated_values: _, ...entry } = (
      (await ok('GET', '/audit?object_id=east%2Fone')).audit_logs as [JsonObject]
    )[0];
    assert.deepEqual([entry.action, entry.table_name], ['created', 'LiteLLM_CredentialsTable']);
    await stop();
    assert.ok(!edit(folder, 'credentials', (_id, data) => data).includes('canary'));
    await start(folder);
    assert.equal(await call('m1'), 200);
    await ok('PATCH', '/credentials/east/one', {
      credential_info: { owner: 'us' },
      credential_values: { api_key: NEW_KEY },
    });
    assert.equal(await call('m1'), 200);
    assert.equal(seen.at(-1)?.key, NEW_KEY);
    const changed = await ok('GET', '/credentials/by_name/east/one');
    assert.deepEqual(changed.credential_info, { description: 'East', owner: 'us' });
  });

  test('are deleted when no model names them, and a model of a missing one is refused', async () => {
    await start();
    await credential('c', { api_key: KEY, api_base: home });
    const made = await ok('POST', '/model/new', model('m1', 'c'));
    assert.deepEqual(made.litellm_params, { model: 'openai/m', litellm_credential_name: 'c' });
    await refused(400, /Models name this credential: m1/, 'DELETE', '/credentials/c');
    assert.equal(await call('m1'), 200);
    await ok('POST', '/model/delete', { id: 'm1' });
    await ok('DELETE', '/credentials/c');
    await refused(404, /does not exist/, 'DELETE', '/credentials/c');
    await refused(404, /does not exist/, 'GET', '/credentials/by_name/c');
    await refused(404, /does not exist/, 'PATCH', '/credentials/c', { credential_info: {} });
    await refused(400, /no credential .{1,3}c/, 'POST', '/model/new', model('m2', 'c'));
    await refused(404, /does not exist/, 'GET', '/credentials/by_model/m1');
  });

  test('go to no other address than the one that they were given for', async () => {
    await start();
    await credential('own', { api_key: KEY, api_base: home });
    await credential('usual', { api_key: KEY });
    await credential('groq', { api_key: KEY }, { custom_llm_provider: 'Groq' });
    await credential('bare', { api_base: foreign });
    for (const [name, params] of [
      ['own', { api_base: foreign }],
      ['own', { base_url: foreign }],
      ['usual', { api_base: foreign }],
      ['groq', { model: 'groq/m', api_base: foreign }],
    ] as const) {
      await refused(400, /does not belong to the address/, 'POST', '/model/new', model('m', name, params));
    }
    await refused(400, /for the provider groq/, 'POST', '/model/new', model('m', 'groq'));
    await refused(400, /secrets of its own/, 'POST', '/model/new', model('m', 'bare', { api_key: KEY }));
    await ok('POST', '/model/new', model('fine', 'groq', { model: 'groq/m' }));
    const update = { model_info: { id: 'fine' }, litellm_params: { api_base: foreign } };
    await refused(400, /does not belong to the address/, 'POST', '/model/update', update);
    const moved = { credential_info: {}, credential_values: { api_base: foreign } };
    await refused(422, /api_key.*send it again/, 'PATCH', '/credentials/own', moved);
    await refused(422, /api_key.*send it again/, 'PATCH', '/credentials/groq', {
      credential_info: { custom_llm_provider: 'openai' },
    });
    await refused(422, /api_key.*send it again/, 'PATCH', '/credentials/own', {
      credential_info: {},
      credential_values_to_delete: ['api_base'],
    });
    const both = { credential_info: {}, credential_values: { api_base: foreign, api_key: NEW_KEY } };
    await ok('PATCH', '/credentials/own', both);
    await ok('POST', '/model/new', model('there', 'own'));
    assert.equal(await call('there'), 200);
    assert.deepEqual(calls(), [{ url: foreign, key: NEW_KEY }]);
  });

  test('do not open after an edit of the database', async (t) => {
    const folder = temporaryFolder(t);
    await start(folder);
    for (const name of ['edited', 'donor', 'fine']) {
      await credential(name, { api_key: name === 'donor' ? NEW_KEY : KEY, api_base: home });
      await ok('POST', '/model/new', model(`of-${name}`, name));
    }
    await credential('plain', { api_base: foreign });
    const own = { model_name: 'own', litellm_params: { model: 'openai/m', api_key: KEY }, model_info: { id: 'own' } };
    await ok('POST', '/model/new', own);
    await stop();
    edit(folder, 'credentials', (id, data) => {
      const values = data.values as JsonObject;
      return id === 'edited' ? { ...data, values: { ...values, api_base: foreign } } : data;
    });
    edit(folder, 'models', (id, data) => {
      const params = data.litellmParams as JsonObject;
      if (id === 'of-donor') return { ...data, litellmParams: { ...params, api_base: foreign } };
      return id === 'own' ? { ...data, litellmParams: { ...params, litellm_credential_name: 'plain' } } : data;
    });
    await start(folder);
    for (const group of ['of-edited', 'of-donor', 'own']) assert.equal(await call(group), 400, group);
    assert.equal(await call('of-fine'), 200);
    assert.deepEqual(calls(), [{ url: home, key: KEY }]);
    assert.deepEqual((await ok('GET', '/credentials/by_name/edited')).credential_values, {});
    const mended = { credential_info: {}, credential_values: { api_base: home, api_key: KEY } };
    await ok('PATCH', '/credentials/edited', mended);
    assert.equal(await call('of-edited'), 200);
    const log = await stop();
    assert.match(log, /credential_values\.api_key of the credential .{1,4}edited.{1,4} was sealed for another/);
    assert.match(log, /secrets of its own/);
  });

  test('are sealed again when the salt key changes', async (t) => {
    const folder = temporaryFolder(t);
    await start(folder);
    await credential('c', { api_key: KEY, api_base: home });
    await ok('POST', '/model/new', model('m1', 'c'));
    await stop();
    await start(folder, undefined, { LITELLM_SALT_KEY: 'next', LITELLM_SALT_KEY_PREVIOUS: 'salt' });
    await stop();
    await start(folder, undefined, { LITELLM_SALT_KEY: 'next' });
    assert.equal(await call('m1'), 200);
    await stop();
    await start(folder, undefined, { LITELLM_SALT_KEY: 'lost' });
    assert.equal(await call('m1'), 400);
    assert.match(await stop(), /LITELLM_SALT_KEY_PREVIOUS/);
  });

  test('of the file win, serve models of the API, and cannot be changed', async () => {
    const config = {
      credential_list: [
        {
          credential_name: 'both',
          credential_values: { api_key: 'os.environ/EAST', api_base: home },
          credential_info: { description: 'of the file' },
        },
      ],
      model_list: [],
    };
    await start(undefined, config);
    for (const [method, path] of [
      ['POST', '/credentials'],
      ['PATCH', '/credentials/both'],
      ['DELETE', '/credentials/both'],
    ] as const) {
      const body =
        method === 'DELETE'
          ? undefined
          : { credential_name: 'both', credential_info: {}, credential_values: { api_key: KEY } };
      await refused(400, /configuration file declares/, method, path, body);
    }
    await ok('POST', '/model/new', model('m1', 'both'));
    assert.equal(await call('m1'), 200);
    assert.deepEqual(calls(), [{ url: home, key: 'the-key-in-the-environment' }]);
    const shown = await ok('GET', '/credentials/by_name/both');
    assert.deepEqual([shown.source, shown.credential_values], ['config', { api_key: 'th****nt', api_base: home }]);
    await refused(400, /does not belong/, 'POST', '/model/new', model('m2', 'both', { api_base: foreign }));
    gateway?.reload(JSON.stringify({ model_list: [] }));
    assert.equal(await call('m1'), 400);
  });

  test('serve models of the file as soon as they are added, and again when the file is read again', async (t) => {
    const folder = temporaryFolder(t);
    const { model_info: _, ...entry } = model('of-the-file', 'later');
    const config = { model_list: [entry] };
    await start(folder, config);
    const answer = await ask('POST', '/v1/chat/completions', { model: 'of-the-file', messages: [] });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /POST \/credentials/);
    await credential('later', { api_key: KEY, api_base: home });
    assert.equal(await call('of-the-file'), 200);
    gateway?.reload(JSON.stringify(config));
    assert.equal(await call('of-the-file'), 200);
    await refused(400, /Models name this credential/, 'DELETE', '/credentials/later');
    await stop();
    await start(folder, config);
    assert.equal(await call('of-the-file'), 200);
    assert.ok(seen.every(({ url, key }) => url === home && key === KEY));
  });

  test('are made of models, and refused if they are no credentials', async () => {
    await start();
    const params = { model: 'openai/m', api_key: KEY, api_base: home, rpm: 5 };
    await ok('POST', '/model/new', { model_name: 'whole', litellm_params: params, model_info: { id: 'whole' } });
    await ok('POST', '/credentials', { credential_name: 'of-model', credential_info: {}, model_id: 'whole' });
    await ok('POST', '/model/new', model('m1', 'of-model'));
    assert.equal(await call('m1'), 200);
    assert.deepEqual(calls(), [{ url: home, key: KEY }]);
    const shown = await ok('GET', '/credentials/by_name/of-model');
    assert.deepEqual(shown.credential_values, { api_key: 'sk****3d', api_base: home });
    const post = (status: number, about: RegExp, body: object) => refused(status, about, 'POST', '/credentials', body);
    const values = { api_key: 'k' };
    await post(409, /credential_name/, { credential_name: 'of-model', credential_info: {}, credential_values: values });
    await post(422, /required/, { credential_info: {}, credential_values: values });
    await post(422, /required/, { credential_name: 'x', credential_info: {} });
    await post(422, /environment/, { credential_name: 'x', credential_values: { api_key: 'os.environ/HOME' } });
    await post(422, /sealed/, { credential_name: 'x', credential_values: { api_key: { $sealed: 's2:x' } } });
    await post(400, /another one/, {
      credential_name: 'x',
      credential_values: { litellm_credential_name: 'of-model' },
    });
    await post(400, /api_base/, { credential_name: 'x', credential_values: { ...values, api_base: 'not an address' } });
    await post(404, /does not exist/, { credential_name: 'x', credential_info: {}, model_id: 'nobody' });
    await refused(422, /cannot be changed/, 'PATCH', '/credentials/of-model', {
      credential_name: 'y',
      credential_info: {},
    });
    const { key } = await ok('POST', '/key/generate', {});
    for (const path of ['/credentials', '/credentials/by_name/of-model', '/credentials/by_model/whole']) {
      assert.equal((await ask('GET', path, undefined, String(key))).status, 403, path);
    }
  });
});
