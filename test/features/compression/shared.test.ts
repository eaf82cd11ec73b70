/** What was decided about turns, in a Redis that two gateways share; and stores that fail. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { KeptTurns } from '../../../src/features/compression/kept-turns.ts';
import { makeSeal } from '../../../src/gateway/make-seal.ts';
import { moneyConfig } from '../../money/tenants.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startTestRedis } from '../../support/redis.ts';
import { deployment } from '../prompt-cache/fixtures.ts';

const PLACES = 'harbour museum library station castle bridge theatre market garden tower mill school church inn'.split(
  ' ',
);
const DOCUMENTS = Array.from(
  { length: 40 },
  (_, at) =>
    `House ${at} is the ${PLACES[at % PLACES.length]} of old. It was built in ${1850 + at} by Mason${at} & Sons, whose secret was never told.`,
).join('\n\n');
const user = (content: string): JsonObject => ({ role: 'user', content });

async function start(t: TestContext, port: number, simulator?: TestGateway['simulator']): Promise<TestGateway> {
  const gateway = await startTestGateway({
    config: moneyConfig({
      model_list: [deployment('m', 'openai/gpt-4o')],
      litellm_settings: { compress: 0.3 },
      router_settings: { redis_host: '127.0.0.1', redis_port: port },
      budget_settings: { allow_evicting_redis: true },
    }),
    ...(simulator !== undefined && { sharedSimulator: simulator }),
  });
  t.after(() => gateway.close());
  return gateway;
}

test('instances that share a Redis send turns as the others sent them, and show their originals; its keys and values show nothing', async (t) => {
  const redis = await startTestRedis();
  t.after(() => redis.close());
  const one = await start(t, redis.port);
  const other = await start(t, redis.port, one.simulator);
  const ask = (gateway: TestGateway, messages: readonly JsonObject[]) =>
    gateway.post(
      '/v1/chat/completions',
      { model: 'm', messages: [...messages] },
      { authorization: `Bearer ${gateway.masterKey}` },
    );
  const messages = [user(DOCUMENTS), user('Who built the castle?')];
  const response = await ask(one, messages);
  assert.equal(response.status, 200);
  await wait(100);
  const next = [...messages, { role: 'assistant', content: 'Mason4.' }, user('And in which year the mill?')];
  assert.equal((await ask(other, next)).status, 200);
  const [first, second] = one.simulator.requests.map(
    ({ body }) => (body as unknown as { messages: readonly JsonObject[] }).messages,
  );
  assert.ok(String(first?.[0]?.content).length < DOCUMENTS.length / 2);
  assert.deepEqual(second?.slice(0, 2), first);
  const handle = response.headers.get('x-sluice-compression-handles') ?? '';
  const shown = (await (await other.get(`/compression/${handle}`)).json()) as { texts: readonly string[] };
  assert.deepEqual(shown.texts, [DOCUMENTS]);
  const keys = (await redis.command('KEYS', '*')).split('\n').filter((key) => key.includes('compression'));
  assert.ok(keys.length > 0);
  for (const key of keys) assert.ok(!/secret|castle/.test(key + (await redis.command('DUMP', key))));
});

test('a store that does not answer keeps nothing, and harms no request', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('down');
  };
  let failures = 0;
  const store = { find: failing, keep: failing } as unknown as ConstructorParameters<typeof KeptTurns>[0];
  const kept = new KeptTurns(store, makeSeal({}, 'sk-a-master-key-for-tests'), () => {
    failures += 1;
  });
  const found = await kept.find('team:a', new Map([[0, 'a'.repeat(40)]]));
  assert.deepEqual([found.decisions.size, found.life], [0, undefined]);
  kept.keep('team:a', '0', [{ handle: 'a'.repeat(40), decision: { texts: ['x'], removedTokens: 1 }, original: ['y'] }]);
  await wait(10);
  assert.equal(failures, 2);
});
