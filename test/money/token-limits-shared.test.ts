/** The tokens of a day over instances that share a Redis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestRedis } from '../support/redis.ts';
import { ask, eventually, messageOf, priced, startMoneyGateway } from './tenants.ts';

test('tpd_limit holds over all instances together, and a dead Redis makes it neither longer nor stuck', {
  timeout: 90_000,
}, async (context) => {
  const redis = await startTestRedis();
  context.after(() => redis.close());
  const start = () =>
    startMoneyGateway({
      model_list: [priced('m', 100)],
      router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
      user_api_key_list: [{ api_key: 'a-day', tpd_limit: 1_500 }],
    });
  const gateways = [await start(), await start()] as const;
  for (const gateway of gateways) context.after(() => gateway.close());
  const once = (index: number) => ask(gateways[index % 2 === 0 ? 0 : 1], 'a-day', { max_tokens: 100 });
  const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => once(index)));
  let used = 0;
  for (const { status, json } of answers) {
    if (status === 200) used += Number((json.usage as { total_tokens: number }).total_tokens);
    else assert.equal(status, 429);
  }
  assert.ok(used <= 1_500 && used > 700, `${used} tokens`);
  // What was claimed and not used is free again: the rest of the day is served to the last request that fits.
  let refused = await once(0);
  for (let number = 1; refused.status === 200; number += 1) refused = await once(number);
  assert.match(messageOf(refused), /tokens_per_day\. Current limit: 1500, Remaining: \d{1,2}\./);

  await redis.kill();
  await eventually(async () => [200, 429, 503].includes((await once(0)).status), 'an answer while Redis is dead');
  await redis.start();
  await eventually(async () => (await once(1)).status === 429, 'an emptied Redis learns from the ledger what was used');
  assert.ok((await once(0)).status !== 500);
});
