import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../exchange/exchange.ts';
import { RouteRecords } from './route-records.ts';

const exchangeOf = (callId: string, more: object = {}): Exchange =>
  ({
    callId,
    plan: { group: 'chat', deployments: [], verdicts: [] },
    model: 'm'.repeat(10_000),
    attempts: [],
    waits: [],
    fallbackPlans: [],
    status: 200,
    startedMs: 5,
    ...more,
  }) as unknown as Exchange;

test('the last requests are kept, the oldest goes first', () => {
  const records = new RouteRecords(3);
  for (const id of ['a', 'b', 'c', 'd']) records.keep(exchangeOf(id), 25);
  assert.equal(records.find('a'), undefined);
  for (const id of ['b', 'c', 'd']) assert.equal(records.find(id)?.callId, id);
  assert.equal(records.find('d')?.durationMs, 20);
  assert.equal(records.find('d')?.model.length, 256);
});

test('a request that was never planned leaves nothing, and no record holds a body or a key', () => {
  const records = new RouteRecords();
  records.keep(exchangeOf('refused', { plan: undefined }), 1);
  assert.equal(records.find('refused'), undefined);
  records.keep(
    exchangeOf('kept', { body: Buffer.from('canary'), client: { headers: { authorization: 'canary' } } }),
    1,
  );
  assert.ok(!JSON.stringify(records.find('kept')).includes('canary'));
  assert.ok(!Object.keys(records.find('kept') ?? {}).includes('body'));
});
