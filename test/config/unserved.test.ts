/** A file with models that this release cannot serve: the rest is served, and everybody learns what is not. */
import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { brief, loadText } from './load-text.ts';

const CONFIG = `
model_list:
  - model_name: house
    litellm_params: { model: openai/gpt-4o, api_base: os.environ/SIMULATOR_URL, api_key: os.environ/PROVIDER_KEY }
  - model_name: claude
    litellm_params: { model: bedrock/anthropic.claude-3, aws_region_name: eu-west-1 }
    model_info: { id: on-bedrock }
  - model_name: house
    litellm_params: { model: sagemaker/any }
  - { model_name: pictures, litellm_params: { model: dall-e-3 } }
  - { model_name: nowhere, litellm_params: { model: azure/gpt-4o, api_key: os.environ/PROVIDER_KEY } }
  - { model_name: "cohere/*", litellm_params: { model: "cohere/*" } }
router_settings:
  fallbacks: [{ house: [claude] }]
  model_group_alias: { best: claude }
  provider_budget_config: { bedrock: { budget_limit: 5, time_period: 1d } }
user_api_key_list:
  - { api_key: key-of-house-alone, user_id: house, allowed_models: [house] }
general_settings: { master_key: os.environ/TEST_MASTER_KEY }
`;

test('every place that names what is not served is a warning, and an error if the file is read strictly', () => {
  const places = ['6:30', '9:30', '10:54', '11:53', '12:56', '14:25', '15:24', '16:29'];
  for (const isStrict of [false, true]) {
    const { config, findings } = loadText(CONFIG, {
      isStrict,
      env: { TEST_MASTER_KEY: 'm'.repeat(32), PROVIDER_KEY: 'k' },
    });
    const severity = isStrict ? 'error' : 'warning';
    const found = brief(findings.filter(({ code }) => code === 'not-served'));
    assert.deepEqual(
      found,
      places.map((place) => `${place} ${severity} not-served`),
    );
    assert.equal(config?.deployments.length, isStrict ? undefined : 1);
  }
});

test('a slip in the name of a provider that has a budget stays an error', () => {
  const { findings } = loadText('router_settings: { provider_budget_config: { opnai: { budget_limit: 1 } } }');
  assert.deepEqual(brief(findings), ['1:46 error unknown-provider openai']);
});

describe('a gateway with such a file', { timeout: 30_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway({ config: CONFIG });
  });
  after(() => gateway.close());

  const ask = (model: string, key?: string) =>
    gateway.post(
      '/v1/chat/completions',
      { model, messages: [{ role: 'user', content: 'hi' }] },
      key === undefined ? undefined : { authorization: `Bearer ${key}` },
    );

  it('serves the rest', async () => {
    const answer = await ask('house');
    assert.equal(answer.status, 200, await answer.text());
  });

  it('says why, to a client that may use the group and asks for it', async () => {
    const reasons: Readonly<Record<string, RegExp>> = {
      claude: /"claude" is configured, but not served: this release does not know its provider "bedrock"/,
      best: /"claude" is configured, but not served: .*"bedrock"/,
      pictures: /names no provider; write "provider\/dall-e-3"/,
      nowhere: /needs the address of its server; set api_base/,
      'cohere/rerank-3': /its provider "cohere"/,
    };
    for (const [model, reason] of Object.entries(reasons)) {
      const answer = await ask(model);
      const { error } = (await answer.json()) as { error: JsonObject };
      assert.equal(answer.status, 400);
      assert.match(String(error.message), reason);
      assert.equal(error.param, 'model');
    }
    const denied = await ask('claude', 'key-of-house-alone');
    assert.equal(denied.status, 403);
    assert.doesNotMatch(await denied.text(), /bedrock/);
    const unknown = await ask('never-heard-of');
    assert.match(await unknown.text(), /Invalid model name/);
  });

  it('shows what is left out in /model/info and /health, to those who may use it', async () => {
    const { data } = (await (await gateway.get('/model/info')).json()) as { data: JsonObject[] };
    const row = data.find(({ model_name: name }) => name === 'claude');
    assert.deepEqual(row?.litellm_params, { model: 'bedrock/anthropic.claude-3' });
    const info = row?.model_info as JsonObject;
    assert.deepEqual([info.id, info.is_served], ['on-bedrock', false]);
    assert.match(String(info.not_served_because), /bedrock/);
    const health = (await (await gateway.get('/health')).json()) as { unhealthy_endpoints: JsonObject[] };
    const sick = health.unhealthy_endpoints.map(({ model_name: name, error }) => [name, error]);
    assert.deepEqual(
      sick.toSorted(),
      ['claude', 'cohere/*', 'house', 'nowhere', 'pictures'].map((name) => [name, 'NotServed']),
    );
    const listed = (await (await gateway.get('/v1/models')).json()) as { data: JsonObject[] };
    assert.deepEqual(
      listed.data.map(({ id }) => id),
      ['house'],
    );
    const others = await (await gateway.get('/model/info', { authorization: 'Bearer key-of-house-alone' })).text();
    assert.doesNotMatch(others, /bedrock/);
  });
});
