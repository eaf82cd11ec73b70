import type { Exchange } from '../exchange/exchange.ts';
import type { GroupPlan } from '../routing/plan-group.ts';
import type { Deployment } from '../snapshot/deployment.ts';

/** Lets features order the deployments of a plan that may be tried now. */
export function rank(exchange: Exchange, plan: GroupPlan<Deployment>): GroupPlan<Deployment> {
  const { rank: order } = exchange.slots;
  // A group that chooses has to say so even if one deployment is left.
  if (order === undefined || plan.eligible < (exchange.group?.candidates === undefined ? 2 : 1)) return plan;
  const able = plan.deployments.slice(0, plan.eligible);
  const ordered = order(exchange, able);
  // An empty list is taken as no opinion, because a request without deployments could only fail.
  return ordered.length === 0 || ordered === able ? plan : withDeployments(plan, ordered);
}

/** The plan with these deployments to be tried, in this order; those that rest stay behind them. */
export function withDeployments(
  plan: GroupPlan<Deployment>,
  deployments: readonly Deployment[],
): GroupPlan<Deployment> {
  const { group, verdicts, isContextWindowExceeded, soonestRetryMs } = plan;
  return {
    group,
    verdicts,
    isContextWindowExceeded,
    deployments: [...deployments, ...plan.deployments.slice(plan.eligible)],
    eligible: deployments.length,
    ...(soonestRetryMs !== undefined && { soonestRetryMs }),
  };
}
