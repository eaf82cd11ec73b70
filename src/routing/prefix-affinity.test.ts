import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PromptChain } from '../core/prompt-chain.ts';
import type { RequestNeeds } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { type GroupContext, planGroup } from './plan-group.ts';
import { PrefixHolders } from './prefix-holders.ts';
import { DeploymentStats } from './stats.ts';
import { strategyNamed } from './strategies/index.ts';

const LIFE_MS = 300_000;
const deployment = (id: string, more: Partial<Routable> = {}): Routable => ({ id, group: 'g', model: 'm', ...more });
const FOUR = ['a', 'b', 'c', 'd'].map((id) => deployment(id));

/** A prompt of so many blocks of 512 tokens; the names say which of them it shares with another. */
function prompt(...names: readonly string[]): PromptChain {
  const keys = names.map((_, index) => names.slice(0, index + 1).join('/'));
  return { keys, tokens: names.map((_, index) => 512 * (index + 1)) };
}

const blocks = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

function scene(deployments: readonly Routable[] = FOUR, more: Partial<GroupContext<Routable>> = {}) {
  const time = { nowMs: 1_000_000 };
  const clock = { nowMs: () => 0, monotonicMs: () => time.nowMs };
  const stats = new DeploymentStats(clock);
  const holders = new PrefixHolders(clock);
  let state = 7;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const strategy = strategyNamed('simple-shuffle');
  assert.ok(strategy);
  const context: GroupContext<Routable> = {
    ...{ strategy, stats, random, holders, prefixRole: 'levels', preCallChecks: false },
    factsOf: () => ({ tags: [], supports: {}, isBlocked: false }),
    priceOf: () => undefined,
    breakerOf: () => undefined,
    ...more,
  };
  const plan = (chain: PromptChain, needs: Partial<RequestNeeds> = {}) =>
    planGroup({ name: 'g', deployments }, { stream: false, tags: [], prompt: chain, ...needs }, context);
  /** Sends a prompt where it is planned to go, and says where that is. */
  const send = (chain: PromptChain): string => {
    const id = plan(chain).deployments[0]?.id ?? '';
    stats.started(id);
    stats.ended(id, { failed: false });
    holders.keep(chain, id, LIFE_MS);
    return id;
  };
  return { time, stats, holders, plan, send };
}

test('the next turn of a conversation goes where the longest part of it is held', () => {
  const { holders, plan } = scene();
  const first = prompt(...blocks('x', 4));
  const second = prompt(...blocks('x', 6));
  holders.keep(first, 'b', LIFE_MS);
  holders.keep(second, 'c', LIFE_MS);
  const third = plan(prompt(...blocks('x', 9)));
  assert.equal(third.deployments[0]?.id, 'c');
  assert.equal(third.deployments.length, 4);
  assert.equal(third.verdicts[0]?.reason, 'holds the prefix, about 3072 tokens');
  assert.equal(plan(prompt(...blocks('x', 5), 'left')).deployments[0]?.id, 'c');
});

test('conversations stay, and new ones level the load', () => {
  const { time, send } = scene();
  const counts = new Map<string, number>();
  const homes = new Map<number, string>();
  let stayed = 0;
  let turns = 0;
  for (let turn = 1; turn <= 10; turn += 1) {
    for (let conversation = 0; conversation < 100; conversation += 1) {
      time.nowMs += 150;
      const id = send(prompt(...blocks(`${conversation}-`, 3 * turn)));
      counts.set(id, (counts.get(id) ?? 0) + 1);
      if (turn > 1) {
        turns += 1;
        if (homes.get(conversation) === id) stayed += 1;
      }
      homes.set(conversation, id);
    }
  }
  assert.equal(stayed, turns);
  assert.ok(Math.max(...counts.values()) <= 1.1 * 250, JSON.stringify([...counts]));
});

test('instructions that all requests share do not draw them all to one deployment', () => {
  const { time, send } = scene();
  const counts = new Map<string, number>();
  for (let index = 0; index < 1_000; index += 1) {
    time.nowMs += 100;
    const id = send(prompt(...blocks('instructions', 10), `question ${index}`));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  assert.ok(Math.max(...counts.values()) <= 1.1 * 250, JSON.stringify([...counts]));
});

test('what is held nowhere goes by weights, and a deployment without a share gets nothing', () => {
  const deployments = [deployment('a', { weight: 3 }), deployment('b', { weight: 1 }), deployment('c', { weight: 0 })];
  const { time, send } = scene(deployments);
  const counts = new Map<string, number>();
  for (let index = 0; index < 400; index += 1) {
    time.nowMs += 100;
    const id = send(prompt(...blocks(`${index}-`, 4)));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  assert.equal(counts.get('c'), undefined);
  assert.ok(Math.abs((counts.get('a') ?? 0) - 300) <= 5, JSON.stringify([...counts]));
});

test('a busy deployment, one at its limits, a degraded and a resting one are left alone', () => {
  const chain = prompt(...blocks('x', 8));
  const firstOf = (
    deployments: readonly Routable[],
    more: Partial<GroupContext<Routable>>,
    busy: (stats: DeploymentStats) => void = () => {},
  ) => {
    const { holders, plan, stats } = scene(deployments, more);
    holders.keep(chain, 'b', LIFE_MS);
    busy(stats);
    return plan(chain).deployments[0]?.id;
  };
  assert.equal(firstOf(FOUR, {}), 'b');
  const under = (count: number) => (stats: DeploymentStats) => {
    for (let index = 0; index < count; index += 1) stats.started('b');
  };
  assert.equal(firstOf(FOUR, {}, under(7)), 'b');
  assert.notEqual(firstOf(FOUR, {}, under(8)), 'b');
  const limited = [deployment('a', { rpm: 10 }), deployment('b', { rpm: 2 })];
  assert.equal(firstOf(limited, {}, under(1)), 'b');
  assert.equal(firstOf(limited, {}, under(2)), 'a');
  assert.notEqual(firstOf(FOUR, { shareOf: (id) => (id === 'b' ? 0 : 1) }), 'b');
  assert.notEqual(firstOf(FOUR, { breakerOf: (id) => ({ isOpen: id === 'b' }) }), 'b');
  const tiers = [deployment('a', { order: 1 }), deployment('b', { order: 2 })];
  assert.equal(firstOf(tiers, {}), 'a');
});

test('a prefix is forgotten after its life, which every prompt that has it renews', () => {
  const { time, holders, plan } = scene();
  const chain = prompt(...blocks('x', 8));
  const isHeld = () => plan(chain).verdicts[0]?.reason.startsWith('holds the prefix') === true;
  holders.keep(chain, 'b', LIFE_MS);
  time.nowMs += LIFE_MS - 1;
  assert.equal(isHeld(), true);
  holders.keep(prompt(...blocks('x', 8), 'more'), 'b', LIFE_MS);
  time.nowMs += LIFE_MS - 1;
  assert.equal(isHeld(), true);
  time.nowMs += 2;
  assert.equal(isHeld(), false);
});

test('a beginning that is too short for a cache holds nothing', () => {
  const { holders, plan } = scene();
  holders.keep(prompt('x'), 'b', LIFE_MS);
  assert.equal(plan(prompt('x', 'y')).verdicts[0]?.reason, 'no deployment holds the prefix, this one is least busy');
});

test('a session that is remembered goes before the prefix', () => {
  const affinity = { recall: () => 'd', remember: () => {} } as never;
  const { holders, plan } = scene(FOUR, { affinity });
  const chain = prompt(...blocks('x', 8));
  holders.keep(chain, 'b', LIFE_MS);
  assert.equal(plan(chain).deployments[0]?.id, 'b');
  assert.equal(plan(chain, { affinityKey: 's:1' }).deployments[0]?.id, 'd');
});

test('another strategy keeps its order for what is held nowhere', () => {
  const { holders, plan } = scene(FOUR, { prefixRole: 'first' });
  const chain = prompt(...blocks('x', 8));
  holders.keep(chain, 'b', LIFE_MS);
  assert.equal(plan(chain).deployments[0]?.id, 'b');
  assert.equal(plan(prompt(...blocks('y', 8))).verdicts[0]?.reason, 'random, one of 4 equals');
});

test('behind the deployment that holds most comes the one that holds most after it', () => {
  const { holders, plan } = scene();
  holders.keep(prompt(...blocks('x', 4)), 'd', LIFE_MS);
  holders.keep(prompt(...blocks('x', 8)), 'b', LIFE_MS);
  const { deployments, verdicts } = plan(prompt(...blocks('x', 9)));
  assert.deepEqual(
    deployments.slice(0, 2).map(({ id }) => id),
    ['b', 'd'],
  );
  assert.deepEqual(
    verdicts.slice(0, 2).map(({ reason }) => reason),
    ['holds the prefix, about 4096 tokens', 'holds the prefix, about 2048 tokens'],
  );
  assert.equal(deployments.length, 4);
});

test('by cost, a warm cache counts as what it saves of this prompt', () => {
  const strategy = strategyNamed('lowest-cost');
  assert.ok(strategy);
  const prices: Readonly<Record<string, number>> = { a: 1_000, b: 1_500, c: 9_000, d: 9_000 };
  const priceOf = ({ id }: Routable) => {
    const inputPerToken = prices[id] ?? 0;
    return { inputPerToken, cachedPerToken: inputPerToken / 10, outputPerToken: 100 };
  };
  const { holders, plan } = scene(FOUR, { strategy, priceOf, prefixRole: 'prices' });
  const chain = prompt(...blocks('x', 8));
  assert.equal(plan(chain).deployments[0]?.id, 'a');
  holders.keep(prompt(...blocks('x', 6)), 'b', LIFE_MS);
  assert.deepEqual(
    plan(chain)
      .deployments.slice(0, 2)
      .map(({ id }) => id),
    ['b', 'a'],
  );
  assert.match(plan(chain).verdicts[0]?.reason ?? '', /^costs .*, 75 % cached$/);
  holders.keep(prompt(...blocks('y', 1)), 'c', LIFE_MS);
  assert.equal(plan(prompt(...blocks('y', 8))).deployments[0]?.id, 'a');
});

test('a million prefixes of one client leave the memory bounded, and a conversation in use is kept', () => {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const holders = new PrefixHolders(clock, { entries: 1_000 });
  const kept = prompt(...blocks('kept', 4));
  for (let index = 0; index < 62_500; index += 1) {
    if (index % 10 === 0) holders.keep(kept, 'a', LIFE_MS);
    holders.keep(prompt(...blocks(`${index}-`, 16)), 'b', LIFE_MS);
    assert.ok(holders.size <= 1_000);
  }
  assert.deepEqual(holders.placeOf(kept.keys[3] as string)?.deploymentIds, ['a']);
  for (let index = 0; index < 1_000; index += 1) holders.keep(kept, `deployment ${index}`, LIFE_MS);
  assert.equal(holders.placeOf(kept.keys[3] as string)?.deploymentIds.length, 32);
});
