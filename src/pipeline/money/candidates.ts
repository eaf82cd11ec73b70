import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { mayUseGroup } from '../plan.ts';

/** Every deployment that may answer: those of the plan, and those of the groups it may fall back to and its key may use. */
export function candidatesOf(exchange: Exchange): readonly Deployment[] {
  const { group, snapshot, controls, plan, identity } = exchange;
  if (group === undefined) return [];
  const own = plan === undefined || plan.deployments.length === 0 ? group.deployments : plan.deployments;
  const others = snapshot.router.fallbackNames(group, controls);
  if (others.length === 0) return own;
  const mayAnswer = (name: string): readonly Deployment[] => {
    const other = snapshot.groups.resolve(name);
    const isRefused = other !== undefined && identity !== undefined && !mayUseGroup(identity, name, other);
    return isRefused ? [] : (other?.deployments ?? []);
  };
  return [...own, ...others.flatMap(mayAnswer)];
}
