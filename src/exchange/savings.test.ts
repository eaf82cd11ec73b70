import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MECHANISMS } from '../stores/contracts/ledger.ts';
import {
  type Changes,
  noteModel,
  noteQuality,
  noteRemoved,
  splitSavings,
  withoutCache,
  withRemoved,
} from './savings.ts';

test('what mechanisms saved adds up to the difference, whatever they are and in whatever order', () => {
  const price = fc.bigInt({ min: 0n, max: 10n ** 18n });
  const steps = fc.array(fc.tuple(fc.constantFrom(...MECHANISMS), price), { maxLength: 8 });
  fc.assert(
    fc.property(price, steps, (cost, undone) => {
      const { requestedCost, savings = {} } = splitSavings(cost, undone);
      assert.equal(requestedCost, undone.at(-1)?.[1] ?? cost);
      const sum = Object.values(savings).reduce((all, saved) => all + saved, 0n);
      assert.equal(sum, requestedCost - cost);
    }),
  );
});

test('a mechanism that cost more than it saved has a negative saving, and one that did nothing has none', () => {
  assert.deepEqual(
    splitSavings(10n, [
      ['model', 10n],
      ['prompt_cache', 8n],
      ['compression', 20n],
    ]),
    { requestedCost: 20n, savings: { prompt_cache: -2n, compression: 12n } },
  );
  assert.deepEqual(splitSavings(10n, [['model', 10n]]), { requestedCost: 10n, savings: undefined });
});

test('tokens that were taken out would have been cached as the rest is', () => {
  const usage = { inputTokens: 1_000, outputTokens: 5, cachedInputTokens: 600, cacheWriteTokens: 100 };
  assert.deepEqual(withRemoved(usage, 500), {
    inputTokens: 1_500,
    outputTokens: 5,
    cachedInputTokens: 900,
    cacheWriteTokens: 150,
  });
  assert.deepEqual(withRemoved({ inputTokens: 0, outputTokens: 5 }, 500), { inputTokens: 500, outputTokens: 5 });
  assert.deepEqual(withoutCache({ ...usage, cacheWriteOneHourTokens: 50 }), { inputTokens: 1_000, outputTokens: 5 });
});

test('of several who choose the first knows what was asked for, and the last is why it is cheap', () => {
  const exchange: { changes: Changes | undefined } = { changes: undefined };
  const named = (id: string) => ({ id }) as never;
  noteModel(exchange, named('strong'));
  noteModel(exchange, named('middle'), 'degradation');
  assert.deepEqual(exchange.changes?.instead, {
    deployment: { id: 'strong' },
    by: 'degradation',
    lengthAgainst: undefined,
  });
  noteQuality(exchange, 1.5);
  noteRemoved(exchange, 0);
  noteRemoved(exchange, 12.4, 'degradation');
  assert.equal(exchange.changes?.expectedQuality, 1);
  assert.deepEqual(exchange.changes?.removed, [{ tokens: 12, by: 'degradation' }]);
});
