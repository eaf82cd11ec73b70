/** Reads how deployments are checked without a client asking, in general and one by one. */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { DEFAULTS } from './defaults.ts';
import type { DeploymentHealthCheck, HealthCheckConfig } from './routing-config.ts';
import type { Section } from './section.ts';

/** LiteLLM's default: a result counts until the check after the next one should have come. */
const STALE_AFTER_INTERVALS = 2;

/** The health checks of `general_settings`; three of the settings may stand in `router_settings` as well. */
export function readHealthChecks(general: Section, router: Section): HealthCheckConfig {
  const intervalMs = general.milliseconds('health_check_interval') ?? DEFAULTS.healthCheckIntervalMs;
  const flag = (name: string): boolean => router.flag(name) ?? general.flag(name) ?? false;
  const staleness = 'health_check_staleness_threshold';
  return {
    background: general.flag('background_health_checks') ?? false,
    intervalMs,
    concurrency: general.number('health_check_concurrency') ?? DEFAULTS.healthCheckConcurrency,
    stalenessMs:
      router.milliseconds(staleness) ?? general.milliseconds(staleness) ?? intervalMs * STALE_AFTER_INTERVALS,
    routing: flag('enable_health_check_routing'),
    ignoreTransientErrors: flag('health_check_ignore_transient_errors'),
  };
}

/** The health check of one deployment from its `model_info`; undefined where that says nothing. */
export function healthCheckOf(info: JsonObject): DeploymentHealthCheck | undefined {
  const isDisabled = info.disable_background_health_check;
  const { health_check_model: model, health_check_max_tokens: maxTokens, health_check_timeout: timeout } = info;
  const check = {
    ...defined({
      model: typeof model === 'string' ? model : undefined,
      maxTokens: typeof maxTokens === 'number' ? maxTokens : undefined,
      timeoutMs: typeof timeout === 'number' ? Math.round(timeout * 1000) : undefined,
      params: isJsonObject(info.health_check_params) ? info.health_check_params : undefined,
    }),
  };
  if (isDisabled === undefined && Object.keys(check).length === 0) return undefined;
  return { isDisabled: isDisabled === true, ...check };
}
