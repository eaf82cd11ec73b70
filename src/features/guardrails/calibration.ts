/** What share of harmless texts score as high or higher: pairs of a raw score and a share, from common to rare. */
export type Calibration = readonly (readonly [raw: number, share: number])[];

/** Scores of rarer texts than one in so many come ever closer to 1. */
const TENTHS_AT_BEND = 3;
const SCORE_AT_BEND = 0.75;
/** Half of all harmless texts lie below. */
const TENTHS_AT_FOOT = 0.3;

/**
 * A raw score as a rarity from 0 to 1: 0.25 for one harmless text in ten, 0.5 for one in a hundred, 0.75 for one in a thousand. Strictly
 * rising, so that texts are ranked and any rate of false alarms can be chosen by a threshold.
 */
export const calibrated = (raw: number, calibration: Calibration): number => scoreOfTenths(tenthsAt(raw, calibration));

/** The score from which a rate of false alarms is kept. */
export const scoreFor = (falseAlarms: number): number => scoreOfTenths(-Math.log10(falseAlarms));

/** Straight between its bends, and ever closer to 0 and 1 beyond them. */
function scoreOfTenths(tenths: number): number {
  const slope = SCORE_AT_BEND / TENTHS_AT_BEND;
  if (tenths < TENTHS_AT_FOOT) return TENTHS_AT_FOOT * slope * Math.exp((tenths - TENTHS_AT_FOOT) / TENTHS_AT_FOOT);
  if (tenths <= TENTHS_AT_BEND) return tenths * slope;
  return 1 - (1 - SCORE_AT_BEND) * Math.exp(-(tenths - TENTHS_AT_BEND) / TENTHS_AT_BEND);
}

/** How many times rarer than a tenth: 2 for one in a hundred. */
function tenthsAt(raw: number, calibration: Calibration): number {
  let [below, above] = [calibration[0], calibration[1]];
  for (let at = 1; at < calibration.length; at += 1) {
    [below, above] = [calibration[at - 1], calibration[at]];
    if (above !== undefined && raw <= above[0]) break;
  }
  if (below === undefined || above === undefined) return 0;
  const [low, high] = [-Math.log10(below[1]), -Math.log10(above[1])];
  const slope = (high - low) / Math.max(1e-6, above[0] - below[0]);
  return low + (raw - below[0]) * slope;
}
