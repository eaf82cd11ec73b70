/** What the operator says once for all providers, through the front door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { MASTER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

async function withConfig(config: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const gateway = await startTestGateway({
    config: JSON.stringify({
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      router_settings: { num_retries: 0 },
      ...config,
    }),
    env: { OPENAI_API_KEY: 'a-key-of-the-environment', SHARED_KEY: 'a-key-for-all-providers' },
  });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

const chat = async (gateway: TestGateway, model: string): Promise<number> => {
  const messages = [{ role: 'user', content: 'Hello' }];
  const response = await gateway.post('/v1/chat/completions', { model, messages });
  await response.text();
  return response.status;
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
const BASE = '${SIMULATOR_URL}/v1';

test('api_key and api_base of litellm_settings are for deployments without their own, and not for servers without a key', async () => {
  const config = {
    litellm_settings: { api_key: 'os.environ/SHARED_KEY', api_base: BASE },
    model_list: [
      { model_name: 'bare', litellm_params: { model: 'openai/gpt-4o' } },
      { model_name: 'own', litellm_params: { model: 'openai/gpt-4o', api_key: 'a-key-of-its-own' } },
      { model_name: 'local', litellm_params: { model: 'ollama/llama3.2' } },
      { model_name: 'needs-address', litellm_params: { model: 'openai_like/llama-3.3-70b' } },
    ],
  };
  await withConfig(config, async (gateway) => {
    const keyFor = async (model: string): Promise<string | undefined> => {
      const before = gateway.simulator.requests.length;
      await chat(gateway, model);
      assert.equal(gateway.simulator.requests.length, before + 1, model);
      const value = gateway.simulator.requests[before]?.headers.authorization;
      return typeof value === 'string' ? value : undefined;
    };
    assert.equal(await keyFor('bare'), 'Bearer a-key-for-all-providers');
    assert.equal(await keyFor('own'), 'Bearer a-key-of-its-own');
    assert.notEqual(await keyFor('local'), 'Bearer a-key-for-all-providers');
    await keyFor('needs-address');
  });
});

test('a model that the API adds gets neither the shared key nor the shared address', async () => {
  const config = { litellm_settings: { api_key: 'os.environ/SHARED_KEY', api_base: BASE }, model_list: [] };
  await withConfig(config, async (gateway) => {
    const added = await gateway.post('/model/new', {
      model_name: 'added',
      litellm_params: { model: 'openai/gpt-4o', api_base: `${gateway.simulator.url}/v1` },
      model_info: { litellm_credential_name: 'none-of-this-name' },
    });
    assert.equal(added.status, 200, await added.text());
    await chat(gateway, 'added');
    const [seen] = gateway.simulator.requests;
    assert.ok(seen !== undefined);
    assert.doesNotMatch(JSON.stringify(seen.headers), /a-key-for-all-providers/);
  });
});

test('litellm_credential_name in model_info names the credential, unless litellm_params does', async () => {
  const entry = (name: string, params: JsonObject) => ({
    model_name: name,
    litellm_params: { model: 'openai/gpt-4o', ...params },
    model_info: { litellm_credential_name: 'one' },
  });
  const credential = (name: string) => ({
    credential_name: name,
    credential_values: { api_key: `key-of-${name}`, api_base: BASE },
  });
  const config = {
    credential_list: [credential('one'), credential('two')],
    model_list: [entry('by-info', {}), entry('by-params', { litellm_credential_name: 'two' })],
  };
  await withConfig(config, async (gateway) => {
    assert.equal(await chat(gateway, 'by-info'), 200);
    assert.equal(await chat(gateway, 'by-params'), 200);
    const keys = gateway.simulator.requests.map(({ headers }) => headers.authorization);
    assert.deepEqual(keys, ['Bearer key-of-one', 'Bearer key-of-two']);
  });
});

test('route_all_chat_openai_to_responses asks by the Responses API, except where a deployment says otherwise', async () => {
  const params = { model: 'openai/gpt-4o', api_base: BASE, api_key: 'os.environ/PROVIDER_KEY' };
  for (const isOn of [false, true]) {
    const config = {
      litellm_settings: { route_all_chat_openai_to_responses: isOn },
      model_list: [
        { model_name: 'usual', litellm_params: params },
        { model_name: 'chats', litellm_params: params, model_info: { mode: 'chat' } },
      ],
    };
    await withConfig(config, async (gateway) => {
      assert.equal(await chat(gateway, 'usual'), 200);
      assert.equal(await chat(gateway, 'chats'), 200);
      const paths = gateway.simulator.requests.map(({ path }) => path);
      assert.deepEqual(paths, [isOn ? '/v1/responses' : '/v1/chat/completions', '/v1/chat/completions']);
    });
  }
});

const CLIENT_HEADERS = {
  'x-trace-note': 'from the client',
  'x-session-id': 'conversation-1',
  'openai-organization': 'org-of-client',
  // None of these may reach a provider.
  'x-tenant': 'sk-tenant-key-0001',
  'x-vault-token': 'a-secret',
  'x-my-api-key': 'a-secret',
  'x-litellm-tags': 'a-tag',
  'x-stainless-lang': 'js',
  'x-forwarded-for': '10.1.2.3',
  'x-amzn-bedrock-service-tier': 'priority',
  'x-goog-user-project': 'another-account',
  'x-http-method-override': 'DELETE',
} as const;

async function seenHeaders(general: JsonObject, params: JsonObject): Promise<JsonObject> {
  const config = {
    general_settings: {
      master_key: 'os.environ/TEST_MASTER_KEY',
      litellm_key_header_name: 'X-Tenant',
      ...general,
    },
    user_api_key_list: [{ api_key: CLIENT_HEADERS['x-tenant'] }],
    model_list: [
      { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_base: BASE, api_key: 'a-key', ...params } },
      { model_name: 'c', litellm_params: { model: 'anthropic/claude-sonnet-4-5', api_base: BASE, api_key: 'a-key' } },
    ],
  };
  let seen: JsonObject = {};
  await withConfig(config, async (gateway) => {
    for (const model of ['m', 'c']) {
      const body = { model, messages: [{ role: 'user', content: 'Hello' }] };
      const response = await gateway.post('/v1/chat/completions', body, CLIENT_HEADERS);
      assert.equal(response.status, 200, await response.text());
    }
    const [first, second] = gateway.simulator.requests;
    assert.equal(second?.headers['openai-organization'], undefined);
    const names = [...Object.keys(CLIENT_HEADERS), 'x-own'];
    seen = Object.fromEntries(
      names.flatMap((name) => {
        const value = first?.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
  });
  return seen;
}

test('headers of clients reach providers only if the operator wishes it, and never with a credential or a price in them', async () => {
  assert.deepEqual(await seenHeaders({}, {}), {});
  const handed = { 'x-trace-note': 'from the client', 'x-session-id': 'conversation-1' };
  assert.deepEqual(await seenHeaders({ forward_client_headers_to_llm_api: true }, {}), handed);
  assert.deepEqual(await seenHeaders({ forward_openai_org_id: true }, {}), { 'openai-organization': 'org-of-client' });
  const own = { organization: 'org-of-operator', extra_headers: { 'X-Trace-Note': 'of the operator' } };
  const both = { forward_client_headers_to_llm_api: true, forward_openai_org_id: true };
  assert.deepEqual(await seenHeaders(both, own), {
    'x-trace-note': 'of the operator',
    'x-session-id': 'conversation-1',
    'openai-organization': 'org-of-operator',
  });
});

test('model_group_settings hand headers on for the groups that they name, by name or wildcard', async () => {
  const params = { model: 'openai/gpt-4o', api_base: BASE, api_key: 'a-key' };
  const config = {
    litellm_settings: { model_group_settings: { forward_client_headers_to_llm_api: ['named', 'team-*', 'openai/*'] } },
    model_list: [
      ...['named', 'team-red', 'other'].map((name) => ({ model_name: name, litellm_params: params })),
      { model_name: 'openai/*', litellm_params: { ...params, model: 'openai/*' } },
    ],
  };
  const { 'x-tenant': _key, ...own } = CLIENT_HEADERS;
  const headers = { ...own, authorization: `Bearer ${MASTER_KEY}` };
  await withConfig(config, async (gateway) => {
    const seen: Record<string, unknown> = {};
    for (const model of ['named', 'team-red', 'openai/gpt-4o', 'other']) {
      const body = { model, messages: [{ role: 'user', content: 'Hello' }] };
      const response = await gateway.post('/v1/chat/completions', body, headers);
      assert.equal(response.status, 200, await response.text());
      const request = gateway.simulator.requests.at(-1);
      seen[model] = request?.headers['x-trace-note'] ?? null;
      assert.equal(request?.headers['x-vault-token'], undefined);
    }
    const handed = 'from the client';
    assert.deepEqual(seen, { named: handed, 'team-red': handed, 'openai/gpt-4o': handed, other: null });
  });
});

test('answers are kept apart by the headers that are handed on', async () => {
  for (const isOn of [false, true]) {
    const config = {
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', forward_client_headers_to_llm_api: isOn },
      litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 600 } },
      user_api_key_list: [{ api_key: 'a-key-of-a-tenant', user_id: 'u' }],
      model_list: [{ model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_base: BASE, api_key: 'a-key' } }],
    };
    await withConfig(config, async (gateway) => {
      const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
      for (const note of ['one', 'two', 'one']) {
        const headers = { authorization: 'Bearer a-key-of-a-tenant', 'x-note': note };
        await (await gateway.post('/v1/chat/completions', body, headers)).text();
      }
      assert.equal(gateway.simulator.requests.length, isOn ? 2 : 1);
    });
  }
});
