/** A start over Redis and Postgres on 100,000 lines that a killed gateway left behind: it listens soon, and delivers meanwhile. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { startSimulator } from '../../simulator/start.ts';
import { formatUsd } from '../../src/core/money.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { billedFor, Instance, type Site, until, writeSite } from './instances.ts';

const LINES = 100_000;
const COST_USD = 0.000001;
const LISTENS_WITHIN_MS = 5_000;
/** How often longer than a start without lines it may take on a machine that is busy with other things. */
const MOST_TIMES_AS_LONG = 3;
const STARTS_WITHIN_MS = 120_000;
const BOOKED_WITHIN_MS = 300_000;
const LEFT_BEHIND = join(import.meta.dirname, '..', 'support', 'left-behind.ts');

/** A gateway that listens, and after how many milliseconds. */
async function listening(site: Site, name: string): Promise<{ readonly instance: Instance; readonly afterMs: number }> {
  const beginsMs = performance.now();
  const instance = new Instance(site, name);
  await instance.process.until('a curl line', ({ stderr }) => /^ *(curl .*)\n/m.exec(stderr)?.[1], STARTS_WITHIN_MS);
  const afterMs = Math.round(performance.now() - beginsMs);
  return { instance: await instance.started(), afterMs };
}

function asked(instance: Instance): Promise<Response> {
  return fetch(`${instance.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] }),
  });
}

const isBooked = ({ process }: Instance): boolean =>
  process.stdout.includes('Booked the requests that a killed process left');

/** Asks one request after the other until all lines are booked; gives how many were served. */
async function servedMeanwhile(instance: Instance): Promise<number> {
  let served = 0;
  for (const untilMs = performance.now() + BOOKED_WITHIN_MS; !isBooked(instance); served += 1) {
    const answer = await asked(instance);
    assert.equal(answer.status, 200, await answer.text());
    assert.ok(performance.now() < untilMs, 'every line is delivered in time');
  }
  return served;
}

/** What the ledger says of the lines of the killed process. */
async function leftRows(databaseUrl: string): Promise<unknown> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select count(*) as rows, count(distinct attempt_id) as attempts, count(*) filter (where status = 'success') as successes
       from ledger where attempt_id like 'left-%'`,
    );
    return rows[0];
  } finally {
    await client.end();
  }
}

test('a gateway over Redis and Postgres listens within 5 s on 100,000 lines, serves while it delivers them, and books each once', {
  timeout: 600_000,
}, async (t) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  t.after(() => Promise.all([redis.close(), postgres.close()]));
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, {
    // A budget that all lines count in, and that leaves room: requests wait until it is known what was spent.
    litellm_settings: { max_budget: LINES * COST_USD + 10 },
    router_settings: { redis_url: redis.url },
    general_settings: { database_url: postgres.url },
  });
  // The first start makes the tables.
  await (await listening(site, 'first')).instance.kill();
  const without = await listening(site, 'without');
  await without.instance.kill();

  const folder = join(site.folder, 'with', 'journal');
  const left = spawnSync(process.execPath, [LEFT_BEHIND, folder, String(LINES), 'settled']);
  assert.equal(left.signal, 'SIGKILL', left.stderr.toString());
  const { instance, afterMs } = await listening(site, 'with');
  const isBookedBefore = isBooked(instance);
  const mostMs = Math.max(LISTENS_WITHIN_MS, without.afterMs * MOST_TIMES_AS_LONG);
  t.diagnostic(`listens after ${afterMs} ms, without lines after ${without.afterMs} ms`);
  assert.ok(afterMs <= mostMs, `it listens after ${afterMs} ms, and may take ${mostMs} ms`);
  assert.ok(!isBookedBefore, 'it listens before all is delivered');

  const beginsMs = performance.now();
  const served = await servedMeanwhile(instance);
  t.diagnostic(`${served} requests served in the ${Math.round(performance.now() - beginsMs)} ms until all was booked`);
  assert.ok(served >= 2, `${served} requests were served while lines were delivered`);
  assert.deepEqual(await leftRows(postgres.url), {
    rows: String(LINES),
    attempts: String(LINES),
    successes: String(LINES),
  });
  const [one] = simulator.requests;
  assert.ok(one !== undefined);
  const wanted = (LINES * COST_USD + served * Number(formatUsd(billedFor(one)))).toFixed(6);
  const isCounted = async (): Promise<boolean> => (await instance.spend()).toFixed(6) === wanted;
  await until(isCounted, `the sums have all lines and what was served, ${wanted} USD`);
});
