/** Refusals of budgets say what is true, and a request reserves nothing for what its key may not use. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask, manage, messageOf, priced, startMoneyGateway } from './tenants.ts';

const DEAR = { input_cost_per_token: 0.003, output_cost_per_token: 0.015 };

describe('what a budget refuses', { timeout: 60_000 }, () => {
  for (const mode of ['strict', 'learned']) {
    test(`a fallback that the key may not use raises no hold (${mode})`, async (context) => {
      const gateway = await startMoneyGateway({
        model_list: [priced('m', 20), priced('dear', 20, DEAR)],
        router_settings: { fallbacks: [{ m: ['dear'] }] },
        budget_settings: { mode },
        user_api_key_list: [
          { api_key: 'cheap-only', models: ['m'], max_budget: 0.01 },
          { api_key: 'both', models: ['m', 'dear'], max_budget: 0.01 },
        ],
      });
      context.after(() => gateway.close());
      const cheap = await ask(gateway, 'cheap-only', { max_tokens: 20 });
      assert.equal(cheap.status, 200, cheap.text);
      // One that the request itself names is refused by its name, and not by what it would cost.
      const named = await ask(gateway, 'cheap-only', { max_tokens: 20, fallbacks: ['dear'] });
      assert.equal(named.status, 403, named.text);
      assert.match(messageOf(named), /Tried to access dear/);
      assert.equal((await ask(gateway, 'both', { max_tokens: 20 })).status, 422);
    });
  }

  test('a budget is called exceeded only if it is used up, and too small if the request is too large', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 20)],
      budget_settings: { mode: 'strict' },
    });
    context.after(() => gateway.close());
    const { key } = await manage(gateway, '/key/generate', { max_budget: 0.000_05 });
    const tooLarge = await ask(gateway, String(key), {
      max_tokens: 20,
      messages: [{ role: 'user', content: 'a b '.repeat(99) }],
    });
    assert.equal(tooLarge.status, 422);
    assert.match(messageOf(tooLarge), /^Budget is too small for this request! .*What is left is less/);
    assert.doesNotMatch(tooLarge.text, /exhausted|has been exceeded/i);
    assert.equal((tooLarge.json.error as { type: string }).type, 'budget_exceeded');
    const { key: empty } = await manage(gateway, '/key/generate', { max_budget: 0 });
    const usedUp = await ask(gateway, String(empty), { max_tokens: 20 });
    assert.match(messageOf(usedUp), /^Budget has been exceeded!/);
  });

  test('a budget whose rest is held by requests under way is called reserved', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 20, { model: 'openai/sim-tokens-20+fault-headers-after-15' })],
      budget_settings: { mode: 'strict' },
    });
    context.after(() => gateway.close());
    const { key } = await manage(gateway, '/key/generate', { max_budget: 0.000_6 });
    const first = ask(gateway, String(key), { max_tokens: 30 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = await ask(gateway, String(key), { max_tokens: 30 });
    assert.equal(second.status, 429, second.text);
    assert.match(messageOf(second), /^Budget is reserved!/);
    assert.doesNotMatch(second.text, /exhausted|has been exceeded|too small/i);
    await first;
  });
});
