/** With a Redis that all share, LiteLLM's database is imported while gateways serve: they hear of its keys, and of what was spent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { simulatorFor } from '../cli/simulated-config.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestRedis } from '../support/redis.ts';
import { hashOf, makeLitellmDatabase, skipWithoutSchema } from './litellm-database.ts';
import { ask, machineIn, postgresOfFile, runOn, serving } from './moved-world.ts';

const KEY = 'sk-moved-0123456789abcdef';
const SPENT = 'sk-spent-0123456789abcdef';

const postgres = postgresOfFile(skipWithoutSchema);

describe('Gateways that serve while LiteLLM is imported', { skip: skipWithoutSchema, timeout: 300_000 }, () => {
  it('take its keys at once, and refuse budgets that are spent there', async (context) => {
    const folder = temporaryFolder(context);
    const redis = await startTestRedis();
    context.after(() => redis.close());
    const simulatorUrl = await simulatorFor(context);
    const litellm = await makeLitellmDatabase(await postgres.makeDatabase());
    context.after(() => litellm.close());
    await litellm.insert('VerificationToken', { token: hashOf(KEY), key_name: 'sk-...cdef', models: [] });
    await litellm.insert('VerificationToken', {
      token: hashOf(SPENT),
      key_name: 'sk-...cdef',
      models: [],
      max_budget: 3,
      spend: 1,
    });
    const machine = machineIn(folder, 'fresh', {
      simulatorUrl,
      databaseUrl: await postgres.makeDatabase(),
      further: { router_settings: { redis_url: redis.url } },
    });
    const twin = { ...machine, env: { ...machine.env, SLUICE_DATA_DIR: 'data-of-the-twin' } };
    const move = async (): Promise<string> => {
      const from = ['import', 'litellm', '--database-url', litellm.url, '--apply'];
      const { code, stdout, stderr } = await runOn(context, machine, ...from);
      assert.equal(code, 0, stderr + stdout);
      return stdout;
    };
    const statusSoon = async (url: string, key: string, wanted: number): Promise<void> => {
      for (const endsAt = performance.now() + 10_000; ; await wait(50)) {
        const { status } = await ask(url, key, 'gpt-4o');
        if (status === wanted) return;
        assert.ok(performance.now() < endsAt, `${status}, not ${wanted}`);
      }
    };
    await serving(context, machine, (one) =>
      serving(context, twin, async (other) => {
        const urls = [one, other];
        // Both remember that there is no such key.
        for (const url of urls) assert.equal((await ask(url, KEY, 'gpt-4o')).status, 401);
        await move();
        for (const url of urls) {
          await statusSoon(url, KEY, 200);
          await statusSoon(url, SPENT, 200);
        }
        await litellm.run('update "LiteLLM_VerificationToken" set spend = 3 where token = $1', [hashOf(SPENT)]);
        assert.match(await move(), /spent 2 USD/);
        for (const url of urls) await statusSoon(url, SPENT, 422);
      }),
    );
  });
});
