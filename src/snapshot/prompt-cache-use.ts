import type { DeploymentConfig, GatewayConfig } from '../config/gateway-config.ts';

/** What is done about the prompt cache of a deployment's provider. */
export interface PromptCacheUse {
  readonly mode: 'off' | 'system' | 'auto';
  /** Where the operator wants marks; they count before the mode. */
  readonly points: NonNullable<DeploymentConfig['cachePoints']>;
  /** Whether tenants are kept apart. */
  readonly isPartitioned: boolean;
  /** Whether prompts of different tenants begin with different lines. */
  readonly isSalted: boolean;
}

/** What a deployment says, and for what it does not say the configuration; undefined if nothing is asked for. */
export function promptCacheOf(
  { promptCache, promptCacheIsolation, promptCacheSalt, cachePoints = [] }: DeploymentConfig,
  defaults: GatewayConfig['promptCache'] | undefined,
): PromptCacheUse | undefined {
  const mode = promptCache ?? defaults?.mode ?? 'off';
  const isPartitioned = (promptCacheIsolation ?? defaults?.isolation) === 'partition';
  if (mode === 'off' && !isPartitioned && cachePoints.length === 0) return undefined;
  return { mode, points: cachePoints, isPartitioned, isSalted: isPartitioned && promptCacheSalt === true };
}
