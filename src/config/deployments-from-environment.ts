/** Deployments made from the provider keys in the environment alone. */
import { createHash } from 'node:crypto';
import { defined } from '../core/defined.ts';
import type { DeploymentConfig } from './gateway-config.ts';
import type { KnownProvider } from './known-providers.ts';
import { firstSet, keyFromEnvironment, wildcardGroups } from './provider-environment.ts';
import type { Environment } from './variables.ts';

/** Wildcard groups of every provider that can be called with what the environment holds. */
export function deploymentsFromEnvironment(
  providers: readonly KnownProvider[],
  env: Environment,
): readonly DeploymentConfig[] {
  return providers.flatMap((provider) => {
    const apiKey = keyFromEnvironment(provider, env);
    const apiBase = firstSet(provider.baseUrlVariables, env);
    if (apiKey === undefined || (apiBase === undefined && provider.defaultBaseUrl === undefined)) return [];
    const variable = provider.keyVariables.find((name) => env[name] === apiKey);
    return wildcardGroups(provider).map(({ group, model }) => ({
      id: createHash('sha256').update(`environment ${provider.name} ${group}`).digest('hex').slice(0, 32),
      group,
      provider: provider.name,
      model,
      apiKey,
      ...defined({ apiBase }),
      extraHeaders: {},
      defaultParams: {},
      additionalDropParams: [],
      allowedOpenaiParams: [],
      tags: [],
      modelInfo: {},
      position: `the environment variable ${variable ?? ''}`,
    }));
  });
}
