import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeploymentStats } from './stats.ts';

function statsAt(startMs = 1_000_000) {
  const time = { nowMs: startMs };
  const stats = new DeploymentStats({ nowMs: () => 0, monotonicMs: () => time.nowMs });
  const answer = (id: string, durationMs: number) => {
    stats.started(id);
    stats.ended(id, { durationMs, failed: false, isStream: false });
  };
  const read = (id: string) => Math.round(stats.of(id)?.whole.read(time.nowMs) ?? -1);
  return { time, stats, answer, read };
}

test('a slow answer counts in full at once and is halved every ten seconds towards the mean', () => {
  const { time, answer, read } = statsAt();
  for (let index = 0; index < 50; index += 1) answer('a', 200);
  answer('a', 5_200);
  assert.equal(read('a'), 5_200);
  time.nowMs += 10_000;
  answer('a', 200);
  // The mean of 700 sank to 650; half of the 4,500 above it is left.
  assert.ok(Math.abs(read('a') - 2_950) < 30, `${read('a')}`);
  time.nowMs += 40_000;
  assert.ok(read('a') < 900, `${read('a')}`);
});

test('a deployment that is not used fades until it is tried again, and is unmeasured after the time to live', () => {
  const { time, stats, answer, read } = statsAt();
  answer('a', 4_000);
  time.nowMs += 60_000;
  assert.equal(read('a'), 2_000);
  answer('a', 4_000);
  assert.equal(read('a'), 4_000);
  time.nowMs += 3_601_000;
  assert.equal(stats.of('a')?.whole.read(time.nowMs, 3_600_000), undefined);
});

test('requests and tokens of the last minute slide out slot by slot', () => {
  const { time, stats } = statsAt();
  for (let second = 0; second < 60; second += 1) {
    stats.started('a');
    stats.ended('a', { inputTokens: 10, outputTokens: 5, failed: false });
    time.nowMs += 1_000;
  }
  const requests = () => stats.of('a')?.requests.total(time.nowMs);
  assert.equal(requests(), 55);
  assert.equal(stats.of('a')?.tokens.total(time.nowMs), 55 * 15);
  time.nowMs += 30_000;
  assert.equal(requests(), 25);
  time.nowMs += 600_000;
  assert.equal(requests(), 0);
});

test('it is known when a rate limit has room again', () => {
  const { time, stats } = statsAt();
  stats.started('a');
  time.nowMs += 20_000;
  stats.started('a');
  const requests = stats.of('a')?.requests;
  assert.equal(requests?.untilBelowMs(3, time.nowMs), 0);
  assert.equal(requests?.untilBelowMs(2, time.nowMs), 40_000);
  assert.equal(requests?.untilBelowMs(1, time.nowMs), 60_000);
  assert.equal(requests?.untilBelowMs(0, time.nowMs), 60_000);
  time.nowMs += 40_000;
  assert.equal(requests?.total(time.nowMs), 1);
});

test('a failure is never seen as a fast answer, and its penalty is bounded', () => {
  const { time, stats, answer, read } = statsAt();
  answer('a', 800);
  const fail = () => {
    stats.started('a');
    stats.ended('a', { durationMs: 3, failed: true, isStream: false });
  };
  fail();
  assert.equal(read('a'), 1_600);
  for (let index = 0; index < 100; index += 1) fail();
  assert.equal(read('a'), 60_000);
  assert.equal(stats.of('a')?.failures.total(time.nowMs), 101);
  assert.equal(stats.of('a')?.firstToken.read(time.nowMs), undefined);
});

test('the length of a stream is no latency, its first token is', () => {
  const { time, stats } = statsAt();
  stats.started('a');
  stats.firstByte('a', 300);
  stats.ended('a', { durationMs: 90_000, failed: false, isStream: true });
  assert.equal(stats.of('a')?.whole.read(time.nowMs), undefined);
  assert.equal(stats.of('a')?.firstToken.read(time.nowMs), 300);
});

test('cache hits and the token mix follow what was settled', () => {
  const { stats } = statsAt();
  for (let index = 0; index < 200; index += 1) {
    stats.started('a');
    const cachedTokens = index < 100 ? 0 : 900;
    stats.ended('a', { inputTokens: 1_000, outputTokens: 100, cachedTokens, failed: false });
  }
  const mix = stats.of('a')?.mix;
  assert.ok(Math.abs((mix?.cacheHitRate ?? 0) - 0.9) < 0.02, `${mix?.cacheHitRate}`);
  assert.equal(Math.round(mix?.outputTokens ?? 0), 100);
});

test('what a reload removed is forgotten, and its attempts under way end without a trace', () => {
  const { stats } = statsAt();
  stats.started('a');
  stats.started('b');
  stats.keep(new Set(['b']));
  stats.ended('a', { durationMs: 5, failed: false });
  assert.equal(stats.of('a'), undefined);
  stats.started('a');
  stats.ended('a', { failed: false });
  stats.ended('a', { failed: false });
  assert.equal(stats.of('a')?.inFlight, 0);
  assert.equal(stats.of('b')?.inFlight, 1);
});
