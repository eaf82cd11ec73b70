import type { Dropped } from '../formats/format.ts';
import type { Deployment } from '../snapshot/deployment.ts';
import type { LaneChoice } from './choose-lane.ts';
import type { LaneRequest } from './lane-request.ts';
import type { PreparedCall } from './prepared-call.ts';

/** A request as it is written for a provider. All of it is data, so that it can come from another thread. */
export interface Written<Left = unknown> {
  readonly body: Buffer;
  readonly dropped: readonly Dropped[];
  /** What the way back needs to know of the writing. */
  readonly left: Left;
}

/** How requests travel along a lane: first written, which may take long and needs nothing but data, then made ready. */
export interface Travel<Left = unknown> {
  /** Throws a `TooHeavy` if more would have to be parsed than the request says. */
  write(request: LaneRequest, deployment: Deployment, choice: LaneChoice): Written<Left>;
  finish(request: LaneRequest, deployment: Deployment, choice: LaneChoice, written: Written<Left>): PreparedCall;
}
