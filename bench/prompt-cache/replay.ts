/** Replays a trace through the gateway's own routing and its own rule for marks, against caches that keep to the provider's terms. */
import type { PrefixKey } from '../../src/core/prompt-chain.ts';
import { type CacheTerms, chooseCut } from '../../src/costs/prompt-cache/choose-cut.ts';
import { ReuseForecast } from '../../src/costs/prompt-cache/reuse-forecast.ts';
import { ReuseTable } from '../../src/costs/prompt-cache/reuse-table.ts';
import type { Routable } from '../../src/routing/model-groups.ts';
import { type GroupContext, planGroup } from '../../src/routing/plan-group.ts';
import { PrefixHolders } from '../../src/routing/prefix-holders.ts';
import { DeploymentStats } from '../../src/routing/stats.ts';
import { strategyNamed } from '../../src/routing/strategies/index.ts';
import { EventQueue } from '../replay/event-queue.ts';
import { seededRandom } from '../replay/random.ts';
import { BLOCK_TOKENS, nextUses, type TracedPrompt } from './trace.ts';

/** Where requests go. `prefix`: as `prompt_caching` does. `unbounded`: to the longest prefix, whatever the load. */
export type Routing = 'random' | 'prefix' | 'unbounded';
/**
 * How much of a prompt is marked. `learned`: the gateway's rule. `assumed`: the same, but it learns nothing beyond what it begins
 * with. `seen`: what was seen before. `foresight-of-seen`: of what was seen before, what will be read.
 */
export type Marking = 'never' | 'always' | 'seen' | 'learned' | 'assumed' | 'foresight-of-seen' | 'foresight';

/** How a trace is replayed. */
interface Setup {
  readonly routing: Routing;
  readonly marking: Marking;
  readonly deployments: number;
  readonly seed: number;
  /** A cached prefix has so many blocks at the least, where it is written; with `reads`, where it is read too. */
  readonly least: { readonly written: number; readonly read: number };
}

/** What a replay came to, as parts of what the input would cost uncached, and of the mean load. */
export interface Outcome {
  readonly cost: number;
  readonly read: number;
  readonly written: number;
  readonly busiest: number;
}

/** Five minutes that reading renews; writing at 1.25 and reading at 0.1 of the price. */
const LIFE_MS = 300_000;
const WRITE = 1.25;
const READ = 0.1;
/** How long an answer takes: a moment until it begins, and then so long for each token. */
const FIRST_TOKEN_MS = 500;
const TOKEN_MS = 20;

class Unlearning extends ReuseTable {
  override learn(): void {}
}

/** A provider's cache at one deployment. */
class ProviderCache {
  readonly #untilMs = new Map<PrefixKey, number>();

  held(keys: readonly PrefixKey[], nowMs: number): number {
    let steps = 0;
    while (steps < keys.length && (this.#untilMs.get(keys[steps] as PrefixKey) ?? -1) > nowMs) steps += 1;
    return steps;
  }

  keep(keys: readonly PrefixKey[], steps: number, untilMs: number): void {
    for (let index = 0; index < steps; index += 1) this.#untilMs.set(keys[index] as PrefixKey, untilMs);
  }
}

/** Replays it. */
export async function replay(prompts: readonly TracedPrompt[], setup: Setup): Promise<Outcome> {
  const queue = new EventQueue();
  const clock = { nowMs: () => queue.nowMs, monotonicMs: () => queue.nowMs };
  const deployments = Array.from({ length: setup.deployments }, (_, index) => ({
    id: `${index}`,
    group: 'chat',
    model: 'model',
  }));
  const caches = new Map(deployments.map(({ id }) => [id, new ProviderCache()]));
  const loads = new Map(deployments.map(({ id }) => [id, 0]));
  const stats = new DeploymentStats(clock);
  const holders = new PrefixHolders(clock);
  const context = contextOf(setup, stats, holders, clock);
  const mark = makeMarker(setup, prompts);
  const total = { cost: 0, read: 0, written: 0, input: 0 };
  prompts.forEach((prompt, index) => {
    queue.at(prompt.atMs, () => {
      const { chain, inputTokens, outputTokens } = prompt;
      const plan = planGroup({ name: 'chat', deployments }, { stream: true, tags: [], prompt: chain }, context);
      const id = plan.deployments[0]?.id ?? '';
      loads.set(id, (loads.get(id) ?? 0) + 1);
      stats.started(id);
      queue.at(queue.nowMs + FIRST_TOKEN_MS + TOKEN_MS * outputTokens, () => stats.ended(id, { failed: false }));
      const cache = caches.get(id) as ProviderCache;
      const found = cache.held(chain.keys, queue.nowMs);
      const held = found < setup.least.read ? 0 : found;
      const cut = mark(index, held, queue.nowMs);
      const kept = cut < setup.least.written ? held : Math.max(held, cut);
      const readTokens = BLOCK_TOKENS * held;
      const writtenTokens = BLOCK_TOKENS * kept - readTokens;
      total.cost += READ * readTokens + WRITE * writtenTokens + inputTokens - BLOCK_TOKENS * kept;
      total.read += readTokens;
      total.written += writtenTokens;
      total.input += inputTokens;
      cache.keep(chain.keys, kept, queue.nowMs + LIFE_MS);
      holders.keep(chain, id, LIFE_MS);
    });
  });
  await queue.run();
  return {
    cost: total.cost / total.input,
    read: total.read / total.input,
    written: total.written / total.input,
    busiest: (Math.max(...loads.values()) * setup.deployments) / prompts.length,
  };
}

function contextOf(
  { routing, seed }: Setup,
  stats: DeploymentStats,
  holders: PrefixHolders,
  clock: ConstructorParameters<typeof DeploymentStats>[0],
): GroupContext<Routable> {
  const strategy = strategyNamed('simple-shuffle');
  if (strategy === undefined) throw new RangeError('no strategy simple-shuffle');
  return {
    strategy,
    // Without bound: as if no deployment were ever busy.
    stats: routing === 'unbounded' ? new DeploymentStats(clock) : stats,
    random: seededRandom(seed),
    factsOf: () => ({ tags: [], supports: {}, isBlocked: false }),
    priceOf: () => undefined,
    breakerOf: () => undefined,
    preCallChecks: false,
    ...(routing !== 'random' && { holders, prefixRole: routing === 'prefix' ? 'levels' : 'first' }),
  };
}

type Marker = (index: number, held: number, nowMs: number) => number;

function makeMarker({ marking, least }: Setup, prompts: readonly TracedPrompt[]): Marker {
  const chainAt = (index: number) => (prompts[index] as TracedPrompt).chain;
  if (marking === 'never') return () => 0;
  if (marking === 'always') return (index) => chainAt(index).keys.length;
  if (marking === 'learned' || marking === 'assumed') {
    const makeTable = () => (marking === 'learned' ? new ReuseTable() : new Unlearning());
    const forecast = new ReuseForecast({ lifeMs: LIFE_MS, makeTable });
    const terms: CacheTerms = {
      writePremium: WRITE - 1,
      readSaving: 1 - READ,
      leastTokens: least.written * BLOCK_TOKENS,
    };
    return (index, held, nowMs) => {
      const chain = chainAt(index);
      return chooseCut(chain, forecast.observe('chat', chain, nowMs), terms, held).steps;
    };
  }
  const seen = new Set<PrefixKey>();
  const seenBefore = (index: number): number => {
    const { keys } = chainAt(index);
    const first = keys.findIndex((key) => !seen.has(key));
    for (const key of keys) seen.add(key);
    return first === -1 ? keys.length : first;
  };
  if (marking === 'seen') return seenBefore;
  const uses = nextUses(prompts);
  return (index) => {
    const readAgain = (uses[index]?.findLastIndex((afterMs) => afterMs < LIFE_MS) ?? -1) + 1;
    return marking === 'foresight' ? readAgain : Math.min(seenBefore(index), readAgain);
  };
}
