/** LiteLLM's questions about how a gateway is set up, answered without a secret. */
import { GatewayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CachedAnswers } from '../../exchange/cached-answers.ts';
import type { Answer, Answering } from '../question.ts';

/** `GET /routes`: every route, in LiteLLM's shape. */
export const routeList: Answering = ({ routes }) => ({
  status: 200,
  body: {
    routes: routes.map(({ path, method, summary, access }) => ({
      path: path.replace(/(?<=\/):([a-z_]+)/gi, '{$1}'),
      methods: [method],
      name: summary,
      endpoint: null,
      access,
    })),
  },
});

/** `GET /get/config/callbacks`: who learns of requests, and how they are routed. */
export const configuredCallbacks: Answering = ({ snapshot: { config } }) => {
  const { routing, telemetry } = config;
  const callbacks = telemetry.metrics.enabled
    ? [{ name: 'prometheus', type: 'success_and_failure', variables: {} }]
    : [];
  const routerSettings: JsonObject = {
    routing_strategy: routing.strategy,
    num_retries: routing.numRetries,
    timeout: routing.timeoutMs / 1_000,
    max_fallbacks: routing.maxFallbacks,
    enable_pre_call_checks: routing.enablePreCallChecks,
    enable_tag_filtering: routing.enableTagFiltering,
    fallbacks: listOf(routing.fallbacks),
    context_window_fallbacks: listOf(routing.contextWindowFallbacks),
    content_policy_fallbacks: listOf(routing.contentPolicyFallbacks),
  };
  return {
    status: 200,
    body: { status: 'success', callbacks, alerts: [], router_settings: routerSettings, available_callbacks: {} },
  };
};

/** `GET /callbacks/list`: who learns of requests. */
export const callbackList: Answering = ({ snapshot: { config } }) => ({
  status: 200,
  body: { success: [], failure: [], success_and_failure: config.telemetry.metrics.enabled ? ['prometheus'] : [] },
});

/** `GET /active/callbacks`: the same in LiteLLM's older shape. */
export const activeCallbacks: Answering = ({ snapshot: { config } }) => {
  const callbacks = config.telemetry.metrics.enabled ? ['prometheus'] : [];
  return {
    status: 200,
    body: {
      alerting: [],
      'litellm.callbacks': callbacks,
      'litellm.input_callback': [],
      'litellm.failure_callback': [],
      'litellm.success_callback': [],
      'litellm._async_success_callback': [],
      'litellm._async_failure_callback': [],
      'litellm._async_input_callback': [],
      all_litellm_callbacks: callbacks,
      num_callbacks: callbacks.length,
      num_alerting: 0,
      'litellm.request_timeout': config.routing.timeoutMs / 1_000,
    },
  };
};

function listOf(map: ReadonlyMap<string, readonly string[]>): JsonObject[] {
  return [...map].map(([group, names]) => ({ [group]: [...names] }));
}

/** `GET /cache/ping`: whether the cache of answers works, or without one the Redis that instances share. */
export const cachePing: Answering = async ({ parts }) => {
  const { cachedAnswers } = parts;
  if (cachedAnswers?.facts !== undefined) return pingCache(cachedAnswers, cachedAnswers.facts);
  const { isUp } = parts.claims;
  if (isUp === undefined)
    throw new GatewayError(
      'store_unavailable',
      'No Redis is configured, so there is none to ask: this instance counts limits by itself (`router_settings.redis_host` shares them).',
      { mayRetry: false },
    );
  if (!isUp)
    throw new GatewayError('store_unavailable', 'The Redis that is configured cannot be reached now.', {
      retryAfterMs: 5_000,
    });
  return {
    status: 200,
    body: {
      ...HEALTHY,
      cache_type: 'redis',
      set_cache_response: null,
    },
  };
};

const HEALTHY = {
  status: 'healthy',
  ping_response: true,
  litellm_cache_params: null,
  health_check_cache_params: null,
} as const;

/** Writes and reads, because a Redis that is full or a replica still answers a ping. */
async function pingCache(cache: CachedAnswers, { place }: NonNullable<CachedAnswers['facts']>): Promise<Answer> {
  try {
    await cache.ping();
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new GatewayError('store_unavailable', `The cache of answers does not work now: ${reason}.`, {
      retryAfterMs: 5_000,
      cause: error,
    });
  }
  const body = { ...HEALTHY, cache_type: place === 'redis' ? 'redis' : 'local', set_cache_response: 'success' };
  return { status: 200, body };
}
