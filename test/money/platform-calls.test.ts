/** Calls that the gateway makes for itself: who causes them, how often, and that they are booked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { permitAttempt } from '../../src/pipeline/money/permits.ts';
import { CallPermit } from '../../src/upstream/call-permit.ts';
import type { TestGateway } from '../support/gateway.ts';
import { eventually, manage, priced, startMoneyGateway } from './tenants.ts';

const asKey = { authorization: 'Bearer k' };
const count = ({ simulator }: TestGateway): number => simulator.requests.length;

async function platformRows(gateway: TestGateway, least: number): Promise<JsonObject[]> {
  let rows: JsonObject[] = [];
  await eventually(async () => {
    const logs = (await (await gateway.get('/spend/logs?summarize=false')).json()) as unknown as JsonObject[];
    rows = logs.filter((row) => row.api_key === 'sluice-platform');
    return rows.length >= least;
  }, 'rows of the platform');
  return rows;
}

const costOf = (row: JsonObject): number => Number((row.sluice as JsonObject).cost ?? 0);

test('only admins cause probes, one for each deployment and interval, which are booked on the platform’s account', async (context) => {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 5), priced('other', 5, { model: 'openai/sim-tokens-6' })],
    user_api_key_list: [{ api_key: 'k', max_budget: 0, rpm_limit: 1 }],
  });
  context.after(() => gateway.close());
  for (let round = 0; round < 5; round += 1) {
    const answer = await gateway.get('/health', asKey);
    assert.equal(answer.status, 200);
    assert.equal(((await answer.json()) as { unchecked_endpoints: unknown[] }).unchecked_endpoints.length, 2);
  }
  assert.equal(count(gateway), 0);

  const admins = await Promise.all(Array.from({ length: 6 }, () => gateway.get('/health')));
  for (const answer of admins) assert.equal(((await answer.json()) as { healthy_count: number }).healthy_count, 2);
  for (let round = 0; round < 3; round += 1) await gateway.get('/health');
  assert.equal(count(gateway), 2);
  const seen = (await (await gateway.get('/health', asKey)).json()) as { healthy_count: number };
  assert.equal(seen.healthy_count, 2);
  assert.equal(count(gateway), 2);

  const rows = await platformRows(gateway, 2);
  assert.equal(rows.length, 2);
  for (const row of rows) {
    assert.ok(costOf(row) > 0 && Number(row.prompt_tokens) > 0, JSON.stringify(row));
    assert.equal(row.status, 'success');
  }
  const summary = (await manage(gateway, '/spend/summary?group_by=key')) as unknown as {
    results: { name: string; alias?: string; spend: number }[];
  };
  assert.ok(
    summary.results.some(({ name, alias }) => name === 'sluice-platform' || alias === 'platform'),
    JSON.stringify(summary),
  );
  const own = (await (await gateway.get('/spend/logs?summarize=false', asKey)).json()) as unknown as JsonObject[];
  assert.ok(!JSON.stringify(own).includes('sluice-platform'), 'an ordinary key does not see them');
});

test('a probe that the provider had and did not answer is booked by an estimate; one that was refused or not sent is not', async (context) => {
  const gateway = await startMoneyGateway({
    model_list: [
      priced('silent', 5, { model: 'openai/sim-tokens-5+fault-hang' }, { health_check_timeout: 1 }),
      priced('refused', 5, { model: 'openai/sim-tokens-5+fault-401' }),
      priced('unsent', 5, { api_base: 'http://127.0.0.1:1' }),
    ],
  });
  context.after(() => gateway.close());
  await gateway.get('/health');
  const rows = await platformRows(gateway, 3);
  const costs = Object.fromEntries(rows.map((row) => [String(row.model_group), costOf(row) > 0]));
  assert.deepEqual(costs, { silent: true, refused: false, unsent: false });
});

test('background checks are booked likewise', async (context) => {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 5)],
    general_settings: { background_health_checks: true, health_check_interval: 1 },
  });
  context.after(() => gateway.close());
  const [row] = await platformRows(gateway, 1);
  assert.ok(row !== undefined && costOf(row) > 0);
});

test('a budget of a deployment counts the probes of it', async (context) => {
  const gateway = await startMoneyGateway({
    model_list: [priced('m', 5, { max_budget: 0.000_01, budget_duration: '30d' })],
  });
  context.after(() => gateway.close());
  await gateway.get('/health');
  await platformRows(gateway, 1);
  await eventually(async () => {
    const answer = await gateway.post('/v1/chat/completions', {
      model: 'm',
      messages: [{ role: 'user', content: 'a' }],
    });
    return (await answer.text()).includes('budget used up');
  }, 'the budget is used up by the probe');
});

test('a permit allows one call, and no attempt is permitted that was not admitted', () => {
  const permit = new CallPermit();
  permit.use();
  assert.throws(() => permit.use(), RangeError);
  const exchange = { admission: undefined, endpoint: { operation: { isFree: false } } };
  assert.throws(() => permitAttempt(exchange as Parameters<typeof permitAttempt>[0]), RangeError);
});
