/** A gateway that compares bills by itself: what it shows in metrics, and what it reports if they do not agree. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../../simulator/start.ts';
import { DrivenClock } from '../support/driven-clock.ts';
import { PROVIDER_KEY, startTestGateway } from '../support/gateway.ts';
import { startReceiver } from './receiver.ts';

const DAY_MS = 86_400_000;
const ADMIN_KEY = 'sk-admin-canary-f00d';

async function scheduled(context: TestContext, adminKey = ADMIN_KEY) {
  const clock = new DrivenClock();
  clock.forward(-3 * DAY_MS);
  const simulator = await startSimulator({ clock, billing: { adminKeys: [ADMIN_KEY] } });
  const receiver = await startReceiver();
  const gateway = await startTestGateway({
    ...{ clock, sharedSimulator: simulator },
    config: JSON.stringify({
      model_list: [
        {
          model_name: 'fast',
          litellm_params: { model: 'openai/gpt-4o', api_base: simulator.url, api_key: PROVIDER_KEY },
        },
      ],
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      budget_settings: { alert_webhooks: [receiver.url] },
      reconcile: {
        providers: { openai: { admin_key: adminKey, base_url: simulator.url } },
        ...{ schedule: '1s', days: 1, delay: '1m' },
      },
    }),
  });
  context.after(async () => {
    const lines = await gateway.close();
    await simulator.close();
    await receiver.close();
    assert.ok(!lines.join('\n').includes(adminKey), 'the log holds no key');
  });
  const call = async (): Promise<void> => {
    const body = { model: 'fast', messages: [{ role: 'user', content: 'Tell me of rivers.' }] };
    await (await gateway.post('/v1/chat/completions', body)).arrayBuffer();
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await gateway.get('/metrics')).text();
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  };
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + 30_000; !(await holds()); await wait(100))
      assert.ok(Date.now() < deadline, 'it did not come in time');
  };
  return { clock, simulator, receiver, gateway, call, metric, until };
}

describe('Bills on a schedule', { timeout: 120_000 }, () => {
  it('agree quietly, and are reported once for the same days if they do not', async (context) => {
    const { clock, simulator, receiver, call, metric, until } = await scheduled(context);
    for (let number = 0; number < 10; number += 1) await call();
    await wait(300);
    const firstDayMs = clock.nowMs();
    clock.forward(DAY_MS);
    const before = await metric('sluice_reconcile_runs_total');
    await until(async () => (await metric('sluice_reconcile_runs_total')) > before + 1);
    assert.equal(await metric('sluice_reconcile_agreement_ratio'), 1);
    assert.equal(receiver.events('reconcile_mismatch').length, 0);
    simulator.book.plant({
      ...{ biller: 'openai', model: 'gpt-4o', key: PROVIDER_KEY, atMs: firstDayMs },
      tokens: { input: 1_000_000, output: 1_000 },
    });
    await until(async () => receiver.events('reconcile_mismatch').length > 0);
    const runs = await metric('sluice_reconcile_runs_total');
    await until(async () => (await metric('sluice_reconcile_runs_total')) > runs + 1);
    const told = receiver.events('reconcile_mismatch');
    assert.equal(told.length, 1, JSON.stringify(told));
    assert.equal(told[0]?.provider, 'openai');
    assert.equal(told[0]?.differences, 1);
    assert.ok(Number(told[0]?.unmatched_usd) > 2, JSON.stringify(told[0]));
    assert.ok(!JSON.stringify(told).includes(ADMIN_KEY));
    assert.ok((await metric('sluice_reconcile_agreement_ratio')) < 0.999);
    assert.ok((await metric('sluice_reconcile_unmatched_usd')) > 2);
    assert.equal(await metric('sluice_reconcile_failures_total'), 0);
  });

  it('are reported as unreadable if their key may not read them', async (context) => {
    const { receiver, metric, until } = await scheduled(context, 'sk-wrong-canary-key');
    await until(async () => (await metric('sluice_reconcile_failures_total')) > 1);
    await wait(300);
    const told = receiver.events('reconcile_failed');
    assert.equal(told.length, 1);
    assert.match(String(told[0]?.event_message), /admin key/);
    assert.ok(!JSON.stringify(told).includes('sk-wrong-canary-key'));
  });
});
