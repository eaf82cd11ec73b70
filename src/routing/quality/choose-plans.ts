/** Makes the pool of cascades that plans choose from, and measures on prompts that were not learnt from what comes of choosing. */

import { bestAt } from './best-at-level.ts';
import { CascadeSearch, type Measured, type SearchShape } from './cascade-search.ts';
import { foldsOf } from './folds.ts';
import { type Outcomes, type Result, resultOf } from './outcomes.ts';
import { atQuality, hullOf } from './quality-margin.ts';
import { type CurvePoint, levelOf, type Plans } from './router.ts';

const FOLDS = 5;
/** What a right answer is worth while cascades are looked for, in calls of the best model. */
const WORTHS: readonly number[] = Array.from({ length: 16 }, (_, step) => 0.3 * 1.4 ** step);
const BREADTHS = [0.3, 0.6, 1.2, 2.5];
const LONGEST = [3, 4, 5];
/** What a right answer is worth where the curve has its points. */
const POINTS: readonly number[] = Array.from({ length: 60 }, (_, step) => 0.05 * 1.13 ** step);
/** The qualities that the shape of the search is judged by; the full quality counts twice, because there the shapes differ most. */
const JUDGED = [0.9, 0.95, 0.965, 0.98, 1, 1];

/** Rows with where they stand on the axis, foreseen without having seen them. */
export interface Placed {
  readonly outcomes: Outcomes;
  readonly texts: readonly string[];
  readonly values: Float64Array;
  readonly best: number;
}

/** The best shape of the search, and its curve. */
export function choosePlans(placed: Placed, kind: 'single' | 'cascade'): { plans: Plans; shape: SearchShape } {
  const levels = levelsFor(placed.texts.length);
  let chosen: { shape: SearchShape; curve: CurvePoint[]; score: number } | undefined;
  for (const breadth of BREADTHS) {
    for (const longest of kind === 'single' ? [0] : LONGEST) {
      const shape = { levels, breadth, longest };
      const curve = curveOf(placed, shape, 2);
      const score = judged(curve);
      if (chosen === undefined || score > chosen.score) chosen = { shape, curve, score };
    }
  }
  if (chosen === undefined) throw new RangeError('there are shapes to try');
  const { shape } = chosen;
  const all = Int32Array.from(placed.texts.keys());
  const { pool } = poolOf(placed, all, shape);
  return { plans: { pool, curve: curveOf(placed, shape, 4) }, shape };
}

/** The middles of the levels, of all rows. */
export const centresOf = (placed: Placed): Float64Array =>
  splitLevels(Int32Array.from(placed.texts.keys()), placed.values, levelsFor(placed.texts.length)).centres;

/** What comes of choosing by what a right answer is worth, over folds; `repeats`: how many splits are averaged. */
function curveOf(placed: Placed, shape: SearchShape, repeats: number): CurvePoint[] {
  const { outcomes, texts, values, best } = placed;
  const sums = POINTS.map(() => ({
    right: 0,
    base: 0,
    square: 0,
    cross: 0,
    baseSquare: 0,
    cost: 0,
    baseCost: 0,
    calls: 0,
  }));
  const result: Result = { score: 0, cost: 0, calls: 0 };
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const foldOf = foldsOf(texts, FOLDS, 11 + repeat);
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const learnt = Int32Array.from(texts.keys()).filter((row) => foldOf[row] !== fold);
      const told = Int32Array.from(texts.keys()).filter((row) => foldOf[row] === fold);
      if (learnt.length < shape.levels || told.length === 0) continue;
      const { pool, centres, cost } = poolOf(placed, learnt, shape);
      const stands = Float64Array.from(told, (row) => levelOf(centres, values[row] as number));
      POINTS.forEach((worth, at) => {
        const sum = sums[at] as (typeof sums)[number];
        told.forEach((row, each) => {
          const chosen = bestAt(pool, stands[each] as number, worth * cost);
          resultOf(pool[chosen] as Measured, row, outcomes, result);
          const base = outcomes.scores[row * outcomes.models + best] as number;
          sum.right += result.score;
          sum.base += base;
          sum.square += result.score ** 2;
          sum.baseSquare += base ** 2;
          sum.cross += result.score * base;
          sum.cost += result.cost;
          sum.baseCost += outcomes.costs[row * outcomes.models + best] as number;
          sum.calls += result.calls;
        });
      });
    }
  }
  const seen = texts.length * repeats;
  const points = sums.map(({ right, base, square, cross, baseSquare, cost, baseCost, calls }, at) => {
    const quality = right / Math.max(1, base);
    const variance = (square - 2 * quality * cross + quality ** 2 * baseSquare) / seen;
    return {
      worth: POINTS[at] as number,
      quality,
      error: Math.sqrt(Math.max(0, variance) / texts.length) / Math.max(1e-9, base / seen),
      saving: baseCost > 0 ? 1 - cost / baseCost : 0,
      calls: calls / seen,
    };
  });
  return hullOf(points);
}

const levelsFor = (rows: number): number => (rows < 300 ? 3 : rows < 4_000 ? 6 : 12);

/** The saving over several qualities; one that is not reached saves nothing. */
function judged(curve: readonly CurvePoint[]): number {
  const reached = curve.at(-1)?.quality ?? 0;
  let sum = 0;
  for (const quality of JUDGED) sum += quality > reached ? 0 : atQuality(curve, quality).point.saving;
  return sum / JUDGED.length;
}

function poolOf({ outcomes, values, best }: Placed, rows: Int32Array, shape: SearchShape) {
  const levels = splitLevels(rows, values, shape.levels);
  const { centres } = levels;
  const search = new CascadeSearch(outcomes, rows, levels, shape);
  let cost = 0;
  for (const row of rows) cost += (outcomes.costs[row * outcomes.models + best] as number) / rows.length;
  const pool = new Set<Measured>(search.singles());
  // Upwards and again: what is found for one level starts the search of the others.
  for (let round = 0; round < (shape.longest === 0 ? 1 : 2); round += 1) {
    if (round === 1) for (const each of pool) if (each.sequence.length > 0) pool.delete(each);
    for (const worth of WORTHS)
      for (let level = 0; level < shape.levels; level += 1) pool.add(search.best(level, worth * cost));
  }
  return { pool: [...pool], centres, cost };
}

function spreadOf(rows: Int32Array, values: Float64Array): number {
  let sum = 0;
  let square = 0;
  for (const row of rows) {
    const value = values[row] as number;
    sum += value / rows.length;
    square += value ** 2 / rows.length;
  }
  return Math.sqrt(Math.max(0, square - sum ** 2)) || 1;
}

/** Levels with as many rows each. */
function splitLevels(rows: Int32Array, values: Float64Array, levels: number) {
  const order = Int32Array.from(rows.keys()).sort(
    (left, right) =>
      (values[rows[left] as number] as number) - (values[rows[right] as number] as number) || left - right,
  );
  const levelOfRow = new Int32Array(rows.length);
  const centres = new Float64Array(levels);
  order.forEach((each, at) => {
    levelOfRow[each] = Math.min(levels - 1, Math.floor((at * levels) / order.length));
  });
  for (let level = 0; level < levels; level += 1) {
    const middle = order[Math.min(order.length - 1, Math.floor(((level + 0.5) * order.length) / levels))] as number;
    centres[level] = values[rows[middle] as number] as number;
  }
  return { centres, levelOfRow, spread: spreadOf(rows, values) };
}
