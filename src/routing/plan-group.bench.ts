/**
 * How long planning a group takes: one deployment with nothing switched on, and five with everything. By hand:
 * `node src/routing/plan-group.bench.ts`. Prints the median of several rounds, in nanoseconds per request.
 */
import { systemClock } from '../core/clock.ts';
import { AffinityMemory } from './affinity.ts';
import type { RequestNeeds } from './contracts.ts';
import type { Routable } from './model-groups.ts';
import { type GroupContext, planGroup } from './plan-group.ts';
import type { DeploymentFacts } from './pre-call-checks.ts';
import { DeploymentStats } from './stats.ts';
import { STRATEGY_NAMES, strategyNamed } from './strategies/index.ts';

const FACTS: DeploymentFacts = { tags: ['a', 'default'], maxInputTokens: 128_000, supports: {}, isBlocked: false };
const PRICES = { inputPerToken: 1, cachedPerToken: 1, outputPerToken: 2 };
const stats = new DeploymentStats(systemClock);
const affinity = new AffinityMemory(systemClock);

function groupOf(count: number): { readonly name: string; readonly deployments: readonly Routable[] } {
  const deployments = Array.from({ length: count }, (_, index) => ({
    id: `${count}-${index}`,
    group: 'g',
    model: 'm',
  }));
  for (const { id } of deployments) {
    stats.started(id);
    stats.ended(id, { durationMs: 100, inputTokens: 1_000, outputTokens: 100, failed: false, isStream: false });
  }
  affinity.remember('g', 'u:1', `${count}-0`);
  return { name: 'g', deployments };
}

function contextOf(strategy: string, isEverythingOn: boolean): GroupContext<Routable> {
  const found = strategyNamed(strategy);
  if (found === undefined) throw new Error(`no strategy ${strategy}`);
  return {
    strategy: found,
    stats,
    random: Math.random,
    factsOf: () => FACTS,
    priceOf: () => PRICES,
    breakerOf: () => undefined,
    shareOf: () => 1,
    preCallChecks: isEverythingOn,
    ...(isEverythingOn && { tagMatch: 'any', affinity }),
  };
}

function medianNanoseconds(run: () => void, perRound: number): number {
  const times = Array.from({ length: 9 }, () => {
    const startedMs = performance.now();
    for (let index = 0; index < perRound; index += 1) run();
    return ((performance.now() - startedMs) * 1e6) / perRound;
  });
  return Math.round(times.sort((left, right) => left - right)[4] ?? 0);
}

const plain: RequestNeeds = { stream: false, tags: [] };
const asking: RequestNeeds = { stream: false, tags: ['a'], inputTokens: 900, maxOutputTokens: 100, affinityKey: 'u:1' };
let planned = 0;
const report = (name: string, count: number, needs: RequestNeeds, context: GroupContext<Routable>): void => {
  const group = groupOf(count);
  const nanoseconds = medianNanoseconds(() => {
    planned += planGroup(group, needs, context).deployments.length;
  }, 100_000);
  process.stdout.write(`${name.padEnd(48)}${String(nanoseconds).padStart(7)} ns\n`);
};

report('one deployment, nothing on', 1, plain, contextOf('simple-shuffle', false));
report('two deployments, nothing on', 2, plain, contextOf('simple-shuffle', false));
for (const name of STRATEGY_NAMES.slice(0, 6))
  report(`five deployments, everything on, ${name}`, 5, asking, contextOf(name, true));
if (planned === 0) process.exitCode = 1;
