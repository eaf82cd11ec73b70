/** Settings of the operator about money that hold for all requests, through the front door. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { loadText } from '../config/load-text.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, messageOf, priced, rowsOf, startMoneyGateway } from './tenants.ts';

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

/** What an answer of a model with 100 tokens cost, by the header and by the ledger, and what it would have cost. */
async function costOf(gateway: TestGateway, more: JsonObject) {
  const answer = await ask(gateway, 'a', more);
  assert.equal(answer.status, 200, answer.text);
  const { usage } = answer.json as { usage: { prompt_tokens: number; completion_tokens: number } };
  const header = (name: string) => Number(answer.headers.get(`x-litellm-response-cost${name}`));
  const [row] = await rowsOf(gateway, callIdOf(answer));
  assert.ok(Math.abs(Number(row?.spend) - header('')) < 1e-12);
  return { usage, cost: header(''), original: header('-original') };
}

/** How many tokens a small budget allows an answer to have. */
async function writtenWithin(gateway: TestGateway): Promise<number> {
  const { status, json } = await ask(gateway, 'small', { model: 'm', max_tokens: 100 });
  assert.equal(status, 200);
  return (json as { usage: { completion_tokens: number } }).usage.completion_tokens;
}

const near = (one: number, other: number): void =>
  assert.ok(Math.abs(one - other) < 1e-11, `${one} is not about ${other}`);

test('cost_discount_config and cost_margin_config change what answers cost, and what budgets reserve', async () => {
  const other = { model_name: 'o', litellm_params: { ...(priced('o', 100).litellm_params as JsonObject) } };
  const params = { ...other.litellm_params, model: 'mistral/sim-tokens-100' };
  const settings = {
    model_list: [priced('m', 100), { ...other, litellm_params: params }],
    user_api_key_list: [{ api_key: 'a' }, { api_key: 'small', max_budget: 0.0016 }],
    budget_settings: { mode: 'strict' },
    litellm_settings: {
      cost_discount_config: { openai: 0.5 },
      cost_margin_config: { openai: { percentage: 0.1, fixed_amount: 0.001 }, global: 0.2 },
    },
  };
  await withMoney(settings, async (gateway) => {
    for (const [model, times, fixed] of [
      ['m', 0.55, 0.001],
      ['o', 1.2, 0],
    ] as const) {
      const { usage, cost, original } = await costOf(gateway, { model });
      const plain = usage.prompt_tokens * 0.000003 + usage.completion_tokens * 0.000015;
      near(original, plain);
      near(cost, plain * times + fixed);
    }
    // 100 tokens cost 0.0015 before, and 0.00183 with the margin: the answer has to be shorter.
    assert.ok((await writtenWithin(gateway)) < 80);
  });
  await withMoney({ ...settings, litellm_settings: {} }, async (gateway) => {
    assert.ok((await writtenWithin(gateway)) > 90);
  });
  for (const wrong of ['cost_discount_config: { openai: 1.5 }', 'cost_margin_config: { openai: { percent: 1 } }']) {
    assert.ok(loadText(`litellm_settings: { ${wrong} }`).findings.some(({ severity }) => severity === 'error'));
  }
});

test('model_cost_map_url names a file of prices that counts before the known ones and after model_info', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-prices-'));
  const file = join(folder, 'prices.json');
  const rows = {
    sample_spec: { litellm_provider: 'one of …', input_cost_per_token: 0 },
    'openai/sim-tokens-100': {
      ...{ litellm_provider: 'openai', mode: 'chat', max_output_tokens: 200 },
      ...{ input_cost_per_token: 1e-6, output_cost_per_token: 2e-6, output_cost_per_token_above_200k_tokens: 4e-6 },
    },
    'sim-tokens-50': { litellm_provider: 'anthropic', input_cost_per_token: 1, output_cost_per_token: 1 },
    'sim-tokens-60': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6 },
    'azure/dear': { input_cost_per_token: 7e-6, output_cost_per_token: 7e-6 },
    'sim-tokens-70': {
      ...{ litellm_provider: 'openai', input_cost_per_token: 4e-6, output_cost_per_token: 4e-6 },
      off_peak_pricing: {
        windows: [{ hours_utc: '00:00-00:00', weekdays: [1, 2, 3, 4, 5, 6, 7] }],
        ...{ input_cost_per_token: 3e-6, output_cost_per_token: 3e-6 },
      },
    },
  };
  writeFileSync(file, JSON.stringify(rows));
  const model = (name: string, tokens: number, info: JsonObject = {}) => ({
    model_name: name,
    litellm_params: { model: `openai/sim-tokens-${tokens}`, ...SIMULATED },
    model_info: info,
  });
  const settings = {
    model_list: [
      model('listed', 100),
      model('own', 100, { input_cost_per_token: 5e-6, output_cost_per_token: 5e-6 }),
      model('foreign', 50),
      model('half', 60),
      model('based', 80, { base_model: 'azure/dear' }),
      model('cheap-hours', 70),
    ],
    litellm_settings: { model_cost_map_url: file, block_requests_for_models_without_pricing: true },
  };
  try {
    await withMoney(settings, async (gateway) => {
      for (const [name, input, output] of [
        ['listed', 1e-6, 2e-6],
        ['own', 5e-6, 5e-6],
        ['based', 7e-6, 7e-6],
        ['cheap-hours', 3e-6, 3e-6],
      ] as const) {
        const { usage, cost } = await costOf(gateway, { model: name });
        near(cost, usage.prompt_tokens * input + usage.completion_tokens * output);
      }
      assert.ok((await (await gateway.get('/model/info')).text()).includes(`"${file} openai/sim-tokens-100"`));
      // A row of another provider, and one that leaves out what answers cost, are no prices.
      for (const name of ['foreign', 'half'])
        assert.equal((await ask(gateway, 'a', { model: name })).status, 400, name);
    });
    for (const text of ['[]', '{}', 'no JSON', '{"a": 1}']) {
      writeFileSync(file, text);
      const { findings } = loadText(JSON.stringify({ litellm_settings: { model_cost_map_url: file } }));
      assert.ok(findings.some(({ message }) => message.includes('is not a price file')));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
