import type { Calibration } from '../../src/features/guardrails/calibration.ts';

const SHARES = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002];
/** A share that fewer texts than these make up is chance. */
const FEWEST = 2;

/** The score above which this share of harmless texts lies. */
export function threshold(harmless: readonly number[], share: number): number {
  const descending = [...harmless].sort((one, other) => other - one);
  return descending[Math.floor(share * harmless.length)] ?? 0;
}

/** What share of harmless texts lies above which score. */
export function calibrationOf(harmless: readonly number[]): Calibration {
  const points: [number, number][] = [];
  for (const share of SHARES) {
    const raw = threshold(harmless, share);
    const isHigher = raw > (points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY);
    if (share * harmless.length >= FEWEST && isHigher) points.push([Number(raw.toFixed(4)), share]);
  }
  return points;
}
