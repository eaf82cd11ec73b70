import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import { priceModel } from './prices.ts';

const PRICES: JsonObject = {
  input_cost_per_token: 0.000002,
  output_cost_per_token: 0.000004,
  input_cost_per_token_above_128k_tokens: 0.000009,
};
const CHEAP: JsonObject = { input_cost_per_token: 0.000001 };

function inputAt(offPeak: JsonObject, iso: string): bigint | undefined {
  const modelInfo = { ...PRICES, off_peak_pricing: { ...CHEAP, ...offPeak } };
  const priced = priceModel({ provider: 'x', priceProvider: null, model: 'y', modelInfo });
  return priced.ratesAt(Date.parse(iso))?.input.base;
}

const FULL = 2_000_000n;
const LESS = 1_000_000n;

test('a window begins with its first minute and ends before its last, also over midnight', () => {
  const night = { hours_utc: '16:30-00:30' };
  for (const [time, rate] of [
    ['16:29', FULL],
    ['16:30', LESS],
    ['23:59', LESS],
    ['00:29', LESS],
    ['00:30', FULL],
  ] as const) {
    assert.equal(inputAt(night, `2026-11-29T${time}:59Z`), rate, time);
  }
});

test('days of the week are those of the zone that is named', () => {
  // 2026-11-29 is a Sunday. 20:00 UTC is 04:00 on Monday in Shanghai.
  const sunday = { windows: [{ hours_utc: '00:00-00:00', weekdays: ['sunday'] }] };
  assert.equal(inputAt(sunday, '2026-11-29T20:00:00Z'), LESS);
  assert.equal(inputAt(sunday, '2026-11-30T20:00:00Z'), FULL);
  assert.equal(inputAt({ ...sunday, weekday_timezone: 'Asia/Shanghai' }, '2026-11-29T20:00:00Z'), FULL);
  assert.equal(inputAt({ ...sunday, weekday_timezone: 'No/Where' }, '2026-11-29T20:00:00Z'), LESS);
  assert.equal(inputAt({ windows: [{ hours_utc: ['01:00-02:00'], weekdays: [7] }] }, '2026-11-29T01:30:00Z'), LESS);
});

test('what it prices replaces the tiers as well, and what it does not stays', () => {
  const modelInfo = { ...PRICES, off_peak_pricing: { ...CHEAP, hours_utc: '00:00-00:00' } };
  const rates = priceModel({ provider: 'x', priceProvider: null, model: 'y', modelInfo }).ratesAt(0);
  assert.deepEqual(rates?.input, { base: LESS, tiers: [] });
  assert.equal(rates?.output.base, 4_000_000n);
});

test('hours that cannot be read change nothing', () => {
  for (const hours_utc of ['', 'night', '1-2', 7, null, ['x']]) {
    assert.equal(inputAt({ hours_utc } as JsonObject, '2026-11-29T01:00:00Z'), FULL);
  }
});
