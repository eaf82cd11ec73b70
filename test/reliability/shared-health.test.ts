/** `use_shared_health_check`: of instances over one Redis, one checks a deployment for all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startTestRedis } from '../support/redis.ts';
import { deployment } from './world.ts';

const INTERVAL_SECONDS = 2;
const ROUNDS_MS = 6_500;

const configOf = (redisUrl: string, isShared: boolean): string =>
  JSON.stringify({
    model_list: [deployment('chat', 'west'), deployment('chat', 'east')],
    router_settings: { num_retries: 0, redis_url: redisUrl },
    general_settings: {
      master_key: 'os.environ/TEST_MASTER_KEY',
      background_health_checks: true,
      health_check_interval: INTERVAL_SECONDS,
      use_shared_health_check: isShared,
    },
  });

interface Health {
  readonly healthy_endpoints: readonly { readonly model_id: string }[];
  readonly unhealthy_endpoints: readonly { readonly model_id: string; readonly error?: string }[];
}

const healthOf = async (gateway: TestGateway): Promise<Health> =>
  (await (await gateway.get('/health')).json()) as Health;

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`never saw ${what}`);
    await wait(50);
  }
}

const sickAt = async (gateway: TestGateway): Promise<readonly string[]> =>
  (await healthOf(gateway)).unhealthy_endpoints.map(({ model_id: id }) => id);

test('with use_shared_health_check two instances make the checks of one, and both know what was found', async () => {
  const checks: Record<string, number> = {};
  for (const isShared of [false, true]) {
    const redis = await startTestRedis();
    const config = configOf(redis.url, isShared);
    const one = await startTestGateway({ config });
    const two = await startTestGateway({ config, env: { SIMULATOR_URL: one.simulator.url } });
    try {
      const known = async (gateway: TestGateway) => (await healthOf(gateway)).healthy_endpoints.length === 2;
      await until(async () => (await known(one)) && (await known(two)), 'both deployments healthy at both');
      const before = one.simulator.requests.length;
      await wait(ROUNDS_MS);
      checks[String(isShared)] = one.simulator.requests.length - before;
      if (!isShared) continue;
      const status = (await (await two.get('/health/shared-status')).json()) as { status: Record<string, unknown> };
      assert.equal(status.status.redis_available, true);
      assert.equal(status.status.cache_available, true);

      one.simulator.script({ match: { deployment: 'west' }, fault: '500' });
      await until(async () => (await sickAt(one)).includes('west'), 'the sick deployment at the first');
      await until(async () => (await sickAt(two)).includes('west'), 'the sick deployment at the second');

      // Without the Redis each checks for itself, and what is well again is seen by both.
      await redis.close();
      one.simulator.reset();
      await until(async () => (await sickAt(one)).length === 0, 'health at the first, alone');
      await until(async () => (await sickAt(two)).length === 0, 'health at the second, alone');
    } finally {
      await Promise.all([one.close(), two.close()]);
      if (!isShared) await redis.close();
    }
  }
  // Two deployments, each checked about every two seconds by each instance, or by one of them.
  const { false: alone = 0, true: shared = 0 } = checks;
  assert.ok(alone >= 9, `${alone} checks by instances that share none`);
  assert.ok(
    shared >= 4 && shared <= 9 && shared <= alone * 0.75,
    `${shared} checks by instances that share them, ${alone} without`,
  );
});

test('/health/shared-status says when nothing is shared', async () => {
  const gateway = await startTestGateway();
  try {
    const answer = await (await gateway.get('/health/shared-status')).json();
    assert.deepEqual(answer, {
      shared_health_check_enabled: false,
      message: 'Shared health check is not enabled',
    });
  } finally {
    await gateway.close();
  }
});
