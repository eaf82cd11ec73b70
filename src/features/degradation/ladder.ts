/** Which step of the ladder traffic is on: up at once, down late and one step at a time. Pure. */
import { STEPS, type Step } from '../../exchange/degraded.ts';

/** The pressure from which each step is taken. */
export type Thresholds = Readonly<Record<Step, number>>;

/** Where a kind of traffic of one budget is. -1: nothing is done. */
export interface Rung {
  readonly index: number;
  readonly sinceMs: number;
}

/** Nothing is done. */
export const GROUND: Rung = { index: -1, sinceMs: 0 };

/** A step is left when the pressure is this much below what led to it. */
const RELIEF = 0.9;

/** The rung after a look at the pressure; the same object if it does not change. */
export function climb(rung: Rung, pressure: number, thresholds: Thresholds, nowMs: number, restMs: number): Rung {
  const index = STEPS.findLastIndex((step) => pressure >= thresholds[step]);
  if (index > rung.index) return { index, sinceMs: nowMs };
  const step = STEPS[rung.index];
  if (step === undefined || index === rung.index) return rung;
  const isRelieved = pressure < thresholds[step] * RELIEF && nowMs - rung.sinceMs >= restMs;
  return isRelieved ? { index: rung.index - 1, sinceMs: nowMs } : rung;
}
