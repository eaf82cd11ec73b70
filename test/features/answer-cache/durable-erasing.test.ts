/** Erasures that outlive the process, and answers of what files declare no more. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Simulator } from '../../../simulator/contract.ts';
import { startSimulator } from '../../../simulator/start.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';
import { type CachedGateway, cachedConfig, chat, startCached } from './cached-gateway.ts';

let folder: string;
let redis: TestRedis;
let simulator: Simulator;
let open: CachedGateway[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-erasing-'));
  redis = await startTestRedis();
  simulator = await startSimulator();
});
afterEach(async () => {
  redis.thaw();
  for (const cached of open) await cached.gateway.close();
  open = [];
  await simulator.close();
  await redis.close();
  await rm(folder, { recursive: true, force: true });
});

const TEAM = { team_id: 't', team_alias: 'T' };
const KEY = { api_key: 'key-of-t', team_id: 't' };
/** With the team, or without it and its key. */
const setup = (isDeclared: boolean, dataFolder?: string) => ({
  cache: { type: 'redis', host: '127.0.0.1', port: redis.port },
  further: { budget_settings: { allow_evicting_redis: true }, teams: isDeclared ? [TEAM] : [] },
  keys: [{ api_key: 'key-of-a', user_id: 'a' }, ...(isDeclared ? [KEY] : [])],
  simulator,
  ...(dataFolder !== undefined && { dataFolder }),
});

async function start(isDeclared = true, dataFolder?: string): Promise<CachedGateway> {
  const cached = await startCached(setup(isDeclared, dataFolder));
  open.push(cached);
  await until('the cache is not up', async () => (await cached.gateway.get('/cache/ping')).status === 200);
  return cached;
}

async function close(cached: CachedGateway): Promise<void> {
  open = open.filter((each) => each !== cached);
  await cached.gateway.close();
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) assert.fail(what);
    await wait(20);
  }
}

const isHit = async ({ ask }: CachedGateway, key = 'key-of-a'): Promise<boolean> => (await ask(chat(), { key })).isHit;

async function keep(cached: CachedGateway, key?: string): Promise<void> {
  await isHit(cached, key);
  await until('nothing is kept', () => isHit(cached, key));
}

const notes = (): string[] => readdirSync(join(folder, 'notes/cache')).filter((name) => name.startsWith('erase-'));
const flush = ({ gateway }: CachedGateway) => gateway.post('/cache/flushall', {}, { authorization: 'Bearer key-of-a' });

describe('an erasure', { timeout: 120_000 }, () => {
  it('that Redis did not take is done by the next process, for all instances', async () => {
    const cached = await start(true, folder);
    const other = await start();
    await keep(cached);
    redis.freeze();
    assert.equal((await flush(cached)).status, 503);
    assert.equal(notes().length, 1);
    // It ends before Redis is back.
    await close(cached);
    redis.thaw();
    await until('the other instance is not up', () => isHit(other));
    const next = await start(true, folder);
    await until('it is not erased', async () => notes().length === 0);
    assert.deepEqual([await isHit(next), await isHit(other)], [false, true], 'the first asks again, for both');
  });

  it('that is done leaves no note, and one that is no note of an erasure is left alone', async () => {
    const cached = await start(true, folder);
    await keep(cached);
    assert.equal((await flush(cached)).status, 200);
    assert.equal(await isHit(cached), false);
    assert.deepEqual(notes(), []);
    await close(cached);
    for (const name of ['erase-x', 'erase-../../x'.replaceAll('/', '%2F'), 'declared'])
      writeFileSync(join(folder, 'notes/cache', name), '\0 garbage');
    const next = await start(true, folder);
    await until('a strange scope is not erased', async () => !notes().includes('erase-x'));
    assert.equal((await next.ask(chat())).status, 200);
  });
});

describe('a team that a file declares', { timeout: 120_000 }, () => {
  it('does not find its old answers if it was taken out and put in again, by reloads', async () => {
    const cached = await start();
    await keep(cached, 'key-of-t');
    cached.gateway.reload(cachedConfig(setup(true)));
    assert.equal(await isHit(cached, 'key-of-t'), true, 'a reload alone erases nothing');
    cached.gateway.reload(cachedConfig(setup(false)));
    assert.equal((await cached.ask(chat(), { key: 'key-of-t' })).status, 401);
    cached.gateway.reload(cachedConfig(setup(true)));
    assert.equal(await isHit(cached, 'key-of-t'), false);
  });

  it('does not find them either if the gateway was restarted in between', async () => {
    const cached = await start(true, folder);
    await keep(cached, 'key-of-t');
    await keep(cached);
    await close(cached);
    const same = await start(true, folder);
    assert.equal(await isHit(same, 'key-of-t'), true, 'a restart alone erases nothing');
    await close(same);
    await close(await start(false, folder));
    const again = await start(true, folder);
    assert.deepEqual([await isHit(again, 'key-of-t'), await isHit(again)], [false, true]);
  });
});
