import type { HedgeRules } from '../routing/hedging.ts';
import type { RaceArbiter } from './race-arbiter.ts';

/** How the first attempt of a request is hedged. */
export interface Race {
  /** When a deployment of the same group is asked as well; undefined if that is not configured. */
  readonly rules: HedgeRules | undefined;
  /** After how long without content a fallback is asked as well, whatever the group measured; undefined for never. */
  readonly lateMs: number | undefined;
  /** Set while the first attempt runs. */
  arbiter: RaceArbiter | undefined;
  /** A second attempt was begun beside the first, by the rules. */
  isHedged: boolean;
}
