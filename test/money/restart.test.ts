/** A start on what a killed process left behind: it serves, or it says why not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import { SluiceProcess, temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY, PROVIDER_KEY } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { Instance, type Site, writeSite } from './instances.ts';

const CLOSED = 5_000;
const COST_USD = 0.000001;
/** On a machine that runs other tests beside this one. */
const STARTS_WITHIN_MS = 90_000;
const LEFT_BEHIND = join(import.meta.dirname, '..', 'support', 'left-behind.ts');

/** A folder in which a killed process left its journal, over a Redis and a Postgres that are both up. */
async function siteLeftBehind(t: TestContext): Promise<Site> {
  const [simulator, redis, postgres] = await Promise.all([startSimulator(), startTestRedis(), startTestPostgres()]);
  t.after(() => Promise.all([simulator.close(), redis.close(), postgres.close()]));
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { router_settings: { redis_url: redis.url }, general_settings: { database_url: postgres.url } });
  const left = spawnSync(process.execPath, [LEFT_BEHIND, join(site.folder, 'one', 'journal'), String(CLOSED)]);
  assert.equal(left.signal, 'SIGKILL', left.stderr.toString());
  return site;
}

test('a gateway over Redis and Postgres starts again on 5,000 lines that a killed one left behind', async (t) => {
  const site = await siteLeftBehind(t);
  cpSync(join(site.folder, 'one'), join(site.folder, 'other'), { recursive: true });

  const first = new Instance(site, 'one');
  await first.process.until('a curl line', ({ stderr }) => /^ *(curl .*)\n/m.exec(stderr)?.[1], STARTS_WITHIN_MS);
  await first.started();
  assert.equal((await first.spend()).toFixed(6), (CLOSED * COST_USD).toFixed(6), 'every line is booked once');
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
