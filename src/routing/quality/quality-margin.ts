/**
 * Between two points of a curve a share of the prompts is answered as the one says and the rest as the other. How far a choice aims above
 * the quality that is asked for hangs on how sure the curve is, and on what safety costs.
 */
import type { CurvePoint } from './router.ts';

/** What gives a quality: so large a share of the prompts by `high`, the others by `low`. */
export interface Aim {
  readonly low: CurvePoint;
  readonly high: CurvePoint;
  readonly share: number;
  /** What is expected of all. */
  readonly point: CurvePoint;
}

/** How many standard errors are aimed for above the quality where that costs what it must, and where it costs little. */
const FEW_ERRORS = 0.5;
const MANY_ERRORS = 1.2;
/** What a hundredth of quality may cost of safety, as a share of the best single model's cost: dearer is not safety but another plan. */
const DEAREST = 0.25;
/** What the safety beyond the few may cost in all. */
const MOST_SPENT = 0.012;
const STEP_ERRORS = 0.01;

/** What gives the quality asked for, with some safety. */
export function aimFor(curve: readonly CurvePoint[], quality: number): Aim {
  let aim = atQuality(curve, quality);
  const { error } = aim.point;
  let spent = 0;
  for (let errors = STEP_ERRORS; errors <= MANY_ERRORS; errors += STEP_ERRORS) {
    const next = atQuality(curve, quality + errors * error);
    const cost = aim.point.saving - next.point.saving;
    if (cost > DEAREST * 100 * STEP_ERRORS * error) break;
    if (errors > FEW_ERRORS) spent += cost;
    if (spent > MOST_SPENT) break;
    aim = next;
  }
  return aim;
}

/** Where a quality comes out on a curve. Its last point, if none reaches it; its first, if all do. */
export function atQuality(curve: readonly CurvePoint[], quality: number): Aim {
  const [first] = curve;
  const last = curve.at(-1);
  if (first === undefined || last === undefined) throw new RangeError('a curve has points');
  const after = curve.findIndex((point) => point.quality >= quality);
  const high = after === -1 ? last : (curve[after] as CurvePoint);
  const low = after <= 0 ? high : (curve[after - 1] as CurvePoint);
  const share = high.quality > low.quality ? (quality - low.quality) / (high.quality - low.quality) : 1;
  const mix = (from: number, to: number): number => from + share * (to - from);
  const point = {
    ...{ worth: mix(low.worth, high.worth), quality: mix(low.quality, high.quality) },
    ...{ error: mix(low.error, high.error), saving: mix(low.saving, high.saving), calls: mix(low.calls, high.calls) },
  };
  return { low, high, share, point };
}

/** The points that no mixture of two others beats, by rising quality. */
export function hullOf(points: readonly CurvePoint[]): CurvePoint[] {
  const sorted = points.toSorted((left, right) => left.quality - right.quality || right.saving - left.saving);
  const hull: CurvePoint[] = [];
  for (const point of sorted) {
    while (hull.length > 0 && isBeaten(hull.at(-2), hull.at(-1) as CurvePoint, point)) hull.pop();
    if (hull.at(-1)?.quality !== point.quality) hull.push(point);
  }
  while (isNoise(hull.at(-2), hull.at(-1))) hull.pop();
  return hull;
}

/** Whether the last step gains less than is known for sure, for more than it may cost: it would be paid, and might gain nothing. */
function isNoise(before: CurvePoint | undefined, last: CurvePoint | undefined): boolean {
  if (before === undefined || last === undefined) return false;
  const gain = last.quality - before.quality;
  return gain < last.error && before.saving - last.saving > DEAREST * 100 * gain;
}

/** Whether `middle` saves no more than a mixture of the points beside it. */
function isBeaten(before: CurvePoint | undefined, middle: CurvePoint, after: CurvePoint): boolean {
  if (middle.saving <= after.saving) return true;
  if (before === undefined) return false;
  return (
    (middle.saving - before.saving) * (after.quality - before.quality) <=
    (after.saving - before.saving) * (middle.quality - before.quality)
  );
}
