import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';
import { UnservedGroups } from '../config/unserved-groups.ts';
import type { Clock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import { ownValue } from '../core/own-value.ts';
import { owningTeam } from '../core/team-models.ts';
import { compileWildcard } from '../core/wildcard.ts';
import { MILLION } from '../costs/adjustment.ts';
import { priceModel } from '../costs/prices.ts';
import { ceilingCard } from '../costs/rate-card.ts';
import { findProvider, withItsProvider } from '../providers/index.ts';
import { ModelGroups } from '../routing/model-groups.ts';
import { hashKey } from '../tenancy/hash-key.ts';
import { masterIdentity } from '../tenancy/make-identity.ts';
import { AccountsOf } from './accounts-of.ts';
import { withBrought } from './client-auth.ts';
import { Deployment } from './deployment.ts';
import { Router, type RoutingState } from './router.ts';
import type { Snapshot } from './snapshot.ts';

/** What outlives a configuration. */
interface SnapshotWorld {
  readonly routing: RoutingState;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Makes everything that follows from a configuration: for the gateway that serves it, and for a command that only asks
 * what it would do.
 */
export function makeSnapshot(
  config: GatewayConfig,
  masterKey: string,
  { routing, clock, random }: SnapshotWorld,
): Snapshot {
  const deployments = config.deployments.map((entry) => makeDeployment(entry, config));
  const { aliases } = config.routing;
  return {
    config,
    aliases,
    deployments: new Map(deployments.map((deployment) => [deployment.id, deployment])),
    probes: new Map(probesOf(deployments, config).map((deployment) => [deployment.id, deployment])),
    router: new Router(config.routing, routing, clock, random, {
      tagHeaders: config.budgets.tagHeaders,
      hasReservations: config.deployments.some(({ accessWindows }) => accessWindows !== undefined),
    }),
    master: masterIdentity(hashKey(config.server.masterKey ?? masterKey)),
    accounts: new AccountsOf(config.budgets, config.deployments),
    ceiling: ceilingCard(config.budgets.unpricedCeiling),
    hasUpstreamBudgets:
      Object.keys(config.budgets.providers).length > 0 || config.deployments.some(({ budget }) => budget !== undefined),
    hasSilentModels: config.deployments.some(({ silentModels }) => silentModels !== undefined),
    hasClientAuth: config.deployments.some(({ clientAuth }) => clientAuth !== undefined),
    brought: ({ config: entry, isNamedByClient, apiBase, upstream }, params) =>
      makeDeployment(withBrought(entry, params), config, isNamedByClient, {
        apiBase,
        upstream: `${upstream} of clients`,
      }),
    hasTeamModels: config.deployments.some(({ modelInfo }) => owningTeam(modelInfo) !== undefined),
    unserved: new UnservedGroups(config.unserved),
    groups: new ModelGroups(
      deployments,
      aliases,
      {
        fill: ({ config: entry }, model) => makeDeployment({ ...entry, model }, config, entry.model.includes('*')),
        withProvider: withItsProvider,
        // A team's deployment is asked by the team's name for it, and takes no name that others ask.
        modelOf: ({ provider, model, config: { modelInfo } }) =>
          owningTeam(modelInfo) === undefined ? `${provider.name}/${model}` : undefined,
      },
      config.choices,
    ),
  };
}

/** The deployments as health checks ask them: under `health_check_model` if it is set; a wildcard only then. */
function probesOf(deployments: readonly Deployment[], config: GatewayConfig): Deployment[] {
  return deployments.flatMap((deployment) => {
    const { config: entry, model } = deployment;
    const named = entry.healthCheck?.model;
    if (named === undefined) return model.includes('*') ? [] : [deployment];
    const prefix = `${entry.provider}/`;
    return [makeDeployment({ ...entry, model: named.startsWith(prefix) ? named.slice(prefix.length) : named }, config)];
  });
}

/** What is mocked reaches no provider. */
const COSTS_NOTHING = { input_cost_per_token: 0, output_cost_per_token: 0 };

/** A deployment as it is configured, or under another model of its provider. */
function makeDeployment(
  entry: DeploymentConfig,
  config: GatewayConfig,
  isNamedByClient = false,
  labels?: Pick<Deployment, 'apiBase' | 'upstream'>,
): Deployment {
  const provider = findProvider(entry.provider);
  // The configuration was checked against the same list.
  if (provider === null) throw new RangeError(`no provider ${entry.provider}`);
  const { priceProvider } = provider;
  return new Deployment({
    config: withWishes(entry, config),
    provider,
    target: {
      model: entry.model,
      baseUrl: entry.apiBase ?? provider.defaultBaseUrl ?? '',
      ...defined({
        apiKey: entry.apiKey,
        token: entry.identity?.token,
        apiVersion: entry.apiVersion,
        organization: entry.organization,
      }),
    },
    priced: priceModel({
      provider: provider.name,
      ...defined({ priceProvider }),
      model: entry.model,
      modelInfo: entry.mocks === undefined ? entry.modelInfo : { ...entry.modelInfo, ...COSTS_NOTHING },
      ...(entry.mocks === undefined && pricesOf(provider.name, config.budgets)),
    }),
    isNamedByClient,
    ...defined({ labels }),
    dropParams: config.dropParams,
    promptCache: config.promptCache,
    timeouts: config.routing,
  });
}

/** A deployment with what the operator wishes of all. */
function withWishes(entry: DeploymentConfig, config: GatewayConfig): DeploymentConfig {
  const { modifyParams = false, responsesForChats, server } = config;
  const { forwardsOrganization: organization, keyHeaderName: keyHeader } = server;
  const own =
    server.forwardsClientHeaders ||
    server.groupSettings?.forwardsClientHeaders.some(
      (name) => compileWildcard(name).match(entry.group) !== undefined,
    ) === true;
  if (!modifyParams && !responsesForChats && !own && !organization) return entry;
  return {
    ...entry,
    repairs: modifyParams,
    prefersResponses: responsesForChats,
    ...((own || organization) && { handsOn: { own, organization, ...defined({ keyHeader }) } }),
  };
}

/** What the operator says of a provider's prices: a list before the known one, a discount, a margin. */
function pricesOf(provider: string, { prices, discounts, margins }: GatewayConfig['budgets']) {
  const discount = ownValue(discounts, provider) ?? 0;
  const margin = ownValue(margins?.byProvider, provider) ?? margins?.others;
  const isAdjusted = discount !== 0 || margin !== undefined;
  const inMillionths = (share: number): bigint => BigInt(Math.round(share * Number(MILLION)));
  const times = ((MILLION - inMillionths(discount)) * (MILLION + inMillionths(margin?.share ?? 0))) / MILLION;
  return {
    priceFile: prices,
    adjustment: isAdjusted ? { times, fixed: margin?.fixed ?? 0n } : undefined,
  };
}
