/** Under a budget nothing is free because its price is unknown: clients cannot make a model unpriced, operators get a ceiling. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, messageOf, priced, rowsOf, startMoneyGateway } from './tenants.ts';

const DEPLOYMENT = { api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
const wildcard = (prefix: string, provider: string) => ({
  model_name: `${prefix}/*`,
  litellm_params: { model: `${provider}/*`, ...DEPLOYMENT },
});

for (const mode of ['learned', 'strict'] as const) {
  describe(`unpriced models under a budget, ${mode}`, () => {
    let gateway: TestGateway;
    before(async () => {
      gateway = await startMoneyGateway({
        budget_settings: { mode },
        user_api_key_list: [
          { api_key: 'budgeted', max_budget: 1_000 },
          { api_key: 'by-model', model_max_budget: { 'or/*': { budget_limit: 1_000, time_period: '1d' } } },
          { api_key: 'in-team', team_id: 'poor' },
          { api_key: 'free' },
        ],
        model_list: [
          priced('m', 100),
          wildcard('or', 'openrouter'),
          wildcard('oai', 'openai'),
          wildcard('gem', 'gemini'),
          wildcard('local', 'hosted_vllm'),
          { model_name: 'named', litellm_params: { model: 'hosted_vllm/sim-tokens-100', ...DEPLOYMENT } },
          { model_name: 'mixed/*', litellm_params: { model: 'openai/*', ...DEPLOYMENT } },
          { model_name: 'mixed/*', litellm_params: { model: 'openai/gpt-4o-mini', ...DEPLOYMENT } },
        ],
      });
    });
    after(() => gateway.close());

    test('a name that a client made up is refused, and the error says what to do', async () => {
      const before = gateway.simulator.requests.length;
      for (const model of [
        'or/anthropic/claude-sonnet-4:nitro',
        'or/anthropic/claude-sonnet-4:online',
        'or/anthropic/claude-3.7-sonnet:online',
        'or/openai/gpt-4o:exacto',
        'or/openrouter/auto',
        'or/@preset/mine',
        'oai/brand-new-model',
        'gem/tunedModels/x',
        'local/anything',
      ]) {
        const refused = await ask(gateway, 'budgeted', { model });
        assert.equal(refused.status, 400, `${model}: ${refused.text}`);
        assert.ok(messageOf(refused).includes(model), refused.text);
        assert.match(messageOf(refused), /no price is known[\s\S]*`model_list`[\s\S]*`input_cost_per_token`/);
      }
      assert.equal(gateway.simulator.requests.length, before, 'no provider was asked');
      assert.equal(
        (await ask(gateway, 'by-model', { model: 'or/x/y' })).status,
        400,
        'a budget for one model counts too',
      );
    });

    test('a client of another format gets the error in its own words', async () => {
      const response = await gateway.post(
        '/v1/messages',
        { model: 'oai/brand-new-model', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
        { 'x-api-key': 'budgeted' },
      );
      assert.equal(response.status, 400);
      const { type, error } = (await response.json()) as { type: string; error: { type: string } };
      assert.deepEqual([type, error.type], ['error', 'invalid_request_error']);
    });

    test('names with a price, and variants that cost the same, are served', async () => {
      for (const model of ['or/anthropic/claude-sonnet-4', 'or/openai/gpt-4o:floor', 'oai/gpt-4o', 'mixed/brand-new']) {
        const seen = await ask(gateway, 'budgeted', { model, max_tokens: 100 });
        assert.equal(seen.status, 200, `${model}: ${seen.text}`);
      }
    });

    test('without a budget such names are served as before', async () => {
      for (const model of ['or/anthropic/claude-sonnet-4:nitro', 'oai/brand-new-model', 'local/anything']) {
        assert.equal((await ask(gateway, 'free', { model })).status, 200, model);
      }
    });

    test('what the operator named is held and booked at the ceiling, and its row says so', async () => {
      const seen = await ask(gateway, 'budgeted', { model: 'named', max_tokens: 100 });
      assert.equal(seen.status, 200, seen.text);
      const [row] = await rowsOf(gateway, callIdOf(seen));
      const { prompt_tokens: input, completion_tokens: output } = row as Record<string, number>;
      assert.equal(Number(row?.spend), ((input ?? 0) * 15 + (output ?? 0) * 75) / 1_000_000);
      assert.match(JSON.stringify(row), /unpriced_ceiling/);
      const line = await gateway.requestLine(callIdOf(seen));
      assert.equal(line.unpriced, true);
      const unbudgeted = await ask(gateway, 'free', { model: 'named', max_tokens: 100 });
      const [other] = await rowsOf(gateway, callIdOf(unbudgeted));
      assert.equal(Number(other?.spend ?? 0), 0, 'without a budget it stays unpriced');
    });
  });
}

test('the ceiling is a setting, and a claim holds by it', async () => {
  const gateway = await startMoneyGateway({
    budget_settings: { mode: 'strict', unpriced_ceiling: { input_cost_per_token: 0.001, output_cost_per_token: 0.1 } },
    user_api_key_list: [{ api_key: 'poor', max_budget: 0.5 }],
    model_list: [{ model_name: 'named', litellm_params: { model: 'hosted_vllm/sim-tokens-100', ...DEPLOYMENT } }],
  });
  try {
    const refused = await ask(gateway, 'poor', { model: 'named', max_tokens: 100 });
    assert.equal(refused.status, 422, refused.text);
    assert.match(messageOf(refused), /Budget is too small for this request/);
  } finally {
    await gateway.close();
  }
});
