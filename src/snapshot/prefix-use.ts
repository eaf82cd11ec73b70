/** Whether and how the requests of a model group go where the beginning of their prompt is cached. */
import type { PrefixRole } from '../routing/put-first.ts';
import { strategyNamed } from '../routing/strategies/index.ts';
import type { Strategy } from '../routing/strategies/strategy.ts';
import type { Deployment } from './deployment.ts';

/** Whether requests go where their beginning is cached: not at all, or wherever any caller's or the same owner's was sent. */
export type PrefixUse = 'off' | 'shared' | 'partition';

/**
 * What holds in a group. The setting decides, LiteLLM's check asks for it, and without either it is on where something is done about the
 * prompt cache. Tenants are kept apart if one of the deployments keeps them apart.
 */
export function prefixUse(
  isAsked: boolean,
  setting: boolean | undefined,
  deployments: readonly Deployment[],
): PrefixUse {
  const isMarked = deployments.some(({ promptCache }) => promptCache !== undefined && promptCache.mode !== 'off');
  if (deployments.length < 2 || !(setting ?? (isAsked || isMarked))) return 'off';
  return deployments.some(({ promptCache }) => promptCache?.isPartitioned === true) ? 'partition' : 'shared';
}

/** What knowing where prefixes are held changes under a strategy. */
export function prefixRoleUnder(strategy: Strategy): PrefixRole {
  if (strategy === strategyNamed('simple-shuffle')) return 'levels';
  return strategy === strategyNamed('cost-based-routing') ? 'prices' : 'first';
}
