import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { STEPS } from '../../exchange/degraded.ts';
import { climb, GROUND, type Rung } from './ladder.ts';
import { Pace } from './pace.ts';

const THRESHOLDS = { warn: 1, compress: 1.05, cheaper: 1.1, shorter: 1.2, 'cache-only': 1.3, refuse: 1.5 };
const HOUR_MS = 3_600_000;
const PERIOD = { startsAtMs: 0, endsAtMs: HOUR_MS };

test('steps are taken at once, and left one at a time, after a rest, when the pressure is clearly lower', () => {
  const up = climb(GROUND, 1.25, THRESHOLDS, 1_000, 500);
  assert.equal(STEPS[up.index], 'shorter');
  assert.equal(climb(up, 1.19, THRESHOLDS, 9_000, 500), up, 'a little less pressure changes nothing');
  assert.equal(climb(up, 0.5, THRESHOLDS, 1_200, 500), up, 'nor does much less within the rest');
  const down = climb(up, 0.5, THRESHOLDS, 1_600, 500);
  assert.equal(STEPS[down.index], 'cheaper');
  assert.equal(climb(GROUND, Number.POSITIVE_INFINITY, THRESHOLDS, 0, 500).index, STEPS.indexOf('refuse'));
});

test('pressure that swings around a threshold by less than a tenth changes the step once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1.12, max: 1.29, noNaN: true }), { minLength: 50, maxLength: 200 }),
      (swings) => {
        let rung: Rung = climb(GROUND, 1.25, THRESHOLDS, 0, 100);
        let changes = 0;
        swings.forEach((pressure, index) => {
          const next = climb(rung, pressure, THRESHOLDS, index * 1_000, 100);
          if (next !== rung) changes += 1;
          rung = next;
        });
        assert.equal(changes, 0);
      },
    ),
  );
});

test('an even use that lasts exactly has a pressure of one, and twice as much has twice that', () => {
  for (const factor of [1, 2]) {
    const pace = new Pace(PERIOD, 0);
    for (let atMs = 0; atMs <= HOUR_MS / 4; atMs += 5_000) pace.note(atMs, (factor * atMs) / HOUR_MS);
    const left = 1 - factor / 4;
    const expected = (factor * 0.75) / left;
    assert.ok(Math.abs(pace.pressure(HOUR_MS / 4, true) - expected) < 0.05, `${pace.pressure(HOUR_MS / 4, true)}`);
  }
});

test('what critical traffic will need is not there for others', () => {
  const pace = new Pace(PERIOD, 0);
  const alone = new Pace(PERIOD, 0);
  for (let atMs = 0; atMs <= HOUR_MS / 4; atMs += 5_000) {
    for (const each of [pace, alone]) each.note(atMs, atMs / HOUR_MS);
    pace.spent(atMs, true, 0.8);
    pace.spent(atMs, false, 0.2);
    alone.spent(atMs, false, 1);
  }
  const nowMs = HOUR_MS / 4;
  assert.ok(pace.pressure(nowMs, false) > 2 * alone.pressure(nowMs, false));
  assert.ok(Math.abs(pace.pressure(nowMs, true) - 1) < 0.05);
});

test('a pause is seen: with no further use the pressure falls, and a spent budget is under infinite pressure', () => {
  const pace = new Pace(PERIOD, 0);
  for (let atMs = 0; atMs <= 600_000; atMs += 5_000) pace.note(atMs, (4 * atMs) / HOUR_MS);
  const before = pace.pressure(600_000, false);
  assert.ok(before > 3);
  assert.ok(pace.pressure(900_000, false) < before / 2);
  pace.note(910_000, 1);
  assert.equal(pace.pressure(910_000, true), Number.POSITIVE_INFINITY);
});
