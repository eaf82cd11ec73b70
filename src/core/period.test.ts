import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FOR_EVER, isTimeZone, type Period, type PeriodWindow, parsePeriod, windowAt } from './period.ts';

const ANCHOR_MS = Date.parse('2025-03-05T07:11:13Z');

function read(text: string): Period {
  const period = parsePeriod(text);
  assert.ok(period !== undefined, text);
  return period;
}

function windowOf(text: string, now: string, timeZone = 'UTC'): PeriodWindow {
  return windowAt(read(text), Date.parse(now), { timeZone, anchorMs: ANCHOR_MS });
}

/** Begin and end in UTC, to the minute. */
function bounds(text: string, now: string, timeZone = 'UTC'): string[] {
  const window = windowOf(text, now, timeZone);
  const minutes = (ms: number | undefined): string => new Date(ms ?? Number.NaN).toISOString().slice(0, 16);
  return [minutes(window.startsAtMs), minutes(window.endsAtMs)];
}

describe('parsePeriod', () => {
  it("reads every spelling of LiteLLM's and the words people write", () => {
    for (const text of ['30s', '15m', '12h', '14d', '2w', '24h', '90d']) assert.equal(read(text).kind, 'fixed', text);
    for (const text of ['1d', '7d', '30d', '1w', '1mo', '3mo', '1y', '2y'])
      assert.equal(read(text).kind, 'calendar', text);
    assert.deepEqual(read('15m'), { kind: 'fixed', ms: 900_000, text: '15m' });
    assert.deepEqual(read('hourly'), read('1h'));
    assert.deepEqual(read('daily'), read('1d'));
    assert.deepEqual(read('monthly'), read('1mo'));
    assert.deepEqual(read('quarterly'), read('3mo'));
    assert.deepEqual(read('yearly'), read('1y'));
    assert.deepEqual(read('Monthly'), read('1mo'));
  });

  it('gives one period one spelling', () => {
    for (const text of ['7d', '1w', 'weekly', '007d']) assert.equal(read(text).text, '7d');
    for (const text of ['30d', '1mo', 'monthly']) assert.equal(read(text).text, '1mo');
  });

  it('refuses what is no period', () => {
    for (const text of [
      '',
      '0d',
      '0mo',
      'd',
      '1',
      '-1d',
      '1.5h',
      '1 d',
      '1D',
      '1mon',
      'fortnightly',
      'toString',
      '__proto__',
    ])
      assert.equal(parsePeriod(text), undefined, text);
    for (const text of ['999999999999d', '101y', '1201mo']) assert.equal(parsePeriod(text), undefined, text);
  });
});

describe('windowAt', () => {
  it('never ends without a period', () => {
    assert.equal(windowAt(undefined, 1, { timeZone: 'UTC', anchorMs: 0 }), FOR_EVER);
  });

  it('begins days at midnight, weeks on Monday, months on the first, quarters and years with January', () => {
    const now = '2025-08-14T13:45:00Z';
    assert.deepEqual(bounds('1d', now), ['2025-08-14T00:00', '2025-08-15T00:00']);
    assert.deepEqual(bounds('7d', now), ['2025-08-11T00:00', '2025-08-18T00:00']);
    assert.deepEqual(bounds('30d', now), ['2025-08-01T00:00', '2025-09-01T00:00']);
    assert.deepEqual(bounds('3mo', now), ['2025-07-01T00:00', '2025-10-01T00:00']);
    assert.deepEqual(bounds('12mo', now), ['2025-01-01T00:00', '2026-01-01T00:00']);
    assert.deepEqual(bounds('1y', now), ['2025-01-01T00:00', '2026-01-01T00:00']);
    assert.deepEqual(bounds('2y', now), ['2024-01-01T00:00', '2026-01-01T00:00']);
    assert.deepEqual(bounds('5mo', '2024-12-31T00:00:00Z'), ['2024-08-01T00:00', '2025-01-01T00:00']);
  });

  it('counts other lengths from the anchor, also before it', () => {
    assert.deepEqual(bounds('12h', '2025-03-05T20:00:00Z'), ['2025-03-05T19:11', '2025-03-06T07:11']);
    assert.deepEqual(bounds('14d', '2025-03-05T07:11:12.999Z'), ['2025-02-19T07:11', '2025-03-05T07:11']);
    assert.equal(windowOf('12h', '2025-03-05T07:11:13Z').name, `12h@${ANCHOR_MS}`);
  });

  it('belongs to the new window at the very moment it begins', () => {
    assert.deepEqual(bounds('1mo', '2025-02-28T23:59:59.999Z'), ['2025-02-01T00:00', '2025-03-01T00:00']);
    assert.deepEqual(bounds('1mo', '2025-03-01T00:00:00.000Z'), ['2025-03-01T00:00', '2025-04-01T00:00']);
  });

  it('knows leap years and month ends', () => {
    assert.deepEqual(bounds('1d', '2024-02-29T12:00:00Z'), ['2024-02-29T00:00', '2024-03-01T00:00']);
    assert.deepEqual(bounds('1mo', '2024-02-29T23:59:59Z'), ['2024-02-01T00:00', '2024-03-01T00:00']);
    assert.deepEqual(bounds('1mo', '2100-02-28T23:59:59Z'), ['2100-02-01T00:00', '2100-03-01T00:00']);
    assert.deepEqual(bounds('1mo', '2025-01-31T23:59:59Z'), ['2025-01-01T00:00', '2025-02-01T00:00']);
    assert.deepEqual(bounds('7d', '2024-12-31T12:00:00Z'), ['2024-12-30T00:00', '2025-01-06T00:00']);
  });

  it('keeps local midnight where clocks change: 23 and 25 hours', () => {
    const berlin = 'Europe/Berlin';
    assert.deepEqual(bounds('1d', '2025-03-30T12:00:00Z', berlin), ['2025-03-29T23:00', '2025-03-30T22:00']);
    assert.deepEqual(bounds('1d', '2025-10-26T12:00:00Z', berlin), ['2025-10-25T22:00', '2025-10-26T23:00']);
    assert.deepEqual(bounds('1mo', '2025-03-31T21:59:59Z', berlin), ['2025-02-28T23:00', '2025-03-31T22:00']);
    assert.deepEqual(bounds('1mo', '2025-10-15T00:00:00Z', berlin), ['2025-09-30T22:00', '2025-10-31T23:00']);
    const newYork = 'America/New_York';
    assert.deepEqual(bounds('1d', '2025-03-09T12:00:00Z', newYork), ['2025-03-09T05:00', '2025-03-10T04:00']);
    assert.deepEqual(bounds('1d', '2025-11-02T12:00:00Z', newYork), ['2025-11-02T04:00', '2025-11-03T05:00']);
    assert.deepEqual(bounds('7d', '2025-11-03T04:59:00Z', newYork), ['2025-10-27T04:00', '2025-11-03T05:00']);
    assert.deepEqual(bounds('1y', '2025-01-01T04:59:00Z', newYork), ['2024-01-01T05:00', '2025-01-01T05:00']);
  });

  it('knows zones that differ by quarters of an hour', () => {
    assert.deepEqual(bounds('1d', '2025-06-01T18:14:59Z', 'Asia/Kathmandu'), ['2025-05-31T18:15', '2025-06-01T18:15']);
    assert.deepEqual(bounds('1mo', '2025-05-31T18:15:00Z', 'Asia/Kathmandu'), ['2025-05-31T18:15', '2025-06-30T18:15']);
  });

  it('begins at the first moment there is where clocks jump over midnight', () => {
    // São Paulo, 2018-11-04: 00:00 became 01:00.
    const zone = 'America/Sao_Paulo';
    assert.deepEqual(bounds('1d', '2018-11-04T02:59:59Z', zone), ['2018-11-03T03:00', '2018-11-04T03:00']);
    assert.deepEqual(bounds('1d', '2018-11-04T03:00:00Z', zone), ['2018-11-04T03:00', '2018-11-05T02:00']);
    // 2018-02-18: 00:00 became 23:00 of the day before, which then has 25 hours.
    assert.deepEqual(bounds('1d', '2018-02-18T02:30:00Z', zone), ['2018-02-17T02:00', '2018-02-18T03:00']);
  });

  it('begins at the first of two midnights, and does not go back to the old day', () => {
    // Havana, 2024-11-03: 01:00 became 00:00.
    assert.deepEqual(bounds('1d', '2024-11-03T05:00:00Z', 'America/Havana'), ['2024-11-03T04:00', '2024-11-04T05:00']);
    // St John's, 2010-11-07: 00:01 became 23:01 of the day before.
    const zone = 'America/St_Johns';
    assert.deepEqual(bounds('1d', '2010-11-07T02:29:59Z', zone), ['2010-11-06T02:30', '2010-11-07T02:30']);
    assert.deepEqual(bounds('1d', '2010-11-07T02:45:00Z', zone), ['2010-11-07T02:30', '2010-11-08T03:30']);
  });

  it('has no window for a day that a zone left out', () => {
    // Samoa went from December 29th 2011 to the 31st.
    const zone = 'Pacific/Apia';
    assert.deepEqual(bounds('1d', '2011-12-30T09:59:59Z', zone), ['2011-12-29T10:00', '2011-12-30T10:00']);
    assert.deepEqual(bounds('1d', '2011-12-30T10:00:00Z', zone), ['2011-12-30T10:00', '2011-12-31T10:00']);
    assert.deepEqual(bounds('1mo', '2011-12-30T10:00:00Z', zone), ['2011-12-01T10:00', '2011-12-31T10:00']);
  });

  it('gives the earlier window again after the clock jumped back', () => {
    const before = windowOf('1d', '2025-05-05T12:00:00Z', 'Europe/Berlin');
    const after = windowOf('1d', '2025-05-06T12:00:00Z', 'Europe/Berlin');
    assert.notEqual(before.name, after.name);
    assert.deepEqual(windowOf('1d', '2025-05-05T12:00:00Z', 'Europe/Berlin'), before);
  });

  it('keeps zones and periods apart', () => {
    const now = '2025-05-05T23:00:00Z';
    const names = ['Europe/Berlin', 'UTC', 'Asia/Kathmandu'].map((zone) => windowOf('1d', now, zone).name);
    assert.equal(new Set(names).size, 3);
    assert.notEqual(windowOf('1d', '2025-01-01T00:00:00Z').name, windowOf('1y', '2025-01-01T00:00:00Z').name);
  });

  it('answers from the window it knows without asking the zone again', (context) => {
    const formatToParts = context.mock.method(Intl.DateTimeFormat.prototype, 'formatToParts');
    windowOf('1mo', '2031-05-05T12:00:00Z', 'Europe/Lisbon');
    const asked = formatToParts.mock.callCount();
    assert.ok(asked > 0);
    const first = windowOf('1mo', '2031-05-01T00:00:00Z', 'Europe/Lisbon');
    assert.equal(windowOf('1mo', '2031-05-31T22:59:59Z', 'Europe/Lisbon'), first);
    assert.equal(formatToParts.mock.callCount(), asked);
  });

  it('tiles time without gap or overlap, and names no two windows alike', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'America/Sao_Paulo',
      'Pacific/Apia',
      'America/St_Johns',
      'America/Havana',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'Asia/Tehran',
      'Pacific/Kiritimati',
      'Pacific/Kwajalein',
    ];
    const periods = ['1d', '7d', '1mo', '3mo', '5mo', '1y', '3y', '12h', '14d', '45m'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...periods),
        fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2060, 0, 1) }),
        (timeZone, text, nowMs) => {
          const options = { timeZone, anchorMs: ANCHOR_MS };
          const period = read(text);
          const window = windowAt(period, nowMs, options);
          const endsAtMs = window.endsAtMs ?? Number.NaN;
          assert.ok(window.startsAtMs <= nowMs && nowMs < endsAtMs);
          const next = windowAt(period, endsAtMs, options);
          const previous = windowAt(period, window.startsAtMs - 1, options);
          assert.equal(next.startsAtMs, endsAtMs);
          assert.equal(previous.endsAtMs, window.startsAtMs);
          assert.deepEqual(windowAt(period, window.startsAtMs, options), window);
          assert.deepEqual(windowAt(period, endsAtMs - 1, options), window);
          assert.equal(new Set([previous.name, window.name, next.name]).size, 3);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('isTimeZone', () => {
  it('knows IANA names only', () => {
    assert.ok(isTimeZone('Europe/Berlin'));
    assert.ok(isTimeZone('UTC'));
    assert.ok(!isTimeZone('Europe/Atlantis'));
    assert.ok(!isTimeZone(''));
  });
});
