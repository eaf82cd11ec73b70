import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Limits } from './directory.ts';
import { decodeObject, encodeObject } from './object-text.ts';

const money = fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n });
const budget = fc.record({ max: money, duration: fc.string() }, { requiredKeys: ['max'], noNullPrototype: true });
const limits = fc.record(
  {
    maxBudget: money,
    softBudget: money,
    budgetDuration: fc.string(),
    budgetLimits: fc.array(budget, { maxLength: 3 }),
    modelMaxBudget: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), budget, { noNullPrototype: true }),
    tempBudgetIncrease: fc.record({ amount: money, untilMs: fc.nat() }, { noNullPrototype: true }),
    rpmLimit: fc.nat(),
    modelRpmLimit: fc.dictionary(fc.string(), fc.nat(), { noNullPrototype: true }),
    budgetId: fc.string({ unit: 'binary' }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('every amount of money comes back exactly, and as nothing but money', () => {
  fc.assert(
    fc.property(limits, limits, (own, memberDefaults) => {
      const value = { ...own, id: 'x', memberDefaults, metadata: { maxBudget: '5', amount: 3 } };
      const text = encodeObject(value);
      assert.deepEqual(decodeObject<Limits>(text), value);
    }),
    { numRuns: 500 },
  );
});

test('money is written as a decimal string of pico-USD', () => {
  const text = encodeObject({ maxBudget: 9_007_199_254_740_993n, budgetLimits: [{ max: -1n }] });
  assert.deepEqual(JSON.parse(text), { maxBudget: '9007199254740993', budgetLimits: [{ max: '-1' }] });
});

test('fields that a newer version knows are given back untouched', () => {
  assert.deepEqual(decodeObject('{"id":"x","newLimit":"12","maxBudget":"3"}'), {
    id: 'x',
    newLimit: '12',
    maxBudget: 3n,
  });
});
