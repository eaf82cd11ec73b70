import type { GroupPlan } from '../routing/plan-group.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** A pause before an attempt: how many attempts came before it, and how long it was planned to be. */
export interface RouteWait {
  readonly afterAttempts: number;
  readonly waitMs: number;
}

/** Fallback groups and pauses of a request, kept so that its route can be explained later. */
export class Detours {
  /** The plans of fallback groups in the order they were asked for. */
  readonly fallbackPlans: GroupPlan<Deployment>[] = [];
  readonly waits: RouteWait[] = [];
}
