import type { Clock } from '../core/clock.ts';
import type { Breakers } from './breaker.ts';
import type { PlannedGroup, WalkPolicy } from './contracts.ts';
import type { CooldownSettings } from './cooldown-policy.ts';
import type { Routable } from './model-groups.ts';
import type { RetryBudget } from './retry-budget.ts';

/** Where a walk starts, its policy, and what all requests share. */
export interface WalkOptions<D extends Routable> {
  readonly first: PlannedGroup<D>;
  /** The plan of a fallback group at this moment; undefined if there is no such group. */
  readonly planGroup: (name: string) => PlannedGroup<D> | undefined;
  readonly policy: WalkPolicy;
  readonly breakers: Breakers;
  readonly budget: RetryBudget;
  /** Whose retry budget a deployment draws on. */
  readonly upstreamOf: (deployment: D) => string;
  /** Deployments configured in a group. */
  readonly groupSizeOf: (group: string) => number;
  /** A deployment's own cooldown settings. */
  readonly cooldownOf?: (deployment: D) => CooldownSettings;
  /** Whether a deployment takes longer prompts than the one that was too small. */
  readonly takesMore?: (candidate: D, failed: D) => boolean;
  readonly clock: Clock;
  readonly random: () => number;
}
