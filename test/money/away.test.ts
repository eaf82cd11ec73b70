/** What is unavailable is done without: no request waits long for it, and nothing is lost, doubled or overspent when it is back. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Agent } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd } from '../../src/core/money.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { type Outage, type Weather, type Weathered, weather } from './away.ts';
import { billedFor, Instance, until, writeSite } from './instances.ts';
import { post } from './race.ts';
import { priced } from './tenants.ts';

/** On a machine with more processes than cores: hangs take several seconds, and that is what must not be. */
const LONGEST_EXTRA_MS = 1_500;

const MODEL = priced('m', 20, { model: 'openai/sim-tokens-20+latency-10-1' });
const SETTINGS = { budget_settings: { mode: 'strict', when_away: { team: 'closed' } } };

function row(name: string, seen: Weathered): void {
  process.stdout.write(
    `  | ${name} | ${seen.served} | ${seen.refused} | ${seen.longestBeforeMs} → ${seen.longestMs} ms | ${percent(seen.tightShare)} | ${percent(seen.closedShare)} | ${seen.bookedAfterMs} ms |\n`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** What must hold whatever is unavailable. */
function assertWhole(name: string, seen: Weathered, { mostShare = 1.5, mayCountMore = false } = {}): void {
  row(name, seen);
  assert.deepEqual(seen.odd.slice(0, 5), []);
  if (!mayCountMore || !seen.apart?.startsWith('more is counted')) assert.equal(seen.apart, undefined);
  assert.equal(seen.servedOfNothing, 0, 'a budget that is used up stays so');
  assert.ok(
    seen.closedShare <= 1,
    `a budget that is closed while Redis is unavailable is overspent: ${seen.closedShare}`,
  );
  // Instances that are cut off at different times each have a share of what was left.
  assert.ok(seen.tightShare <= mostShare, `a budget is overspent by more than a share: ${seen.tightShare}`);
  assert.ok(seen.longestMs - seen.longestBeforeMs < LONGEST_EXTRA_MS, `somebody waited ${seen.longestMs} ms`);
}

describe('two instances over Redis and Postgres', { timeout: 240_000 }, () => {
  const ends: (() => unknown)[] = [];
  const ending = { after: (end?: unknown) => void (typeof end === 'function' && ends.push(() => end())) };
  let simulator: Simulator;
  let redis: TestRedis;
  let postgres: TestPostgres;
  let proxy: TcpProxy;
  let current: Weather;

  before(async () => {
    simulator = await startSimulator();
    ending.after(() => simulator.close());
    redis = await startTestRedis();
    ending.after(() => redis.close());
    postgres = await startTestPostgres();
    ending.after(() => postgres.close());
    proxy = await startTcpProxy(redis.port);
    ending.after(() => proxy.close());
    current = await startPair('shared', SETTINGS);
  });

  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function startPair(name: string, more: JsonObject): Promise<Weather> {
    const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
    writeSite(site, {
      ...more,
      model_list: [MODEL],
      router_settings: { redis_host: '127.0.0.1', redis_port: proxy.port },
      general_settings: { database_url: await postgres.makeDatabase() },
    });
    const [first, second] = await Promise.all([
      new Instance(site, `${name}-1`).started(),
      new Instance(site, `${name}-2`).started(),
    ]);
    return { instances: [first, second], simulator };
  }

  const outages = (): readonly Outage[] => [
    { name: 'Redis killed and started again, empty', take: () => redis.kill(), giveBack: () => redis.start() },
    { name: 'Redis frozen', take: () => redis.freeze(), giveBack: () => redis.thaw() },
    { name: 'Redis unreachable, packets vanish', take: () => proxy.mute(), giveBack: () => proxy.restore() },
    { name: 'Redis 200 ms late', take: () => proxy.delay(100), giveBack: () => proxy.restore() },
    { name: 'Redis emptied', take: async () => void (await redis.command('FLUSHALL')), giveBack: () => undefined },
    { name: 'Postgres killed and started again', take: () => postgres.kill(), giveBack: () => postgres.start() },
    { name: 'Postgres frozen', take: () => postgres.freeze(), giveBack: () => postgres.thaw() },
  ];

  for (const { name } of outages()) {
    test(name, async () => {
      const outage = outages().find((one) => one.name === name);
      assert.ok(outage !== undefined);
      const seen = await weather(current, outage);
      assertWhole(name, seen);
      assert.ok(seen.served > 0, 'requests go on');
      assert.equal(seen.refused, 0, 'no request with money left is refused');
    });
  }

  test('Redis down at the start', async () => {
    proxy.cut();
    const pair = await startPair('redis-down', SETTINGS);
    const seen = await weather(pair, {
      name: 'Redis down at the start',
      take: () => undefined,
      giveBack: () => proxy.restore(),
    });
    // An instance that never saw Redis does not know that it has to share: each of both has the whole budget. And a counter that was not used
    // before is made from the ledger by the instance that is back first; the other's spend may be there already, and is then sent again.
    assertWhole('Redis down at the start', seen, { mostShare: 2, mayCountMore: true });
    assert.ok(seen.served > 0 && seen.refused === 0);
  });

  test('Postgres down at the start', async () => {
    const url = await postgres.makeDatabase();
    const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
    writeSite(site, {
      model_list: [MODEL],
      user_api_key_list: [{ api_key: 'declared-with-a-budget', max_budget: 1 }, { api_key: 'declared' }],
      router_settings: { redis_host: '127.0.0.1', redis_port: redis.port, redis_db: 1 },
      general_settings: { database_url: url },
    });
    await postgres.kill();
    const instance = await new Instance(site, 'postgres-down').started();
    const agent = new Agent();
    ending.after(() => agent.destroy());
    const statusOf = async (key: string): Promise<number> => {
      const body = { model: 'm', messages: [{ role: 'user', content: 'Postgres is down.' }], max_tokens: 5 };
      return (await post(agent, instance.url, key, body)).status;
    };
    const keys = ['declared', 'declared-with-a-budget', 'unknown'];
    const during: [string, number][] = [];
    for (const key of keys) during.push([key, await statusOf(key)]);
    process.stdout.write(`  Postgres down at the start: ${JSON.stringify(during)}\n`);
    assert.equal((await instance.get('/health/readiness')).status, 503);
    await postgres.start();
    await until(async () => (await instance.get('/health/readiness')).status === 200, 'the instance is ready');
    await until(async () => (await instance.get('/global/spend')).status === 200, 'the database is there');
    await until(async () => (await statusOf('declared-with-a-budget')) === 200, 'budgets are known');
    const seen = simulator.requests.filter(({ rawBody }) => rawBody.includes('Postgres is down.'));
    const billed = Number(formatUsd(seen.reduce((sum, each) => sum + billedFor(each), 0n)));
    await until(async () => Math.abs((await instance.spend()) - billed) < 1e-9, `all of ${billed} USD is booked`);
  });

  for (const isServed of [true, false]) {
    const name = `Disk full, serve_without_journal: ${isServed}`;
    test(name, async () => {
      const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
      const settings = { mode: 'strict', serve_without_journal: isServed };
      writeSite(site, { model_list: [MODEL], budget_settings: settings });
      const instance = await new Instance(site, `disk-${isServed}`).started();
      const limit = (bytes: string): void => {
        execFileSync('prlimit', ['--pid', String(instance.process.child.pid), `--fsize=${bytes}:`]);
      };
      const outage = { name, take: () => limit('1'), giveBack: () => limit('unlimited') };
      const seen = await weather({ instances: [instance], simulator }, outage);
      assertWhole(name, seen);
      assert.ok(isServed ? seen.served > 0 && seen.refused === 0 : seen.served === 0 && seen.refused > 0);
    });
  }
});
