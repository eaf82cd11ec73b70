/** `npm run bench -- chaos --minutes N`: what gateways need fails, or they are killed, again and again, and whether their books are right. */
import { startSimulator } from '../simulator/start.ts';
import { formatUsd } from '../src/core/money.ts';
import { temporaryFolder } from '../test/cli/sluice-process.ts';
import { type Outage, type Weather, weather } from '../test/money/away.ts';
import { crash } from '../test/money/crash.ts';
import { Instance, writeSite } from '../test/money/instances.ts';
import { priced } from '../test/money/tenants.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { startTestRedis } from '../test/support/redis.ts';
import { startTcpProxy } from '../test/support/tcp-proxy.ts';

const MODEL = priced('m', 20, { model: 'openai/sim-tokens-20+latency-10-1' });
const KILLS = 2;

interface Ending {
  after(end?: unknown): void;
}

/** Repeats all kinds of failure until the minutes are over, each at least once; an exit code of 1 if anything is wrong. */
export async function printChaos(minutes: number): Promise<void> {
  const until = Date.now() + minutes * 60_000;
  print('| what fails | served, whole | failed | billed | over | lost or doubled |\n|---|---|---|---|---|---|');
  await withEndings(async (ending) => {
    const { outages, current } = await startPair(ending);
    do {
      for (const stores of ['sqlite', 'redis-and-postgres'] as const) await killed(stores);
      for (const outage of outages) await failed(current, outage);
    } while (Date.now() < until);
  });
}

async function withEndings(run: (ending: Ending) => Promise<void>): Promise<void> {
  const ends: (() => unknown)[] = [];
  try {
    await run({ after: (end) => void (typeof end === 'function' && ends.push(() => end())) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function startPair(ending: Ending): Promise<{ readonly outages: readonly Outage[]; readonly current: Weather }> {
  const simulator = await startSimulator();
  ending.after(() => simulator.close());
  const redis = await startTestRedis();
  ending.after(() => redis.close());
  const postgres = await startTestPostgres();
  ending.after(() => postgres.close());
  const proxy = await startTcpProxy(redis.port);
  ending.after(() => proxy.close());
  const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
  writeSite(site, {
    budget_settings: { mode: 'strict', when_away: { team: 'closed' } },
    model_list: [MODEL],
    router_settings: { redis_host: '127.0.0.1', redis_port: proxy.port },
    general_settings: { database_url: await postgres.makeDatabase() },
  });
  const [first, second] = await Promise.all([
    new Instance(site, 'chaos-1').started(),
    new Instance(site, 'chaos-2').started(),
  ]);
  const outages: readonly Outage[] = [
    { name: 'Redis paused', take: () => redis.freeze(), giveBack: () => redis.thaw() },
    { name: 'Redis 200 ms late', take: () => proxy.delay(100), giveBack: () => proxy.restore() },
    { name: 'Redis killed and started again, empty', take: () => redis.kill(), giveBack: () => redis.start() },
    { name: 'Postgres paused', take: () => postgres.freeze(), giveBack: () => postgres.thaw() },
    { name: 'Postgres killed and started again', take: () => postgres.kill(), giveBack: () => postgres.start() },
  ];
  return { outages, current: { instances: [first, second], simulator } };
}

async function failed(current: Weather, outage: Outage): Promise<void> {
  const seen = await weather(current, outage);
  const over = seen.closedShare > 1 || seen.servedOfNothing > 0 ? 'yes' : 'no';
  const cells = [seen.served, seen.odd.length, formatUsd(seen.billed), over, seen.apart ?? 'none'];
  say(outage.name, cells, seen.odd.length > 0 || over === 'yes' || seen.apart !== undefined);
}

async function killed(stores: 'sqlite' | 'redis-and-postgres'): Promise<void> {
  await withEndings(async (ending) => {
    const result = await crash({ ending, stores, mode: 'strict', rounds: KILLS });
    const wrong = result.wrong.length === 0 ? 'none' : result.wrong.join('; ');
    const cells = [result.whole, '–', formatUsd(result.billed), result.short === 0 ? 'no' : 'yes', wrong];
    say(`gateway killed ${KILLS} times, ${stores}`, cells, result.wrong.length > 0 || result.short > 0);
  });
}

function say(name: string, cells: readonly (string | number)[], isWrong: boolean): void {
  print(`| ${name} | ${cells.join(' | ')} |`);
  if (isWrong) process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
