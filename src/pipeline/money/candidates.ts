import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** Every deployment that may answer: those of the plan, and those of the groups it may fall back to. */
export function candidatesOf(exchange: Exchange): readonly Deployment[] {
  const { group, snapshot, controls, plan } = exchange;
  if (group === undefined) return [];
  const own = plan === undefined || plan.deployments.length === 0 ? group.deployments : plan.deployments;
  const others = snapshot.router.fallbackNames(group, controls);
  if (others.length === 0) return own;
  return [...own, ...others.flatMap((name) => snapshot.groups.resolve(name)?.deployments ?? [])];
}
