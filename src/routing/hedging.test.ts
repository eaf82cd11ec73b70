import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HedgeRules, Hedging } from './hedging.ts';
import { RecentHistogram } from './recent-histogram.ts';

const RULES: HedgeRules = { group: 'chat', percentile: 0.95, maxExtraSpend: 0.05 };

function setUp() {
  const time = { nowMs: 1_000_000 };
  return { time, hedging: new Hedging({ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs }) };
}

/** Numbers in [0, 1), the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('nothing is hedged before twenty measurements, counted apart for streams and whole answers', () => {
  const { hedging } = setUp();
  assert.equal(hedging.delayMs(RULES, true), undefined);
  for (let count = 0; count < 19; count += 1) hedging.observe(RULES, true, 100);
  assert.equal(hedging.delayMs(RULES, true), undefined);
  hedging.observe(RULES, true, 100);
  const delayMs = hedging.delayMs(RULES, true) ?? assert.fail();
  assert.ok(delayMs >= 100 && delayMs <= 110, String(delayMs));
  assert.equal(hedging.delayMs(RULES, false), undefined);
  assert.equal(hedging.delayMs({ ...RULES, group: 'other' }, true), undefined);
});

test('measurements are forgotten after five to ten minutes', () => {
  const { hedging, time } = setUp();
  for (let count = 0; count < 30; count += 1) hedging.observe(RULES, true, 5_000);
  time.nowMs += 299_000;
  assert.ok(hedging.delayMs(RULES, true) !== undefined);
  time.nowMs += 301_000;
  assert.equal(hedging.delayMs(RULES, true), undefined);
});

test('law: a quantile is never below the true one, at most a tenth above it, and grows with the share', () => {
  const random = seeded(7);
  for (let round = 0; round < 200; round += 1) {
    const histogram = new RecentHistogram();
    const values = Array.from({ length: 1 + Math.floor(random() * 300) }, () => 1 + 10 ** (random() * 5));
    for (const value of values) histogram.observe(value, 1_000);
    values.sort((left, right) => left - right);
    let last = 0;
    for (const share of [0.1, 0.5, 0.9, 0.95, 0.99, 1]) {
      const truth = values[Math.ceil(values.length * share - 1e-9) - 1] ?? assert.fail();
      const read = histogram.quantile(share, 1_000) ?? assert.fail();
      assert.ok(read >= truth * (1 - 1e-9) && read <= truth * 1.1 * (1 + 1e-9), `${read} for ${truth}`);
      assert.ok(read >= last);
      last = read;
    }
  }
});

test('a group that spent nothing hedges nothing; the first hedge comes when its mean fits into the share', () => {
  const { hedging } = setUp();
  assert.equal(hedging.mayHedge(RULES), false);
  for (let count = 0; count < 19; count += 1) hedging.noteSpend(RULES, { hedged: false, amount: 10 });
  assert.equal(hedging.mayHedge(RULES), false);
  hedging.noteSpend(RULES, { hedged: false, amount: 10 });
  assert.equal(hedging.mayHedge(RULES), true);
  hedging.raceBegan(RULES);
  assert.equal(hedging.mayHedge(RULES), false, 'one under way counts');
  hedging.raceEnded(RULES);
  assert.equal(hedging.mayHedge(RULES), true);
  hedging.noteSpend(RULES, { hedged: true, amount: 1 });
  assert.equal(hedging.mayHedge(RULES), false);
});

test('where something has no price, attempts are counted instead of money', () => {
  const { hedging } = setUp();
  for (let count = 0; count < 40; count += 1) hedging.noteSpend(RULES, { hedged: false, amount: undefined });
  assert.equal(hedging.mayHedge(RULES), true);
  hedging.noteSpend(RULES, { hedged: true, amount: undefined });
  assert.equal(hedging.mayHedge(RULES), true);
  hedging.noteSpend(RULES, { hedged: true, amount: 1_000_000 });
  assert.equal(hedging.mayHedge(RULES), false);
});

test('spend is forgotten after ten minutes, and a share of 0 allows nothing', () => {
  const { hedging, time } = setUp();
  for (let count = 0; count < 40; count += 1) hedging.noteSpend(RULES, { hedged: false, amount: 10 });
  assert.equal(hedging.mayHedge({ ...RULES, maxExtraSpend: 0 }), false);
  hedging.noteSpend(RULES, { hedged: true, amount: 20 });
  assert.equal(hedging.mayHedge(RULES), false);
  time.nowMs += 600_000;
  assert.equal(hedging.mayHedge(RULES), false, 'nothing is known any more');
  for (let count = 0; count < 20; count += 1) hedging.noteSpend(RULES, { hedged: false, amount: 10 });
  assert.equal(hedging.mayHedge(RULES), true);
});

test('law: whatever is asked for, hedges cost no more than the share and the error of the last estimates', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const { hedging, time } = setUp();
    const share = 0.02 + random() * 0.3;
    const rules = { ...RULES, maxExtraSpend: share };
    const isPriced = seed % 3 !== 0;
    const most = 20;
    let spent = 0;
    let hedged = 0;
    const racing: number[] = [];
    for (let step = 0; step < 600; step += 1) {
      time.nowMs += random() * 500;
      const cost = isPriced ? 1 + random() * (most - 1) : 1;
      hedging.noteSpend(rules, { hedged: false, amount: isPriced ? cost : undefined });
      spent += cost;
      if (racing.length > 0 && random() < 0.5) {
        const lost = racing.pop() ?? 0;
        hedging.noteSpend(rules, { hedged: true, amount: isPriced ? lost : undefined });
        hedging.raceEnded(rules);
        hedged += lost;
      }
      if (hedging.mayHedge(rules)) {
        hedging.raceBegan(rules);
        racing.push(isPriced ? 1 + random() * (most - 1) : 1);
      }
      const slack = isPriced ? most * (racing.length + 1) : 0;
      assert.ok(hedged <= spent * share + slack + 1e-6, `seed ${seed}: ${hedged} of ${spent} × ${share}`);
    }
    assert.ok(hedged > 0, 'and hedges do happen');
  }
});
