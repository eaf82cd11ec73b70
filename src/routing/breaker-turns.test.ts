/** What breakers tell of their turns, and what health checks do to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakers, type BreakerTurn } from './breaker.ts';

function setUp() {
  const time = { nowMs: 0 };
  const turns: [string, BreakerTurn][] = [];
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const breakers = new Breakers({
    clock,
    random: () => 0.5,
    onTurn: (id, turn) => turns.push([id, turn]),
  });
  const fail = (wasProbe = false): void =>
    breakers.recordFailure('west', { code: 'upstream_auth' }, { groupSize: 2, wasProbe });
  return { time, turns, breakers, fail };
}

test('every opening is reported with its failure, also after a failed probe, and every closing', () => {
  const { time, turns, breakers, fail } = setUp();
  fail();
  time.nowMs += 60_000;
  assert.equal(breakers.mayTry('west'), 'probe');
  fail(true);
  time.nowMs += 60_000;
  assert.equal(breakers.mayTry('west'), 'probe');
  breakers.recordSuccess('west', { wasProbe: true });
  const opened: [string, BreakerTurn] = ['west', { state: 'open', failure: 'upstream_auth' }];
  assert.deepEqual(turns, [opened, opened, ['west', { state: 'closed' }]]);
  assert.equal(breakers.lastFailureOf('west'), 'upstream_auth');
});

test('switching cooldowns off closes what is open, and tells it once', () => {
  const { turns, breakers, fail } = setUp();
  fail();
  breakers.configure({ disableCooldowns: true });
  breakers.configure({ disableCooldowns: true });
  assert.deepEqual(
    turns.map(([, { state }]) => state),
    ['open', 'closed'],
  );
});

test('a health check that began while the breaker was open closes it; one that began before says nothing', () => {
  for (const before of ['open', 'half-open'] as const) {
    const { time, breakers, fail } = setUp();
    fail();
    if (before === 'half-open') {
      time.nowMs += 60_000;
      breakers.mayTry('west');
    }
    assert.equal(breakers.stateOf('west'), before);
    breakers.recordHealthy('west', 'closed');
    assert.equal(breakers.stateOf('west'), before);
    breakers.recordHealthy('west', before);
    assert.equal(breakers.stateOf('west'), 'closed');
    assert.equal(breakers.mayTry('west'), 'yes');
    assert.ok(breakers.shareOf('west') < 0.5, 'its traffic comes back step by step');
  }
});
