import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthResults } from './health-results.ts';

function results(routing = true) {
  const time = { nowMs: 0 };
  const clock = { nowMs: () => 1_000_000 + time.nowMs, monotonicMs: () => time.nowMs };
  return { time, health: new HealthResults(clock, { routing, stalenessMs: 10_000 }) };
}

test('a failed check makes a deployment count as open until it is stale or the next one succeeds', () => {
  const { time, health } = results();
  assert.equal(health.reading('west'), undefined);
  health.record('west', { error: 'upstream_auth', latencyMs: 5 });
  time.nowMs = 2_000;
  assert.deepEqual(health.reading('west'), {
    isOpen: true,
    retryAfterMs: 8_000,
    reason: 'failed its health check 2.0 s ago (AuthenticationError)',
  });
  time.nowMs = 10_000;
  assert.equal(health.reading('west'), undefined);
  assert.equal(health.of('west')?.error, 'upstream_auth');
  health.record('west', { error: 'upstream_timeout', latencyMs: 5 });
  assert.ok(health.reading('west'));
  health.record('west', { error: undefined, latencyMs: 5 });
  assert.equal(health.reading('west'), undefined);
});

test('where checks do not decide, or the check was wrong in itself, no deployment is left out', () => {
  const off = results(false).health;
  off.record('west', { error: 'upstream_auth', latencyMs: 5 });
  assert.equal(off.reading('west'), undefined);
  const { health } = results();
  health.record('west', { error: 'upstream_bad_request', latencyMs: 5 });
  assert.equal(health.reading('west'), undefined);
  assert.ok(health.of('west'));
});

test('a deployment that a reload removed is forgotten', () => {
  const { health } = results();
  health.record('west', { error: undefined, latencyMs: 5 });
  health.keep(new Set());
  assert.equal(health.of('west'), undefined);
  assert.equal(health.ageMs('west'), undefined);
});
