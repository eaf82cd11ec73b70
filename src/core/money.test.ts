import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatUsd, picoUsdFromUsd, usdNumber } from './money.ts';

test('a price as a number is read by its shortest decimal form, not by its binary value', () => {
  assert.equal(picoUsdFromUsd(2.5e-7), 250_000n);
  assert.equal(picoUsdFromUsd(0.1), 100_000_000_000n);
  assert.equal(picoUsdFromUsd('0.075'), 75_000_000_000n);
  assert.equal(picoUsdFromUsd(1e21), 10n ** 33n);
  assert.equal(picoUsdFromUsd('-1.5'), -1_500_000_000_000n);
});

test('digits below a pico-USD are rounded half up', () => {
  assert.equal(picoUsdFromUsd('0.0000000000005'), 1n);
  assert.equal(picoUsdFromUsd('0.00000000000049'), 0n);
});

test('what is no decimal number is refused', () => {
  for (const text of ['', '.', 'abc', 'NaN', 'Infinity', '1e', '1.2.3', '0x10', '1,5']) {
    assert.equal(picoUsdFromUsd(text), undefined, text);
  }
});

test('an amount survives being written and read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (pico) => {
      assert.equal(picoUsdFromUsd(formatUsd(pico)), pico);
    }),
  );
  assert.equal(formatUsd(0n), '0');
  assert.equal(formatUsd(1_000_000_000_000n), '1');
  assert.equal(usdNumber(250_000n), 2.5e-7);
});
