import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { TestGateway } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { startReceiver } from './receiver.ts';
import { ask, eventually, startMoneyGateway } from './tenants.ts';

const WITHIN = { timeout: 90_000 };

test(
  'gateways that share a Redis and a Postgres see what the others spent, and tell of it once together',
  WITHIN,
  async () => {
    const [redis, postgres, receiver] = await Promise.all([startTestRedis(), startTestPostgres(), startReceiver()]);
    const gateways: TestGateway[] = [];
    try {
      const config = {
        budget_settings: { alert_webhooks: [receiver.url] },
        general_settings: { budget_alert_threshold: 0.5, database_url: await postgres.makeDatabase() },
        router_settings: { redis_host: '127.0.0.1', redis_port: redis.port },
        user_api_key_list: [{ api_key: 'sk-cluster', max_budget: 0.02, budget_duration: '30d' }],
      };
      for (let count = 0; count < 3; count++) gateways.push(await startMoneyGateway(config));
      let asked = 0;
      // None of them alone spends half of it.
      while (receiver.events('threshold_crossed').length === 0 && asked < 12) {
        const gateway = gateways[asked % gateways.length];
        assert.ok(gateway !== undefined);
        assert.equal((await ask(gateway, 'sk-cluster', { max_tokens: 100 })).status, 200);
        asked += 1;
        await wait(60);
      }
      const [event] = receiver.events('threshold_crossed');
      assert.ok(event !== undefined, `not told after ${asked} requests`);
      assert.ok(Number(event.spend) >= 0.01 && Number(event.spend) < 0.014, `at ${event.spend}`);
      await Promise.all(gateways.map((gateway) => ask(gateway, 'sk-cluster', { max_tokens: 100 })));
      for (let count = 0; count < 12; count++) {
        await Promise.all(gateways.map((gateway) => ask(gateway, 'sk-cluster', { max_tokens: 100 })));
      }
      await eventually(() => receiver.events('budget_crossed').length > 0, 'its end is reported');
      await wait(300);
      assert.deepEqual(receiver.received.map(({ json }) => json.event).sort(), ['budget_crossed', 'threshold_crossed']);
    } finally {
      for (const gateway of gateways) await gateway.close();
      await Promise.all([receiver.close(), redis.close(), postgres.close()]);
    }
  },
);
