/** Which candidate is asked first: the cheapest that is expected to be good enough. Pure. */

/** A candidate that could take the request now; the weakest first. */
export interface Contender {
  readonly group: string;
  /** Its place among all candidates. */
  readonly strength: number;
  /** The chance that its answer is good; undefined: not known. */
  readonly quality: number | undefined;
  /** In USD; undefined: it has no price, so that it may be the dearest. */
  readonly costUsd: number | undefined;
  readonly isWarm: boolean;
  readonly isSuspended: boolean;
}

/** What is asked for. */
export interface Wish {
  readonly baseline: string;
  /** The least strength; of LiteLLM's tiers and routes, exactly those that may answer. */
  readonly leastStrength: number;
  readonly only: readonly string[] | undefined;
  /** What a good answer is worth, in calls of `unit`; undefined: qualities are not known, so that strength decides. */
  readonly worth: number | undefined;
  /** The best candidate by what was learnt. */
  readonly unit: string | undefined;
}

/** The contenders in the order in which they are asked, and why the first is. */
export function choose(contenders: readonly Contender[], wish: Wish): { order: readonly Contender[]; why: string } {
  const usable = contenders.filter(({ isSuspended, group }) => !isSuspended || group === wish.baseline);
  const all = usable.length === 0 ? contenders : usable;
  const { enough, why } = byWorth(all, wish) ?? goodEnough(all, wish);
  // A candidate that fails is followed by those that are good enough, the cheapest first, and then by the strongest.
  const rest = contenders
    .filter((each) => !enough.includes(each))
    .toSorted((left, right) => Number(left.isSuspended) - Number(right.isSuspended) || right.strength - left.strength);
  const order = [...enough, ...rest];
  return { order, why: order[0]?.isWarm === true ? `${why}, and its prompt cache is warm` : why };
}

/** By what was learnt: what a good answer is worth, times the chance of one, against what the call costs. */
function byWorth(all: readonly Contender[], { worth, unit }: Wish) {
  const known = all.filter(({ quality, costUsd }) => quality !== undefined && costUsd !== undefined);
  const unitUsd = all.find(({ group }) => group === unit)?.costUsd ?? Math.max(...known.map(costOf));
  if (worth === undefined || known.length === 0 || !(unitUsd > 0)) return undefined;
  const lossOf = (each: Contender): number => costOf(each) / unitUsd - worth * (each.quality ?? 0);
  const enough = known.toSorted((left, right) => lossOf(left) - lossOf(right) || left.strength - right.strength);
  return { enough, why: 'the best by expected quality and cost' };
}

function goodEnough(all: readonly Contender[], { leastStrength, only }: Wish) {
  const cheapest = (list: readonly Contender[]): readonly Contender[] =>
    list.toSorted((left, right) => costOf(left) - costOf(right) || left.strength - right.strength);
  const named = only === undefined ? [] : all.filter(({ group }) => only.includes(group));
  if (named.length > 0) return { enough: cheapest(named), why: 'the group of its tier or route' };
  const enough = all.filter(({ strength }) => strength >= leastStrength);
  if (enough.length > 0) return { enough: cheapest(enough), why: 'the cheapest that is strong enough for the task' };
  const strongest = all.toSorted((left, right) => right.strength - left.strength).slice(0, 1);
  return { enough: strongest, why: 'the strongest that is left' };
}

const costOf = ({ costUsd }: Contender): number => costUsd ?? Number.POSITIVE_INFINITY;
