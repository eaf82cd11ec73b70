/** Requests that are recorded by choice: masked, sealed, bounded, erased with their owner, and used by a replay. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ReplayReport } from '../../src/cli/replay/replay-report.ts';
import { runSluice, temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY, PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

const WORDS = 'canary words about anna@example.com and her password hunter2';

const configOf = (more: object = {}): object => ({
  model_list: [
    {
      model_name: 'fast',
      litellm_params: {
        model: 'openai/gpt-4o',
        api_base: 'os.environ/SIMULATOR_URL',
        api_key: 'os.environ/PROVIDER_KEY',
      },
    },
    {
      model_name: 'other',
      litellm_params: {
        model: 'openai/gpt-4o',
        api_base: 'os.environ/SIMULATOR_URL',
        api_key: 'os.environ/PROVIDER_KEY',
      },
    },
  ],
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
  ...more,
});

async function gatewayWith(context: TestContext, config: object): Promise<{ gateway: TestGateway; folder: string }> {
  const folder = temporaryFolder(context);
  const gateway = await startTestGateway({ config: JSON.stringify(config), dataFolder: join(folder, 'data') });
  context.after(() => gateway.close());
  return { gateway, folder };
}

const rowsIn = (folder: string): { call_id: string; key_hash: string; sealed: string; bytes: number }[] => {
  const database = new DatabaseSync(join(folder, 'data', 'sluice.db'), { readOnly: true });
  try {
    return database.prepare('select * from recordings order by started_at').all() as never;
  } finally {
    database.close();
  }
};

async function until<T>(look: () => T | undefined): Promise<T> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const found = look();
    if (found !== undefined) return found;
    assert.ok(Date.now() < deadline, 'it did not come in time');
    await wait(50);
  }
}

const chat = (gateway: TestGateway, model: string, key: string, content = WORDS): Promise<Response> =>
  gateway.post(
    '/v1/chat/completions',
    { model, messages: [{ role: 'user', content }] },
    { authorization: `Bearer ${key}` },
  );

async function makeKey(gateway: TestGateway, fields: object): Promise<{ key: string; token: string }> {
  return (await (await gateway.post('/key/generate', fields)).json()) as { key: string; token: string };
}

describe('Recording', { timeout: 300_000 }, () => {
  it('is off unless a scope is named, and then takes only what is in it', async (context) => {
    const { gateway, folder } = await gatewayWith(
      context,
      configOf({ record: { keys: ['chosen'], groups: ['other'] } }),
    );
    const chosen = await makeKey(gateway, { key_alias: 'chosen' });
    const plain = await makeKey(gateway, { key_alias: 'plain' });
    await (await chat(gateway, 'fast', plain.key)).arrayBuffer();
    await (await chat(gateway, 'fast', chosen.key)).arrayBuffer();
    await (await chat(gateway, 'other', plain.key)).arrayBuffer();
    const rows = await until(() => (rowsIn(folder).length >= 2 ? rowsIn(folder) : undefined));
    await wait(600);
    assert.equal(rowsIn(folder).length, 2);
    const text = JSON.stringify(rows);
    for (const word of ['canary', 'anna', 'hunter2', chosen.key, plain.key, PROVIDER_KEY])
      assert.ok(!text.includes(word), word);
    assert.match(rows[0]?.sealed ?? '', /^s2:/);
    const metrics = await (await gateway.get('/metrics')).text();
    assert.match(metrics, /^sluice_recordings_total 2$/m);
  });

  it('erases what a deleted key sent, also what was still on its way', async (context) => {
    const { gateway, folder } = await gatewayWith(context, configOf({ record: { groups: ['*'] } }));
    const [one, other] = [await makeKey(gateway, {}), await makeKey(gateway, {})];
    await (await chat(gateway, 'fast', one.key)).arrayBuffer();
    await (await chat(gateway, 'fast', other.key)).arrayBuffer();
    await until(() => (rowsIn(folder).length === 2 ? true : undefined));
    await (await chat(gateway, 'fast', one.key)).arrayBuffer();
    assert.equal((await gateway.post('/key/delete', { keys: [one.key] })).status, 200);
    await wait(1_000);
    assert.deepEqual(
      rowsIn(folder).map(({ key_hash }) => key_hash),
      [other.token],
    );
  });

  it('drops what is too large, and does not hold up the answer', async (context) => {
    const { gateway, folder } = await gatewayWith(context, configOf({ record: { groups: ['*'] } }));
    const { key } = await makeKey(gateway, {});
    assert.equal((await chat(gateway, 'fast', key, 'long '.repeat(60_000))).status, 200);
    await wait(800);
    assert.equal(rowsIn(folder).length, 0);
    assert.match(await (await gateway.get('/metrics')).text(), /^sluice_recordings_dropped_total 1$/m);
  });

  it('lets a replay find the hits that a cache of answers would have had', async (context) => {
    const { gateway, folder } = await gatewayWith(context, configOf({ record: { groups: ['*'] } }));
    const { key } = await makeKey(gateway, {});
    for (const content of ['one', 'two', 'one', 'one']) await (await chat(gateway, 'fast', key, content)).arrayBuffer();
    await until(() => (rowsIn(folder).length === 4 ? true : undefined));
    await wait(300);
    const replayed = async (config: object, masterKey = MASTER_KEY): Promise<ReplayReport> => {
      writeFileSync(join(folder, 'new.yaml'), JSON.stringify(config));
      const env = { SIMULATOR_URL: gateway.simulator.url, PROVIDER_KEY, TEST_MASTER_KEY: masterKey };
      const { code, stdout, stderr } = await runSluice(context, {
        cwd: folder,
        args: ['replay', '-c', 'new.yaml', '--from', '1d', '--json'],
        env: { ...env, SLUICE_DATA_DIR: join(folder, 'data') },
      });
      assert.equal(code, 0, stderr + stdout);
      return JSON.parse(stdout) as ReplayReport;
    };
    const cache = { litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 3_600 } } };
    const with_ = await replayed(configOf(cache));
    assert.equal(with_.recorded_bodies, 4);
    assert.deepEqual([with_.outcomes.cached, with_.outcomes.same], [2, 2]);
    assert.ok(Number(with_.saved_usd) > 0);
    const without = await replayed(configOf());
    assert.deepEqual([without.outcomes.cached, without.outcomes.same], [0, 4]);
    assert.equal(without.replayed.usd, without.recorded.usd);
    const wrong = await replayed(configOf(cache), 'sk-another-master-key-000000');
    assert.equal(wrong.recorded_bodies, 0);
    assert.ok(wrong.unknown.some((text) => /another master key/.test(text)));
  });
});
