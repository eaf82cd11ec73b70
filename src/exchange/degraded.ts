import type { GatewayError } from '../core/errors.ts';

/** Kinds of traffic, those that are kept longest first. */
export const TRAFFIC_CLASSES = ['critical', 'standard', 'batch'] as const;
export type TrafficClass = (typeof TRAFFIC_CLASSES)[number];

/** What happens to traffic whose budget would be gone before its period ends, mildest first. Each step but the last two does what those before it do too. */
export const STEPS = ['warn', 'compress', 'cheaper', 'shorter', 'cache-only', 'refuse'] as const;
export type Step = (typeof STEPS)[number];

/** A request that gets less than it asked for, so that its budget lasts. */
export interface Degraded {
  /** Undefined: the class of its traffic plays no part. */
  readonly trafficClass: TrafficClass | undefined;
  /** `budget-fallback` and `throttled`: its key's budget is spent, and the key says what happens then. */
  readonly step: Step | 'budget-fallback' | 'throttled';
  /** The model that it asked for, if a cheaper one answers. */
  readonly askedModel: string | undefined;
  /** Its prompt is to be compressed where that is possible. */
  readonly compresses: boolean;
}

/** A request whose budget is spent, and which other ways were tried. */
export interface OverBudget {
  /** What it is refused with if none of them is left. */
  readonly error: GatewayError;
  readonly asked: string | undefined;
  /** The place of the next fallback. */
  next: number;
  /** The account of a key that is slowed down, and to which part of its rates. */
  throttle: { readonly account: string; readonly to: number } | undefined;
}
