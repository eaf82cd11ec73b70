import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';

function setUp(settings?: RetryBudgetSettings) {
  const time = { nowMs: 5_000_000 };
  const budget = new RetryBudget({ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs }, settings);
  const takeAll = (upstream: string): number => {
    let taken = 0;
    while (taken < 10_000 && budget.take(upstream)) taken += 1;
    return taken;
  };
  return { time, budget, takeAll };
}

test('an idle upstream has the floor, a busy one a fifth of its requests besides, each its own', () => {
  const { budget, takeAll } = setUp();
  assert.equal(takeAll('idle'), 30);
  for (let count = 0; count < 500; count += 1) budget.noteFirst('busy');
  assert.equal(takeAll('busy'), 130);
  assert.equal(takeAll('idle'), 0);
});

test('what is older than ten seconds counts no more, on either side', () => {
  const { time, budget, takeAll } = setUp();
  for (let count = 0; count < 500; count += 1) budget.noteFirst('u');
  assert.equal(takeAll('u'), 130);
  time.nowMs += 9_000;
  assert.equal(takeAll('u'), 0);
  time.nowMs += 1_000;
  assert.equal(takeAll('u'), 30);
});

test('in a minute of 100 % errors an upstream sees 1.2 times the requests and the floor', () => {
  const { time, budget } = setUp();
  let seen = 0;
  for (let count = 0; count < 60_000; count += 1) {
    budget.noteFirst('u');
    seen += 1;
    for (let retry = 0; retry < 3; retry += 1) if (budget.take('u')) seen += 1;
    time.nowMs += 1;
  }
  assert.ok(seen <= 60_000 * 1.2 + 180 && seen > 60_000 * 1.19, `${seen}`);
});

test('a request that falls back into an upstream counts there as a request, or by choice as a retry', () => {
  const free = setUp();
  for (let count = 0; count < 1_000; count += 1) assert.equal(free.budget.takeFallback('b'), true);
  assert.equal(free.takeAll('b'), 230);
  const strict = setUp({ chargesFallbacks: true, floorPerSecond: 1 });
  for (let count = 0; count < 10; count += 1) assert.equal(strict.budget.takeFallback('b'), true);
  assert.equal(strict.budget.takeFallback('b'), false);
});

test('endless new upstreams do not fill the memory', () => {
  const { budget } = setUp();
  for (let count = 0; count < 3_000; count += 1) budget.noteFirst(`u${count}`);
  assert.equal(budget.size, 1_000);
});

test('what other instances attempted counts in the same budget, and is not told them again', () => {
  const { time, budget, takeAll } = setUp();
  for (let count = 0; count < 100; count += 1) budget.noteFirst('u');
  budget.addOthers('u', { first: 400, further: 60 });
  budget.addOthers('unknown', { first: 400, further: 0 });
  assert.equal(takeAll('u'), 70);
  assert.deepEqual([...budget.drain()], [['u', { first: 100, further: 70 }]]);
  assert.deepEqual([...budget.drain()], [['u', { first: 0, further: 0 }]]);
  time.nowMs += 10_000;
  assert.equal(takeAll('u'), 30);
});
