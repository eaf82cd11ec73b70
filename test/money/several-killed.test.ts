/** `"model": "a,b"` asks for two answers: if the gateway is killed meanwhile, the next start books each of them, once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { billedFor, Instance, until, writeSite } from './instances.ts';
import { priced } from './tenants.ts';

test('a request for two answers whose gateway is killed is booked twice after the start, and once each', {
  timeout: 120_000,
}, async (t: TestContext) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  // One has answered when the gateway is killed, the other never will.
  writeSite(site, { model_list: [priced('a', 100), priced('b', 100, { model: 'openai/gpt-4o+fault-hang' })] });
  const first = await new Instance(site, 'one').started();
  const key = await first.makeKey({ max_budget: 100 });
  const asking = assert.rejects(
    fetch(`${first.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'a,b', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 200 }),
    }),
  );
  await until(() => simulator.requests.length === 2, 'both are at the provider');
  await until(() => simulator.requests.some(({ billed }) => billed !== undefined), 'one is answered');
  await first.kill();
  await asking;

  for (const round of [1, 2]) {
    const next = await new Instance(site, 'one').started();
    await until(async () => (await next.rowsSince(0)).length === 2, `both are booked, start ${round}`, 60_000);
    const rows = await next.rowsSince(0);
    assert.equal(new Set(rows.map(({ attemptId }) => attemptId)).size, 2);
    const billed = simulator.requests.reduce((sum, request) => sum + billedFor(request), 0n);
    const booked = rows.reduce((sum, { cost }) => sum + cost, 0n);
    assert.ok(billed > 0n && booked >= billed, `${booked} booked, ${billed} billed`);
    assert.ok(
      rows.some(({ status }) => status === 'orphan'),
      'the one that never answered is an orphan',
    );
    const { info } = (await next.manage(`/key/info?key=${key}`)) as { info: { spend: number } };
    assert.equal(info.spend.toFixed(9), (Number(booked) / 1e12).toFixed(9), 'the budget knows both');
    await next.kill();
  }
  assert.equal(simulator.requests.length, 2, 'nothing is asked again');
});
