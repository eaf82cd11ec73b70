import type { Place } from './config-node.ts';

/** A group that some setting names, and where. */
export interface GroupReference {
  readonly group: string;
  readonly place: Place;
  /** For the message: `the fallback of "gpt-4o"`. */
  readonly from: string;
}
