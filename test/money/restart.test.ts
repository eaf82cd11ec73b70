/** A start on what a killed process left behind: it serves, or it says why not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY, PROVIDER_KEY } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { Instance, type Site, until, writeSite } from './instances.ts';

const CLOSED = 5_000;
/** More than a start delivers before it serves. `RESTART_LINES=100000` measures a large one. */
const MANY = Number(process.env.RESTART_LINES ?? 30_000);
const COST_USD = 0.000001;
/** On a machine that runs other tests beside this one. */
const STARTS_WITHIN_MS = 90_000;
const BOOKED_WITHIN_MS = 120_000;
const LEFT_BEHIND = join(import.meta.dirname, '..', 'support', 'left-behind.ts');

type Stores = 'SQLite' | 'Redis and Postgres';

/** A folder in which a killed process left its journal. */
async function siteLeftBehind(
  t: TestContext,
  { stores, lines, kind, config = {} }: { stores: Stores; lines: number; kind: string; config?: JsonObject },
): Promise<Site> {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { ...config, ...(stores === 'SQLite' ? {} : await sharedStores(t)) });
  const folder = join(site.folder, 'one', 'journal');
  const left = spawnSync(process.execPath, [LEFT_BEHIND, folder, String(lines), kind]);
  assert.equal(left.signal, 'SIGKILL', left.stderr.toString());
  return site;
}

async function sharedStores(t: TestContext): Promise<JsonObject> {
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  t.after(() => Promise.all([redis.close(), postgres.close()]));
  return { router_settings: { redis_url: redis.url }, general_settings: { database_url: postgres.url } };
}

async function serving(site: Site, name: string): Promise<Instance> {
  const instance = new Instance(site, name);
  await instance.process.until('a curl line', ({ stderr }) => /^ *(curl .*)\n/m.exec(stderr)?.[1], STARTS_WITHIN_MS);
  return instance.started();
}

function asked(instance: Instance): Promise<Response> {
  return fetch(`${instance.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

async function everyLineIsBookedOnce(instance: Instance, lines: number): Promise<void> {
  const wanted = (lines * COST_USD).toFixed(6);
  const isBooked = async () => (await instance.spend()).toFixed(6) === wanted;
  const isOver = () => instance.process.stdout.includes('Booked the requests that a killed process left');
  await until(isOver, 'every line is delivered', BOOKED_WITHIN_MS);
  assert.ok(await isBooked(), `${await instance.spend()} is booked, not ${wanted}`);
}

test('a gateway over Redis and Postgres starts again on 5,000 lines that a killed one left behind', async (t) => {
  const site = await siteLeftBehind(t, { stores: 'Redis and Postgres', lines: CLOSED, kind: 'settling' });
  cpSync(join(site.folder, 'one'), join(site.folder, 'other'), { recursive: true });

  const first = await serving(site, 'one');
  await everyLineIsBookedOnce(first, CLOSED);
  await first.kill();

  // The same start without what keeps it alive ends with words and a code, never with silence and 0.
  const preload = join(site.folder, 'unheld.mjs');
  const unheld = 'const real = setInterval; globalThis.setInterval = (...words) => real(...words).unref();';
  writeFileSync(preload, unheld);
  const process = new SluiceProcess(t, {
    cwd: site.folder,
    args: ['--host', '127.0.0.1', '--port', '0', '--config', join(site.folder, 'config.yaml')],
    env: {
      SIMULATOR_URL: site.simulatorUrl,
      PROVIDER_KEY,
      TEST_MASTER_KEY: MASTER_KEY,
      SLUICE_DATA_DIR: join(site.folder, 'other'),
      NODE_OPTIONS: `--import=${preload}`,
    },
  });
  const { code, stderr } = await process.ended;
  assert.equal(code, 1);
  assert.match(stderr, /The gateway ended before it was serving/);
});

for (const [stores, kind] of [
  ['SQLite', 'settled'],
  ['Redis and Postgres', 'settled'],
  ['Redis and Postgres', 'settling'],
] as const) {
  test(`over ${stores}, a start on ${MANY} ${kind} lines serves before they are booked, budgets know them, and a second kill loses and doubles nothing`, async (t) => {
    const spent = MANY * COST_USD;
    const config = { litellm_settings: { max_budget: spent / 2 } };
    const site = await siteLeftBehind(t, { stores, lines: MANY, kind, config });

    const beginsMs = performance.now();
    const first = await serving(site, 'one');
    const servesMs = Math.round(performance.now() - beginsMs);
    assert.doesNotMatch(first.process.stdout, /Booked the requests/, 'it serves before all of it is in the ledger');
    const refused = await asked(first);
    const refusal = await refused.text();
    assert.equal(refused.status, 422, refusal);
    assert.match(refusal, /Budget has been exceeded/);
    await first.kill();

    const second = await serving(site, 'one');
    assert.equal((await asked(second)).status, 422, 'a second start knows as much');
    await everyLineIsBookedOnce(second, MANY);
    t.diagnostic(
      `serves after ${servesMs} ms, all booked ${Math.round(performance.now() - beginsMs)} ms after the first start`,
    );
    assert.deepEqual(
      readdirSync(join(site.folder, 'one', 'journal')).filter((name) => name.startsWith('left-behind')),
      [],
    );
  });
}
