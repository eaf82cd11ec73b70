/** Models that are added by the API: served at once, their secrets sealed and never shown; those of the file stay as they are. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { modelEntry, sealParams, unsealParams, withoutSealed } from '../../src/admin/models/sealed.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { litellmJudge } from './openapi-schemas.ts';
import { type ManagementServer, PROVIDER_SECRET, startManagement } from './sqlite-server.ts';

const judge = litellmJudge();
const SECRET = 'sk-provider-canary-41c7';

let server: ManagementServer;
before(async () => {
  server = await startManagement();
});
after(() => server.close());

async function ok(method: string, path: string, body: JsonValue): Promise<JsonObject> {
  server.pass(1);
  const answered = await server.ask(method, path, { body });
  assert.equal(answered.status, 200, JSON.stringify(answered.body));
  return answered.body as JsonObject;
}

async function refused(status: number, path: string, body: JsonValue, as = 'master'): Promise<string> {
  const answered = await server.post(path, body, as);
  assert.equal(answered.status, status, JSON.stringify(answered.body));
  return String(((answered.body as JsonObject).error as JsonObject).message);
}

const stored = (id: string) => server.context.directory.get('model', id);

describe('Models', () => {
  it('are added with their secrets sealed, and served at once', async () => {
    const before = server.reloads();
    const made = await ok('POST', '/model/new', {
      model_name: 'fast',
      litellm_params: {
        model: 'openai/gpt-4o-mini',
        api_key: SECRET,
        max_tokens: 100,
        extra_headers: { 'x-tenant': SECRET },
      },
      model_info: { id: 'm1', input_cost_per_token: 0.000001 },
    });
    assert.equal(judge?.('LiteLLM_ProxyModelTable', made), undefined);
    assert.deepEqual(made.litellm_params, { model: 'openai/gpt-4o-mini', max_tokens: 100 });
    assert.equal(server.reloads(), before + 1);
    const model = await stored('m1');
    assert.ok(model !== undefined && !JSON.stringify(model).includes(SECRET));
    assert.deepEqual(modelEntry(model, server.context), {
      model_name: 'fast',
      litellm_params: {
        model: 'openai/gpt-4o-mini',
        api_key: SECRET,
        max_tokens: 100,
        extra_headers: { 'x-tenant': SECRET },
      },
      model_info: { id: 'm1', input_cost_per_token: 0.000001, db_model: true },
    });
  });

  it('are changed in part: what is not sent stays, null removes', async () => {
    const changed = await ok('PATCH', '/model/m1/update', { litellm_params: { max_tokens: null, temperature: 0.5 } });
    assert.deepEqual(changed.litellm_params, { model: 'openai/gpt-4o-mini', temperature: 0.5 });
    await ok('POST', '/model/update', { model_name: 'faster', model_info: { id: 'm1', base_model: 'gpt-4o-mini' } });
    const model = await stored('m1');
    assert.ok(model !== undefined);
    const { litellm_params, model_info, model_name } = modelEntry(model, server.context);
    assert.equal((litellm_params as JsonObject).api_key, SECRET);
    assert.deepEqual(model_info, {
      id: 'm1',
      input_cost_per_token: 0.000001,
      base_model: 'gpt-4o-mini',
      db_model: true,
    });
    assert.equal(model_name, 'faster');
  });

  it('are blocked, unblocked and deleted', async () => {
    assert.equal((await ok('POST', '/model/block', { model_id: 'm1' })).blocked, true);
    assert.equal((await ok('POST', '/model/unblock', { model_id: 'm1' })).blocked, false);
    const before = server.reloads();
    assert.deepEqual(await ok('POST', '/model/delete', { id: 'm1' }), { message: 'Model: m1 deleted successfully' });
    assert.equal(server.reloads(), before + 1);
    await refused(404, '/model/delete', { id: 'm1' });
    await refused(404, '/model/block', { model_id: 'm1' });
    const { body } = await server.get('/audit?object_id=m1&sort_order=asc&page_size=20');
    const actions = ((body as JsonObject).audit_logs as JsonObject[]).map(({ action }) => action);
    assert.deepEqual(actions, ['created', 'updated', 'updated', 'blocked', 'unblocked', 'deleted']);
    assert.ok(!JSON.stringify(body).includes(SECRET));
    // Not even sealed: a reader of the log must not be able to collect what a later leak of the key would open.
    assert.ok(!JSON.stringify(body).includes('$sealed'));
  });

  it('that could not be served are refused as in a file, and change nothing', async () => {
    const before = server.reloads();
    const params = { model: 'no-provider' };
    assert.match(
      await refused(400, '/model/new', { model_name: 'x', litellm_params: params, model_info: { id: 'bad' } }),
      /provider/,
    );
    assert.equal(await stored('bad'), undefined);
    await ok('POST', '/model/new', {
      model_name: 'x',
      litellm_params: { model: 'openai/x' },
      model_info: { id: 'good' },
    });
    await refused(400, '/model/update', { litellm_params: params, model_info: { id: 'good' } });
    assert.equal((await stored('good'))?.litellmParams.model, 'openai/x');
    assert.equal(server.reloads(), before + 1);
    await refused(409, '/model/new', {
      model_name: 'x',
      litellm_params: { model: 'openai/x' },
      model_info: { id: 'good' },
    });
    await refused(422, '/model/new', { model_name: 'x' });
    const api_base = { $sealed: 'whatever' };
    await refused(422, '/model/new', { model_name: 'x', litellm_params: { model: 'openai/x', api_base } });
    await refused(422, '/model/new', { litellm_params: { model: 'openai/x' } });
    await refused(404, '/model/new', {
      model_name: 'x',
      litellm_params: { model: 'openai/x' },
      model_info: { team_id: 'none' },
    });
    await refused(422, '/model/new', {
      model_name: 'x/*',
      litellm_params: { model: 'openai/*' },
      model_info: { team_id: 't1' },
    });
    await refused(422, '/model/update', { litellm_params: { model: 'openai/x' } });
  });

  it('of the file can only be changed there', async () => {
    const bodies: [string, JsonObject][] = [
      ['/model/new', { model_name: 'gpt-4o', litellm_params: { model: 'openai/x' }, model_info: { id: 'from-file' } }],
      ['/model/update', { model_name: 'other', model_info: { id: 'from-file' } }],
      ['/model/delete', { id: 'from-file' }],
      ['/model/block', { model_id: 'from-file' }],
    ];
    for (const [path, body] of bodies) {
      const message = await refused(400, path, body);
      assert.match(message, /configuration file/);
      assert.ok(!message.includes(PROVIDER_SECRET));
    }
  });

  it('are nothing for those who only look, or less', async () => {
    for (const as of ['pia', 'olga', 'tina', 'ivan', 'bare']) {
      await refused(403, '/model/new', { model_name: 'x', litellm_params: { model: 'openai/x' } }, as);
      await refused(403, '/model/delete', { id: 'good' }, as);
    }
  });
});

describe('Sealed parameters', () => {
  const seal = (text: string): string => `<${Buffer.from(text).toString('hex')}>`;
  const unseal = (text: string): string => Buffer.from(text.slice(1, -1), 'hex').toString();
  const params = {
    model: 'bedrock/claude',
    api_key: SECRET,
    aws_access_key_id: SECRET,
    aws_secret_access_key: SECRET,
    aws_session_token: SECRET,
    azure_ad_token: SECRET,
    client_secret: SECRET,
    vertex_credentials: { private_key: SECRET, nested: [SECRET] },
    extra_headers: { Authorization: SECRET },
    headers: { 'x-any': SECRET },
    api_base: `https://user:${SECRET}@proxy.example/v1`,
    further: { deep: { password: SECRET, region: 'eu' } },
    max_tokens: 4_096,
    input_cost_per_token: 0.000001,
    tags: ['a'],
  };

  it('hold no secret in clear, wherever it stands, and open to what they were', () => {
    const sealed = sealParams(params, 'm', { seal, unseal });
    assert.ok(!JSON.stringify(sealed).includes(SECRET));
    assert.deepEqual(unsealParams(sealed, 'm', { unseal }), params);
    // What was sealed once is not sealed again.
    assert.deepEqual(sealParams(sealed, 'm', { seal, unseal }), sealed);
  });

  it('are shown without what is sealed', () => {
    assert.deepEqual(withoutSealed(sealParams(params, 'm', { seal, unseal })), {
      model: 'bedrock/claude',
      further: { deep: { region: 'eu' } },
      max_tokens: 4_096,
      input_cost_per_token: 0.000001,
      tags: ['a'],
    });
  });
});
