/** Whether a recorded request would go where it went, and if not, where. */
import { routingOfGroup } from '../../config/group-routing.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import type { LedgerRow } from '../../stores/contracts/ledger.ts';
import type { RecordedCall } from './recorded-call.ts';

/** The same attempts at the same places, or one attempt elsewhere. */
type Chosen =
  | { readonly kind: 'same'; readonly deployments: readonly Deployment[] }
  | { readonly kind: 'moved'; readonly deployment: Deployment }
  | { readonly kind: 'nowhere' };

const COST_BASED = 'cost-based-routing';

/** `before`: the same request under the configuration that it was made under, if that is known. */
export function chooseAttempts(call: RecordedCall, exchange: Exchange, before: Exchange | undefined): Chosen {
  const { plan } = exchange;
  const now = plan?.deployments ?? [];
  const eligible = now.slice(0, plan?.eligible ?? 0);
  const others = fallbacksOf(exchange);
  const first = eligible[0] ?? others[0] ?? now[0];
  if (first === undefined) return { kind: 'nowhere' };
  const kept = call.attempts.map((row) => placeOf(row, [...now, ...others]));
  const isThere = kept.every((deployment) => deployment !== undefined);
  if (isThere && staysAt(call, exchange, before, first, kept)) return { kind: 'same', deployments: kept };
  return { kind: 'moved', deployment: first };
}

/** A place that may still answer keeps its requests, unless the plan itself puts another first. */
function staysAt(
  { attempts }: RecordedCall,
  exchange: Exchange,
  before: Exchange | undefined,
  first: Deployment,
  kept: readonly (Deployment | undefined)[],
): boolean {
  if (before !== undefined) {
    const [firstBefore] = before.plan?.deployments ?? [];
    return firstBefore !== undefined && isSamePlace(first, placeIn(firstBefore));
  }
  const { group, snapshot } = exchange;
  const names = group === undefined ? [] : group.pattern === undefined ? [group.name] : [group.name, group.pattern];
  if (routingOfGroup(snapshot.config.routing, names).strategy !== COST_BASED) return true;
  // Under cost-based routing the plan's first is where requests go; one that was tried elsewhere first failed over or was at rest.
  return kept[0] === first || attempts.length > 1;
}

/** The deployments of the groups that take over if this one cannot. */
function fallbacksOf(exchange: Exchange): readonly Deployment[] {
  const { snapshot, group, controls, needs, clock } = exchange;
  if (group === undefined || needs === undefined) return [];
  const policy = snapshot.router.policy(group, controls, clock.monotonicMs(), undefined, () => true);
  const names = [...policy.fallbacks, ...policy.contextWindowFallbacks, ...policy.contentPolicyFallbacks];
  return names.flatMap((name) => {
    const other = snapshot.groups.resolve(name);
    return other === undefined ? [] : snapshot.router.plan(other, needs).deployments;
  });
}

/** The deployment of a row: by its id, or where the same model is asked at the same address. */
function placeOf(row: LedgerRow, deployments: readonly Deployment[]): Deployment | undefined {
  return deployments.find(({ id }) => id === row.deploymentId) ?? deployments.find((each) => isSamePlace(each, row));
}

function isSamePlace(
  { provider, model, apiBase }: Deployment,
  row: Pick<LedgerRow, 'provider' | 'model' | 'apiBase'>,
): boolean {
  return provider.name === row.provider && model === row.model && apiBase === row.apiBase;
}

const placeIn = ({ provider, model, apiBase }: Deployment): Pick<LedgerRow, 'provider' | 'model' | 'apiBase'> => ({
  ...{ provider: provider.name, model, apiBase },
});
