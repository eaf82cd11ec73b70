import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../core/errors.ts';
import type { BreakerChange, BreakerShare } from '../stores/contracts/shared-routing.ts';
import { type BreakerSettings, Breakers } from './breaker.ts';
import type { FailureFacts } from './cooldown-policy.ts';

const PAIR: FailureFacts = { groupSize: 2 };
const ALONE: FailureFacts = { groupSize: 1 };

function setUp(settings: BreakerSettings = {}, share?: BreakerShare) {
  const time = { nowMs: 1_000_000 };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const breakers = new Breakers({ clock, random: () => 0.5, settings, ...(share && { share }) });
  const failTimes = (count: number, code: ErrorCode, facts = PAIR, retryAfterMs?: number): void => {
    for (let done = 0; done < count; done += 1) {
      breakers.recordFailure('d', retryAfterMs === undefined ? { code } : { code, retryAfterMs }, facts);
    }
  };
  return { time, breakers, failTimes };
}

test('a 429 opens at once in a group with an alternative, and not in one without', () => {
  const pair = setUp();
  pair.failTimes(1, 'upstream_rate_limit', PAIR);
  assert.equal(pair.breakers.stateOf('d'), 'open');
  const alone = setUp();
  alone.failTimes(1, 'upstream_rate_limit', ALONE);
  assert.equal(alone.breakers.stateOf('d'), 'closed');
});

test('a refused key, a missing model and an empty account open at once; a wildcard’s missing model is the client’s', () => {
  for (const code of ['upstream_auth', 'upstream_permission', 'upstream_not_found', 'upstream_payment'] as const) {
    const { breakers, failTimes } = setUp();
    failTimes(1, code, ALONE);
    assert.equal(breakers.stateOf('d'), 'open', code);
  }
  const { breakers, failTimes } = setUp();
  failTimes(9, 'upstream_not_found', { groupSize: 2, isWildcard: true });
  assert.equal(breakers.stateOf('d'), 'closed');
});

test('failures that the client caused never count', () => {
  const { breakers, failTimes } = setUp({ allowedFails: 0 });
  for (const code of [
    'upstream_bad_request',
    'upstream_context_window',
    'upstream_content_policy',
    'client_gone',
    'internal',
  ] as const)
    failTimes(20, code);
  assert.equal(breakers.stateOf('d'), 'closed');
  assert.equal(breakers.shareOf('d'), 1);
});

test('more than half of at least five attempts opens, alone in the group or not', () => {
  for (const facts of [PAIR, ALONE]) {
    const { breakers, failTimes } = setUp();
    failTimes(4, 'upstream_server_error', facts);
    assert.equal(breakers.stateOf('d'), 'closed');
    failTimes(1, 'upstream_server_error', facts);
    assert.equal(breakers.stateOf('d'), 'open');
  }
  const { breakers, failTimes } = setUp();
  for (let count = 0; count < 20; count += 1) {
    breakers.recordSuccess('d');
    failTimes(1, 'upstream_server_error');
  }
  assert.equal(breakers.stateOf('d'), 'closed');
});

test('an outage after a busy minute of successes is noticed within seconds', () => {
  const { time, breakers, failTimes } = setUp();
  for (let count = 0; count < 6_000; count += 1) {
    time.nowMs += 10;
    breakers.recordSuccess('d');
  }
  time.nowMs += 1_990;
  failTimes(5, 'upstream_timeout');
  assert.equal(breakers.stateOf('d'), 'closed');
  time.nowMs += 10;
  failTimes(1, 'upstream_timeout');
  assert.equal(breakers.stateOf('d'), 'open');
});

test('a single deployment with little traffic opens after three failures in a row without a success for ten seconds', () => {
  const { time, breakers, failTimes } = setUp();
  breakers.recordSuccess('d');
  breakers.recordSuccess('d');
  breakers.recordSuccess('d');
  time.nowMs += 9_000;
  failTimes(2, 'upstream_connection', ALONE);
  time.nowMs += 999;
  failTimes(1, 'upstream_connection', ALONE);
  assert.equal(breakers.stateOf('d'), 'closed');
  time.nowMs += 1;
  failTimes(1, 'upstream_connection', ALONE);
  assert.equal(breakers.stateOf('d'), 'open');
});

test('allowed_fails counts all failures of a minute, allowed_fails_policy those of its class; the deployment’s own go first', () => {
  const plain = setUp({ allowedFails: 2 });
  plain.failTimes(2, 'upstream_rate_limit');
  assert.equal(plain.breakers.stateOf('d'), 'closed');
  plain.failTimes(1, 'upstream_auth');
  assert.equal(plain.breakers.stateOf('d'), 'open');

  const byClass = setUp({ allowedFailsByClass: { RateLimitError: 6, Timeout: 0 } });
  byClass.failTimes(6, 'upstream_rate_limit');
  assert.equal(byClass.breakers.stateOf('d'), 'closed');
  byClass.failTimes(1, 'upstream_timeout');
  assert.equal(byClass.breakers.stateOf('d'), 'open');

  const own = setUp({ allowedFails: 100 });
  own.failTimes(2, 'upstream_timeout', { groupSize: 2, allowedFails: 1 });
  assert.equal(own.breakers.stateOf('d'), 'open');

  const slow = setUp({ allowedFails: 1 });
  slow.failTimes(1, 'upstream_timeout');
  slow.time.nowMs += 61_000;
  slow.failTimes(1, 'upstream_timeout');
  assert.equal(slow.breakers.stateOf('d'), 'closed');
});

test('the cooldown is the deployment’s, else the provider’s, else the router’s, else five seconds; zero and a switch turn it off', () => {
  const wait = (settings: BreakerSettings, facts: FailureFacts, retryAfterMs?: number): number => {
    const { breakers, failTimes } = setUp(settings);
    failTimes(1, 'upstream_rate_limit', facts, retryAfterMs);
    return Math.round(breakers.retryAfterMs('d') / 1.05);
  };
  const router = { cooldownMs: 8_000 };
  assert.equal(wait(router, { groupSize: 2, cooldownMs: 2_000 }, 30_000), 2_000);
  assert.equal(wait(router, PAIR, 30_000), 30_000);
  assert.equal(wait(router, PAIR, -1), 8_000);
  assert.equal(wait({}, PAIR), 5_000);
  assert.equal(wait({}, PAIR, 1e15), 600_000);
  assert.equal(wait({}, { groupSize: 2, cooldownMs: 0 }), 0);
  assert.equal(wait({ cooldownMs: 0 }, PAIR), 0);
  assert.equal(wait({ disableCooldowns: true }, PAIR, 30_000), 0);
});

test('one request per interval probes; its success closes, its failure opens for longer, its cancellation gives the probe back', () => {
  const { time, breakers, failTimes } = setUp();
  failTimes(1, 'upstream_auth');
  assert.equal(breakers.mayTry('d'), 'no');
  time.nowMs += 5_250;
  assert.equal(breakers.isProbeDue('d'), true);
  assert.deepEqual([breakers.mayTry('d'), breakers.mayTry('d')], ['probe', 'no']);
  assert.equal(breakers.stateOf('d'), 'half-open');

  breakers.recordCancelled('d', { wasProbe: true });
  assert.deepEqual([breakers.mayTry('d'), breakers.mayTry('d')], ['probe', 'no']);
  breakers.recordSuccess('d');
  assert.equal(breakers.stateOf('d'), 'half-open', 'a success that began before the outage proves nothing');

  failTimes(1, 'upstream_auth', { groupSize: 2, wasProbe: true });
  assert.equal(breakers.retryAfterMs('d'), 10_000);
  time.nowMs += 10_000;
  assert.equal(breakers.mayTry('d'), 'probe');
  breakers.recordFailure('d', { code: 'upstream_bad_request' }, { groupSize: 2, wasProbe: true });
  assert.equal(breakers.mayTry('d'), 'probe', 'a bad request of the client says nothing and gives the probe back');
  breakers.recordSuccess('d', { wasProbe: true });
  assert.deepEqual([breakers.stateOf('d'), breakers.mayTry('d')], ['closed', 'yes']);
});

test('cooldowns double to 20 s, and to 60 s in a long outage; a relapse goes on where it was', () => {
  const { time, breakers, failTimes } = setUp();
  failTimes(1, 'upstream_auth');
  const waits: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    time.nowMs += breakers.retryAfterMs('d');
    assert.equal(breakers.mayTry('d'), 'probe');
    failTimes(1, 'upstream_auth', { groupSize: 2, wasProbe: true });
    waits.push(breakers.retryAfterMs('d') / 1_000);
  }
  assert.deepEqual(waits, [10, 20, 20, 20, 20, 20, 20, 60, 60, 60, 60, 60]);
  time.nowMs += 60_000;
  breakers.mayTry('d');
  breakers.recordSuccess('d', { wasProbe: true });
  failTimes(1, 'upstream_auth');
  assert.equal(breakers.retryAfterMs('d'), 20_000);
});

test('a probe that never answers makes way for the next after its interval, each time later', () => {
  const { time, breakers, failTimes } = setUp();
  failTimes(1, 'upstream_auth');
  time.nowMs += 5_250;
  const gaps: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    assert.equal(breakers.mayTry('d'), 'probe');
    const sinceMs = time.nowMs;
    while (!breakers.isProbeDue('d')) time.nowMs += breakers.retryAfterMs('d');
    gaps.push((time.nowMs - sinceMs) / 1_000);
  }
  assert.deepEqual(gaps, [5.25, 10.5, 21, 42, 60]);
});

test('the share halves with failures, grows with successes and time, and starts low after a probe', () => {
  const { time, breakers, failTimes } = setUp({ disableCooldowns: true });
  assert.equal(breakers.shareOf('d'), 1);
  failTimes(2, 'upstream_server_error');
  assert.equal(breakers.shareOf('d'), 0.25);
  breakers.recordSuccess('d');
  assert.ok(Math.abs(breakers.shareOf('d') - 0.3) < 1e-9);
  failTimes(20, 'upstream_server_error');
  assert.equal(breakers.shareOf('d'), 0.05);
  time.nowMs += 60_000;
  assert.equal(breakers.shareOf('d'), 1);

  const probed = setUp();
  probed.failTimes(1, 'upstream_auth');
  probed.time.nowMs += 60_000;
  probed.breakers.mayTry('d');
  probed.breakers.recordSuccess('d', { wasProbe: true });
  assert.equal(probed.breakers.shareOf('d'), 0.1);
});

test('deployments that are not configured any more are forgotten, and a reload may switch cooldowns off', () => {
  const { breakers, failTimes } = setUp();
  failTimes(1, 'upstream_auth');
  breakers.keep(new Set(['d']));
  assert.equal(breakers.stateOf('d'), 'open');
  breakers.configure({ disableCooldowns: true });
  assert.equal(breakers.mayTry('d'), 'yes');
  breakers.configure({});
  failTimes(1, 'upstream_auth');
  breakers.keep(new Set());
  assert.equal(breakers.stateOf('d'), 'closed');
});

/** Two instances on one store that answers later, as a real one does. */
class SharedStore {
  readonly listeners = new Map<string, (id: string, news: BreakerChange) => void>();
  readonly probes = new Set<string>();
  isDown = false;

  for(instance: string): BreakerShare {
    return {
      publish: (id, news) => {
        for (const [name, listener] of this.listeners) if (name !== instance) listener(id, news);
      },
      onChange: (callback) => this.listeners.set(instance, callback),
      takeProbe: async (id) => {
        if (this.isDown) throw new Error('down');
        if (this.probes.has(id)) return false;
        this.probes.add(id);
        return true;
      },
      releaseProbe: (id) => this.probes.delete(id),
    };
  }
}

test('a cluster knows of an outage at once and sends one probe; with its store down each instance probes for itself', async () => {
  const store = new SharedStore();
  const one = setUp({}, store.for('one'));
  const two = setUp({}, store.for('two'));
  one.failTimes(1, 'upstream_auth');
  assert.equal(two.breakers.stateOf('d'), 'open');
  one.time.nowMs += 6_000;
  two.time.nowMs += 6_000;
  assert.deepEqual([one.breakers.mayTry('d'), two.breakers.mayTry('d')], ['no', 'no']);
  assert.ok(one.breakers.retryAfterMs('d') <= 20);
  await new Promise(setImmediate);
  assert.deepEqual([one.breakers.mayTry('d'), two.breakers.mayTry('d')], ['probe', 'no']);
  one.breakers.recordSuccess('d', { wasProbe: true });
  assert.deepEqual([one.breakers.mayTry('d'), two.breakers.mayTry('d')], ['yes', 'yes']);

  store.isDown = true;
  two.failTimes(1, 'upstream_auth');
  two.time.nowMs += 30_000;
  two.breakers.mayTry('d');
  await new Promise(setImmediate);
  assert.equal(two.breakers.mayTry('d'), 'probe');
});
