import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breakers } from './breaker.ts';
import type { WalkPolicy } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { RetryBudget, type RetryBudgetSettings } from './retry-budget.ts';
import { Walk } from './walk.ts';

/** A walk over deployments written as `id@upstream`, whose first attempt is under way. */
function begun(ids: readonly string[], policy: Partial<WalkPolicy> = {}, budget: RetryBudgetSettings = {}) {
  const time = { nowMs: 1_000 };
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const breakers = new Breakers({ clock, random: () => 0.5 });
  const deployments = ids.map((id): Routable => ({ id, group: 'a', model: id }));
  const walk = new Walk<Routable>({
    first: { group: 'a', deployments, verdicts: [] },
    planGroup: () => undefined,
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
    budget: new RetryBudget(clock, budget),
    upstreamOf: ({ id }) => id.split('@')[1] ?? id,
    groupSizeOf: () => deployments.length,
    clock,
    random: () => 0.5,
  });
  const open = (id: string): void =>
    breakers.recordFailure(id, { code: 'upstream_auth' }, { groupSize: 2, isWildcard: false, wasProbe: false });
  return { walk, time, breakers, deployments, open };
}

test('a hedge goes to the next deployment in good health, once, and counts as an attempt but as no retry', () => {
  const { walk, open, deployments } = begun(['x', 'y', 'z']);
  assert.equal(walk.hedge(), undefined, 'nothing is under way');
  walk.next();
  open('y');
  const step = walk.hedge();
  assert.equal(step?.deployment, deployments[2]);
  assert.equal(walk.hedge(), undefined, 'never a third');
  assert.deepEqual([walk.attempts, walk.attemptedRetries], [2, 0]);
});

test('there is no hedge without another deployment, at the attempt cap, past the deadline or without budget', () => {
  const alone = begun(['x']);
  alone.walk.next();
  assert.equal(alone.walk.hedge(), undefined);
  const capped = begun(['x', 'y'], { maxAttempts: 1 });
  capped.walk.next();
  assert.equal(capped.walk.hedge(), undefined);
  const late = begun(['x', 'y']);
  late.walk.next();
  late.time.nowMs = 100_000;
  assert.equal(late.walk.hedge(), undefined);
  for (const ids of [
    ['x@one', 'y@one'],
    ['x@one', 'y@two'],
  ]) {
    const poor = begun(ids, {}, { share: 0, floorPerSecond: 0 });
    poor.walk.next();
    assert.equal(poor.walk.hedge(), undefined);
    assert.equal(poor.walk.attempts, 1);
  }
});

test('either of the two may win', () => {
  for (const winner of [0, 1]) {
    const { walk, deployments } = begun(['x', 'y']);
    const [first, second] = deployments;
    assert.ok(first !== undefined && second !== undefined);
    walk.next();
    walk.hedge();
    walk.lost(winner === 0 ? second : first);
    walk.succeeded(winner === 0 ? first : second);
    assert.equal(walk.next().kind, 'give-up');
  }
});

test('when one fails the other goes on alone, and when both fail the walk goes on with the third', () => {
  for (const firstToFail of [0, 1]) {
    const { walk, deployments } = begun(['x', 'y', 'z']);
    walk.next();
    walk.hedge();
    walk.failed({ code: 'upstream_server_error' }, deployments[firstToFail]);
    assert.throws(() => walk.next(), /has not been reported/);
    walk.failed({ code: 'upstream_server_error' }, deployments[1 - firstToFail]);
    const step = walk.next();
    assert.ok(step.kind === 'attempt');
    assert.equal(step.deployment, deployments[2]);
    assert.deepEqual([walk.attempts, walk.attemptedRetries], [3, 1]);
  }
});

test('a client that leaves cancels both', () => {
  const { walk, deployments } = begun(['x', 'y']);
  walk.next();
  walk.hedge();
  walk.cancelled(deployments[0]);
  walk.cancelled(deployments[1]);
  walk.cancelled();
  assert.equal(walk.next().kind, 'give-up');
});

test('law: whatever happens, attempts stay under the cap, begin before the deadline, and never meet at one deployment', () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const maxAttempts = 1 + Math.floor(random() * 5);
    const { walk, time, deployments, breakers, open } = begun(['v@one', 'w@one', 'x@two', 'y@two'], {
      maxAttempts,
      deadlineMs: 20_000,
      numRetries: 4,
    });
    for (const { id } of deployments) if (random() < 0.2) open(id);
    if (random() < 0.5) time.nowMs += 10_000;
    const running: Routable[] = [];
    const begin = (deployment: Routable): void => {
      assert.ok(!running.includes(deployment), `seed ${seed}: ${deployment.id} runs twice`);
      assert.ok(time.nowMs < 20_000, `seed ${seed}: past the deadline`);
      running.push(deployment);
    };
    for (let steps = 0; steps < 50; steps += 1) {
      time.nowMs += random() * 3_000;
      if (running.length === 0) {
        const step = walk.next();
        if (step.kind === 'give-up') break;
        if (step.kind === 'wait') time.nowMs += step.waitMs;
        else begin(step.deployment);
      } else if (running.length === 1 && random() < 0.5) {
        const step = walk.hedge();
        if (step !== undefined) begin(step.deployment);
      } else {
        const [ended] = running.splice(Math.floor(random() * running.length), 1);
        assert.ok(ended !== undefined);
        const dice = random();
        if (dice < 0.7) walk.failed({ code: 'upstream_server_error' }, ended);
        else if (dice < 0.8) {
          for (const each of [ended, ...running.splice(0)]) walk.cancelled(each);
        } else {
          for (const other of running.splice(0)) walk.lost(other);
          walk.succeeded(ended);
        }
      }
      assert.ok(walk.attempts <= maxAttempts, `seed ${seed}: ${walk.attempts} of ${maxAttempts}`);
    }
    // A probe that was claimed was given back or decided: after a minute each deployment may be tried again.
    for (const each of running) walk.cancelled(each);
    time.nowMs += 120_000;
    for (const { id } of deployments) assert.notEqual(breakers.mayTry(id), 'no', `seed ${seed}: ${id} stays shut`);
  }
});
