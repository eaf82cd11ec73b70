/** The names that clients of LiteLLM use beside those of groups, and the lists in which chat programs look for names. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const params = (model: string): string =>
  `{ model: "${model}", api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }`;
const CONFIG = `
model_list:
  - { model_name: "openai/*", litellm_params: ${params('openai/*')} }
  - { model_name: "anthropic/*", litellm_params: ${params('anthropic/*')} }
  - { model_name: "local/*", litellm_params: ${params('openai_like/*')} }
  - { model_name: house, litellm_params: ${params('gemini/gemini-2.5-pro')}, model_info: { id: house-1 } }
  - { model_name: house, litellm_params: ${params('deepseek/deepseek-chat')}, model_info: { id: house-2 } }
  - { model_name: secret, litellm_params: ${params('deepseek/deepseek-chat')} }
general_settings: { master_key: os.environ/TEST_MASTER_KEY }
budget_settings: { debt_ratio: 0 }
user_api_key_list:
  - { api_key: key-of-gpt, user_id: g, allowed_models: [gpt-4o] }
  - { api_key: key-of-openai, user_id: o, allowed_models: ["openai/*"] }
  - { api_key: key-of-deepseek, user_id: d, allowed_models: ["deepseek/*"] }
  - { api_key: key-of-house, user_id: h, allowed_models: [house] }
  - { api_key: key-with-limit, user_id: l, model_rpm_limit: { gpt-4o: 1 }, rpm_limit: 100 }
`;

describe('names', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway({ config: CONFIG });
  });
  after(() => gateway.close());

  const headersOf = (key: string | undefined) => (key === undefined ? undefined : { authorization: `Bearer ${key}` });
  async function ask(model: string, key?: string) {
    const body = { model, max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
    const answer = await gateway.post('/v1/chat/completions', body, headersOf(key));
    const { model: named } = (await answer.json()) as JsonObject;
    return { status: answer.status, model: named, sent: gateway.simulator.requests.at(-1)?.body as JsonObject };
  }
  async function listed(query = '', key?: string): Promise<string[]> {
    const { data } = (await (await gateway.get(`/v1/models${query}`, headersOf(key))).json()) as { data: JsonObject[] };
    return data.map(({ id }) => String(id));
  }

  it('a bare model is found under the wildcard of the provider that is known for it', async () => {
    for (const [bare, sent] of [
      ['gpt-4o', 'gpt-4o'],
      ['claude-sonnet-4-5', 'claude-sonnet-4-5'],
    ] as const) {
      const answer = await ask(bare);
      assert.deepEqual([answer.status, answer.model, answer.sent.model], [200, bare, sent]);
    }
    assert.equal((await ask('mystery-1')).status, 400);
    assert.equal((await ask('grok-4')).status, 400);
  });

  it('a deployment is found by its own model, and stays with those who may use its group', async () => {
    const answer = await ask('deepseek/deepseek-chat');
    assert.deepEqual([answer.status, answer.model], [200, 'deepseek/deepseek-chat']);
    assert.equal(answer.sent.model, 'deepseek-chat');
    assert.equal((await ask('deepseek/deepseek-chat', 'key-of-house')).status, 200);
    assert.equal((await ask('house-2', 'key-of-house')).status, 200);
    // The name fits what the key may use, but the group that it leads to does not.
    assert.equal((await ask('deepseek/deepseek-chat', 'key-of-deepseek')).status, 403);
  });

  it('every spelling of a model needs the same permission and counts against the same limit', async () => {
    assert.equal((await ask('gpt-4o', 'key-of-gpt')).status, 200);
    assert.equal((await ask('gpt-4o', 'key-of-openai')).status, 200);
    assert.equal((await ask('openai/gpt-4o', 'key-of-openai')).status, 200);
    assert.equal((await ask('gpt-4.1', 'key-of-gpt')).status, 403);
    assert.equal((await ask('claude-sonnet-4-5', 'key-of-openai')).status, 403);
    assert.equal((await ask('gpt-4o', 'key-with-limit')).status, 200);
    assert.equal((await ask('openai/gpt-4o', 'key-with-limit')).status, 429);
    assert.equal((await ask('gpt-4o', 'key-with-limit')).status, 429);
  });

  it('lists what wildcards are known to serve, and each name that is listed is served', async () => {
    const names = await listed();
    for (const name of ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'local/*', 'house', 'secret'])
      assert.ok(names.includes(name), `${name} in ${names.slice(0, 20)}`);
    assert.ok(!names.includes('openai/*') && !names.includes('anthropic/*'));
    assert.ok(names.every((name) => !/claude/.test(name) || name.startsWith('anthropic/')));
    assert.equal(new Set(names).size, names.length);
    assert.ok((await listed('?return_wildcard_routes=true')).includes('openai/*'));
    assert.deepEqual(await listed('', 'key-of-house'), ['house']);
    assert.deepEqual(await listed('', 'key-of-gpt'), []);
    const ofOpenai = await listed('', 'key-of-openai');
    assert.ok(ofOpenai.length > 10 && ofOpenai.every((name) => name.startsWith('openai/')));
    for (const name of ofOpenai.slice(0, 5)) {
      assert.equal(
        (await gateway.get(`/v1/models/${encodeURIComponent(name)}`, headersOf('key-of-openai'))).status,
        200,
      );
    }
  });

  it('describes them in /model_group/info, with the prices of each', async () => {
    const answer = await gateway.get('/model_group/info');
    const { data } = (await answer.json()) as { data: JsonObject[] };
    const gpt = data.find(({ model_group: name }) => name === 'openai/gpt-4o');
    assert.deepEqual(
      [gpt?.providers, gpt?.input_cost_per_token, gpt?.output_cost_per_token],
      [['openai'], 2.5e-6, 1e-5],
    );
    assert.ok(data.every(({ model_group: name }) => name !== 'openai/*'));
    const one = await gateway.get(
      '/model_group/info?model_group=anthropic%2Fclaude-sonnet-4-5',
      headersOf('key-of-gpt'),
    );
    assert.deepEqual(await one.json(), { data: [] });
  });
});
