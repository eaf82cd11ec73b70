import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OutputForecasts, PRIOR_FORECAST } from './output-forecast.ts';

/** Numbers from 0 to 1 without luck in them. */
const spread = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => ((index * 7_919) % count) / count);

function learn(forecasts: OutputForecasts, path: [string, string, string], lengths: readonly number[]): void {
  for (const length of lengths) forecasts.observe(...path, length);
}

describe('forecasts of the length of answers', () => {
  test('before anything was seen there is a prior', () => {
    assert.equal(new OutputForecasts().forecast('m', 'k', '/v1/chat/completions'), PRIOR_FORECAST);
  });

  test('the expected length is the 95 % quantile, at most 15 % too high; the tail is what none exceeded', () => {
    const forecasts = new OutputForecasts();
    learn(
      forecasts,
      ['m', 'k', 'r'],
      spread(1_900).map((share) => 100 + 900 * share),
    );
    const { expected, tail } = forecasts.forecast('m', 'k', 'r');
    assert.ok(expected >= 955 && expected <= 955 * 1.15 + 1, `expected ${expected}`);
    assert.ok(tail >= 1_000 && tail <= 1_000 * 1.25, `tail ${tail}`);
  });

  test('one long answer in two hundred moves the tail and not what is expected', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'k', 'r'], [...new Array<number>(199).fill(100), 8_000]);
    const { expected, tail } = forecasts.forecast('m', 'k', 'r');
    assert.ok(expected < 120, `expected ${expected}`);
    assert.ok(tail >= 8_000, `tail ${tail}`);
  });

  test('a key of which little was seen is expected to be like others at its model and route', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'known', 'r'], new Array<number>(1_500).fill(300));
    learn(forecasts, ['m', 'new', 'r'], [10, 10]);
    const { expected, tail } = forecasts.forecast('m', 'new', 'r');
    assert.ok(expected >= 300 && expected < 350, `expected ${expected}`);
    assert.ok(tail >= 300 && tail < 400, `tail ${tail}`);
    assert.deepEqual(forecasts.forecast('m', 'never seen', 'r'), forecasts.forecast('m', 'never seen', 'other route'));
  });

  test('the tail leaves the prior step by step, the more was seen', () => {
    const forecasts = new OutputForecasts();
    let before = PRIOR_FORECAST.tail;
    for (const count of [30, 70, 200, 700]) {
      learn(forecasts, ['m', 'k', 'r'], new Array<number>(count).fill(200));
      const { tail } = forecasts.forecast('m', 'k', 'r');
      assert.ok(tail < before && tail >= 200, `${tail} after ${count} more`);
      before = tail;
    }
    assert.ok(before < 260, `tail ${before}`);
  });

  test('a key that differs from others at its model is soon believed', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'short', 'r'], new Array<number>(1_000).fill(20));
    learn(forecasts, ['m', 'long', 'r'], new Array<number>(30).fill(3_000));
    assert.ok(forecasts.forecast('m', 'long', 'r').expected >= 3_000);
    assert.ok(forecasts.forecast('m', 'short', 'r').expected < 30);
  });

  test('one long answer of a key counts for its tail at once', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'others', 'r'], new Array<number>(500).fill(50));
    forecasts.observe('m', 'k', 'r', 20_000);
    assert.ok(forecasts.forecast('m', 'k', 'r').tail >= 20_000);
  });

  test('answers that grow or shrink for good are followed within some thousand', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(5_000).fill(2_000));
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(100).fill(200));
    assert.ok(forecasts.forecast('m', 'k', 'r').expected >= 2_000, 'a short while changes nothing');
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(12_000).fill(200));
    const { expected, tail } = forecasts.forecast('m', 'k', 'r');
    assert.ok(expected < 240 && tail < 260, `${expected}, ${tail}`);
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(150).fill(5_000));
    assert.ok(forecasts.forecast('m', 'k', 'r').expected >= 5_000, 'upwards soon');
  });

  test('an answer that a budget limited to less than usual teaches nothing; limited to more, it counts', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(100).fill(1_000));
    const before = forecasts.forecast('m', 'k', 'r');
    for (let count = 0; count < 500; count += 1) forecasts.observe('m', 'k', 'r', 90, 100);
    assert.equal(forecasts.forecast('m', 'k', 'r'), before);
    for (let count = 0; count < 100; count += 1) {
      const { tail } = forecasts.forecast('m', 'k', 'r');
      forecasts.observe('m', 'k', 'r', 2 * tail, 2 * tail);
    }
    assert.ok(
      forecasts.forecast('m', 'k', 'r').expected > 10_000,
      'answers that grew are followed through their limits',
    );
  });

  test('counts that are not numbers and infinite counts do no harm', () => {
    const forecasts = new OutputForecasts();
    for (const count of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) forecasts.observe('m', 'k', 'r', count);
    assert.equal(forecasts.size, 0);
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(30).fill(Number.POSITIVE_INFINITY));
    const { expected, tail } = forecasts.forecast('m', 'k', 'r');
    assert.ok(Number.isSafeInteger(expected) && Number.isSafeInteger(tail));
  });

  test('an unchanged forecast is the same object', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['m', 'k', 'r'], new Array<number>(300).fill(64));
    const before = forecasts.forecast('m', 'k', 'r');
    assert.equal(forecasts.forecast('m', 'k', 'r'), before);
  });

  test('as many kinds are remembered as may be; the one unused for longest is forgotten first, a busy one never', () => {
    const forecasts = new OutputForecasts({ maxSeries: 50 });
    learn(forecasts, ['m', 'busy', 'r'], new Array<number>(40).fill(1_000));
    for (let number = 0; number < 1_000; number += 1) {
      learn(forecasts, ['m', `passing ${number}`, 'r'], [10, 10, 10]);
      forecasts.observe('m', 'busy', 'r', 1_000);
      forecasts.observe(`model ${number}`, 'k', `route ${number % 3}`, 10);
      assert.ok(forecasts.size <= 50);
    }
    assert.ok(forecasts.forecast('m', 'busy', 'r').expected >= 1_000);
    assert.equal(forecasts.forecast('model 3', 'k', 'route 0'), PRIOR_FORECAST);
    learn(forecasts, ['m', 'passing 1', 'r'], new Array<number>(20).fill(5_000));
    assert.ok(forecasts.forecast('m', 'passing 1', 'r').expected >= 5_000, 'a forgotten kind begins again');
  });

  test('names that are members of every object are names like others', () => {
    const forecasts = new OutputForecasts();
    learn(forecasts, ['__proto__', 'constructor', 'toString'], new Array<number>(100).fill(40));
    assert.ok(forecasts.forecast('__proto__', 'constructor', 'toString').expected < 60);
    assert.equal(forecasts.forecast('constructor', 'constructor', 'toString'), PRIOR_FORECAST);
  });
});
