/** `GET /savings`, its metrics and its digest: every figure is computed again from the raw rows. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { formatUsd, picoUsdFromUsd } from '../../src/core/money.ts';
import { DrivenClock } from '../support/driven-clock.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startReceiver } from './receiver.ts';
import { ask, eventually, moneyConfig, priced } from './tenants.ts';

const KEYS = [
  { api_key: 'sk-anna-0001', key_alias: 'anna', team_id: 'red', user_id: 'anna' },
  { api_key: 'sk-bert-0002', key_alias: 'bert', team_id: 'blue', user_id: 'bert' },
];
const CONFIG = moneyConfig({
  model_list: [priced('m', 100), priced('other', 50)],
  litellm_settings: { drop_params: true, cache: true, cache_params: { type: 'local', scope: 'key' } },
  user_api_key_list: KEYS,
  // The cheap model answers for the dear one if that fails: what it costs less is the model's.
  router_settings: { fallbacks: [{ m: ['other'] }] },
});

interface Figures {
  readonly attempts: number;
  readonly cost: string;
  readonly requested_cost: string;
  readonly saved: string;
  readonly by_mechanism: Readonly<Record<string, string>>;
  readonly unsplit: string;
}

interface Report {
  readonly results: readonly (Figures & { readonly name: string; readonly alias?: string })[];
  readonly total: Figures;
}

interface Row {
  readonly api_key: string;
  readonly model_group: string;
  readonly team_id: string;
  readonly sluice: {
    readonly cost: string;
    readonly requested_cost: string | null;
    readonly savings: Readonly<Record<string, string>>;
    readonly request_started_at: string;
  };
}

const pico = (usd: string): bigint => picoUsdFromUsd(usd) ?? assert.fail(usd);

async function report(gateway: TestGateway, query = '', key = gateway.masterKey): Promise<Report> {
  const response = await gateway.get(`/savings?${query}`, { authorization: `Bearer ${key}` });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as Report;
}

/** The figures of some raw rows, computed without the gateway. */
function figuresOf(rows: readonly Row[]): Omit<Figures, 'unsplit'> & { readonly unsplit: string } {
  let [cost, asked] = [0n, 0n];
  const parts = new Map<string, bigint>();
  for (const { sluice } of rows) {
    cost += pico(sluice.cost);
    asked += pico(sluice.requested_cost ?? sluice.cost);
    for (const [name, saved] of Object.entries(sluice.savings)) parts.set(name, (parts.get(name) ?? 0n) + pico(saved));
  }
  const split = [...parts.values()].reduce((sum, part) => sum + part, 0n);
  return {
    attempts: rows.length,
    cost: formatUsd(cost),
    requested_cost: formatUsd(asked),
    saved: formatUsd(asked - cost),
    by_mechanism: Object.fromEntries([...parts].map(([name, part]) => [name, formatUsd(part)])),
    unsplit: formatUsd(asked - cost - split),
  };
}

const only = ({ attempts, cost, requested_cost, saved, by_mechanism, unsplit }: Figures): Figures => ({
  ...{ attempts, cost, requested_cost, saved, by_mechanism, unsplit },
});

async function rawRows(gateway: TestGateway, count: number): Promise<readonly Row[]> {
  let rows: Row[] = [];
  await eventually(async () => {
    rows = (await (await gateway.get('/spend/logs')).json()) as Row[];
    return rows.length === count;
  }, `${count} rows`);
  return rows;
}

/** Both keys ask, and ask again; one of them asks something else too. */
async function traffic(gateway: TestGateway): Promise<readonly Row[]> {
  for (const key of ['sk-anna-0001', 'sk-bert-0002', 'sk-anna-0001', 'sk-anna-0001'])
    assert.equal((await ask(gateway, key)).status, 200);
  await ask(gateway, 'sk-bert-0002', { model: 'other' });
  return rawRows(gateway, 5);
}

async function start(t: TestContext, more: Parameters<typeof startTestGateway>[0] = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: CONFIG, ...more });
  t.after(() => gateway.close());
  return gateway;
}

test('each figure is the sum of raw rows: in all, by mechanism, and by day, key, team and model', async (t) => {
  const gateway = await start(t);
  const rows = await traffic(gateway);
  const all = await report(gateway);
  assert.deepEqual(only(all.total), figuresOf(rows));
  assert.ok(pico(all.total.saved) > 0n);
  assert.equal(all.total.unsplit, '0');
  assert.deepEqual(
    all.results.map(({ name, saved, attempts }) => [name, saved, attempts]),
    [['answer_cache', all.total.saved, 2]],
  );
  const dimensions = {
    day: ({ sluice }: Row) => sluice.request_started_at.slice(0, 10),
    key: ({ api_key }: Row) => api_key,
    team: ({ team_id }: Row) => team_id,
    model: ({ model_group }: Row) => model_group,
  };
  for (const [word, of] of Object.entries(dimensions)) {
    const { results, total } = await report(gateway, `group_by=${word}`);
    assert.deepEqual(only(total), figuresOf(rows), word);
    const groups = Map.groupBy(rows, of);
    assert.equal(results.length, groups.size, word);
    for (const each of results)
      assert.deepEqual(only(each), figuresOf(groups.get(each.name) ?? []), `${word} ${each.name}`);
  }
  const metrics = await (await gateway.get('/metrics')).text();
  const counted = /^sluice_savings_usd_total\{mechanism="answer_cache"\} (\S+)$/m.exec(metrics)?.[1];
  assert.ok(Math.abs(Number(counted) - Number(all.total.saved)) < 1e-9, counted);
});

test('a key sees its own savings and is refused those of others', async (t) => {
  const gateway = await start(t);
  const rows = await traffic(gateway);
  const own = await report(gateway, '', 'sk-anna-0001');
  assert.deepEqual(only(own.total), figuresOf(rows.filter(({ team_id }) => team_id === 'red')));
  assert.equal((await report(gateway, '', 'sk-bert-0002')).total.saved, '0');
  const denied = await gateway.get('/savings?team_id=blue', { authorization: 'Bearer sk-anna-0001' });
  assert.equal(denied.status, 403);
  const wrong = await gateway.get('/savings?group_by=colour');
  assert.equal(wrong.status, 422);
});

test('savings outlive a restart, and rows that are delivered twice count once', async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-savings-'));
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const first = await startTestGateway({ config: CONFIG, dataFolder });
  await traffic(first);
  const before = await report(first);
  await first.close();
  const second = await start(t, { dataFolder });
  assert.deepEqual(await report(second), before);
  assert.deepEqual(only(before.total), figuresOf(await rawRows(second, 5)));
});

test('on Monday receivers get the savings of the last week once, over all instances of a database', async (t) => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  const dataFolder = mkdtempSync(join(tmpdir(), 'sluice-digest-'));
  t.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  const config = JSON.stringify({
    ...(JSON.parse(CONFIG) as JsonObject),
    budget_settings: { alert_webhooks: [`${receiver.url}/hook`] },
  });
  const clock = new DrivenClock();
  const gateway = await startTestGateway({ config, dataFolder, clock });
  const rows = await traffic(gateway);
  gateway.reload(config);
  clock.forward(7 * 86_400_000);
  gateway.reload(config);
  gateway.reload(config);
  await eventually(() => receiver.received.length > 0, 'a digest');
  await gateway.close();
  // A start in the same week finds that it was sent.
  const again = await startTestGateway({ config, dataFolder, clock });
  again.reload(config);
  await again.close();
  assert.equal(receiver.received.length, 1);
  const digest = receiver.received[0]?.json ?? {};
  const { cost, saved, by_mechanism, requested_cost } = figuresOf(rows);
  assert.deepEqual(
    [digest.event, digest.cost, digest.requested_cost, digest.saved, digest.by_mechanism],
    ['savings_digest', cost, requested_cost, saved, by_mechanism],
  );
});
