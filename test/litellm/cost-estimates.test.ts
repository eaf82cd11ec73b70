/** LiteLLM's suites of `/cost/estimate` and `/spend/calculate`: parts of a request that have prices of their own are counted with these. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type LiteLlmClient, startProxy } from './proxy.ts';

const CONFIG = `
model_list:
  - model_name: priced
    litellm_params:
      model: openai/gpt-4o
      api_base: os.environ/SIMULATOR_URL
      api_key: os.environ/PROVIDER_KEY
      input_cost_per_token: 0.00001
      output_cost_per_token: 0.00004
      cache_read_input_token_cost: 0.000001
      cache_creation_input_token_cost: 0.000012
      output_cost_per_reasoning_token: 0.00002
`;

let proxy: LiteLlmClient;
before(async () => {
  proxy = await startProxy({ config: CONFIG });
});
after(() => proxy.close());

const usual = { model: 'priced', input_tokens: 1_000, output_tokens: 100 };
const near = (found: unknown, wanted: number): void =>
  assert.ok(Math.abs(Number(found) - wanted) < 1e-12, `${found} is not ${wanted}`);

describe('A cost that is asked for', { timeout: 30_000 }, () => {
  it('counts cached, newly cached and reasoning tokens at their own prices', async () => {
    near((await proxy.ok('POST', '/cost/estimate', usual)).cost_per_request, 0.014);
    const told = await proxy.ok('POST', '/cost/estimate', {
      ...usual,
      cache_read_input_tokens: 600,
      cache_creation_input_tokens: 200,
      reasoning_tokens: 50,
      num_requests_per_day: 10,
    });
    near(told.cache_read_cost_per_request, 0.0006);
    near(told.cache_creation_cost_per_request, 0.0024);
    near(told.reasoning_cost_per_request, 0.001);
    near(told.input_cost_per_request, 0.005);
    near(told.output_cost_per_request, 0.003);
    near(told.cost_per_request, 0.008);
    near(told.daily_cost, 0.08);
    assert.deepEqual(
      [told.cache_read_input_tokens, told.cache_creation_input_tokens, told.reasoning_tokens],
      [600, 200, 50],
    );
  });

  it('is refused for parts that are more than the whole', async () => {
    for (const [parts, param] of [
      [{ cache_read_input_tokens: 1_001 }, 'cache_read_input_tokens'],
      [{ cache_read_input_tokens: 600, cache_creation_input_tokens: 401 }, 'cache_creation_input_tokens'],
      [{ reasoning_tokens: 101 }, 'reasoning_tokens'],
      [{ cache_read_input_tokens: -1 }, 'cache_read_input_tokens'],
    ] as const) {
      const { status, body } = await proxy.ask('POST', '/cost/estimate', { ...usual, ...parts });
      assert.deepEqual([status, (body.error as { param?: string }).param], [422, param]);
    }
  });

  it('names fields that say nothing', async () => {
    const { status, headers } = await proxy.ask('POST', '/cost/estimate', { ...usual, colour: 'blue' });
    assert.deepEqual([status, headers.get('x-sluice-ignored-fields')], [200, 'colour']);
  });

  it('is that of an answer with all its parts, also without `model` beside it', async () => {
    const usage = {
      prompt_tokens: 1_000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 600 },
      cache_creation_input_tokens: 200,
      completion_tokens_details: { reasoning_tokens: 50 },
    };
    near((await proxy.ok('POST', '/spend/calculate', { completion_response: { model: 'priced', usage } })).cost, 0.008);
    const plain = { ...usage, prompt_tokens_details: null, completion_tokens_details: null };
    const named = { model: 'priced', completion_response: { usage: { ...plain, cache_creation_input_tokens: null } } };
    near((await proxy.ok('POST', '/spend/calculate', named)).cost, 0.014);
  });
});
