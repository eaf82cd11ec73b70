import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../core/errors.ts';
import { Breakers } from './breaker.ts';
import type { PlannedGroup, Step, WalkPolicy } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';
import { Walk } from './walk.ts';
import type { WalkOptions } from './walk-options.ts';

interface SetUp {
  readonly policy?: Partial<WalkPolicy>;
  readonly budget?: RetryBudgetSettings;
  readonly options?: Partial<WalkOptions<Routable>>;
}

/** Groups by name, their deployments as `id@upstream`. */
function setUp(groups: Record<string, readonly string[]>, { policy = {}, budget = {}, options = {} }: SetUp = {}) {
  const time = { nowMs: 1_000 };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const random = (): number => 0.5;
  const breakers = new Breakers({ clock, random });
  const budgets = new RetryBudget(clock, budget);
  const plan = (name: string): PlannedGroup<Routable> | undefined => {
    const deployments = groups[name]?.map((id) => ({ id, group: name, model: id }));
    return deployments && { group: name, deployments, verdicts: [] };
  };
  const begin = (name = 'a'): Walk<Routable> =>
    new Walk({
      first: plan(name) ?? assert.fail(),
      planGroup: plan,
      policy: {
        maxAttempts: 10,
        numRetries: 2,
        retriesByClass: {},
        retriesPerFallback: 1,
        maxFallbacks: 5,
        deadlineMs: 100_000,
        leastWaitMs: 0,
        retryAfterWaitMaxMs: 0,
        fallbacks: [],
        contextWindowFallbacks: [],
        contentPolicyFallbacks: [],
        fallbackOn: undefined,
        ...policy,
      },
      breakers,
      budget: budgets,
      upstreamOf: ({ id }) => id.split('@')[1] ?? id,
      groupSizeOf: (group) => groups[group]?.length ?? 0,
      clock,
      random,
      ...options,
    });
  /** Walks to the end with every attempt failing; waits are kept. */
  const failAll = (walk: Walk<Routable>, code: ErrorCode, retryAfterMs?: number): string[] => {
    const said: string[] = [];
    for (;;) {
      const step = walk.next();
      said.push(show(step));
      if (step.kind === 'give-up') return said;
      if (step.kind === 'wait') time.nowMs += step.waitMs;
      else walk.failed(retryAfterMs === undefined ? { code } : { code, retryAfterMs });
    }
  };
  return { time, breakers, begin, failAll };
}

const show = (step: Step<Routable>): string => {
  if (step.kind === 'attempt') return step.deployment.id;
  return step.kind === 'wait' ? `wait ${step.waitMs}` : step.reason;
};

test('an untried deployment goes before a wait, and the way ends without one', () => {
  const { begin, failAll } = setUp({ a: ['a1', 'a2'] }, { policy: { numRetries: 3 } });
  assert.deepEqual(failAll(begin(), 'upstream_server_error'), [
    'a1',
    'a2',
    'wait 250',
    'a1',
    'wait 500',
    'a1',
    'nothing-left',
  ]);
});

test('each group has its own retries, no group is visited twice, and the cap counts over all', () => {
  const groups = { a: ['a1'], b: ['b1'], c: ['c1'] };
  const policy = { fallbacks: ['b', 'a', 'missing', 'b', 'c'], numRetries: 1 };
  const said = ['a1', 'wait 250', 'a1', 'b1', 'wait 500', 'b1', 'c1', 'wait 1000', 'c1', 'nothing-left'];
  const whole = setUp(groups, { policy });
  assert.deepEqual(whole.failAll(whole.begin(), 'upstream_server_error'), said);
  const capped = setUp(groups, { policy: { ...policy, maxAttempts: 3 } });
  assert.deepEqual(capped.failAll(capped.begin(), 'upstream_server_error'), [...said.slice(0, 4), 'attempts-used-up']);
  const few = setUp(groups, { policy: { ...policy, maxFallbacks: 1 } });
  const walk = few.begin();
  assert.deepEqual(few.failAll(walk, 'upstream_server_error'), [...said.slice(0, 6), 'nothing-left']);
  assert.deepEqual([walk.attempts, walk.attemptedRetries, walk.attemptedFallbacks], [4, 2, 1]);
});

test('retries by class replace the number of retries', () => {
  const { begin, failAll } = setUp(
    { a: ['a1'] },
    { policy: { retriesByClass: { APIConnectionError: 0, Timeout: 9 } } },
  );
  assert.deepEqual(failAll(begin(), 'upstream_connection'), ['a1', 'nothing-left']);
});

test('a refused key moves on at once and never comes back', () => {
  const { begin, failAll } = setUp(
    { a: ['a1', 'a2'], b: ['a1', 'b1'] },
    { policy: { fallbacks: ['b'], numRetries: 5 } },
  );
  assert.deepEqual(failAll(begin(), 'upstream_auth'), ['a1', 'a2', 'b1', 'nothing-left']);
});

test('a rate limit goes to the fallback at once, and is waited for where there is none', () => {
  const covered = setUp({ a: ['a1'], b: ['b1'] }, { policy: { fallbacks: ['b'], retriesPerFallback: 0 } });
  assert.deepEqual(covered.failAll(covered.begin(), 'upstream_rate_limit', 2_000), ['a1', 'b1', 'nothing-left']);
  const alone = setUp({ a: ['a1', 'a2'] }, { policy: { numRetries: 2 } });
  const said = alone.failAll(alone.begin(), 'upstream_rate_limit', 2_000);
  assert.deepEqual(said, ['a1', 'a2', 'wait 2152', 'a1', 'nothing-left']);
});

test('a Retry-After beyond the deadline is passed on, not waited for', () => {
  const { begin } = setUp({ a: ['a1'] }, { policy: { deadlineMs: 3_000 } });
  const walk = begin();
  walk.next();
  walk.failed({ code: 'upstream_rate_limit', retryAfterMs: 5_000 });
  assert.deepEqual(walk.next(), { kind: 'give-up', reason: 'deadline', retryAfterMs: 5_000 });
});

test('a timer that fires early is sent back for the rest of the wait', () => {
  const { begin, time } = setUp({ a: ['a1'] });
  const walk = begin();
  walk.next();
  walk.failed({ code: 'upstream_rate_limit', retryAfterMs: 1_000 });
  assert.equal(show(walk.next()), 'wait 1025');
  time.nowMs += 1_024;
  assert.equal(show(walk.next()), 'wait 1');
  time.nowMs += 1;
  assert.equal(show(walk.next()), 'a1');
});

test('with the retry budget of an upstream empty, another upstream is tried, and no request waits for a refusal', () => {
  const budget = { floorPerSecond: 0 };
  const other = setUp({ a: ['a1@x', 'a2@x', 'a3@y'] }, { budget });
  assert.deepEqual(other.failAll(other.begin(), 'upstream_server_error'), ['a1@x', 'a3@y', 'retry-budget-empty']);
  const none = setUp({ a: ['a1@x'], b: ['b1@x'] }, { budget, policy: { fallbacks: ['b'] } });
  assert.deepEqual(none.failAll(none.begin(), 'upstream_server_error'), ['a1@x', 'retry-budget-empty']);
});

test('a group that is open is passed over; with everything open the soonest time is given', () => {
  const { begin, breakers } = setUp({ a: ['a1'], b: ['b1'] }, { policy: { fallbacks: ['b'] } });
  breakers.recordFailure('a1', { code: 'upstream_auth' }, { groupSize: 1, cooldownMs: 30_000 });
  const walk = begin();
  assert.equal(show(walk.next()), 'b1');
  walk.succeeded();
  assert.deepEqual([walk.attempts, walk.attemptedRetries, walk.attemptedFallbacks], [1, 0, 1]);
  breakers.recordFailure('b1', { code: 'upstream_auth' }, { groupSize: 1, cooldownMs: 10_000 });
  assert.deepEqual(begin().next(), { kind: 'give-up', reason: 'none-available', retryAfterMs: 10_500 });
});

test('a deployment whose cooldown is over is probed before healthy ones, but only by a request that can afford it', () => {
  for (const [numRetries, first] of [
    [1, 'a2'],
    [0, 'a1'],
  ] as const) {
    const { begin, breakers, time } = setUp({ a: ['a1', 'a2'] }, { policy: { numRetries } });
    breakers.recordFailure('a2', { code: 'upstream_auth' }, { groupSize: 2 });
    assert.equal(show(begin().next()), 'a1');
    time.nowMs += 6_000;
    assert.equal(show(begin().next()), first);
    assert.equal(show(begin().next()), 'a1');
  }
});

test('a request that its client leaves gives its probe to the next, and is over', () => {
  const { begin, breakers, time } = setUp({ a: ['a1'] });
  breakers.recordFailure('a1', { code: 'upstream_auth' }, { groupSize: 1 });
  time.nowMs += 6_000;
  const walk = begin();
  assert.equal(show(walk.next()), 'a1');
  assert.equal(show(begin().next()), 'none-available');
  walk.cancelled();
  assert.equal(show(walk.next()), 'nothing-left');
  assert.equal(show(begin().next()), 'a1');
});

test('while a shared store is asked for the probe, a request without another way waits a moment', async () => {
  const time = { nowMs: 0 };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const breakers = new Breakers({
    clock,
    random: () => 0.5,
    share: { publish: () => {}, onChange: () => {}, takeProbe: async () => true, releaseProbe: () => {} },
  });
  breakers.recordFailure('a1', { code: 'upstream_auth' }, { groupSize: 1 });
  time.nowMs += 6_000;
  const { begin } = setUp({ a: ['a1'] }, { options: { breakers, clock } });
  const walk = begin();
  assert.equal(show(walk.next()), 'wait 20');
  await new Promise(setImmediate);
  time.nowMs += 20;
  assert.equal(show(walk.next()), 'a1');
});

test('an alias among the fallbacks does not lead back to a group the request has been to', () => {
  const { begin, failAll } = setUp(
    { a: ['a1'] },
    {
      policy: { fallbacks: ['alias'], numRetries: 0 },
      options: { planGroup: () => ({ group: 'a', deployments: [{ id: 'a1', group: 'a', model: 'm' }], verdicts: [] }) },
    },
  );
  assert.deepEqual(failAll(begin(), 'upstream_server_error'), ['a1', 'nothing-left']);
});

test('a fallback that names a deployment already tried keeps its Retry-After', () => {
  const groups = { a: ['a1'], a1: ['a1'] };
  const { begin, failAll } = setUp(groups, { policy: { fallbacks: ['a1'], numRetries: 0 } });
  assert.deepEqual(failAll(begin(), 'upstream_rate_limit', 5_000), ['a1', 'nothing-left']);
  assert.deepEqual(failAll(begin(), 'upstream_timeout'), ['a1', 'nothing-left']);
});

test('what only the planner knows about the soonest retry is given too', () => {
  const verdicts = [{ deploymentId: 'a1', group: 'a', isEligible: false, reason: 'over its rpm', retryAfterMs: 7_000 }];
  const { begin } = setUp({ a: [] }, { options: { first: { group: 'a', deployments: [], verdicts } } });
  assert.deepEqual(begin().next(), { kind: 'give-up', reason: 'none-available', retryAfterMs: 7_000 });
});

test('a walk that is not told how an attempt ended says so', () => {
  const { begin } = setUp({ a: ['a1'] });
  const walk = begin();
  assert.throws(() => walk.succeeded(), /No attempt/);
  walk.next();
  assert.throws(() => walk.next(), /not been reported/);
});
