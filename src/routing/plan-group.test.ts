import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AffinityMemory } from './affinity.ts';
import type { RequestNeeds } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { type GroupContext, type GroupPlan, planGroup } from './plan-group.ts';
import type { DeploymentFacts } from './pre-call-checks.ts';
import { DeploymentStats } from './stats.ts';
import { strategyNamed } from './strategies/index.ts';
import type { Strategy } from './strategies/strategy.ts';

// One deployment with nothing switched on takes about 20 ns, five with everything about 2 µs: `node src/routing/plan-group.bench.ts`.

const NEEDS: RequestNeeds = { stream: false, tags: [] };
const FACTS: DeploymentFacts = { tags: [], supports: {}, isBlocked: false };

/** Keeps the given order, so that a test sees what planning itself does. */
const asGiven: Strategy = (candidates) => ({ order: candidates, why: ({ id }) => `given ${id}` });

const deployment = (id: string, more: Partial<Routable> = {}): Routable => ({ id, group: 'g', model: 'm', ...more });

function scene(facts: Readonly<Record<string, Partial<DeploymentFacts>>> = {}) {
  const time = { nowMs: 1_000_000 };
  const clock = { nowMs: () => 0, monotonicMs: () => time.nowMs };
  const stats = new DeploymentStats(clock);
  const context: GroupContext<Routable> = {
    strategy: asGiven,
    stats,
    random: () => 0.5,
    factsOf: ({ id }) => ({ ...FACTS, ...facts[id] }),
    priceOf: () => undefined,
    breakerOf: () => undefined,
    preCallChecks: true,
  };
  const plan = (
    deployments: readonly Routable[],
    needs: Partial<RequestNeeds> = {},
    more: Partial<GroupContext<Routable>> = {},
  ) => planGroup({ name: 'g', deployments }, { ...NEEDS, ...needs }, { ...context, ...more });
  return { time, clock, stats, plan };
}

const ids = (plan: GroupPlan<Routable>) => plan.deployments.map(({ id }) => id).join('');
const reasons = (plan: GroupPlan<Routable>) =>
  plan.verdicts.map(({ deploymentId, isEligible, reason }) => `${deploymentId}${isEligible ? '+' : '-'} ${reason}`);
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => deployment(id)) as [Routable, Routable, Routable, Routable];

test('a group of one is planned at once, and says so', () => {
  const plan = scene().plan([a], {}, { preCallChecks: false });
  assert.equal(ids(plan), 'a');
  assert.deepEqual(reasons(plan), ['a+ the only one that is left']);
  assert.equal(plan.eligible, 1);
});

test('a group of one can be open, blocked, full or over its budget too', () => {
  const { plan, stats } = scene({ b: { isBlocked: true }, c: { maxParallelRequests: 1 } });
  const open = plan([a], {}, { preCallChecks: false, breakerOf: () => ({ isOpen: true, retryAfterMs: 4_200 }) });
  assert.deepEqual(reasons(open), ['a- cooling down for 4.2 s']);
  assert.deepEqual([open.eligible, open.soonestRetryMs], [0, 4_200]);
  assert.deepEqual(reasons(plan([b], {}, { preCallChecks: false })), ['b- blocked in the configuration']);
  stats.started('c');
  const full = plan([c], {}, { preCallChecks: false });
  assert.deepEqual(reasons(full), ['c- 1 of 1 parallel requests under way']);
  assert.equal(full.soonestRetryMs, 1_000);
  const broke = plan([d], {}, { preCallChecks: false, overBudget: new Set(['d']) });
  assert.deepEqual(reasons(broke), ['d- budget used up']);
  assert.deepEqual([broke.deployments.length, broke.soonestRetryMs], [0, undefined]);
});

test('every deployment has a verdict: eligible ones first, then those left out, open ones last and soonest first', () => {
  const { plan } = scene({ b: { supports: { supports_vision: false } } });
  const waits: Record<string, number> = { a: 9_000, d: 500 };
  const planned = plan(
    [a, b, c, d],
    { vision: true },
    {
      breakerOf: (id) => ({ isOpen: waits[id] !== undefined, ...(waits[id] && { retryAfterMs: waits[id] }) }),
    },
  );
  assert.equal(ids(planned), 'cda');
  assert.equal(planned.eligible, 1);
  assert.deepEqual(reasons(planned), [
    'c+ the only one that is left',
    'b- does not take images',
    'd- cooling down for 0.5 s',
    'a- cooling down for 9.0 s',
  ]);
  assert.equal(planned.verdicts[2]?.retryAfterMs, 500);
});

test('the lowest order comes first, those without one last', () => {
  const tiers = [a, deployment('b', { order: 2 }), deployment('c', { order: 1 }), deployment('d', { order: 1 })];
  const planned = scene().plan(tiers);
  assert.equal(ids(planned), 'cdba');
  assert.deepEqual(reasons(planned), [
    'c+ order 1, given c',
    'd+ order 1, given d',
    'b+ order 2',
    'a+ the only one of its tier',
  ]);
});

test('a degraded deployment gives way inside its tier as often as its share says', () => {
  const { plan } = scene();
  const tiers = [deployment('a', { order: 1 }), deployment('b', { order: 1 }), deployment('c', { order: 2 })];
  const shareOf = (id: string) => (id === 'a' ? 0.3 : 1);
  const planned = plan(tiers, {}, { shareOf });
  assert.equal(ids(planned), 'bac');
  assert.equal(reasons(planned)[1], 'a+ order 1, given a, degraded, others go first');
  let state = 7;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  let first = 0;
  for (let round = 0; round < 2_000; round += 1) if (ids(plan([a, b], {}, { shareOf, random })) === 'ab') first += 1;
  assert.ok(Math.abs(first - 600) < 70, `${first}`);
});

test('a deployment whose window the longest answer may overflow stands behind the roomy ones', () => {
  const { plan } = scene({
    a: { maxInputTokens: 8_192 },
    b: { maxInputTokens: 4_000 },
    c: { maxInputTokens: 128_000 },
  });
  const planned = plan([a, b, c], { inputTokens: 8_000, maxOutputTokens: 1_000 });
  assert.equal(ids(planned), 'ca');
  assert.deepEqual(reasons(planned).slice(1), [
    'a+ the only one of its tier, the longest answer may not fit',
    'b- context window 4000 < 8000',
  ]);
  assert.equal(planned.isContextWindowExceeded, false);
});

test('the context window is to blame only when nothing else would have to pass', () => {
  const { plan, stats } = scene({
    a: { maxInputTokens: 10 },
    b: { maxInputTokens: 20 },
    c: { supports: { supports_vision: false } },
  });
  const needs = { inputTokens: 30, vision: true };
  assert.equal(plan([a, b], needs).isContextWindowExceeded, true);
  assert.equal(plan([a, c], needs).isContextWindowExceeded, true);
  assert.equal(plan([c], needs).isContextWindowExceeded, false);
  assert.equal(plan([a, d], needs, { breakerOf: (id) => ({ isOpen: id === 'd' }) }).isContextWindowExceeded, false);
  stats.started('d');
  assert.equal(plan([a, deployment('d', { rpm: 1 })], needs).isContextWindowExceeded, false);
});

test('limits of deployments hold by what was measured, and it is known when there is room again', () => {
  const { plan, stats, time } = scene();
  const limited = [deployment('a', { rpm: 2 }), deployment('b', { tpm: 100 })];
  stats.started('a');
  stats.started('a');
  stats.started('b');
  stats.ended('b', { inputTokens: 90, outputTokens: 10, failed: false });
  time.nowMs += 20_000;
  const planned = plan(limited);
  assert.deepEqual(reasons(planned), [
    'a- 2 of 2 requests in the last minute',
    'b- 100 of 100 tokens in the last minute',
  ]);
  assert.deepEqual([planned.eligible, planned.soonestRetryMs], [0, 40_000]);
  assert.equal(ids(plan(limited, {}, { preCallChecks: false })), 'ab');
  time.nowMs += 40_000;
  assert.equal(ids(plan(limited)), 'ab');
});

test('a region holds also where pre-call checks are off', () => {
  const { plan } = scene({ a: { region: 'us-east-1' }, b: { region: 'eu-west-1' }, c: { region: 'swedencentral' } });
  const planned = plan([a, b, c, d], { regions: ['eu'] }, { preCallChecks: false });
  assert.equal(ids(planned), 'bc');
  assert.deepEqual(reasons(planned).slice(2), ['a- region us-east-1, asked for eu', 'd- region unknown, asked for eu']);
});

test('tags leave deployments out', () => {
  const { plan } = scene({ a: { tags: ['paid'] }, b: { tags: ['free'] } });
  assert.equal(ids(plan([a, b], { tags: ['free'] }, { tagMatch: 'any' })), 'b');
  assert.equal(ids(plan([a, b], { tags: ['free'] })), 'ab');
});

test('a conversation stays where it was answered, unless that deployment cannot take it or gives way', () => {
  const { plan, clock } = scene({ d: { isBlocked: true } });
  const affinity = new AffinityMemory(clock);
  const tiers = [a, b, c].map(({ id }) => deployment(id, { order: id === 'c' ? 2 : 1 }));
  const planned = (key: string, more: Partial<GroupContext<Routable>> = {}) =>
    plan([...tiers, d], { affinityKey: key }, { affinity, ...more });
  affinity.remember('g', 's:1', 'c');
  affinity.remember('g', 's:2', 'd');
  affinity.remember('other', 's:3', 'c');
  assert.equal(ids(planned('s:1')), 'cab');
  assert.equal(reasons(planned('s:1'))[0], 'c+ order 2, answered this conversation before');
  assert.equal(ids(planned('s:2')), 'abc');
  assert.equal(ids(planned('s:3')), 'abc');
  assert.equal(ids(planned('s:1', { shareOf: () => 0 })), 'abc');
  assert.equal(ids(planned('s:1', { breakerOf: (id) => ({ isOpen: id === 'c' }) })), 'abc');
});

test('reasons speak of the moment the plan was made, not of the one they are read', () => {
  const { plan, stats } = scene();
  const strategy = strategyNamed('least-busy');
  assert.ok(strategy);
  const planned = plan([a, b], {}, { strategy });
  for (let index = 0; index < 7; index += 1) stats.started('a');
  assert.ok(reasons(planned).every((reason) => reason.endsWith('+ 0 under way')));
});
