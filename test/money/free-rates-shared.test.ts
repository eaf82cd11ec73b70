/** Two instances that share a Redis serve the free requests of a key together, not each its whole number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestRedis } from '../support/redis.ts';
import { priced, startMoneyGateway } from './tenants.ts';

const LIMIT = 60;
const QUESTION = { model: 'm', messages: [{ role: 'user', content: 'hello world' }] };

test('free requests are counted over all instances, and by each alone while Redis is unavailable', {
  timeout: 60_000,
}, async (context) => {
  const redis = await startTestRedis();
  context.after(() => redis.close());
  const start = () =>
    startMoneyGateway({
      model_list: [priced('m', 5)],
      budget_settings: { free_requests_per_minute: LIMIT },
      router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
      user_api_key_list: [{ api_key: 'one' }, { api_key: 'two' }, { api_key: 'three' }],
    });
  const gateways = [await start(), await start()] as const;
  for (const gateway of gateways) context.after(() => gateway.close());

  const statuses = async (ask: (gateway: (typeof gateways)[number]) => Promise<Response>) => {
    const answers = await Promise.all(
      Array.from({ length: 2 * LIMIT }, async (_, index) => {
        const answer = await ask(gateways[index % 2 === 0 ? 0 : 1]);
        await answer.arrayBuffer();
        return answer;
      }),
    );
    for (const { status, headers } of answers) {
      if (status !== 429) continue;
      const waitS = Number(headers.get('retry-after'));
      assert.ok(waitS >= 1 && waitS <= 60, `${waitS} s`);
    }
    return answers.filter(({ status }) => status === 200).length;
  };
  const counts = (key: string) =>
    statuses((gateway) => gateway.post('/v1/messages/count_tokens', QUESTION, { authorization: `Bearer ${key}` }));
  const facts = (key: string) => statuses((gateway) => gateway.get('/v1/models', { authorization: `Bearer ${key}` }));

  assert.equal(await facts('one'), LIMIT);
  assert.equal(await counts('one'), LIMIT, 'each kind by itself');
  assert.equal(await facts('two'), LIMIT, 'each key by itself');
  assert.equal(await facts('one'), 0);

  await redis.kill();
  assert.equal(await facts('three'), 2 * LIMIT, 'each counts alone');
});
