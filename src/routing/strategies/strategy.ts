import type { RequestNeeds } from '../contracts.ts';
import type { Routable } from '../model-groups.ts';
import type { DeploymentStats } from '../stats.ts';

/** A deployment's list prices, in pico-USD for one token. */
export interface TokenPrices {
  readonly inputPerToken: number;
  /** The price of an input token from the prompt cache; `inputPerToken` if there is no discount. */
  readonly cachedPerToken: number;
  readonly outputPerToken: number;
}

/** What a strategy may look at besides the deployments. */
export interface StrategyContext<D extends Routable = Routable> {
  readonly stats: DeploymentStats;
  readonly stream: boolean;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Undefined means unpriced, never free. */
  readonly priceOf: (deployment: D) => TokenPrices | undefined;
  readonly needs: RequestNeeds;
  /** How much of this prompt a deployment has in its prompt cache, 0 to 1; absent if that is not looked at. */
  readonly heldShare?: ((deployment: D) => number) | undefined;
}

/** Deployments in the order to try them, and why each has its place, at the moment it was decided. */
export interface Ranking<D extends Routable> {
  readonly order: readonly D[];
  why(deployment: D): string;
}

/** Orders the deployments of a group for one request, best first. All of them are kept. */
export type Strategy = <D extends Routable>(candidates: readonly D[], context: StrategyContext<D>) => Ranking<D>;

/** A ranking by values, least first; equal ones in a random order, so that they share the load. */
export function rankByLeast<D extends Routable>(
  candidates: readonly D[],
  values: readonly number[],
  random: () => number,
  describe: (value: number, index: number) => string,
): Ranking<D> {
  const places = shuffledPlaces(candidates.length, random);
  places.sort((left, right) => compare(values[left] ?? 0, values[right] ?? 0));
  return {
    order: places.map((place) => candidates[place] as D),
    why(deployment) {
      const index = candidates.indexOf(deployment);
      return describe(values[index] ?? 0, index);
    },
  };
}

/** 0 to length − 1 in a random order. */
function shuffledPlaces(length: number, random: () => number): number[] {
  const places = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const place = places[last] as number;
    places[last] = places[other] as number;
    places[other] = place;
  }
  return places;
}

/** Not a subtraction: infinity minus infinity is not a number. */
function compare(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * How much of its rpm and tpm limits a deployment has used in the last minute: 0 without use or limits, 1 and more when
 * full.
 */
export function usedShare(deployment: Routable, stats: DeploymentStats, nowMs: number): number {
  const { rpm, tpm } = deployment;
  const stat = rpm === undefined && tpm === undefined ? undefined : stats.of(deployment.id);
  if (stat === undefined) return 0;
  const requests = rpm === undefined ? 0 : share(stat.requests.total(nowMs), rpm);
  const tokens = tpm === undefined ? 0 : share(stat.tokens.total(nowMs), tpm);
  return Math.max(requests, tokens);
}

function share(used: number, limit: number): number {
  return limit > 0 ? used / limit : Number.POSITIVE_INFINITY;
}
