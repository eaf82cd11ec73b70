/** Settings of LiteLLM that are another name for one, or a default for many: that they act, through the front door. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
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
