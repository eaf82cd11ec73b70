import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { POLICIES, type Policy } from './policies.ts';
import { seededRandom } from './random.ts';
import { replayTable, summarise } from './report.ts';
import { type Setup, simulate } from './simulate.ts';
import type { TracedRequest } from './trace.ts';

/** Half an hour of chat, made up: mostly short answers, some long, one in five hundred thrice as long as those. */
function chat(requests: number): readonly TracedRequest[] {
  const random = seededRandom(11);
  return Array.from({ length: requests }, (_, index) => {
    const kind = random();
    const outputTokens = Math.ceil(kind < 0.7 ? 40 + 100 * random() : kind < 0.998 ? 300 + 150 * random() : 1_200);
    return { atMs: (index * 1_800_000) / requests, inputTokens: Math.ceil(20 + 3_000 * random() ** 2), outputTokens };
  });
}

const SETUP: Setup = { seed: 1, tenants: 40, skew: 0, budgetShare: 0.5, inputError: 0.15, streamed: 0.5, pace: 1 };

function policy(name: string): Policy {
  const found = POLICIES.find((each) => each.name === name);
  assert.ok(found);
  return found;
}

const trace = chat(4_000);
const replay = async (name: string, setup: Partial<Setup> = {}) =>
  summarise(await simulate(trace, policy(name), { ...SETUP, ...setup }));

describe('a replay of made-up traffic', () => {
  test('learned: budgets are used and hold', async () => {
    const { usedPercent, meanOverspendPercent, worstOverspendPercent, cutPercent, leftOpen } = await replay('learned');
    assert.ok(usedPercent >= 98, `used ${usedPercent}`);
    assert.ok(meanOverspendPercent <= 0.05, `mean overspend ${meanOverspendPercent}`);
    assert.ok(worstOverspendPercent <= 1, `worst overspend ${worstOverspendPercent}`);
    assert.ok(cutPercent < 2, `cut ${cutPercent}`);
    assert.equal(leftOpen, 0);
  });

  test('strict: nothing is overspent, whatever the pace, the tenants and the guesses', async () => {
    for (const setup of [
      {},
      { pace: 50 },
      { skew: 1 },
      { inputError: 0.9, seed: 2 },
      { streamed: 1 },
      { streamed: 0 },
    ]) {
      const { usedPercent, worstOverspendPercent, leftOpen } = await replay('strict', setup);
      assert.equal(worstOverspendPercent, 0);
      assert.ok(usedPercent > 50, `used ${usedPercent}`);
      assert.equal(leftOpen, 0);
    }
  });

  test('strict uses nearly all of a budget too', async () => {
    const { usedPercent } = await replay('strict');
    assert.ok(usedPercent >= 97, `used ${usedPercent}`);
  });

  test('what it is measured against does as badly as the guide says', async () => {
    const unheld = await replay('check, then spend');
    assert.ok(
      unheld.meanOverspendPercent > 0.3 && unheld.worstOverspendPercent > 1,
      'budgets that are checked only run over',
    );
    const crude = await replay('hold 16,384 tokens');
    assert.ok(crude.usedPercent < 60, 'holding the longest answer of all leaves budgets unused');
  });

  test('the same seed gives the same table, another one another', async () => {
    const table = async (seed: number) => replayTable(new Map([['learned', await replay('learned', { seed })]]));
    assert.equal(await table(3), await table(3));
    assert.notEqual(await table(3), await table(4));
  });
});
