import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Calibration, calibrated, scoreFor } from './calibration.ts';

const CALIBRATION: Calibration = [
  [-4, 0.5],
  [-1, 0.1],
  [1, 0.01],
  [2, 0.002],
];

test('a score says how rare a text is among harmless ones', () => {
  assert.ok(Math.abs(calibrated(-1, CALIBRATION) - 0.25) < 1e-9);
  assert.ok(Math.abs(calibrated(1, CALIBRATION) - 0.5) < 1e-9);
  assert.ok(Math.abs(scoreFor(0.001) - 0.75) < 1e-9);
  assert.ok(calibrated(0.99, CALIBRATION) < scoreFor(0.01) && calibrated(1.01, CALIBRATION) > scoreFor(0.01));
});

test('scores rise strictly and stay between 0 and 1', () => {
  const raw = fc.double({ min: -12, max: 12, noNaN: true });
  fc.assert(
    fc.property(raw, raw, (one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      if (high - low < 1e-6) return;
      const [below, above] = [calibrated(low, CALIBRATION), calibrated(high, CALIBRATION)];
      assert.ok(below > 0 && below < above && above < 1);
    }),
  );
});
