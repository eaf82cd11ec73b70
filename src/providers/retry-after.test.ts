import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FailedAnswer } from './provider.ts';
import { LONGEST_RETRY_AFTER_MS, parseDuration, readRetryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

function answer(headers: FailedAnswer['headers'], body?: FailedAnswer['body']): FailedAnswer {
  return { status: 429, headers, body, error: undefined, receivedAtMs: NOW };
}

describe('the wait a provider asks for', () => {
  const cases: readonly (readonly [string, FailedAnswer['headers'], number | undefined])[] = [
    ['seconds', { 'retry-after': '2' }, 2000],
    ['fractions of seconds', { 'retry-after': '0.25' }, 250],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    ['an HTTP date', { 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [
      'an HTTP date by the clock of the answer',
      { date: 'Mon, 23 Nov 2026 09:00:00 GMT', 'retry-after': 'Mon, 23 Nov 2026 09:00:07 GMT' },
      7000,
    ],
    ['a date in the past', { 'retry-after': 'Mon, 23 Nov 2026 11:59:00 GMT' }, undefined],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['zero', { 'retry-after': '0' }, undefined],
    ['garbage', { 'retry-after': 'soon' }, undefined],
    ['a unit that every object has', { 'x-ratelimit-reset-requests': '5constructor' }, undefined],
    ['a hexadecimal number', { 'retry-after': '0x10' }, undefined],
    ['NaN', { 'retry-after': 'NaN' }, undefined],
    ['an empty value', { 'retry-after': '' }, undefined],
    ['a huge number', { 'retry-after': '86400' }, LONGEST_RETRY_AFTER_MS],
    ['an overflowing number', { 'retry-after': '99999999999999999999999' }, undefined],
    ['a repeated header', { 'retry-after': ['3', '9'] }, 3000],
    ['garbage before another form', { 'retry-after': 'soon', 'x-ratelimit-reset-requests': '6s' }, 6000],
    ['a Go duration', { 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    ['a Go duration in milliseconds', { 'x-ratelimit-reset-requests': '120ms' }, 120],
    [
      'the reset of the limit that is used up',
      {
        'x-ratelimit-remaining-requests': '499',
        'x-ratelimit-reset-requests': '8.64s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '21s',
      },
      21_000,
    ],
    [
      'the earliest where none is used up',
      { 'x-ratelimit-reset-requests': '24h', 'x-ratelimit-reset-tokens': '2s' },
      2000,
    ],
    ['seconds since the epoch', { 'x-ratelimit-reset': String(NOW / 1000 + 12) }, 12_000],
    ['milliseconds since the epoch', { 'x-ratelimit-reset': String(NOW + 4000) }, 4000],
    ['an epoch in the past', { 'x-ratelimit-reset': String(NOW / 1000 - 12) }, undefined],
    ['plain seconds', { 'x-ratelimit-reset': '17' }, 17_000],
    [
      'the date of a limit',
      { 'anthropic-ratelimit-tokens-reset': '2026-11-23T12:00:09Z', 'anthropic-ratelimit-tokens-remaining': '0' },
      9000,
    ],
    ['no header', {}, undefined],
  ];
  for (const [what, headers, expected] of cases) {
    test(`${what} gives ${expected ?? 'nothing'}`, () => {
      assert.equal(readRetryAfterMs(answer(headers)), expected);
    });
  }

  test('Google says it in the body', () => {
    const body = {
      error: {
        code: 429,
        details: [
          { '@type': 'type.googleapis.com/google.rpc.Help' },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' },
        ],
      },
    };
    assert.equal(readRetryAfterMs(answer({}, body)), 34_070);
    assert.equal(readRetryAfterMs(answer({}, [body])), 34_070);
  });

  test('a sentence says it where nothing else does', () => {
    assert.equal(readRetryAfterMs(answer({}), 'Rate limit reached. Please try again in 7m12s. Visit …'), 432_000);
    assert.equal(readRetryAfterMs(answer({}), 'Please retry in 20 seconds.'), 20_000);
    assert.equal(readRetryAfterMs(answer({}), 'Please try again in 342ms'), 342);
    assert.equal(readRetryAfterMs(answer({}), 'Please try again later.'), undefined);
  });

  test('a date without any clock to measure it by says nothing', () => {
    const { receivedAtMs: _, ...timeless } = answer({ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' });
    assert.equal(readRetryAfterMs(timeless), undefined);
  });

  test('durations are read whole or not at all', () => {
    assert.equal(parseDuration('1h2m3.5s'), 3_723_500);
    assert.equal(parseDuration('5 parsecs'), undefined);
    assert.equal(parseDuration('s'), undefined);
    assert.equal(parseDuration('3s later'), undefined);
  });

  test('a long row of digits is no duration, and is not searched', () => {
    const digits = '1'.repeat(1_000_000);
    const body = { error: { details: [{ retryDelay: digits }] } };
    const began = process.threadCpuUsage();
    assert.equal(readRetryAfterMs(answer({ 'retry-after': digits }, body), `try again in ${digits}s`), undefined);
    const { user, system } = process.threadCpuUsage(began);
    assert.ok(user + system < 500_000, `${user + system} µs`);
  });
});
