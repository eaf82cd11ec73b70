import type { JsonObject } from '../core/json.ts';

/** What a feature reports to operators, in the log and through the channels of alerts. */
export interface Notice {
  /** The same id is sent once, by one of several instances. */
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
