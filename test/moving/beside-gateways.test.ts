/** With a Redis that all share, LiteLLM's database is imported while gateways serve: they hear of every object, and of what was spent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { simulatorFor } from '../cli/simulated-config.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestRedis } from '../support/redis.ts';
import { encryptGcm, hashOf, makeLitellmDatabase, skipWithoutSchema } from './litellm-database.ts';
import { ask, machineIn, manage, postgresOfFile, runOn, serving } from './moved-world.ts';

const KEY = 'sk-moved-0123456789abcdef';
const SPENT = 'sk-spent-0123456789abcdef';
const BY = { created_by: 'a', updated_by: 'a' };
const SALT = 'sk-salt';

const postgres = postgresOfFile(skipWithoutSchema);

describe('Gateways that serve while LiteLLM is imported', { skip: skipWithoutSchema, timeout: 300_000 }, () => {
  it('take its keys, models and credentials at once, and refuse budgets that are spent there', async (context) => {
    const folder = temporaryFolder(context);
    const redis = await startTestRedis();
    context.after(() => redis.close());
    const simulatorUrl = await simulatorFor(context);
    const litellm = await makeLitellmDatabase(await postgres.makeDatabase());
    context.after(() => litellm.close());
    const sealed = (text: string): string => encryptGcm(text, SALT);
    await litellm.insert('VerificationToken', { token: hashOf(KEY), key_name: 'sk-...cdef', models: [] });
    await litellm.insert('VerificationToken', {
      token: hashOf(SPENT),
      key_name: 'sk-...cdef',
      models: [],
      max_budget: 3,
      spend: 1,
    });
    await litellm.insert('CredentialsTable', {
      credential_id: 'c',
      credential_name: 'east',
      credential_values: { api_key: sealed('stored'), api_base: sealed(simulatorUrl) },
      ...BY,
    });
    await litellm.insert('ProxyModelTable', {
      model_id: 'm',
      model_name: 'moved-model',
      litellm_params: { model: sealed('openai/gpt-4o'), litellm_credential_name: sealed('east') },
      model_info: {},
      ...BY,
    });
    const machine = machineIn(folder, 'fresh', {
      simulatorUrl,
      databaseUrl: await postgres.makeDatabase(),
      further: { router_settings: { redis_url: redis.url } },
    });
    const twin = { ...machine, env: { ...machine.env, SLUICE_DATA_DIR: 'data-of-the-twin' } };
    const move = async (): Promise<string> => {
      const from = ['import', 'litellm', '--database-url', litellm.url, '--salt-key', SALT, '--apply'];
      const { code, stdout, stderr } = await runOn(context, machine, ...from);
      assert.equal(code, 0, stderr + stdout);
      return stdout;
    };
    const statusSoon = async (url: string, key: string, model: string, wanted: number): Promise<void> => {
      for (const endsAt = performance.now() + 10_000; ; await wait(50)) {
        const { status } = await ask(url, key, model);
        if (status === wanted) return;
        assert.ok(performance.now() < endsAt, `${model} answers ${status}, not ${wanted}`);
      }
    };
    await serving(context, machine, (one) =>
      serving(context, twin, async (other) => {
        const urls = [one, other];
        // Both remember that there is no such key.
        for (const url of urls) assert.equal((await ask(url, KEY, 'gpt-4o')).status, 401);
        await move();
        for (const url of urls) {
          await statusSoon(url, KEY, 'gpt-4o', 200);
          await statusSoon(url, KEY, 'moved-model', 200);
          await statusSoon(url, SPENT, 'gpt-4o', 200);
          const { credentials } = (await manage(url, '/credentials')) as { credentials: { credential_name: string }[] };
          assert.deepEqual(
            credentials.map(({ credential_name }) => credential_name),
            ['east'],
          );
        }
        await litellm.run('update "LiteLLM_VerificationToken" set spend = 3 where token = $1', [hashOf(SPENT)]);
        assert.match(await move(), /spent 2 USD/);
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 422);

        const undo = async (): Promise<string> => {
          const { code, stdout, stderr } = await runOn(context, machine, 'import', 'litellm', '--undo');
          assert.equal(code, 0, stderr + stdout);
          return stdout;
        };
        await undo();
        // The second run brought 2 of its 3 USD; without them there is room again.
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 200);
        assert.match(await move(), /spent 2 USD/);
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 422);
        await undo();
        await undo();
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 401);
        // What was counted until it was undone does not count twice, nor is it forgotten.
        await litellm.run('update "LiteLLM_VerificationToken" set spend = 1 where token = $1', [hashOf(SPENT)]);
        await move();
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 200);
        await undo();
        await litellm.run('update "LiteLLM_VerificationToken" set spend = 3 where token = $1', [hashOf(SPENT)]);
        await move();
        for (const url of urls) await statusSoon(url, SPENT, 'gpt-4o', 422);
      }),
    );
  });
});
