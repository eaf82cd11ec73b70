/** A configuration out of nothing but provider keys in the environment. */
import { createHash } from 'node:crypto';
import { firstSet, given, keyFromEnvironment, wildcardGroups } from './deployments.ts';
import type { DeploymentConfig, GatewayConfig } from './gateway-config.ts';
import type { KnownProvider } from './known-providers.ts';
import { loadConfig } from './load.ts';
import type { Environment } from './variables.ts';

/** What the environment is read with. */
export interface EnvironmentOptions {
  readonly env: Environment;
  readonly knownProviders: readonly KnownProvider[];
}

/**
 * A configuration with all models of each provider whose key is set: under its prefix (`openai/*`) and under the names it is
 * known for (`gpt-*`). Without any key it has no deployments, and the caller serves what it has instead.
 */
export function configFromEnvironment({ env, knownProviders }: EnvironmentOptions): GatewayConfig {
  const { config } = loadConfig({ files: [], env, knownProviders });
  if (config === undefined) throw new Error('a configuration without files cannot be wrong');
  const present = knownProviders.filter((provider) => keyFromEnvironment(provider, env) !== undefined);
  return { ...config, deployments: present.flatMap((provider) => deploymentsOf(provider, env)) };
}

function deploymentsOf(provider: KnownProvider, env: Environment): readonly DeploymentConfig[] {
  const apiBase = firstSet(provider.baseUrlVariables, env);
  if (apiBase === undefined && provider.defaultBaseUrl === undefined) return [];
  return wildcardGroups(provider).map(({ group, model }) => ({
    id: createHash('sha256').update(`environment ${provider.name} ${group}`).digest('hex').slice(0, 32),
    group,
    provider: provider.name,
    model,
    ...given('apiKey', keyFromEnvironment(provider, env)),
    ...given('apiBase', apiBase),
    extraHeaders: {},
    defaultParams: {},
    additionalDropParams: [],
    tags: [],
    modelInfo: {},
    position: `the environment variable ${provider.keyVariables.find((name) => (env[name] ?? '') !== '') ?? ''}`,
  }));
}
