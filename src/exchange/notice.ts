import type { JsonObject } from '../core/json.ts';

/** What a feature has operators told, in the log and through the channels of alerts. */
export interface Notice {
  /** Of several instances one tells it; the same id is told once. */
  readonly id: string;
  /** A word for programs: `savings_digest`, `degradation_step`. */
  readonly event: string;
  /** A sentence for people. */
  readonly message: string;
  readonly facts: JsonObject;
  /** For how long its id has to be remembered. */
  readonly untilMs: number;
  /** Nothing is wrong. */
  readonly isGood?: boolean;
}
