/** Settings that the operator makes for all requests, through the front door. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const KEY = 'a-key-of-a-tenant';
const DENIED = 'a-key-that-may-bring-no-tags';
const OTHER = 'a-key-that-may-use-little';

interface Settings {
  readonly general?: JsonObject;
  readonly litellm?: JsonObject;
  readonly router?: JsonObject;
}

async function withSettings(
  { general, litellm, router }: Settings,
  run: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const model = (name: string) => ({
    model_name: name,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
    litellm_params: { model: `openai/${name}`, api_base: '${SIMULATOR_URL}/v1', api_key: 'os.environ/PROVIDER_KEY' },
  });
  const config = {
    model_list: ['gpt-4o-mini', 'gpt-4o', 'text-embedding-3-small', 'text-embedding-3-large'].map(model),
    user_api_key_list: [
      { api_key: KEY },
      { api_key: OTHER, models: ['gpt-4o'] },
      { api_key: DENIED, metadata: { deny_request_controls: ['tags'] } },
    ],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
    ...(litellm !== undefined && { litellm_settings: litellm }),
    router_settings: { num_retries: 0, ...router },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

interface Call {
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
}

async function chat(gateway: TestGateway, { body, headers, key = KEY }: Call = {}) {
  const whole = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], ...body };
  const response = await gateway.post('/v1/chat/completions', whole, { authorization: `Bearer ${key}`, ...headers });
  const text = await response.text();
  return { status: response.status, text, callId: response.headers.get('x-litellm-call-id') ?? '' };
}

const modelsAsked = ({ simulator }: TestGateway): readonly string[] => simulator.requests.map(({ model }) => model);

test('completion_model and embedding_model answer for every name, for keys that may use them', async () => {
  const general = { completion_model: 'gpt-4o-mini', embedding_model: 'text-embedding-3-small' };
  await withSettings({ general }, async (gateway) => {
    assert.equal((await chat(gateway, { body: { model: 'no-such-model' } })).status, 200);
    const embedding = { model: 'text-embedding-3-large', input: 'Hello' };
    const answer = await gateway.post('/v1/embeddings', embedding, { authorization: `Bearer ${KEY}` });
    assert.equal(answer.status, 200);
    await answer.arrayBuffer();
    assert.deepEqual(modelsAsked(gateway), ['gpt-4o-mini', 'text-embedding-3-small']);
    const denied = await chat(gateway, { key: OTHER });
    assert.match(denied.text, /not allowed to access model.*gpt-4o-mini/);
  });
});

test('enforced_params are wanted of every request', async () => {
  await withSettings({ general: { enforced_params: ['user', 'metadata.trace'] } }, async (gateway) => {
    const { status, text } = await chat(gateway, { body: { user: 'u' } });
    assert.equal(status, 400);
    assert.match(text, /please pass param=metadata\.trace/);
    assert.equal((await chat(gateway, { body: { user: 'u', metadata: { trace: 't' } } })).status, 200);
    assert.equal(gateway.simulator.requests.length, 1);
  });
});

test('allowed_routes and admin_only_routes hold for keys, and not for administrators', async () => {
  const general = { allowed_routes: ['/v1/chat/completions', '/v1/models'], admin_only_routes: ['/v1/models'] };
  await withSettings({ general }, async (gateway) => {
    const statusOf = async (path: string, key: string) => {
      const response = await gateway.get(path, { authorization: `Bearer ${key}` });
      return [response.status, await response.text()] as const;
    };
    assert.equal((await chat(gateway)).status, 200);
    const [adminOnly, why] = await statusOf('/v1/models', KEY);
    assert.equal(adminOnly, 403);
    assert.match(why, /for administrators of this gateway alone/);
    assert.equal((await statusOf('/key/info', KEY))[0], 403);
    const embedded = await gateway.post(
      '/v1/embeddings',
      { model: 'x', input: 'a' },
      { authorization: `Bearer ${KEY}` },
    );
    assert.equal(embedded.status, 403);
    await embedded.arrayBuffer();
    assert.equal((await statusOf('/v1/models', gateway.masterKey))[0], 200);
  });
});

test('always_include_stream_usage ends every stream with its usage', async () => {
  const usageIn = async (general: JsonObject): Promise<boolean> => {
    let text = '';
    await withSettings({ general }, async (gateway) => {
      ({ text } = await chat(gateway, { body: { stream: true } }));
    });
    return /"usage":\s*\{/.test(text);
  };
  assert.equal(await usageIn({}), false);
  assert.equal(await usageIn({ always_include_stream_usage: true }), true);
});

test('user_header_mappings name the customer, and blocked_user_list refuses some', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-blocked-'));
  const file = join(folder, 'blocked.txt');
  writeFileSync(file, 'mallory\n\n eve \n');
  const mapping = { header_name: 'X-OpenWebUI-User-Id', litellm_user_role: 'customer' };
  try {
    for (const list of [['mallory', 'eve'], file]) {
      const settings = { general: { user_header_mappings: [mapping] }, litellm: { blocked_user_list: list } };
      await withSettings(settings, async (gateway) => {
        const named = await chat(gateway, { headers: { 'x-openwebui-user-id': 'alice' } });
        assert.equal(named.status, 200);
        assert.match(JSON.stringify(await gateway.requestLine(named.callId)), /alice/);
        for (const name of ['mallory', 'eve']) {
          const refused = await chat(gateway, { headers: { 'x-openwebui-user-id': name } });
          assert.equal(refused.status, 400);
          assert.match(refused.text, /User blocked from making calls/);
          assert.equal((await chat(gateway, { body: { user: name } })).status, 400);
        }
        assert.equal(gateway.simulator.requests.length, 1);
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('extra_spend_tag_headers make tags of headers, which are in the ledger and may have budgets', async () => {
  await withSettings({ litellm: { extra_spend_tag_headers: ['X-Team'] } }, async (gateway) => {
    const { callId } = await chat(gateway, { headers: { 'x-team': 'red, blue', 'x-litellm-tags': 'own' } });
    await gateway.requestLine(callId);
    let text = '[]';
    for (const deadline = Date.now() + 10_000; text === '[]' && Date.now() < deadline; ) {
      await wait(20);
      text = await (await gateway.get(`/spend/logs?request_id=${callId}`)).text();
    }
    assert.match(text, /x-team: red {2}blue/);
    assert.match(text, /"own"/);
  });
});

test('extra_spend_tag_headers pass where a request may bring no tags of its own', async () => {
  const settings = {
    general: { reject_clientside_metadata_tags: true },
    litellm: { extra_spend_tag_headers: ['X-Team'] },
  };
  await withSettings(settings, async (gateway) => {
    for (const key of [KEY, DENIED]) {
      assert.equal((await chat(gateway, { key, headers: { 'x-team': 'red' } })).status, 200);
      for (const tag of ['own', 'x-team: blue']) {
        assert.equal((await chat(gateway, { key, body: { tags: [tag] }, headers: { 'x-team': 'red' } })).status, 400);
        assert.equal((await chat(gateway, { key, headers: { 'x-team': 'red', 'x-litellm-tags': tag } })).status, 400);
      }
    }
    assert.equal(gateway.simulator.requests.length, 2);
  });
});

test('model_alias_map, max_fallbacks and num_retries_per_request act as those of the router', async () => {
  const litellm = { model_alias_map: { short: 'gpt-4o-mini' }, max_fallbacks: 0, num_retries_per_request: 1 };
  const router = { fallbacks: [{ 'gpt-4o': ['gpt-4o-mini'] }] };
  await withSettings({ litellm, router }, async (gateway) => {
    assert.equal((await chat(gateway, { body: { model: 'short' } })).status, 200);
    assert.deepEqual(modelsAsked(gateway), ['gpt-4o-mini']);
    gateway.simulator.script({ match: { model: 'gpt-4o' }, reply: { status: 500, json: {} } });
    assert.equal((await chat(gateway)).status, 500);
    assert.deepEqual(modelsAsked(gateway).slice(1), ['gpt-4o']);
  });
});

test('models that are added by the API are at the address that the environment gives their provider, and read nothing else of it', async () => {
  const config = {
    environment_variables: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
      OPENAI_BASE_URL: '${SIMULATOR_URL}/v1',
    },
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  };
  const gateway = await startTestGateway({
    config: JSON.stringify(config),
    env: { OPENAI_API_KEY: 'canary-of-the-operator' },
  });
  try {
    for (const apiKey of ['sk-of-the-model', 'os.environ/OPENAI_API_KEY', 'os.environ/OPENAI_BASE_URL', undefined]) {
      const made = await gateway.post('/model/new', {
        model_name: 'added',
        litellm_params: { model: 'openai/gpt-4o', ...(apiKey !== undefined && { api_key: apiKey }) },
      });
      const { model_id: id } = (await made.json()) as { model_id: string };
      assert.equal(made.status, 200);
      const { status } = await chat(gateway, { key: gateway.masterKey, body: { model: 'added' } });
      const sent = gateway.simulator.requests.at(-1)?.headers.authorization;
      if (apiKey === 'sk-of-the-model') assert.deepEqual([status, sent], [200, 'Bearer sk-of-the-model']);
      assert.doesNotMatch(JSON.stringify(gateway.simulator.requests), /canary|Bearer http/);
      assert.equal((await gateway.post('/model/delete', { id })).status, 200);
    }
  } finally {
    await gateway.close();
  }
});
