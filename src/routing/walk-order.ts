/** The order in which a walk tries deployments, by what their breakers say. */
import type { Routable } from './model-groups.ts';
import type { WalkOptions } from './walk-options.ts';

type Breakers = WalkOptions<Routable>['breakers'];

/**
 * A deployment whose cooldown is over goes first if the request can afford its failure: otherwise no request would
 * find out.
 */
export function probeFirst<D extends Routable>(
  deployments: readonly D[],
  breakers: Pick<Breakers, 'isProbeDue'>,
  furtherAttempts: number,
): readonly D[] {
  if (deployments.length < 2 || furtherAttempts < 1) return deployments;
  const index = deployments.findIndex(({ id }) => breakers.isProbeDue(id));
  const due = deployments[index];
  return index <= 0 || due === undefined ? deployments : [due, ...deployments.filter((other) => other !== due)];
}

/** When the first of them may be asked again, in milliseconds; undefined if there are none. */
export function soonestMs(
  deployments: readonly Routable[],
  breakers: Pick<Breakers, 'retryAfterMs'>,
): number | undefined {
  let soonest: number | undefined;
  for (const { id } of deployments) {
    const waitMs = breakers.retryAfterMs(id);
    if (soonest === undefined || waitMs < soonest) soonest = waitMs;
  }
  return soonest;
}

/** A deployment that was tried and may be asked again: in how many milliseconds its breaker and its provider let it. */
interface Again<D> {
  readonly deployment: D;
  readonly openMs: number;
  readonly waitMs: number;
}

/** Deployments that were tried, the one that may be asked again soonest first. `tried`: from when on each may be. */
export function soonestFirst<D extends Routable>(
  deployments: readonly D[],
  tried: ReadonlyMap<string, number>,
  breakers: Pick<Breakers, 'retryAfterMs'>,
  nowMs: number,
): readonly Again<D>[] {
  return deployments
    .map((deployment) => {
      const openMs = breakers.retryAfterMs(deployment.id);
      return { deployment, openMs, waitMs: Math.max(openMs, (tried.get(deployment.id) ?? 0) - nowMs) };
    })
    .sort((left, right) => left.waitMs - right.waitMs);
}

/** The deployment to ask beside a late one, paid from its retry budget; undefined if there is none. */
export function hedgeCandidate<D extends Routable>(
  deployments: readonly D[],
  isOut: (id: string) => boolean,
  { breakers, budget, upstreamOf }: Pick<WalkOptions<D>, 'breakers' | 'budget' | 'upstreamOf'>,
): D | undefined {
  for (const deployment of deployments) {
    // A probe that might be cancelled proves nothing, so what rests or recovers is left alone.
    if (isOut(deployment.id) || breakers.stateOf(deployment.id) !== 'closed') continue;
    // No request needs a hedge: unlike a fallback it is paid for even if it is the upstream's first attempt of the request.
    if (budget.take(upstreamOf(deployment))) return deployment;
  }
  return undefined;
}
