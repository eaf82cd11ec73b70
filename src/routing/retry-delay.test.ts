import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs } from './retry-delay.ts';

const facts = { waits: 0, leastWaitMs: 0, leftMs: 100_000 };

test('waits grow exponentially to eight seconds with full jitter, and keep the operator’s least', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 50, 5_000].map((waits) => retryDelayMs({ ...facts, waits }, () => 0.999999));
  assert.deepEqual(ceilings, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000]);
  assert.equal(
    retryDelayMs({ ...facts, waits: 5 }, () => 0),
    0,
  );
  assert.equal(
    retryDelayMs({ ...facts, leastWaitMs: 3_000 }, () => 0.5),
    3_000,
  );
});

test('a Retry-After is never shortened, only lengthened a little, and beats the operator’s least', () => {
  for (const random of [0, 0.5, 0.999999]) {
    const waitMs = retryDelayMs({ ...facts, retryAfterMs: 2_000.4, leastWaitMs: 9_000 }, () => random) ?? 0;
    assert.ok(waitMs >= 2_000.4 && waitMs <= 2_102, `${waitMs}`);
  }
  assert.equal(
    retryDelayMs({ ...facts, retryAfterMs: -7 }, () => 0.5),
    250,
  );
});

test('a Retry-After of a few milliseconds is kept, but does not take the place of the usual wait', () => {
  const at = (retryAfterMs: number, random: number) => retryDelayMs({ ...facts, retryAfterMs, waits: 1 }, () => random);
  assert.equal(at(6, 0.5), 500);
  assert.equal(at(400, 0.1), 400);
});

test('a wait that cannot be kept before the deadline, or that no client should sit through, is not made', () => {
  assert.equal(
    retryDelayMs({ ...facts, retryAfterMs: 2_000, leftMs: 2_000 }, () => 0),
    undefined,
  );
  assert.equal(
    retryDelayMs({ ...facts, retryAfterMs: 2_000, leftMs: 2_001 }, () => 0.99),
    2_000,
  );
  assert.equal(
    retryDelayMs({ ...facts, retryAfterMs: 61_000 }, () => 0),
    undefined,
  );
  assert.equal(
    retryDelayMs({ ...facts, waits: 4, leftMs: 4_000 }, () => 0.5),
    undefined,
  );
});
