/** Chooses for each prompt what is asked, if a right answer is worth so much. */
import type { Measured } from './cascade-search.ts';

/** The value between two levels. */
function between(values: Float64Array, level: number): number {
  const below = Math.floor(level);
  const from = values[below] as number;
  return below + 1 >= values.length ? from : from + (level - below) * ((values[below + 1] as number) - from);
}

/** The place in the pool of what is best at a level; `worth`: of a right answer, in the unit of the costs. */
export function bestAt(pool: readonly Measured[], level: number, worth: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let each = 0; each < pool.length; each += 1) {
    const measured = pool[each] as Measured;
    const loss = between(measured.cost, level) - worth * between(measured.quality, level);
    if (loss < least) {
      least = loss;
      best = each;
    }
  }
  return best;
}

/** The share of right answers that is expected at a level. */
export const qualityAt = ({ quality }: Measured, level: number): number => between(quality, level);
