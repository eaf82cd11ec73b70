/** Settings of the operator about money that hold for all requests, through the front door. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { loadText } from '../config/load-text.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, messageOf, priced, startMoneyGateway } from './tenants.ts';

const SIMULATED = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };

async function withMoney(more: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const gateway = await startMoneyGateway({ user_api_key_list: [{ api_key: 'a' }, { api_key: 'b' }], ...more });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

test('budget_exceeded_status_code is the status of what a budget refuses', async () => {
  for (const [status, settings] of [
    [422, {}],
    [429, { budget_exceeded_status_code: 429 }],
  ] as const) {
    const keys = { user_api_key_list: [{ api_key: 'a', max_budget: 0.000001 }] };
    await withMoney({ ...keys, litellm_settings: settings, budget_settings: { mode: 'strict' } }, async (gateway) => {
      for (const stream of [false, true]) {
        const refused = await ask(gateway, 'a', { stream });
        assert.equal(refused.status, status);
        assert.match(messageOf(refused), /Budget/);
        assert.equal(refused.headers.get('x-should-retry'), 'false');
      }
    });
  }
  const { findings } = loadText('litellm_settings: { budget_exceeded_status_code: 200 }');
  assert.ok(findings.some(({ message }) => message.includes('must be a status from 400 to 499')));
});

test('tag_budget_config gives tags budgets of their own', async () => {
  const tags = { 'product:bot': { max_budget: 0.000001, budget_duration: '1d' }, rich: { max_budget: 10 } };
  const settings = { litellm_settings: { tag_budget_config: tags }, budget_settings: { mode: 'strict' } };
  await withMoney(settings, async (gateway) => {
    assert.equal((await ask(gateway, 'a', { tags: ['rich', 'another'] })).status, 200);
    const refused = await ask(gateway, 'a', { tags: ['rich', 'product:bot'] });
    assert.equal(refused.status, 422);
    assert.match(messageOf(refused), /product:bot/);
  });
  const twice = loadText('litellm_settings: { tag_budget_config: { x: { max_budget: 1 } } }\ntags: [{ name: x }]');
  assert.ok(twice.findings.some(({ message }) => message.includes('"x"') && message.includes('keep one of them')));
});

test('block_requests_for_models_without_pricing refuses what has no price, fallbacks and streams among it', async () => {
  const unpriced = { model_name: 'u', litellm_params: { model: 'hosted_vllm/sim-tokens-5', ...SIMULATED } };
  const free = { input_cost_per_token: 0, output_cost_per_token: 0 };
  const settings = {
    model_list: [
      priced('m', 5),
      unpriced,
      { ...unpriced, model_name: 'free', litellm_params: { ...unpriced.litellm_params, ...free } },
      { ...unpriced, model_name: 'mixed' },
      priced('mixed', 5),
    ],
    router_settings: { fallbacks: [{ m: ['u'] }] },
  };
  await withMoney(settings, async (gateway) => assert.equal((await ask(gateway, 'a', { model: 'u' })).status, 200));
  const blocked = { ...settings, litellm_settings: { block_requests_for_models_without_pricing: true } };
  await withMoney(blocked, async (gateway) => {
    for (const model of ['m', 'free', 'mixed', 'mixed']) {
      assert.equal((await ask(gateway, 'a', { model, stream: true })).status, 200);
    }
    const before = gateway.simulator.requests.length;
    for (const stream of [false, true]) {
      const refused = await ask(gateway, 'a', { model: 'u', stream });
      assert.equal(refused.status, 400);
      assert.match(messageOf(refused), /block_requests_for_models_without_pricing/);
    }
    assert.equal(gateway.simulator.requests.length, before);
    gateway.simulator.script({ match: { model: 'sim-tokens-5' }, times: 1, reply: { status: 500, json: {} } });
    assert.notEqual((await ask(gateway, 'a')).status, 200, 'its fallback has no price');
    assert.equal(gateway.simulator.requests.length, before + 1);
  });
});

test('global_max_parallel_requests is the most of all keys together, and tells no tenant how many that is', async () => {
  await withMoney({ general_settings: { global_max_parallel_requests: 2 } }, async (gateway) => {
    gateway.simulator.script({ times: 2, fault: 'first-token-after-1' });
    const running = ['a', 'b'].map((key) => ask(gateway, key, { stream: true }));
    while (gateway.simulator.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = await ask(gateway, 'b');
    assert.equal(refused.status, 429);
    assert.match(messageOf(refused), /max_parallel_requests/);
    assert.doesNotMatch(messageOf(refused), /limit: 2|Remaining/);
    await Promise.all(running);
    assert.equal((await ask(gateway, 'a')).status, 200);
  });
});
