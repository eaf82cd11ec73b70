/**
 * Sends a prompt to the deployment whose prompt cache holds the longest beginning of it; of several to the least busy one, and
 * past a bound to none of them: cold caches cost less than a deployment that is overrun while others rest.
 */
import type { PrefixKey, PromptChain } from '../core/prompt-chain.ts';
import type { Routable } from './model-groups.ts';
import type { PrefixHolders } from './prefix-holders.ts';
import type { DeploymentStats } from './stats.ts';
import { usedShare } from './strategies/strategy.ts';

/** What is weighed. */
interface PrefixContext {
  readonly holders: PrefixHolders;
  readonly stats: DeploymentStats;
}

/** A candidate's place among the candidates, and how many prefixes of the prompt it holds. */
interface Preferred {
  readonly index: number;
  readonly steps: number;
}

/** No provider caches a shorter beginning. */
const LEAST_TOKENS = 1_024;
const MOST_PREFERRED = 2;
/** What more prompts than these had is no conversation's own: any deployment that is sent it holds it soon. */
const FEW_PROMPTS = 4;

/** How much busier than the mean a deployment may be that is sent what it holds. */
interface Bounds {
  readonly factor: number;
  /** So little overruns no deployment, whatever the others do. */
  readonly fewUnderWay: number;
  readonly fewInMinute: number;
}

/** A conversation is cold anywhere else: it stays until the deployment is busy in earnest. What is new levels the loads. */
const OWN: Bounds = { factor: 1.5, fewUnderWay: 8, fewInMinute: 30 };
const SHARED: Bounds = { factor: 1.1, fewUnderWay: 2, fewInMinute: 4 };

/**
 * The candidates that hold something of a prompt and are not busier than they may be: the one that holds most of it first, and the
 * next one behind it, because a cold cache costs the whole prompt if the first one fails.
 */
export function warmest(
  candidates: readonly Routable[],
  { keys, tokens }: PromptChain,
  { holders, stats }: PrefixContext,
): readonly Preferred[] {
  const preferred: Preferred[] = [];
  let loads: readonly Load[] | undefined;
  for (let steps = keys.length; steps > 0 && (tokens[steps - 1] ?? 0) >= LEAST_TOKENS; steps -= 1) {
    const place = holders.placeOf(keys[steps - 1] as PrefixKey);
    if (place === undefined) continue;
    loads ??= loadsOf(candidates, stats);
    const bounds = place.prompts > FEW_PROMPTS ? SHARED : OWN;
    let best: number | undefined;
    for (const id of place.deploymentIds) {
      const index = candidates.findIndex((candidate) => candidate.id === id);
      const load = loads[index];
      if (preferred.some((each) => each.index === index)) continue;
      if (load === undefined || isOverrun(load, bounds)) continue;
      if (best === undefined || isLess(load, loads[best])) best = index;
    }
    if (best !== undefined) preferred.push({ index: best, steps });
    if (preferred.length === MOST_PREFERRED) break;
  }
  return preferred;
}

function isOverrun({ underWay, inMinute, mean, isFull }: Load, { factor, fewUnderWay, fewInMinute }: Bounds): boolean {
  return (
    isFull ||
    underWay >= Math.max(fewUnderWay, factor * mean.underWay) ||
    inMinute >= Math.max(fewInMinute, factor * mean.inMinute)
  );
}

/** The candidate that has done the least for its share in the last minute: where a prompt goes that no deployment holds. */
export function leastLoaded(candidates: readonly Routable[], stats: DeploymentStats): number {
  const loads = loadsOf(candidates, stats);
  let best = 0;
  for (let index = 1; index < loads.length; index += 1) if (isLess(loads[index], loads[best])) best = index;
  return best;
}

interface Load {
  /** What it does, for its share of the traffic: of equal shares each is 1. */
  readonly underWay: number;
  readonly inMinute: number;
  readonly mean: { readonly underWay: number; readonly inMinute: number };
  /** At its rpm or tpm. */
  readonly isFull: boolean;
}

function loadsOf(candidates: readonly Routable[], stats: DeploymentStats): readonly Load[] {
  const nowMs = stats.nowMs();
  const shares = sharesOf(candidates);
  const mean = { underWay: 0, inMinute: 0 };
  const found = candidates.map((candidate, index) => {
    const stat = stats.of(candidate.id);
    const underWay = stat?.inFlight ?? 0;
    const inMinute = stat?.requests.total(nowMs) ?? 0;
    mean.underWay += underWay / candidates.length;
    mean.inMinute += inMinute / candidates.length;
    const share = shares[index] ?? 0;
    const isFull = usedShare(candidate, stats, nowMs) >= 1;
    return { underWay: forShare(underWay, share), inMinute: forShare(inMinute, share), isFull };
  });
  return found.map((load) => ({ ...load, mean }));
}

/** What is meant to take nothing is never the least busy one. */
function forShare(amount: number, share: number): number {
  return share > 0 ? amount / share : Number.POSITIVE_INFINITY;
}

/** The traffic that each is meant to take, of which the mean is 1: by weights as `simple-shuffle` reads them. */
function sharesOf(candidates: readonly Routable[]): readonly number[] {
  const weightOf = SHARES.find((read) => candidates.some((candidate) => read(candidate) !== undefined));
  if (weightOf === undefined) return candidates.map(() => 1);
  const weights = candidates.map((candidate) => weightOf(candidate) ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? (weight * weights.length) / total : 1));
}

const SHARES: readonly ((deployment: Routable) => number | undefined)[] = [
  ({ weight }) => weight,
  ({ rpm }) => rpm,
  ({ tpm }) => tpm,
];

function isLess(one: Load | undefined, other: Load | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.inMinute < other.inMinute || (one.inMinute === other.inMinute && one.underWay < other.underWay);
}
