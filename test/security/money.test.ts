/** What a tenant may try against the budgets and limits that hold it: none of it may get through. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { manage, PRICES, priced, startMoneyGateway } from '../money/tenants.ts';
import type { TestGateway } from '../support/gateway.ts';

const TIMEOUT = { timeout: 60_000 };
/** USD. Pays for some 600 tokens of answer. */
const SMALL_BUDGET = 0.01;

/** Shapes of requests whose cost is far more than it looks: the name of each, its path and what is sent besides the model. */
const DISGUISED: readonly (readonly [name: string, path: string, body: JsonObject])[] = [
  ['many choices', '/v1/chat/completions', { n: 128, max_tokens: 1_000 }],
  ['more choices than most providers make', '/v1/chat/completions', { n: 5_000, max_tokens: 2 }],
  ['a number of choices in quotes', '/v1/chat/completions', { n: '128', max_tokens: 1_000 }],
  ['a small limit beside a large one', '/v1/chat/completions', { max_completion_tokens: 1, max_tokens: 500_000 }],
  ['a large limit beside a small one', '/v1/chat/completions', { max_completion_tokens: 500_000, max_tokens: 1 }],
  ['a large limit in quotes', '/v1/chat/completions', { max_completion_tokens: '500000', max_tokens: 1 }],
  ['a limit below nothing', '/v1/chat/completions', { max_tokens: -1 }],
  ['a limit of nothing', '/v1/chat/completions', { max_tokens: 0 }],
  ['a limit beside one below nothing', '/v1/chat/completions', { max_completion_tokens: -1, max_tokens: 1 }],
  ['a limit beyond every number', '/v1/chat/completions', { max_tokens: 1e308 }],
  ['many prompts at once', '/v1/completions', { prompt: Array.from({ length: 500 }, () => 'hi'), max_tokens: 20 }],
  ['many prompts as tokens', '/v1/completions', { prompt: Array.from({ length: 500 }, () => [1, 2]), max_tokens: 20 }],
  ['the best of many', '/v1/completions', { prompt: 'hi', best_of: 100, max_tokens: 1_000 }],
  ['the path of Azure', '/openai/deployments/long/chat/completions', { n: 100, max_tokens: 1_000 }],
  ['a path without its version', '/chat/completions', { n: 100, max_tokens: 1_000 }],
  ['Anthropic’s messages', '/v1/messages', { max_tokens: 500_000 }],
];

describe('a strict budget', TIMEOUT, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      model_list: [
        priced('long', 50_000, {}, { max_output_tokens: 1_000_000 }),
        priced('instruct', 50_000, {}, { max_output_tokens: 1_000_000, mode: 'completion' }),
      ],
      budget_settings: { mode: 'strict' },
    });
  });
  after(() => gateway.close());

  for (const [name, path, body] of DISGUISED) {
    test(`is not exceeded by ${name}`, async () => {
      const { key } = await manage(gateway, '/key/generate', { max_budget: SMALL_BUDGET });
      const before = gateway.simulator.requests.length;
      const messages = [{ role: 'user', content: 'Tell me of rivers.' }];
      const sent = {
        model: 'long',
        ...(path.endsWith('/completions') && 'prompt' in body ? {} : { messages }),
        ...body,
      };
      const answer = await gateway.post(path, sent, { authorization: `Bearer ${String(key)}` });
      const text = await answer.text();
      assert.ok(answer.status < 500, `${answer.status} ${text.slice(0, 300)}`);
      for (const { billed, body: upstream } of gateway.simulator.requests.slice(before)) {
        const { promptTokens = 0, completionTokens = 0 } = billed ?? {};
        const cost = promptTokens * PRICES.input_cost_per_token + completionTokens * PRICES.output_cost_per_token;
        assert.ok(cost <= SMALL_BUDGET, `${cost} USD were billed for ${JSON.stringify(upstream).slice(0, 200)}`);
        assert.ok(dearest(upstream as JsonObject) <= SMALL_BUDGET, JSON.stringify(upstream).slice(0, 300));
      }
    });
  }
});

/** The most a request may cost at a provider that takes every number in it at its word, in USD. */
function dearest(body: JsonObject): number {
  const limits = [body.max_tokens, body.max_completion_tokens].filter((limit) => limit !== undefined);
  const longest = Math.max(...limits.map((limit) => (Number(limit) > 0 ? Number(limit) : 1_000_000)));
  const prompts = Array.isArray(body.prompt) ? body.prompt.length : 1;
  const choices = Math.max(Number(body.n ?? 1), Number(body.best_of ?? 1)) * prompts;
  return longest * choices * PRICES.output_cost_per_token;
}
