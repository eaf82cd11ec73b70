import type { GatewayConfig } from '../config/gateway-config.ts';
import type { UnservedGroups } from '../config/unserved-groups.ts';
import type { RateCard } from '../costs/rate-card.ts';
import type { GroupAlias, ModelGroups } from '../routing/model-groups.ts';
import type { Identity } from '../tenancy/identity.ts';
import type { AccountsOf } from './accounts-of.ts';
import type { BroughtParams } from './client-auth.ts';
import type { Deployment } from './deployment.ts';
import type { Router } from './router.ts';

/** Everything that follows from one configuration. Swapped as a whole on reload. */
export interface Snapshot {
  readonly config: GatewayConfig;
  /** The master key's identity. */
  readonly master: Identity;
  readonly accounts: AccountsOf;
  /** Whether a deployment or a provider has a budget. */
  readonly hasUpstreamBudgets: boolean;
  /** Whether a deployment belongs to a team. */
  readonly hasTeamModels: boolean;
  /** Whether copies of some requests go to other groups. */
  readonly hasSilentModels: boolean;
  /** Whether requests may bring connection parameters of their own. */
  readonly hasClientAuth: boolean;
  /** A deployment with such parameters of one request. */
  readonly brought: (deployment: Deployment, params: BroughtParams) => Deployment;
  /** What a deployment without a price costs under a budget. */
  readonly ceiling: RateCard;
  readonly groups: ModelGroups<Deployment>;
  /** Groups of the file that have no deployment which can be served. */
  readonly unserved: UnservedGroups;
  /** By id; a wildcard's as configured. */
  readonly deployments: ReadonlyMap<string, Deployment>;
  /** The deployments as health checks ask them, by id; wildcards only if `health_check_model` is set. */
  readonly probes: ReadonlyMap<string, Deployment>;
  readonly router: Router;
  readonly aliases: ReadonlyMap<string, GroupAlias>;
}
