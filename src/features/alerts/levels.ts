import type { PicoUsd } from '../../core/money.ts';
import type { AlertKind, WatchedBudget } from './watched-budget.ts';

/** More than anybody spends. */
const NEVER: PicoUsd = 1n << 100n;

type Levelled = Pick<WatchedBudget, 'max' | 'soft'>;

/** The spend at which each kind is sent; kinds that do not apply are left out. A budget of nothing is a block, and no news. */
function levelsOf({ max, soft }: Levelled, threshold: number | undefined): readonly (readonly [AlertKind, PicoUsd])[] {
  const levels: [AlertKind, PicoUsd][] = [];
  if (max !== undefined && max > 0n) {
    if (threshold !== undefined) levels.push(['threshold', shareOf(max, threshold)]);
    levels.push(['exhausted', max]);
  }
  if (soft !== undefined && soft > 0n) levels.push(['soft', soft]);
  return levels;
}

function shareOf(max: PicoUsd, share: number): PicoUsd {
  return (max * BigInt(Math.round(share * 1_000_000))) / 1_000_000n;
}

/** The kinds that its spend calls for and that were not told yet, those of less spend first. */
export function dueKinds(budget: WatchedBudget, threshold: number | undefined): readonly AlertKind[] {
  return levelsOf(budget, threshold)
    .filter(([kind, level]) => budget.spent >= level && !budget.told.has(kind))
    .sort(([, one], [, other]) => (one < other ? -1 : 1))
    .map(([kind]) => kind);
}

/** The spend from which on there is something to tell. */
export function nextLevel(budget: WatchedBudget, threshold: number | undefined): PicoUsd {
  let next = NEVER;
  for (const [kind, level] of levelsOf(budget, threshold)) {
    if (level < next && !budget.told.has(kind)) next = level;
  }
  return next;
}
