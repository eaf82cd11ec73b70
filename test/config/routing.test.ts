import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadlineOf, routingOfGroup } from '../../src/config/group-routing.ts';
import { brief, configOf, loadText } from './load-text.ts';

const MODELS = `
model_list:
  - { model_name: a, litellm_params: { model: openai/a } }
  - { model_name: b, litellm_params: { model: openai/b } }
  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }
`;

test('routing defaults are those of LiteLLM, with six attempts and one retry in a fallback group', () => {
  const { routing, health } = configOf(MODELS);
  const { aliases, fallbacks, contextWindowFallbacks, contentPolicyFallbacks, ...plain } = routing;
  assert.deepEqual(
    [aliases.size, fallbacks.size, contextWindowFallbacks.size, contentPolicyFallbacks.size],
    [0, 0, 0, 0],
  );
  assert.deepEqual(plain, {
    strategy: 'simple-shuffle',
    strategyArgs: {},
    routingGroups: [],
    groupSettings: new Map(),
    numRetries: 2,
    retriesByClass: {},
    groupRetriesByClass: new Map(),
    retryAfterMs: 0,
    retryAfterWaitMaxMs: 5_000,
    maxAttempts: 6,
    timeoutMs: 600_000,
    lateFirstTokenMs: 10_000,
    connectTimeoutMs: 5_000,
    fallbackOn: [],
    maxFallbacks: 5,
    maxRetriesPerFallback: 1,
    enableWeightedFailover: true,
    allowedFailsByClass: {},
    cooldownMs: 5_000,
    disableCooldowns: false,
    enablePreCallChecks: false,
    optionalPreCallChecks: [],
    groupAffinity: new Map(),
    affinityTtlMs: 3_600_000,
    enableTagFiltering: false,
    tagFilteringMatchAny: true,
    midStream: 'continue',
    hedge: { enabled: false, maxExtraSpend: 0.05, percentile: 0.95 },
    other: {},
  });
  assert.deepEqual(health, {
    background: false,
    intervalMs: 300_000,
    concurrency: 4,
    stalenessMs: 600_000,
    routing: false,
    ignoreTransientErrors: false,
    details: true,
    skipsDisabled: false,
    isShared: false,
  });
});

test('every routing setting is read into its place, seconds into milliseconds', () => {
  const { routing } = configOf(`${MODELS}
router_settings:
  num_retries: 3
  retry_after: 0.5
  request_deadline: 90
  max_attempts: 4
  max_retries_per_fallback: 2
  allowed_fails: 0
  cooldown_time: 30
  disable_cooldowns: true
  deployment_affinity_ttl_seconds: 60
  model_group_affinity_config: { a: [session_affinity], b: deployment_affinity }
  optional_pre_call_checks: prompt_caching
  tag_filtering_match_any: false
  enable_weighted_failover: false
  default_max_parallel_requests: 9
  mid_stream: error
  hedge: { enabled: true, max_extra_spend: 0.1 }
`);
  assert.equal(routing.numRetries, 3);
  assert.equal(routing.retryAfterMs, 500);
  assert.equal(routing.requestDeadlineMs, 90_000);
  assert.equal(routing.maxAttempts, 4);
  assert.equal(routing.maxRetriesPerFallback, 2);
  assert.equal(routing.allowedFails, 0);
  assert.equal(routing.cooldownMs, 30_000);
  assert.equal(routing.disableCooldowns, true);
  assert.equal(routing.affinityTtlMs, 60_000);
  assert.deepEqual(
    [...routing.groupAffinity],
    [
      ['a', ['session_affinity']],
      ['b', ['deployment_affinity']],
    ],
  );
  assert.deepEqual(routing.optionalPreCallChecks, ['prompt_caching']);
  assert.equal(routing.tagFilteringMatchAny, false);
  assert.equal(routing.enableWeightedFailover, false);
  assert.equal(routing.defaultMaxParallelRequests, 9);
  assert.equal(routing.midStream, 'error');
  assert.deepEqual(routing.hedge, { enabled: true, maxExtraSpend: 0.1, percentile: 0.95 });
  assert.deepEqual(routing.other, {});
});

test('no retries mean none in fallback groups, and more retries than attempts raise the attempts', () => {
  assert.equal(configOf('router_settings: { num_retries: 0 }').routing.maxRetriesPerFallback, 0);
  assert.equal(configOf('router_settings: { num_retries: 9 }').routing.maxAttempts, 10);
  assert.equal(configOf('router_settings: { num_retries: 9, max_attempts: 3 }').routing.maxAttempts, 3);
});

test('a request has time for a fallback after a timeout, unless a deadline says otherwise', () => {
  const deadline = (settings: string): number => deadlineOf(configOf(`router_settings: ${settings}`).routing);
  assert.equal(deadline('{}'), 600_000);
  assert.equal(deadline('{ timeout: 30 }'), 600_000);
  assert.equal(deadline('{ timeout: 900 }'), 900_000);
  assert.equal(deadline('{ timeout: 900, request_deadline: 45 }'), 45_000);
});

test('litellm_settings counts where router_settings says nothing', () => {
  const settings = 'litellm_settings: { num_retries: 5, allowed_fails: 7, cooldown_time: 11 }\n';
  const alone = configOf(settings).routing;
  assert.deepEqual([alone.numRetries, alone.allowedFails, alone.cooldownMs], [5, 7, 11_000]);
  const { routing } = configOf(`${settings}router_settings: { num_retries: 1, allowed_fails: 2, cooldown_time: 3 }`);
  assert.deepEqual([routing.numRetries, routing.allowedFails, routing.cooldownMs], [1, 2, 3_000]);
});

test('policies are read by class, the timeout under the name it has among the errors', () => {
  const { routing, deployments } = configOf(`
model_list:
  - model_name: a
    litellm_params: { model: openai/a }
    model_info: { allowed_fails: 4, allowed_fails_policy: { RateLimitErrorAllowedFails: 100 } }
  - { model_name: b, litellm_params: { model: openai/b, max_parallel_requests: 2 } }
router_settings:
  retry_policy: { TimeoutErrorRetries: 0, RateLimitErrorRetries: "4", ServiceUnavailableErrorRetries: 1 }
  model_group_retry_policy: { a: { AuthenticationErrorRetries: 1 } }
  allowed_fails_policy: { TimeoutErrorAllowedFails: 12, BadRequestErrorAllowedFails: 1000 }
  default_max_parallel_requests: 7
`);
  assert.deepEqual(routing.retriesByClass, { Timeout: 0, RateLimitError: 4, ServiceUnavailableError: 1 });
  assert.deepEqual([...routing.groupRetriesByClass], [['a', { AuthenticationError: 1 }]]);
  assert.deepEqual(routing.allowedFailsByClass, { Timeout: 12, BadRequestError: 1000 });
  assert.equal(deployments[0]?.allowedFails, 4);
  assert.deepEqual(deployments[0]?.allowedFailsByClass, { RateLimitError: 100 });
  assert.deepEqual(
    deployments.map(({ maxParallelRequests }) => maxParallelRequests),
    [7, 2],
  );
});

test('fallbacks may be a map or a list of maps, and the words of the guide become failures', () => {
  const map = configOf(`${MODELS}router_settings: { fallbacks: { a: b, b: [a] } }`).routing;
  assert.deepEqual(
    [...map.fallbacks],
    [
      ['a', ['b']],
      ['b', ['a']],
    ],
  );
  assert.equal(map.fallbackCodes, undefined);
  const { routing } = configOf(`${MODELS}
litellm_settings: { fallbacks: [{ a: [b] }, { b: [a] }] }
router_settings: { fallbacks: [{ a: ["openai/x"] }], default_fallback_models: [b], fallback_on: timeout }
`);
  assert.deepEqual(
    [...routing.fallbacks],
    [
      ['a', ['openai/x']],
      ['b', ['a']],
      ['*', ['b']],
    ],
  );
  assert.deepEqual(routing.fallbackOn, ['timeout']);
  const codes = routing.fallbackCodes ?? new Set();
  assert.ok(codes.has('upstream_timeout'));
  // What is cooling down failed by one of the words.
  assert.ok(codes.has('no_deployment_available'));
  assert.ok(!codes.has('upstream_rate_limit'));
});

test('a group has its own settings, else those of its routing group, else the router’s', () => {
  const { routing, deployments } = configOf(`
model_list:
  - { model_name: a, litellm_params: { model: openai/a, timeout: 1 } }
  - { model_name: b, litellm_params: { model: openai/b } }
  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }
router_settings:
  routing_strategy: latency-based-routing
  routing_strategy_args: { ttl: 10 }
  retry_policy: { TimeoutErrorRetries: 1 }
  model_group_retry_policy: { b: { RateLimitErrorRetries: 3 } }
  optional_pre_call_checks: [session_affinity, prompt_caching]
  model_group_affinity_config: { b: [deployment_affinity] }
  routing_groups:
    - { group_name: cheap, models: [b, "openai/*"], routing_strategy: cost-based-routing, routing_strategy_args: { x: 1 } }
    - { group_name: never, models: [b], routing_strategy: least-busy }
  model_group_settings:
    a: { mid_stream: error, timeout: 5, ttft_timeout: 2, hedge: { enabled: true } }
    b: { routing_strategy: least-busy }
`);
  const a = routingOfGroup(routing, ['a']);
  assert.equal(a.strategy, 'latency-based-routing');
  assert.deepEqual(a.strategyArgs, { ttl: 10 });
  assert.equal(a.midStream, 'error');
  assert.equal(a.hedge.enabled, true);
  assert.deepEqual(a.retriesByClass, { Timeout: 1 });
  assert.deepEqual(a.checks, ['session_affinity', 'prompt_caching']);
  const b = routingOfGroup(routing, ['b']);
  assert.equal(b.strategy, 'least-busy');
  assert.deepEqual(b.strategyArgs, {});
  assert.equal(b.midStream, 'continue');
  assert.deepEqual(b.retriesByClass, { RateLimitError: 3 });
  assert.deepEqual(b.checks, ['deployment_affinity']);
  for (const names of [['openai/gpt-4o'], ['openai/gpt-4o', 'openai/*']]) {
    const wildcard = routingOfGroup(routing, names);
    assert.equal(wildcard.strategy, 'cost-based-routing');
    assert.deepEqual(wildcard.strategyArgs, { x: 1 });
  }
  assert.deepEqual(
    deployments.map(({ timeoutMs, firstTokenTimeoutMs }) => [timeoutMs, firstTokenTimeoutMs]),
    [
      [1_000, 2_000],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
});

test('health checks stand in general_settings, a few of them in router_settings too', () => {
  const { health, deployments } = configOf(`
model_list:
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
    model_info: { health_check_model: openai/gpt-4o, health_check_max_tokens: 1, health_check_timeout: 0.5 }
  - { model_name: b, litellm_params: { model: openai/b }, model_info: { disable_background_health_check: true } }
  - { model_name: c, litellm_params: { model: openai/c } }
general_settings:
  background_health_checks: true
  health_check_interval: 30
  health_check_concurrency: 2
  enable_health_check_routing: true
router_settings: { health_check_staleness_threshold: 45, health_check_ignore_transient_errors: true }
`);
  assert.deepEqual(health, {
    background: true,
    intervalMs: 30_000,
    concurrency: 2,
    stalenessMs: 45_000,
    routing: true,
    ignoreTransientErrors: true,
    details: true,
    skipsDisabled: false,
    isShared: false,
  });
  assert.deepEqual(
    deployments.map(({ healthCheck }) => healthCheck),
    [{ isDisabled: false, model: 'openai/gpt-4o', maxTokens: 1, timeoutMs: 500 }, { isDisabled: true }, undefined],
  );
});

test("a key's tags and what its requests are denied stand in its metadata", () => {
  const { keys } = configOf(`${MODELS}
user_api_key_list:
  - { api_key: "\${GATEWAY_MASTER_KEY}", tags: [paid], metadata: { tags: [eu, paid], team: x, disable_fallbacks: "true" } }
`);
  assert.deepEqual(keys[0]?.metadata, { tags: ['paid', 'eu'], team: 'x', disable_fallbacks: true });
  const { findings } = loadText(`${MODELS}
user_api_key_list:
  - api_key: "\${GATEWAY_MASTER_KEY}"
    metadata: { deny_request_controls: [fallback, tags], anything: 1 }
`);
  assert.deepEqual(brief(findings), ['9:41 error wrong-type fallbacks']);
});

test('a check of a later release is said to be not yet in effect; what limits by budget acts', () => {
  const { notYetInEffect, routing } = configOf(`${MODELS}
router_settings:
  routing_strategy: provider-budget-routing
  optional_pre_call_checks: [session_affinity, router_budget_limiting, responses_api_deployment_check]
  hedge: { enabled: true }
`);
  assert.equal(routing.strategy, 'simple-shuffle');
  assert.deepEqual(
    notYetInEffect.map(({ path }) => path),
    ['router_settings.optional_pre_call_checks: responses_api_deployment_check'],
  );
});
