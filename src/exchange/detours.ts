import type { GroupPlan } from '../routing/plan-group.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** A pause on a request's way: how many attempts were behind it, and how long it was meant to be. */
export interface RouteWait {
  readonly afterAttempts: number;
  readonly waitMs: number;
}

/** Where a request went besides the deployments of its own group, for whoever asks about its route later. */
export class Detours {
  /** The plans of fallback groups in the order they were asked for. */
  readonly fallbackPlans: GroupPlan<Deployment>[] = [];
  readonly waits: RouteWait[] = [];
}
