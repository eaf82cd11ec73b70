/** Settings of LiteLLM that are another name for one, or a default for many: that they act, through the front door. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { loadText } from '../config/load-text.ts';
import { ask, messageOf, priced } from '../money/tenants.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

async function gatewayFor(context: TestContext, config: JsonObject): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  context.after(() => gateway.close());
  return gateway;
}

const general = (more: JsonObject = {}): JsonObject => ({ master_key: 'os.environ/TEST_MASTER_KEY', ...more });

describe('A default of LiteLLM’s', { timeout: 60_000 }, () => {
  it('general_settings.max_parallel_requests is for deployments without a limit, unless the router has one', async (context) => {
    for (const [settings, isRefused] of [
      [{ general_settings: general({ max_parallel_requests: 1 }) }, true],
      [{ general_settings: general() }, false],
      [
        {
          general_settings: general({ max_parallel_requests: 1 }),
          router_settings: { default_max_parallel_requests: 5, num_retries: 0 },
        },
        false,
      ],
    ] as const) {
      const gateway = await gatewayFor(context, {
        model_list: [priced('m', 5, { model: 'openai/sim-tokens-5+latency-700-1' })],
        router_settings: { num_retries: 0 },
        ...settings,
      });
      const first = ask(gateway, gateway.masterKey);
      await wait(150);
      const beside = await ask(gateway, gateway.masterKey);
      assert.equal(beside.status, isRefused ? 429 : 200, JSON.stringify(settings));
      if (isRefused) assert.match(messageOf(beside), /1 of 1 parallel requests under way/);
      assert.equal((await first).status, 200);
    }
  });

  it('litellm_settings.num_retries_per_request says how often a deployment is tried again', async (context) => {
    for (const [retries, more] of [
      [0, {}],
      [3, {}],
      [1, { num_retries: 1 }],
    ] as const) {
      const gateway = await gatewayFor(context, {
        model_list: [priced('m', 5)],
        litellm_settings: { num_retries_per_request: retries === 1 ? 4 : retries, ...more },
        router_settings: { retry_after: 0, disable_cooldowns: true },
        general_settings: general(),
      });
      gateway.simulator.script({ match: { model: 'sim-tokens-5' }, reply: { status: 500, json: {} } });
      const answer = await ask(gateway, gateway.masterKey);
      assert.equal(answer.status, 500);
      assert.equal(gateway.simulator.requests.length, 1 + retries, `${retries} retries`);
      assert.equal(answer.headers.get('x-litellm-attempted-retries'), String(retries));
    }
  });

  it('litellm_settings.disable_end_user_cost_tracking_prometheus_only: false labels metrics with the end user', async (context) => {
    for (const [litellm, isLabelled] of [
      [{ disable_end_user_cost_tracking_prometheus_only: false }, true],
      [{ disable_end_user_cost_tracking_prometheus_only: true }, false],
      [{}, false],
      [
        { enable_end_user_cost_tracking_prometheus_only: true, disable_end_user_cost_tracking_prometheus_only: true },
        true,
      ],
    ] as const) {
      const gateway = await gatewayFor(context, {
        model_list: [priced('m', 5)],
        litellm_settings: litellm,
        general_settings: general(),
      });
      assert.equal((await ask(gateway, gateway.masterKey, { user: 'an-end-user' })).status, 200);
      await wait(50);
      const metrics = await (await gateway.get('/metrics')).text();
      assert.equal(metrics.includes('end_user="an-end-user"'), isLabelled, JSON.stringify(litellm));
    }
  });
});

describe('fallbacks of a deployment', { timeout: 60_000 }, () => {
  it('win over those of the router, hold money for what they cost, and are denied to keys that may not use them', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 5, { fallbacks: ['named'] }),
        priced('named', 6),
        priced('of-the-router', 7),
        priced('dear', 5, { fallbacks: ['gold'] }),
        priced('gold', 8, { input_cost_per_token: 1, output_cost_per_token: 1 }),
      ],
      router_settings: { num_retries: 0, fallbacks: [{ m: ['of-the-router'] }] },
      user_api_key_list: [
        { api_key: 'only-m', models: ['m'] },
        { api_key: 'poor', max_budget: 5 },
      ],
      general_settings: general(),
    });
    gateway.simulator.script({ match: { model: 'sim-tokens-5' }, times: 2, reply: { status: 500, json: {} } });
    const fallen = await ask(gateway, gateway.masterKey);
    assert.equal(fallen.status, 200);
    assert.equal(gateway.simulator.requests.at(-1)?.model, 'sim-tokens-6');
    assert.equal((await ask(gateway, 'only-m')).status, 500, 'its key may not use the fallback');
    assert.equal(
      (await ask(gateway, 'poor', { model: 'dear', max_tokens: 5_000 })).status,
      422,
      'the fallback is too dear',
    );
  });

  it('are a warning if no group has their name', () => {
    const { findings } = loadText(
      'model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o, fallbacks: [nowhere] } }]',
    );
    assert.match(findings.map(({ message }) => message).join(), /fallbacks names the model group "nowhere"/);
  });
});
