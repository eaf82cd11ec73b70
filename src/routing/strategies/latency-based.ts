import type { JsonObject } from '../../core/json.ts';
import type { Routable } from '../model-groups.ts';
import type { DeploymentStats } from '../stats.ts';
import { type Ranking, rankByLeast, type Strategy, type StrategyContext, usedShare } from './strategy.ts';

/** LiteLLM's default of `ttl` in `routing_strategy_args`. */
const DEFAULT_TTL_SECONDS = 3_600;

/** What `latency-based-routing` found out about one deployment. */
interface Load {
  /** Expected latency × (requests under way + 1), in milliseconds; infinite for one at its rpm or tpm limit. */
  readonly cost: number;
  readonly latencyMs: number | undefined;
  readonly inFlight: number;
}

/**
 * LiteLLM's `latency-based-routing`, by time to first token for streams and by whole latency otherwise. Arguments: `ttl`,
 * seconds after which a measurement no longer counts; `lowest_latency_buffer`, a share of the lowest latency within which
 * deployments count as equally fast.
 *
 * The first place goes to the better of two candidates drawn at random, the rest stand by value: when many gateways send
 * everything to the one that looks best, they take turns in overloading it (power of two choices).
 */
export function latencyBased(args: JsonObject): Strategy {
  const ttlMs = positive(args.ttl, DEFAULT_TTL_SECONDS) * 1_000;
  const buffer = positive(args.lowest_latency_buffer, 0);
  return <D extends Routable>(candidates: readonly D[], context: StrategyContext<D>): Ranking<D> => {
    const loads = measure(candidates, context.stats, context.stream, ttlMs);
    const costs = loads.map(({ cost }) => cost);
    const ranking = rankByLeast(candidates, costs, context.random, (_, index) =>
      describe(loads[index], context.stream),
    );
    const { order } = ranking;
    if (order.length < 2) return ranking;

    const place = firstPlace(
      order.map((deployment) => costs[candidates.indexOf(deployment)] ?? 0),
      buffer,
      context.random,
    );
    if (place === 0) return ranking;
    const first = order[place] as D;
    return { order: [first, ...order.filter((deployment) => deployment !== first)], why: ranking.why };
  };
}

function measure(candidates: readonly Routable[], stats: DeploymentStats, stream: boolean, ttlMs: number): Load[] {
  const nowMs = stats.nowMs();
  const latencies = candidates.map(({ id }) => {
    const stat = stats.of(id);
    return (stream ? stat?.firstToken : stat?.whole)?.read(nowMs, ttlMs);
  });
  const known = latencies.filter((latency) => latency !== undefined);
  const typical = known.length === 0 ? 1 : known.reduce((sum, latency) => sum + latency, 0) / known.length;
  return candidates.map((deployment, index) => {
    const latencyMs = latencies[index];
    const inFlight = stats.of(deployment.id)?.inFlight ?? 0;
    let cost = (latencyMs ?? typical) * (inFlight + 1);
    // An unmeasured deployment is tried at once, but by one request: the others do not wait behind it before it has answered.
    if (latencyMs === undefined && inFlight === 0) cost = 0;
    if (usedShare(deployment, stats, nowMs) >= 1) cost = Number.POSITIVE_INFINITY;
    return { cost, latencyMs, inFlight };
  });
}

/** Which place of the order (costs ascending) moves to the front. */
function firstPlace(costs: readonly number[], buffer: number, random: () => number): number {
  const lowest = costs[0] ?? 0;
  // Never measured: tried now, or a draw would put it off again and again. No room anywhere: nothing to choose.
  if (lowest === 0 || lowest === Number.POSITIVE_INFINITY) return 0;
  if (buffer > 0) {
    let equals = 1;
    while (equals < costs.length && (costs[equals] ?? 0) <= lowest * (1 + buffer)) equals += 1;
    return Math.floor(random() * equals);
  }
  // Of two distinct places drawn at random the earlier one is the better one.
  const one = Math.floor(random() * costs.length);
  const other = Math.floor(random() * (costs.length - 1));
  const place = Math.min(one, other < one ? other : other + 1);
  return costs[place] === Number.POSITIVE_INFINITY ? 0 : place;
}

function describe(load: Load | undefined, stream: boolean): string {
  if (load === undefined) return 'not measured';
  const kind = stream ? 'time to first token' : 'latency';
  const busy = load.inFlight === 0 ? '' : `, ${load.inFlight} under way`;
  if (load.cost === Number.POSITIVE_INFINITY) return 'at its rpm or tpm limit';
  if (load.latencyMs === undefined) return `${kind} not measured${busy}`;
  return `${kind} ${(load.latencyMs / 1_000).toFixed(2)} s${busy}`;
}

function positive(value: unknown, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : fallback;
}
