import type { HedgeRules } from '../routing/hedging.ts';
import type { RaceArbiter } from './race-arbiter.ts';

/** How the first attempt of a request is hedged. */
export interface Race {
  readonly rules: HedgeRules;
  /** Set while the first attempt runs. */
  arbiter: RaceArbiter | undefined;
  /** A second attempt was begun beside the first. */
  isHedged: boolean;
}
