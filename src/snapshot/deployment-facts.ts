/** What planning knows of deployments, by their configuration. */
import type { Clock } from '../core/clock.ts';
import { defined } from '../core/defined.ts';
import { patternOf } from '../core/pattern-of.ts';
import { type AccessWindow, isReservedForOthers } from '../routing/access-windows.ts';
import type { ResolvedGroup } from '../routing/model-groups.ts';
import type { DeploymentFacts } from '../routing/pre-call-checks.ts';
import type { Deployment } from './deployment.ts';

/** The configuration was read with the same patterns. */
function agentsOf(patterns: readonly string[] | undefined): readonly RegExp[] | undefined {
  return patterns === undefined || patterns.length === 0 ? undefined : patterns.map(patternOf);
}

/** The fallbacks that deployments of a group name themselves: those of the first that does. */
export function fallbacksOf({ deployments }: ResolvedGroup<Deployment>): readonly string[] | undefined {
  for (const { config } of deployments) if (config.fallbacks !== undefined) return config.fallbacks;
  return undefined;
}

const FACTS = new WeakMap<Deployment, DeploymentFacts>();

function reservation(windows: readonly AccessWindow[] | undefined, clock: Clock): DeploymentFacts['isReserved'] {
  return windows && ((teamId) => isReservedForOthers(windows, teamId, clock.nowMs()));
}

/** What planning knows of a deployment; made once. */
export function factsOf(
  deployment: Deployment,
  defaultMaxParallelRequests: number | undefined,
  clock: Clock,
): DeploymentFacts {
  let facts = FACTS.get(deployment);
  if (facts === undefined) {
    const { config, priced } = deployment;
    const maxParallelRequests = config.maxParallelRequests ?? defaultMaxParallelRequests;
    const { maxInputTokens, supports } = priced.facts;
    facts = {
      tags: config.tags,
      supports,
      isBlocked: config.modelInfo.blocked === true,
      ...defined({
        region: config.region,
        maxInputTokens,
        maxParallelRequests,
        agents: agentsOf(config.agentPatterns),
        itpm: config.itpm,
        otpm: config.otpm,
        isReserved: reservation(config.accessWindows, clock),
      }),
    };
    FACTS.set(deployment, facts);
  }
  return facts;
}
