import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BudgetReading, gaugeSamples, latestReadings } from './budget-gauges.ts';

const reading = (remaining: number, seenAtMs: number, more: Partial<BudgetReading> = {}): BudgetReading => ({
  kind: 'team',
  labels: { team: 't1', team_alias: 'None' },
  max: 10,
  remaining,
  hoursLeft: undefined,
  seenAtMs,
  ...more,
});

test('of several processes the one that saw a budget last is believed, and nothing is added up', async () => {
  const other = reading(5, 1, { labels: { team: 't2', team_alias: 'None' } });
  const rate = (requests: number, seenAtMs: number) => ({
    labels: { hashed_api_key: 'h', api_key_alias: 'None', model: 'm' },
    requests,
    tokens: undefined,
    seenAtMs,
  });
  const joined = await latestReadings([
    { budgets: [reading(8, 20)], rates: [rate(3, 9)] },
    { budgets: [reading(9, 10), other], rates: [rate(2, 10)] },
  ]);
  assert.deepEqual(joined.budgets, [reading(8, 20), other]);
  assert.deepEqual(
    joined.rates.map(({ requests }) => requests),
    [2],
  );
});

test('a budget makes samples of its own kind only, and none of what it does not have', () => {
  const samples = [...gaugeSamples({ budgets: [reading(8, 1)], rates: [] })].filter(
    ({ samples: all }) => all.length > 0,
  );
  assert.deepEqual(
    samples.map(({ gauge, samples: [sample] }) => [gauge.name, sample?.value]),
    [
      ['litellm_remaining_team_budget_metric', 8],
      ['litellm_team_max_budget_metric', 10],
    ],
  );
});
