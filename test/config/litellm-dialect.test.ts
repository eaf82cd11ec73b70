import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, configOf, loadText, loadTexts } from './load-text.ts';

test('a model names its provider by prefix, by alias, by setting, or by a name the provider is known for', () => {
  const { deployments } = configOf(`
model_list:
  - { model_name: a, litellm_params: { model: anthropic/claude-sonnet-4-5 } }
  - { model_name: b, litellm_params: { model: zhipuai/glm-4.6, api_key: none } }
  - { model_name: c, litellm_params: { model: my-deployment, custom_llm_provider: azure, api_base: https://x, api_key: none } }
  - { model_name: d, litellm_params: { model: gpt-4o } }
  - { model_name: e, litellm_params: { model: claude-3-5-haiku-latest } }
  - { model_name: f, litellm_params: { model: openai/org/model:tag, custom_llm_provider: openai } }
  - { model_name: g, litellm_params: { model: meta-llama/Llama-3, api_base: http://localhost:8000/v1 } }
`);
  assert.deepEqual(
    deployments.map(({ provider, model }) => `${provider} ${model}`),
    [
      'anthropic claude-sonnet-4-5',
      'zai glm-4.6',
      'azure my-deployment',
      'openai gpt-4o',
      'anthropic claude-3-5-haiku-latest',
      'openai org/model:tag',
      'openai_like meta-llama/Llama-3',
    ],
  );
});

test('times become milliseconds, budgets exact pico-USD, and prices are folded into model_info', () => {
  const [deployment] = configOf(`
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
      api_version: 2024-02-01
      organization: org-1
      timeout: 1.5
      stream_timeout: "30"
      ttft_timeout: 5
      stream_idle_timeout: 10
      num_retries: 4
      weight: 2
      order: 1
      rpm: 100
      tpm: 200000
      max_parallel_requests: 7
      tags: [paid, 2024]
      region_name: eu
      cooldown_time: 30
      max_budget: 0.000000000001
      budget_duration: 1d
      input_cost_per_token: 0.0000025
      drop_params: true
      additional_drop_params: [user]
      headers: { x-a: 1 }
      extra_headers: { x-b: two }
      temperature: 0.2
      max_tokens: 100
      my_own_field: { deep: [1, 2] }
    model_info:
      id: my-id
      base_model: gpt-4o-2024-08-06
      output_cost_per_token: 1e-5
      max_input_tokens: 128000
      anything: else
`).deployments;
  assert.deepEqual(deployment, {
    id: 'my-id',
    group: 'gpt-4o',
    provider: 'openai',
    model: 'gpt-4o',
    apiKey: 'openai-key-from-environment',
    apiVersion: '2024-02-01',
    organization: 'org-1',
    extraHeaders: { 'x-a': '1', 'x-b': 'two' },
    defaultParams: { temperature: 0.2, max_tokens: 100, my_own_field: { deep: [1, 2] } },
    dropParams: true,
    additionalDropParams: ['user'],
    allowedOpenaiParams: [],
    timeoutMs: 1500,
    streamTimeoutMs: 30_000,
    firstTokenTimeoutMs: 5000,
    idleTimeoutMs: 10_000,
    numRetries: 4,
    weight: 2,
    order: 1,
    rpm: 100,
    tpm: 200_000,
    maxParallelRequests: 7,
    tags: ['paid', '2024'],
    region: 'eu',
    cooldownMs: 30_000,
    budget: { max: 1n, period: '1d' },
    modelInfo: {
      id: 'my-id',
      base_model: 'gpt-4o-2024-08-06',
      input_cost_per_token: 0.0000025,
      output_cost_per_token: 1e-5,
      max_input_tokens: 128_000,
      anything: 'else',
    },
    position: 'config.yaml:3:5',
  });
});

test('a deployment without a key takes that of its provider from the environment', () => {
  const { config, findings } = loadText(`
model_list:
  - { model_name: a, litellm_params: { model: openai/gpt-4o } }
  - { model_name: b, litellm_params: { model: zai/glm-4 } }
  - { model_name: c, litellm_params: { model: hosted_vllm/llama, api_base: http://localhost:8000 } }
`);
  assert.deepEqual(
    config?.deployments.map(({ apiKey }) => apiKey),
    ['openai-key-from-environment', undefined, undefined],
  );
  assert.deepEqual(brief(findings), ['4:47 warning no-api-key']);
  assert.match(findings[0]?.message ?? '', /"b" has no API key: set api_key or the variable "ZAI_API_KEY"/);
});

test('ids are stable, differ by what is no secret, and never repeat', () => {
  const text = (key: string, base: string): string => `
model_list:
  - { model_name: a, litellm_params: { model: openai/gpt-4o, api_key: ${key}, api_base: ${base} } }
  - { model_name: a, litellm_params: { model: openai/gpt-4o, api_key: ${key}, api_base: ${base} } }
`;
  const ids = (key: string, base: string): string[] => configOf(text(key, base)).deployments.map(({ id }) => id);
  const [first, second] = ids('one', 'https://a');
  assert.match(first ?? '', /^[0-9a-f]{32}$/);
  assert.equal(second, `${first}-2`);
  assert.deepEqual(ids('two', 'https://a'), [first, second]);
  assert.notEqual(ids('one', 'https://b')[0], first);
});

test('wildcard groups keep the star, and a bare star stands for every provider with a key', () => {
  const { deployments } = configOf(`
model_list:
  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }
  - { model_name: "*", litellm_params: { model: "anthropic/*" } }
`);
  assert.deepEqual(
    deployments.map(({ group, provider, model }) => [group, provider, model]),
    [
      ['openai/*', 'openai', '*'],
      ['*', 'anthropic', '*'],
    ],
  );
  const any = configOf('model_list: [{ model_name: "*", litellm_params: { model: "*" } }]').deployments;
  assert.deepEqual(new Set(any.map(({ provider }) => provider)), new Set(['openai', 'anthropic', 'deepseek']));
  assert.ok(any.some(({ group, model }) => group === 'gpt-*' && model === 'gpt-*'));
});

test('credentials and default parameters lie under what a deployment says itself', () => {
  const { deployments } = configOf(`
credential_list:
  - credential_name: east
    credential_values: { api_key: os.environ/OPENAI_API_KEY, api_base: https://east, timeout: 5 }
    credential_info: { description: anything }
router_settings:
  default_litellm_params: { timeout: 9, temperature: 0.1, max_retries: 1 }
model_list:
  - { model_name: a, litellm_params: { model: openai/gpt-4o, litellm_credential_name: east, api_base: https://own } }
  - { model_name: b, litellm_params: { model: openai/gpt-4o, temperature: 0.9 } }
`);
  assert.equal(deployments[0]?.apiBase, 'https://own');
  assert.equal(deployments[0]?.timeoutMs, 5000);
  assert.equal(deployments[0]?.numRetries, 1);
  assert.deepEqual(deployments[0]?.defaultParams, { temperature: 0.1 });
  assert.equal(deployments[1]?.timeoutMs, 9000);
  assert.deepEqual(deployments[1]?.defaultParams, { temperature: 0.9 });
});

test('router settings are read in every form that LiteLLM takes', () => {
  const { routing } = configOf(`
model_list: [{ model_name: a, litellm_params: { model: openai/a } }, { model_name: b, litellm_params: { model: openai/b } }]
litellm_settings: { request_timeout: 100, num_retries: 7, default_fallbacks: [a], context_window_fallbacks: [{ a: [b] }] }
router_settings:
  routing_strategy: latency-based-routing
  routing_strategy_args: { ttl: 10 }
  timeout: 50
  stream_timeout: 20
  connect_timeout: 0.5
  fallbacks: [{ a: [b, { model: b }] }, { "*": [a] }]
  content_policy_fallbacks: [{ a: [b] }]
  model_group_alias: { x: a, y: { model: b, hidden: true } }
  max_fallbacks: 3
  enable_tag_filtering: true
  cooldown_time: 5
  alerting_config: { webhook_url: somewhere }
  provider_budget_config: { openai: { budget_limit: 1 } }
`);
  assert.equal(routing.strategy, 'latency-based-routing');
  assert.deepEqual(routing.strategyArgs, { ttl: 10 });
  assert.equal(routing.timeoutMs, 50_000);
  assert.equal(routing.streamTimeoutMs, 20_000);
  assert.equal(routing.connectTimeoutMs, 500);
  assert.equal(routing.idleTimeoutMs, undefined);
  assert.equal(routing.numRetries, 7);
  assert.equal(routing.maxFallbacks, 3);
  assert.deepEqual(
    [...routing.fallbacks],
    [
      ['a', ['b', 'b']],
      ['*', ['a']],
    ],
  );
  assert.deepEqual([...routing.contextWindowFallbacks], [['a', ['b']]]);
  assert.deepEqual([...routing.contentPolicyFallbacks], [['a', ['b']]]);
  assert.deepEqual(
    [...routing.aliases],
    [
      ['x', { group: 'a', hidden: false }],
      ['y', { group: 'b', hidden: true }],
    ],
  );
  assert.equal(routing.enableTagFiltering, true);
  assert.equal(routing.cooldownMs, 5000);
  assert.deepEqual(routing.other, { alerting_config: { webhook_url: 'somewhere' } });
});

test('defaults: loopback, port 4000, two retries, ten minutes, ten mebibytes, metrics behind a key', () => {
  const { server, routing, telemetry, dropParams } = configOf('model_list: []', { env: {} });
  assert.deepEqual(server, {
    host: '127.0.0.1',
    port: 4000,
    maxRequestBytes: 10 * 1024 * 1024,
    maxResponseBytes: 100 * 1024 * 1024,
    maxShareOfOneKey: 0.5,
    maxCompressionRatio: 100,
    maxConnectionsPerAddress: 10_000,
    maxConnections: 20_000,
    maxEventLoopLagMs: 1_000,
    alwaysIncludeStreamUsage: false,
    enablesDrainEndpoint: false,
    forwardsOrganization: false,
    forwardsClientHeaders: false,
    usesForwardedFor: false,
    forceIpv4: false,
  });
  assert.equal(routing.numRetries, 2);
  assert.equal(routing.timeoutMs, 600_000);
  // On for some programs by their user agent, else off.
  assert.equal(dropParams, undefined);
  assert.deepEqual(telemetry, {
    logLevel: 'info',
    logFormat: 'auto',
    hidePersonalData: false,
    endUserLabel: false,
    metrics: {
      ...{ enabled: true, path: '/metrics', requireAuth: true },
      ...{ topKeys: 300, maxSeries: 1_000, histogramsPerKey: false },
    },
  });
});

test('the server is configured by file first, then by the variables LiteLLM reads', () => {
  const env = { PORT: '5000', LITELLM_MASTER_KEY: 'sk-from-the-environment', LITELLM_LOG: 'DEBUG' };
  const fromEnvironment = configOf('model_list: []', { env });
  assert.equal(fromEnvironment.server.port, 5000);
  assert.equal(fromEnvironment.server.masterKey, 'sk-from-the-environment');
  assert.equal(fromEnvironment.telemetry.logLevel, 'debug');
  const { server, telemetry } = configOf(
    `
general_settings:
  port: "\${NO_SUCH:-6000}"
  master_key: sk-written-in-the-file
  litellm_key_header_name: X-My-Key
  max_request_size_mb: 0.5
  max_response_size_mb: 1
  enable_prometheus_metrics: no
  prometheus_metrics_url: internal/metrics
litellm_settings: { json_logs: "True", set_verbose: true, require_auth_for_metrics_endpoint: false }
`,
    { env },
  );
  assert.equal(server.port, 6000);
  assert.equal(server.masterKey, 'sk-written-in-the-file');
  assert.equal(server.keyHeaderName, 'x-my-key');
  assert.equal(server.maxRequestBytes, 512 * 1024);
  assert.equal(server.maxResponseBytes, 1024 * 1024);
  assert.deepEqual(telemetry, {
    logLevel: 'debug',
    logFormat: 'json',
    hidePersonalData: false,
    endUserLabel: false,
    metrics: {
      ...{ enabled: false, path: '/internal/metrics', requireAuth: false },
      ...{ topKeys: 300, maxSeries: 1_000, histogramsPerKey: false },
    },
  });
});

test('declared keys are taken as they stand, in either dialect', () => {
  const { keys } = configOf(`
model_list: [{ model_name: a, litellm_params: { model: openai/a } }]
user_api_key_list:
  - { api_key: 0123, allowed_models: a }
  - { key: sk-1, models: [a], key_alias: one, team_id: t, user_id: u, max_budget: 0.1, budget_duration: 30d, rpm_limit: 1,
      tpm_limit: 2, max_parallel_requests: 3, blocked: true, metadata: { a: 1 } }
`);
  assert.equal(keys[0]?.key, '0123');
  assert.deepEqual(keys[0]?.models, ['a']);
  assert.deepEqual(keys[1], {
    key: 'sk-1',
    alias: 'one',
    userId: 'u',
    teamId: 't',
    models: ['a'],
    limits: {
      maxBudget: 100_000_000_000n,
      budgetDuration: '30d',
      rpmLimit: 1,
      tpmLimit: 2,
      maxParallelRequests: 3,
    },
    keyType: 'default',
    blocked: true,
    metadata: { a: 1 },
    position: 'config.yaml:5:5',
  });
});

test('caching is on or off, LiteLLM-style or guide-style', () => {
  const cacheOf = (text: string) => configOf(`litellm_settings: { ${text} }`).cache;
  assert.equal(cacheOf('cache: false, cache_params: { type: redis }'), undefined);
  assert.equal(cacheOf('enable_cache: false, cache: { type: local }'), undefined);
  assert.equal(cacheOf('cache: true, cache_params: { cache_system_prompt_only: true }'), undefined);
  const both = cacheOf(`enable_cache: true, cache: { type: redis, host: here, namespace: n }, cache_ttl: 3600,
    cache_params: { host: there, scope: user, mode: default_off, supported_call_types: [acompletion, embedding] }`);
  assert.deepEqual(
    [both?.redis?.host, both?.namespace, both?.ttlMs, both?.scope, both?.isOnByDefault, [...(both?.operations ?? [])]],
    ['there', 'n', 3_600_000, 'user', false, ['chat', 'embedding']],
  );
  const lives = ['', 'default_in_memory_ttl: 5', 'default_in_redis_ttl: 5', 'ttl: 0.5, default_in_memory_ttl: 5'];
  assert.deepEqual(
    lives.map((text) => cacheOf(`cache: true, cache_params: { type: local, ${text} }`)?.ttlMs),
    [60_000, 5_000, 60_000, 500],
  );
  const bounds = cacheOf('cache: true, cache_params: { type: local, max_ttl: 9, max_entry_kb: 2, max_memory_mb: 3 }');
  assert.deepEqual(
    [bounds?.redis, bounds?.longestTtlMs, bounds?.largestBytes, bounds?.memoryBytes],
    [undefined, 9_000, 2_048, 3_145_728],
  );
});

test('answers are in the Redis of the cache, else in the one that instances share, unless they are to be local', () => {
  const placeOf = (cache: string, router = '') => {
    const config = configOf(`litellm_settings: { cache: true, cache_params: { ${cache} } }
router_settings: { ${router} }`);
    return config.cache?.redis?.host;
  };
  const shared = 'redis_host: shared';
  assert.equal(placeOf('type: redis, host: own', shared), 'own');
  assert.equal(placeOf('type: redis', shared), 'shared');
  assert.equal(placeOf('', shared), 'shared');
  assert.equal(placeOf('type: local', shared), undefined);
  assert.equal(placeOf('type: redis, url: "redis://user:secret@own:7000/3"', shared), 'own');
});

test('settings without a typed place are kept as written', () => {
  const { otherSettings, notYetInEffect } = configOf(`
litellm_settings: { callbacks: [langfuse], success_callback: prometheus }
general_settings: { enforce_rbac: true, health_check_interval: 30 }
guardrails: [{ guardrail_name: pii }]
ignore_settings: [enforce_rbac, guardrails]
`);
  assert.deepEqual(otherSettings, {
    callbacks: ['langfuse'],
    success_callback: ['prometheus'],
    enforce_rbac: true,
    guardrails: [{ guardrail_name: 'pii' }],
  });
  assert.deepEqual(
    notYetInEffect.map(({ path }) => path).toSorted(),
    ['litellm_settings.callbacks', 'general_settings.enforce_rbac', 'guardrails'].toSorted(),
  );
});

test('anchors, merge keys, JSON and a byte order mark are read', () => {
  const { deployments } = configOf(`\uFEFF
x-defaults: &defaults { api_key: os.environ/OPENAI_API_KEY, timeout: 7 }
model_list:
  - model_name: a
    litellm_params: { <<: *defaults, model: openai/gpt-4o, timeout: 8 }
  - model_name: b
    litellm_params: { <<: [*defaults], model: openai/gpt-4o }
`);
  assert.deepEqual(
    deployments.map(({ timeoutMs }) => timeoutMs),
    [8000, 7000],
  );
  const json = JSON.stringify(
    { model_list: [{ model_name: 'a', litellm_params: { model: 'openai/gpt-4o' } }] },
    null,
    '\t',
  );
  assert.equal(loadTexts({ 'config.json': json }).config?.deployments.length, 1);
});

test('aliases of aliases lead to the group at their end, and a group may be hidden by an alias of its own name', () => {
  const { aliases } = configOf(`
model_list: [{ model_name: a, litellm_params: { model: openai/a } }, { model_name: "b-*", litellm_params: { model: "openai/*" } }]
router_settings:
  model_group_alias: { one: two, two: three, three: a, a: { model: a, hidden: true }, wild: b-1 }
`).routing;
  assert.deepEqual(
    [...aliases].map(([alias, { group, hidden }]) => [alias, group, hidden]),
    [
      ['one', 'a', false],
      ['two', 'a', false],
      ['three', 'a', false],
      ['a', 'a', true],
      ['wild', 'b-1', false],
    ],
  );
});
