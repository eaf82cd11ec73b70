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
