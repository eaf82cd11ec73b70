/** What may fail around two gateways over a Redis and a Postgres, and around one over SQLite. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startSimulator } from '../simulator/start.ts';
import { temporaryFolder } from '../test/cli/sluice-process.ts';
import type { Outage, Weather } from '../test/money/away.ts';
import { type Ending, Instance, type Site, writeSite } from '../test/money/instances.ts';
import { priced } from '../test/money/tenants.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { startTestRedis } from '../test/support/redis.ts';
import { startTcpProxy } from '../test/support/tcp-proxy.ts';

const MODEL = priced('m', 20, { model: 'openai/sim-tokens-20+latency-10-1' });
const STEP_MS = 2 * 3_600_000;
/** Longer than the lease of a claim in Redis. */
const LONG_PAUSE_MS = 20_000;
const DISK_MIB = 48;

/** Gateways, and what of theirs may fail. */
interface Setting {
  readonly current: Weather;
  readonly outages: readonly Outage[];
}

/** Two gateways over a Redis and a Postgres. */
export async function startPair(ending: Ending): Promise<Setting> {
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
  const disk = makeDisk(site, 'chaos-1');
  const clock = makeClock(site);
  const [first, second] = await Promise.all([
    new Instance(site, 'chaos-1', 0, clock.env).started(),
    new Instance(site, 'chaos-2').started(),
  ]);
  const paused = { take: () => first.process.kill('SIGSTOP'), giveBack: () => first.process.kill('SIGCONT') };
  const outages: readonly Outage[] = [
    { name: 'Redis paused', take: () => redis.freeze(), giveBack: () => redis.thaw() },
    { name: 'Redis 200 ms late', take: () => proxy.delay(100), giveBack: () => proxy.restore() },
    { name: 'Redis killed and started again, empty', take: () => redis.kill(), giveBack: () => redis.start() },
    { name: 'Postgres paused', take: () => postgres.freeze(), giveBack: () => postgres.thaw() },
    { name: 'Postgres killed and started again', take: () => postgres.kill(), giveBack: () => postgres.start() },
    { name: 'one of two gateways paused', ...paused },
    { name: 'one of two gateways paused for longer than its lease', ...paused, forMs: LONG_PAUSE_MS },
    {
      name: 'clock of one gateway 2 hours ahead, and back',
      take: () => clock.set(STEP_MS),
      giveBack: () => clock.set(0),
    },
    {
      name: 'clock of one gateway 2 hours behind, and back',
      take: () => clock.set(-STEP_MS),
      giveBack: () => clock.set(0),
    },
    ...(disk === undefined ? [] : [{ name: 'disk of the journal of one of two gateways full', ...disk }]),
  ];
  return { outages, current: { instances: [first, second], simulator } };
}

/** One gateway over SQLite. */
export async function startAlone(ending: Ending): Promise<Setting> {
  const simulator = await startSimulator();
  ending.after(() => simulator.close());
  const site = { ending, folder: temporaryFolder(ending), simulatorUrl: simulator.url };
  writeSite(site, { budget_settings: { mode: 'strict' }, model_list: [MODEL] });
  const disk = makeDisk(site, 'alone');
  const clock = makeClock(site);
  const instance = await new Instance(site, 'alone', 0, clock.env).started();
  const outages: readonly Outage[] = [
    { name: 'clock 2 hours ahead, and back, sqlite', take: () => clock.set(STEP_MS), giveBack: () => clock.set(0) },
    ...(disk === undefined ? [] : [{ name: 'disk of journal and SQLite full', ...disk }]),
  ];
  return { outages, current: { instances: [instance], simulator } };
}

/** A small file system for the data of an instance, which can be filled up; undefined if this user may not mount one. */
function makeDisk({ ending, folder }: Site, name: string): Pick<Outage, 'take' | 'giveBack'> | undefined {
  const data = join(folder, name);
  mkdirSync(data, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', data], { stdio: 'pipe' });
  } catch {
    process.stderr.write('The rows of a full disk are left out: they need the right to mount a tmpfs.\n');
    return undefined;
  }
  // It ends after the gateways, which are started later.
  ending.after(() => execFileSync('umount', ['--lazy', data]));
  const filler = join(data, 'filler');
  return { take: () => fill(filler), giveBack: () => rmSync(filler) };
}

function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let size = 1024 * 1024; size >= 1; ) {
      try {
        if (writeSync(file, Buffer.alloc(size)) < size) size = Math.floor(size / 2);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size = Math.floor(size / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** A clock for one instance, which can be set. */
function makeClock({ folder }: Site): { readonly env: Record<string, string>; set(wrongByMs: number): void } {
  const file = join(folder, 'clock');
  const set = (wrongByMs: number): void => writeFileSync(file, String(wrongByMs));
  set(0);
  const preload = pathToFileURL(join(import.meta.dirname, 'stepped-clock.ts')).href;
  return { env: { STEPPED_CLOCK_FILE: file, NODE_OPTIONS: `--import=${preload}` }, set };
}
