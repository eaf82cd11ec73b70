/** Prompts with many tokens to a byte, all at once against a small budget in `learned` mode. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { race } from './race.ts';
import { PRICES, startMoneyGateway } from './tenants.ts';

const REQUESTS = 300;
const BUDGET_FOR = 40;
const BYTES = 3_000;
const MOST_OVERSHOOT = 1.001;
const ANSWER_MS = 300;

const filled = (make: () => string): string => {
  let text = '';
  while (Buffer.byteLength(text) < BYTES) text += make();
  return text;
};
const digit = (): string => String(Math.floor(Math.random() * 10));
const PROMPTS: Readonly<Record<string, string>> = {
  'digits with spaces': filled(() => `${digit()} `),
  base64: randomBytes((BYTES * 3) / 4).toString('base64'),
  pictures: filled(() => String.fromCodePoint(0x1f900 + Math.floor(Math.random() * 400))),
  'a rare script': filled(() => String.fromCodePoint(0x13a0 + Math.floor(Math.random() * 80))),
  'prose and then base64': 'Tell me of rivers. '.repeat(80) + randomBytes(1_200).toString('base64'),
};

for (const [what, text] of Object.entries(PROMPTS)) {
  test(`prompts of ${what}, at once, run past no budget`, { timeout: 120_000 }, async (context) => {
    const tokens = countTokens(text);
    const perRequest = tokens * PRICES.input_cost_per_token + PRICES.output_cost_per_token;
    const budget = Number((perRequest * BUDGET_FOR).toFixed(6));
    let answered = 0;
    const provider = createServer((question, answer) => {
      question.resume().on('end', async () => {
        answered += 1;
        await wait(ANSWER_MS);
        const usage = { prompt_tokens: tokens, completion_tokens: 1, total_tokens: tokens + 1 };
        const choices = [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'length' }];
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
      });
    });
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    const api_base = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`;
    const gateway = await startMoneyGateway({
      model_list: [
        { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_base, api_key: 'provider', ...PRICES } },
      ],
      user_api_key_list: [{ api_key: 'racer', key_alias: 'racer', max_budget: budget }],
      budget_settings: { mode: 'learned' },
      general_settings: { max_event_loop_lag: 0, max_share_of_one_key: 1 },
    });
    context.after(async () => {
      await gateway.close();
      provider.closeAllConnections();
      provider.close();
    });
    const body = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: text }] };
    const asked = Array.from({ length: REQUESTS }, () => ({ urls: [gateway.url], key: 'racer', requests: 1, body }));
    const results = await Promise.all(asked.map(race));
    assert.deepEqual(results.flatMap(({ odd }) => odd).slice(0, 3), []);
    const billed = answered * perRequest;
    context.diagnostic(`${answered} answered, ${((billed / budget) * 100).toFixed(2)} % of the budget`);
    assert.ok(billed <= budget * MOST_OVERSHOOT, `${billed} of ${budget} USD`);
    // What is held too much is given back: a budget is used up nevertheless.
    assert.ok(billed >= budget * 0.5, `${billed} of ${budget} USD`);
  });
}
