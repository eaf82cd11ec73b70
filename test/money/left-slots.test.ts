/** A client that leaves frees the slot of its request at once, before the tokens that it used are counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, eventually, manage, priced, startMoneyGateway } from './tenants.ts';

const SLOTS = 10;
const PROMPT = 'Tell me of rivers, lakes and seas. '.repeat(50);

test('streams that are left before their first byte free their slots before they are counted, on a cold start too', async (context) => {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 5), priced('late', 5, { model: 'openai/sim-tokens-5+fault-first-token-after-30' })],
    user_api_key_list: [{ api_key: 'k', max_parallel_requests: SLOTS, max_budget: 10 }],
  });
  context.after(() => gateway.close());
  const leaving = new AbortController();
  const left = Array.from({ length: SLOTS }, () =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'late', stream: true, messages: [{ role: 'user', content: PROMPT }] }),
    }).catch(() => undefined),
  );
  await eventually(() => gateway.simulator.requests.length === SLOTS, 'the provider has all of them');
  assert.equal((await ask(gateway, 'k')).status, 429);
  leaving.abort();
  await Promise.all(left);
  await eventually(async () => (await ask(gateway, 'k')).status === 200, 'a slot is free');
  const counted = (await gateway.logLines()).filter((line) => line.includes('"client-gone"'));
  assert.ok(counted.length < SLOTS, 'the slot was free before the books of those that left were closed');

  await eventually(
    async () => Number((await manage(gateway, '/global/spend')).spend) > SLOTS * 300 * 0.000_003,
    'each is booked',
  );
});
