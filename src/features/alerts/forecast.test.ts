import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast, remember } from './forecast.ts';
import type { WatchedBudget } from './watched-budget.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const USD = 1_000_000_000_000n;

/** A budget of 100 USD for thirty days that began at 0. */
function budget(spentUsd: number, more: Partial<WatchedBudget> = {}): WatchedBudget {
  return {
    account: 'team:t1',
    kind: 'team',
    label: 'Team=t1',
    owner: { teamId: 't1' },
    max: 100n * USD,
    soft: undefined,
    period: '30d',
    window: '1mo@0',
    startsAtMs: 0,
    endsAtMs: 30 * DAY_MS,
    spent: BigInt(Math.round(spentUsd * 1_000_000)) * 1_000_000n,
    seenAtMs: 0,
    alertAt: 0n,
    told: new Set(),
    recent: undefined,
    earlier: undefined,
    ...more,
  };
}

test('spending that goes on as it did since the period began uses up the budget before its end', () => {
  const found = forecast(budget(70), 10 * DAY_MS + 4);
  assert.equal(found?.basis, 'period');
  // 70 USD in ten days: the other 30 last four days and a bit, and thirty days would take 210.
  assert.ok(Math.abs((found?.goneAtMs ?? 0) - (100 / 7) * DAY_MS) < 10);
  assert.ok(Math.abs(Number(found?.projectedSpend) / Number(USD) - 210) < 0.001);
});

test('nothing is forecast if the money lasts, is gone, never resets, or too little is known', () => {
  assert.equal(forecast(budget(33), 10 * DAY_MS), undefined, 'it lasts');
  assert.equal(forecast(budget(100), 10 * DAY_MS), undefined, 'it is gone');
  assert.equal(forecast(budget(70, { endsAtMs: undefined }), 10 * DAY_MS), undefined, 'it has no end');
  assert.equal(forecast(budget(70, { max: undefined }), 10 * DAY_MS), undefined, 'it has no limit');
  assert.equal(forecast(budget(60), 2.9 * DAY_MS), undefined, 'not a tenth of the period has passed');
  assert.equal(forecast(budget(60), 3 * DAY_MS)?.basis, 'period', 'a tenth has');
  assert.equal(forecast(budget(9.9), 3.1 * DAY_MS), undefined, 'not a tenth of the money is spent');
  assert.equal(forecast(budget(70), 31 * DAY_MS), undefined, 'the period is over');
});

test('the last hour warns earlier where spending has turned fast, and not of what is more than a day ahead', () => {
  const nowMs = 15 * DAY_MS;
  const hourAgo = (spentUsd: number) => ({ atMs: nowMs - HOUR_MS, spent: BigInt(spentUsd) * USD });
  // Forty in fifteen days would last; but ten of them went in the last hour.
  const fast = forecast(budget(40, { earlier: hourAgo(30) }), nowMs);
  assert.deepEqual([fast?.basis, fast?.goneAtMs], ['hour', nowMs + 6 * HOUR_MS]);
  assert.equal(forecast(budget(40, { earlier: hourAgo(39) }), nowMs), undefined, 'sixty hours ahead');
  const brief = { atMs: nowMs - 5 * 60_000, spent: 30n * USD };
  assert.equal(forecast(budget(40, { recent: brief }), nowMs), undefined, 'five minutes are a burst');
  assert.equal(forecast(budget(40, { earlier: hourAgo(40) }), nowMs), undefined, 'nothing was spent');
});

test('two numbers remember the last hour, and forget what was before a pause or a reset', () => {
  const watched = budget(0);
  for (let minute = 0; minute <= 600; minute++) {
    watched.spent += USD / 100n;
    remember(watched, minute * 60_000);
    const { earlier } = watched;
    if (minute < 60) continue;
    assert.ok(earlier !== undefined);
    const ageMinutes = minute - earlier.atMs / 60_000;
    assert.ok(ageMinutes >= 30 && ageMinutes <= 60, `${ageMinutes} minutes`);
    assert.equal(watched.spent - earlier.spent, (USD / 100n) * BigInt(ageMinutes));
  }
  remember(watched, 14 * HOUR_MS);
  assert.equal(watched.earlier, undefined, 'a pause');
  remember(watched, 14.6 * HOUR_MS);
  assert.ok(watched.earlier !== undefined);
  watched.spent = 0n;
  remember(watched, 14.7 * HOUR_MS);
  assert.deepEqual([watched.earlier, watched.recent?.spent], [undefined, 0n], 'a reset');
});
