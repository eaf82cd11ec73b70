/** Four gateways behind Nginx, over one Redis and one Postgres: what one instance promises, four keep together. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setPriority } from 'node:os';
import { after, before, describe, test } from 'node:test';
import type { Simulator } from '../../simulator/contract.ts';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd } from '../../src/core/money.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { startTestNginx, type TestNginx } from '../support/nginx.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { billedFor, Instance, until, writeSite } from './instances.ts';
import { post, race } from './race.ts';
import { priced } from './tenants.ts';

const INSTANCES = 4;
const REQUESTS = 2_000;
/** Without `max_tokens`, where a request may wait for others: nearly all are served, so fewer compete. */
const REQUESTS_WITHOUT_LIMIT = 600;
const BUDGET_FOR = 500;
const OUTPUT = 60;
const BODY = { model: 'm', messages: [{ role: 'user', content: 'Tell me of rivers.' }] };

const ends: (() => unknown)[] = [];
const ending = { after: (end?: unknown) => void (typeof end === 'function' && ends.push(() => end())) };
let simulator: Simulator;
let redisPort: number;
let makeDatabase: () => Promise<string>;

before(async () => {
  simulator = await startSimulator();
  ending.after(() => simulator.close());
  const redis = await startTestRedis();
  ending.after(() => redis.close());
  redisPort = redis.port;
  await goesFirst(redis);
  const postgres = await startTestPostgres('max_connections=200');
  ending.after(() => postgres.close());
  makeDatabase = postgres.makeDatabase;
});

after(async () => {
  for (const end of ends.reverse()) await end();
});

/**
 * A Redis has a core of its own; this one shares few with four gateways and their clients. If it cannot get priority, a race in
 * which it had to wait for too long is run again.
 */
async function goesFirst(redis: TestRedis): Promise<void> {
  const pid = /process_id:(\d+)/.exec(await redis.command('INFO', 'server'))?.[1];
  try {
    setPriority(Number(pid), -15);
  } catch (error) {
    // Only root may.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' && process.getuid?.() === 0) throw error;
  }
}

interface Cluster {
  readonly instances: readonly [Instance, Instance, ...Instance[]];
  readonly nginx: TestNginx;
}

/** Four instances with a database of their own, and Nginx before them. The Redis is the same, by another number. */
async function startCluster(redisDatabase: number, more: JsonObject): Promise<Cluster> {
  const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
  writeSite(site, {
    ...more,
    model_list: [
      priced('m', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+latency-20-1` }),
      priced('slow', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+latency-1500-1` }),
    ],
    router_settings: { redis_host: '127.0.0.1', redis_port: redisPort, redis_db: redisDatabase },
    general_settings: { database_url: await makeDatabase() },
  });
  const [first, second, ...others] = await Promise.all(
    Array.from({ length: INSTANCES }, (_, number) => new Instance(site, `data-${number}`).started()),
  );
  assert.ok(first !== undefined && second !== undefined);
  const instances = [first, second, ...others] as const;
  const nginx = await startTestNginx(instances.map(({ port }) => port));
  ending.after(() => nginx.close());
  return { instances, nginx };
}

async function nothingOpen({ instances }: Cluster): Promise<boolean> {
  const open = await Promise.all(instances.map((instance) => instance.metric('sluice_claims_open')));
  return open.every((count) => count === 0);
}

/** How much each instance has said. */
function saidBy({ instances }: Cluster): readonly number[] {
  return instances.map(({ process }) => process.stdout.length);
}

/** Whether Redis was there for every instance since then. */
function wasShared({ instances }: Cluster, said: readonly number[]): boolean {
  return instances.every(({ process }, at) => !process.stdout.slice(said[at]).includes('Redis is unavailable: limits'));
}

interface Race {
  readonly budget: number;
  readonly billed: number;
  /** Redis answered all the time: only then four instances are as exact as one. */
  readonly wasShared: boolean;
}

async function raceOnce(cluster: Cluster, mode: string, isLimited: boolean): Promise<Race> {
  const [instance] = cluster.instances;
  simulator.reset();
  const said = saidBy(cluster);
  const budget = Number(((20 * 3e-6 + OUTPUT * 15e-6) * BUDGET_FOR).toFixed(6));
  const key = await instance.makeKey({ max_budget: budget });
  const startedMs = performance.now();
  const body = { ...BODY, ...(isLimited && { max_tokens: OUTPUT }) };
  const requests = isLimited ? REQUESTS : REQUESTS_WITHOUT_LIMIT;
  const result = await race({ urls: [cluster.nginx.url], key, requests, body });
  const tookMs = performance.now() - startedMs;
  assert.deepEqual(result.odd.slice(0, 5), []);
  assert.equal(result.served + result.refused, requests);
  assert.ok(result.served > 0);
  await until(() => nothingOpen(cluster), 'no claim is left open');
  const billed = Number(formatUsd(simulator.requests.reduce((sum, seen) => sum + billedFor(seen), 0n)));
  const isBooked = async (): Promise<boolean> => {
    const { info } = await instance.manage(`/key/info?key=${key}`);
    return Math.abs(Number((info as JsonObject).spend) - billed) < 1e-9;
  };
  await until(isBooked, `what is booked is what was billed, ${billed} USD`);
  const isShared = wasShared(cluster, said);
  const percent = ((billed / budget) * 100).toFixed(2);
  process.stdout.write(
    `  ${mode}, ${isLimited ? 'with max_tokens' : 'without'}: served ${result.served}, refused ${result.refused}, ` +
      `${percent} % of the budget in ${Math.round(tookMs)} ms${isShared ? '' : ', and Redis was too slow at times'}\n`,
  );
  return { budget, billed, wasShared: isShared };
}

for (const [number, mode] of (['strict', 'learned'] as const).entries()) {
  test(`${mode}: many requests at once through four instances use up a budget for 500 and overspend it by nothing`, {
    timeout: 180_000,
  }, async () => {
    const cluster = await startCluster(number, { budget_settings: { mode } });
    // First without a limit, while nothing is known of how long answers are.
    for (const isLimited of [false, true]) {
      const { budget, billed } = await whileShared(() => raceOnce(cluster, mode, isLimited));
      assert.ok(billed >= budget * 0.9, `${billed} of ${budget} USD: requests were refused although budget was left`);
      assert.ok(billed <= budget * (mode === 'strict' ? 1 : 1.001), `${billed} of ${budget} USD`);
    }
  });
}

/** What is slow because the machine has more processes than cores is tried again: a Redis that waits for its turn counts as unavailable. */
async function whileShared<Result extends { readonly wasShared: boolean }>(
  run: () => Promise<Result>,
): Promise<Result> {
  for (let turn = 1; turn <= 4; turn += 1) {
    const result = await run();
    if (result.wasShared) return result;
  }
  assert.fail('Redis answered all the time in none of four runs');
}

describe('limits over four instances', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
  before(async () => {
    cluster = await startCluster(2, { budget_settings: { mode: 'strict' } });
  });
  after(() => agent.destroy());

  const asksOf = async (urls: readonly string[], key: string, requests: number, more: JsonObject = {}) => {
    const url = (at: number): string => urls[at % urls.length] ?? '';
    const sent = Array.from({ length: requests }, (_, at) => post(agent, url(at), key, { ...BODY, ...more }));
    return (await Promise.all(sent)).map(({ status }) => status);
  };
  const count = (statuses: readonly number[], wanted: number): number =>
    statuses.filter((status) => status === wanted).length;

  test('a limit of 500 requests a minute serves 500 of 800', async () => {
    const [instance] = cluster.instances;
    const { statuses } = await whileShared(async () => {
      const key = await instance.makeKey({ rpm_limit: 500 });
      const said = saidBy(cluster);
      const statuses = await asksOf([cluster.nginx.url], key, 800, { max_tokens: 1 });
      return { statuses, wasShared: wasShared(cluster, said) };
    });
    assert.equal(count(statuses, 200), 500);
    assert.equal(count(statuses, 429), 300);
  });

  test('20 parallel requests are served at one time, and as many again when they are over', async () => {
    const [instance] = cluster.instances;
    const key = await instance.makeKey({ max_parallel_requests: 20 });
    for (let turn = 0; turn < 2; turn += 1) {
      const statuses = await asksOf([cluster.nginx.url], key, 100, { model: 'slow' });
      assert.equal(count(statuses, 200), 20);
      assert.equal(count(statuses, 429), 80);
      await until(() => nothingOpen(cluster), 'no slot is left taken');
    }
  });

  test('what one instance changes of a key holds at every other from the next request on', async () => {
    const [instance, ...others] = cluster.instances;
    const urls = others.map(({ url }) => url);
    const key = await instance.makeKey({ max_budget: 1 });
    const isServed = async (status: number): Promise<void> => {
      assert.deepEqual(new Set(await asksOf(urls, key, urls.length)), new Set([status]));
    };
    await isServed(200);
    await instance.manage('/key/block', { key });
    await isServed(401);
    await instance.manage('/key/unblock', { key });
    await isServed(200);
    await instance.manage('/key/update', { key, max_budget: 0.000001 });
    await isServed(422);
    await instance.manage('/key/update', { key, max_budget: 1 });
    await isServed(200);
    await instance.manage('/key/delete', { keys: [key] });
    await isServed(401);
  });
});
