/** Of two instances that share a Redis and a Postgres one is killed: the other books what was under way, and nothing for what was never sent. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startSimulator } from '../../simulator/start.ts';
import { usdNumber } from '../../src/core/money.ts';
import { runSluice, temporaryFolder } from '../cli/sluice-process.ts';
import { NO_BLACK_HOLES, startBlackHole } from '../support/black-hole.ts';
import { MASTER_KEY, PROVIDER_KEY } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { type BookedRow, billedFor, Instance, until, writeSite } from './instances.ts';
import { post } from './race.ts';
import { priced } from './tenants.ts';

const LEASE_MS = 15_000;
/** At 3 and 15 USD per million tokens and 16,384 tokens of answer. */
const HELD = 0.2457;

test('an instance that is killed is booked by the other as its journal would book it', {
  timeout: 180_000,
  skip: NO_BLACK_HOLES,
}, async (context) => {
  const [simulator, redis, postgres, nowhere] = await Promise.all([
    startSimulator(),
    startTestRedis(),
    startTestPostgres(),
    startBlackHole(),
  ]);
  for (const each of [simulator, redis, postgres, nowhere]) context.after(() => each.close());
  const site = { ending: context, folder: temporaryFolder(context), simulatorUrl: simulator.url };
  writeSite(site, {
    model_list: [
      // The first token after 20 ms, then one each 100 ms.
      priced('slow', 400, { model: 'openai/sim-tokens-400+latency-20-100' }),
      priced('nowhere', 1, { api_base: nowhere.url }),
    ],
    budget_settings: { mode: 'strict' },
    router_settings: { redis_host: '127.0.0.1', redis_port: redis.port, connect_timeout: 120, timeout: 120 },
    general_settings: { database_url: await postgres.makeDatabase() },
  });
  const one = await new Instance(site, 'data-1').started();
  const two = await new Instance(site, 'data-2').started();
  const budgeted = await one.makeKey({ key_alias: 'budgeted', max_budget: 10 });
  const free = await one.makeKey({ key_alias: 'free' });
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const send = (key: string, model: string, number: string, more = {}) =>
    post(
      agent,
      one.url,
      key,
      { model, stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }], ...more },
      { 'x-litellm-spend-logs-metadata': JSON.stringify({ number }) },
    ).catch(() => undefined);
  const beganMs = Date.now();
  const asked = [
    send(budgeted, 'slow', 'sent'),
    send(free, 'slow', 'free'),
    send(budgeted, 'nowhere', 'unsent'),
    send(free, 'nowhere', 'unsent-free'),
  ];
  await until(() => simulator.requests.length === 2, 'the provider has what was sent');
  // Older than a claim of which Redis may not have heard yet whether it was sent.
  await wait(2_500);
  await one.kill();
  const killedMs = Date.now();
  await Promise.all(asked);

  let rows: readonly BookedRow[] = [];
  const look = async (): Promise<boolean> => {
    rows = (await two.rowsSince(beganMs - 60_000)).filter(({ status }) => status === 'orphan');
    return rows.length >= 2;
  };
  await until(look, 'the other instance has booked the orphans', LEASE_MS + 30_000);
  // What was never sent is given up in the same step; nothing of it comes later either.
  const counted = async (): Promise<number> =>
    Number(((await two.manage(`/key/info?key=${budgeted}`)).info as { spend: number }).spend);
  const sent = rows.find(({ number }) => number === 'sent') ?? assert.fail();
  await until(async () => (await counted()) === usdNumber(sent.cost), 'the budget counts what is booked', 10_000);
  await look();
  assert.deepEqual(rows.map(({ number }) => number).sort(), ['free', 'sent']);

  const underWayS = (killedMs - beganMs) / 1_000;
  for (const { number, cost, hold } of rows) {
    const billed = usdNumber(billedFor(simulator.requests[0] ?? assert.fail()));
    const booked = usdNumber(cost);
    assert.ok(booked >= billed, `${number}: ${booked} is less than the bill of ${billed}`);
    // 2,000 tokens a second until 1.75 s after the last sign of life, and the prompt.
    const most = (underWayS + 1.75 + 0.5) * 2_000 * 15e-6 + 0.001;
    assert.ok(booked <= most && booked < HELD, `${number}: ${booked} is more than ${most}`);
    assert.ok(usdNumber(hold ?? 0n) > HELD - 0.001, 'the row keeps what it may have cost at most');
  }

  const listed = await sluice(two, site.folder, ['--orphans']);
  assert.ok(listed.includes(sent.attemptId), listed);
  assert.ok(!listed.includes('unsent'), listed);
  await sluice(two, site.folder, ['--orphans', '--attempt', sent.attemptId, '--cost', '0.0123']);
  await until(async () => Math.abs((await counted()) - 0.0123) < 1e-9, 'the budget counts what was corrected', 10_000);
  assert.ok(!(await sluice(two, site.folder, ['--orphans'])).includes(sent.attemptId));

  // The dead instance's own journal, if its folder is found later, changes nothing of that.
  const again = await new Instance(site, 'data-1').started();
  await until(async () => (await again.metric('sluice_journal_waiting')) === 0, 'its journal is read');
  await wait(1_500);
  assert.ok(Math.abs((await counted()) - 0.0123) < 1e-9);
  await look();
  assert.deepEqual(
    rows.map(({ number }) => number),
    ['free'],
  );

  async function sluice(instance: Instance, cwd: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runSluice(context, {
      cwd,
      args: ['spend', '--config', join(cwd, 'config.yaml'), '--port', String(instance.port), ...args],
      env: { TEST_MASTER_KEY: MASTER_KEY, SIMULATOR_URL: simulator.url, PROVIDER_KEY },
    });
    assert.equal(code, 0, stderr);
    return stdout;
  }
});
