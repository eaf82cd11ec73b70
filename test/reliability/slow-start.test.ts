/** What happens while a gateway still starts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { configOf, deployment } from './world.ts';

const WITHIN_MS = 3_000;
const BODY = { model: 'chat', messages: [{ role: 'user', content: 'Say: hello' }] };

async function isOpen(gateway: TestGateway): Promise<boolean> {
  return /^litellm_deployment_state\{.*\} 2$/m.test(await (await gateway.get('/metrics')).text());
}

async function opens(gateway: TestGateway): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isOpen(gateway))) {
    assert.ok(performance.now() < deadline, 'the breaker is open here as well');
    await wait(20);
  }
}

test('a breaker that another instance opened is known, without a false alarm, by one whose database is slow to answer', async (t) => {
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  t.after(() => Promise.all([redis.close(), postgres.close()]));
  const proxy = await startTcpProxy(postgres.port);
  t.after(() => proxy.close());
  const config = (databasePort: number): string => {
    const text = configOf({
      deployments: [deployment('chat', 'west')],
      router: { num_retries: 0, cooldown_time: 60, redis_url: redis.url },
    });
    const databaseUrl = postgres.url.replace(String(postgres.port), String(databasePort));
    const parsed = JSON.parse(text) as { readonly general_settings: object };
    return JSON.stringify({ ...parsed, general_settings: { ...parsed.general_settings, database_url: databaseUrl } });
  };

  const one = await startTestGateway({ config: config(postgres.port) });
  t.after(() => one.close());
  one.simulator.script({ match: { deployment: 'west' }, fault: '401' });
  await (await one.post('/v1/chat/completions', BODY)).arrayBuffer();
  await opens(one);

  proxy.delay(300);
  const two = await startTestGateway({ config: config(proxy.port), env: { SIMULATOR_URL: one.simulator.url } });
  t.after(() => two.close());
  await opens(two);
  const alarms = (await two.logLines()).filter((line) => line.includes('Redis'));
  assert.deepEqual(alarms, []);
});
