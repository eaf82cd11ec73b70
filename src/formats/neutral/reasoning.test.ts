import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { budgetTokensOfEffort, effortOfBudgetTokens, isReasoningEffort } from './reasoning.ts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

test('every effort survives the way through its budget and back', () => {
  for (const effort of EFFORTS) assert.equal(effortOfBudgetTokens(budgetTokensOfEffort(effort)), effort);
});

test('a larger budget never means a smaller effort', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 0, max: 200_000 }), (one, other) => {
      const [small, large] = one < other ? [one, other] : [other, one];
      return EFFORTS.indexOf(effortOfBudgetTokens(small)) <= EFFORTS.indexOf(effortOfBudgetTokens(large));
    }),
  );
});

test('only the seven words are efforts', () => {
  assert.ok(EFFORTS.every(isReasoningEffort));
  for (const other of ['', 'HIGH', 'default', null, 3, {}]) assert.equal(isReasoningEffort(other), false);
});
