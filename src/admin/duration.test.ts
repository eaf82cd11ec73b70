import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfDuration } from './duration.ts';

const NOW_MS = Date.parse('2028-01-31T12:00:00Z');

test('durations end when LiteLLM says they do', () => {
  const ends = (text: string): string => new Date(endOfDuration(text, NOW_MS) ?? Number.NaN).toISOString();
  assert.equal(ends('30s'), '2028-01-31T12:00:30.000Z');
  assert.equal(ends('30m'), '2028-01-31T12:30:00.000Z');
  assert.equal(ends('30min'), '2028-01-31T12:30:00.000Z');
  assert.equal(ends('2w'), '2028-02-14T12:00:00.000Z');
  assert.equal(ends('1mo'), '2028-02-29T12:00:00.000Z');
  assert.equal(ends('1y'), '2029-01-31T12:00:00.000Z');
});

test('what is no duration, or ends after all dates, is refused', () => {
  for (const text of ['', '30', 'm', '-1d', '1.5h', '30 minutes', '1e3s', '999999y', '30M', '１d']) {
    assert.equal(endOfDuration(text, NOW_MS), undefined, text);
  }
});
