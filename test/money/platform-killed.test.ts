/** A call of the gateway's own that was under way when the gateway was killed: the next start books it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { Instance, until, writeSite } from './instances.ts';
import { priced } from './tenants.ts';

test('a probe whose gateway is killed is in the ledger after the start, on the platform’s account', {
  timeout: 120_000,
}, async (t: TestContext) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { model_list: [priced('m', 200, { model: 'openai/gpt-4o+fault-hang' })] });
  const first = await new Instance(site, 'one').started();
  const headers = { authorization: `Bearer ${MASTER_KEY}` };
  const probed = assert.rejects(fetch(`${first.url}/health`, { headers }));
  await until(() => simulator.requests.length === 1, 'the probe is at the provider');
  first.process.kill('SIGKILL');
  await probed;
  await first.process.ended;

  const second = await new Instance(site, 'one').started();
  await until(async () => {
    const answer = await fetch(`${second.url}/spend/logs?summarize=false`, { headers });
    const rows = (await answer.json()) as { api_key: string; sluice: { status: string } }[];
    return rows.some(({ api_key, sluice }) => api_key === 'sluice-platform' && sluice.status === 'orphan');
  }, 'the probe is booked');
  assert.equal(simulator.requests.length, 1);
});
