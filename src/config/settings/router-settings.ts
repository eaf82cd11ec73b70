/** Settings of `router_settings`. */

import { FALLBACK_WORDS } from '../../routing/fallback-chain.ts';
import { type Aliases, readAliases, readGroupAffinity } from '../routing-readers.ts';
import { guideNow, later, never, now, own, PYTHON, protection, type SettingRows } from '../setting-rows.ts';
import { NO_CACHING_GROUPS } from './cache-params.ts';
import { HEALTH_CHECKS } from './general-settings.ts';
import { PARAMS } from './model-list.ts';
import { customStrategy } from './other-values.ts';
import { BUDGET_BY_NAME, readProviderBudgets } from './period-budget.ts';
import {
  ALLOWED_FAILS,
  DEFAULT_STRATEGY,
  HEDGE_MEMBERS,
  MID_STREAM,
  RETRIES,
  RETRIES_BY_GROUP,
  ROUTING_GROUPS,
  SETTINGS_BY_GROUP,
  STRATEGIES,
  STRATEGY_ARGS_DOC,
  STRATEGY_DOC,
  strategyOf,
} from './routing-maps.ts';

/** The checks of `optional_pre_call_checks` that act. Further ones are known to LiteLLM and accepted. */
const CHECKS_IN_EFFECT: readonly unknown[] = [
  'enforce_model_rate_limits',
  'session_affinity',
  'deployment_affinity',
  'prompt_caching',
  'router_budget_limiting',
];
const checksNotInEffect = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((check) => !CHECKS_IN_EFFECT.includes(check)).map(String) : [];

const NO_QUEUE =
  'No queue is kept here: a request goes to a deployment that is free, or is refused with how long to wait.';

/** The members of `router_settings`. */
export const ROUTER_SETTINGS = {
  timeout: now('seconds', 'Limit of an attempt.', 'timeoutMs', 600),
  stream_timeout: now(
    'seconds',
    'Limit of a streamed attempt up to its first content, and of every silence after it.',
    {
      to: 'streamTimeoutMs',
      otherwise: '`timeout`; for silences 120',
    },
  ),
  ttft_timeout: now('seconds', 'Limit until the first token.', { to: 'firstTokenTimeoutMs', otherwise: 'none' }),
  stream_idle_timeout: now('seconds', 'Longest silence between two chunks.', {
    to: 'idleTimeoutMs',
    otherwise: '`stream_timeout`, else 120',
  }),
  response_headers_timeout: own(
    'seconds',
    'Limit until the headers of a streamed answer, if another deployment or a fallback is left to ask.',
    {
      to: 'responseHeadersTimeoutMs',
      otherwise: '30, and none for models that reason or if a limit for the first content is set',
    },
  ),
  late_first_token: own(
    'seconds',
    'A stream without content for so long is asked of another deployment or a fallback as well, and the first to answer serves it. Not for models and requests that reason. 0 for never.',
    'lateFirstTokenMs',
    10,
  ),
  connect_timeout: own('seconds', 'Limit for connecting to a provider.', 'connectTimeoutMs', 5),
  model_group_alias: now('map', 'Alias → group, or `{ model, hidden }`. A hidden alias is served, not listed.', {
    to: 'aliases',
    default: new Map() as Aliases,
    read: readAliases,
  }),
  default_litellm_params: now('map', '`litellm_params` for all deployments that do not set them.', { members: PARAMS }),
  request_deadline: own('seconds', 'Limit of a request over all its attempts.', {
    default: 600,
    otherwise: '`timeout`, at least {}',
  }),
  num_retries: now('integer', 'Further tries in the group after a failure.', 'numRetries', 2),
  max_retries: now('integer', 'Another name for `num_retries`.', 'numRetries'),
  max_attempts: own('count', 'Most attempts of a request over retries, fallbacks and hedges together.', {
    to: 'maxAttempts',
    default: 6,
    otherwise: '{}, or `num_retries` + 1 if that is more',
  }),
  retry_after: now('seconds', 'Shortest wait before a further try at the same deployment.', 'retryAfterMs', 0),
  retry_after_wait_max: own(
    'seconds',
    'Longest wait, in all, that a provider may ask for (`Retry-After`) and that comes before a fallback group. 0 falls back at once.',
    'retryAfterWaitMaxMs',
    5,
  ),
  retry_policy: now('map', 'Further tries by class of failure.', { to: 'retriesByClass', ...RETRIES }),
  model_group_retry_policy: now('map', 'Group → a `retry_policy` of its own.', {
    to: 'groupRetriesByClass',
    ...RETRIES_BY_GROUP,
  }),
  routing_strategy: now(STRATEGIES, STRATEGY_DOC, {
    to: 'strategy',
    default: DEFAULT_STRATEGY,
    convert: strategyOf,
    takes: customStrategy,
  }),
  routing_strategy_args: now('map', STRATEGY_ARGS_DOC, 'strategyArgs', {}),
  routing_groups: now('list', 'Sets of model groups with their own strategy.', {
    to: 'routingGroups',
    ...ROUTING_GROUPS,
  }),
  model_group_settings: own('map', 'Model group → settings of its own.', { to: 'groupSettings', ...SETTINGS_BY_GROUP }),
  fallbacks: now('groups', 'Group → groups tried in this order when it fails; `*` for any other group.'),
  default_fallbacks: now('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  default_fallback_models: guideNow('texts', 'Another name for `default_fallbacks`.'),
  fallback_on: guideNow(
    { eachOf: Object.keys(FALLBACK_WORDS) as [string, ...string[]] },
    'The failures that lead to a fallback. `context_window_fallbacks` and `content_policy_fallbacks` act whatever it says.',
    { to: 'fallbackOn', default: [], otherwise: "any failure that is not the client's" },
  ),
  max_retries_per_fallback: guideNow('integer', 'Further tries in a fallback group.', {
    to: 'maxRetriesPerFallback',
    default: 1,
    otherwise: '`num_retries`, at most {}',
  }),
  content_policy_fallbacks: now('groups', 'Group → groups tried when the provider refuses for its content policy.'),
  context_window_fallbacks: now('groups', 'Group → groups tried when the prompt is too long.'),
  max_fallbacks: now('integer', 'Most fallback groups tried for a request.', 'maxFallbacks', 5),
  enable_pre_call_checks: now(
    'flag',
    'Leaves out deployments the request does not fit: context window, abilities, limits.',
    { to: 'enablePreCallChecks', default: false },
  ),
  enable_pre_call_check: now('flag', 'Another name for `enable_pre_call_checks`.', 'enablePreCallChecks'),
  optional_pre_call_checks: now(
    'texts',
    'Further checks before a deployment is chosen. In effect: `enforce_model_rate_limits` (`rpm` and `tpm` of deployments hold), `session_affinity`, `deployment_affinity`, `prompt_caching` (to the deployment that holds the beginning of the prompt in its prompt cache); `router_budget_limiting` always is.',
    { to: 'optionalPreCallChecks', default: [], missingIn: checksNotInEffect },
  ),
  prefix_affinity: own(
    'flag',
    'Sends a request to the deployment that holds the beginning of its prompt in its prompt cache. Counts before `prompt_caching` in `optional_pre_call_checks`.',
    { to: 'prefixAffinity', otherwise: 'on in groups with a deployment whose `prompt_cache` is on' },
  ),
  deployment_affinity_ttl_seconds: now('seconds', 'How long affinity to a deployment lasts.', 'affinityTtlMs', 3600),
  model_group_affinity_config: now('map', 'Group → the affinity checks that hold there.', {
    to: 'groupAffinity',
    default: new Map<string, readonly string[]>(),
    read: readGroupAffinity,
  }),
  enable_tag_filtering: now('flag', 'Chooses deployments by the tags of the request.', 'enableTagFiltering', false),
  tag_filtering_match_any: now('flag', 'One common tag suffices; else all are needed.', 'tagFilteringMatchAny', true),
  enable_weighted_failover: now(
    'flag',
    'Tries other deployments of the group before fallback groups. Always done here.',
    { to: 'enableWeightedFailover', default: true },
  ),
  cooldown_time: now('seconds', 'How long a deployment rests if the provider does not say.', 'cooldownMs', 5),
  disable_cooldowns: now('flag', 'No deployment ever rests.', 'disableCooldowns', false),
  allowed_fails: now('integer', 'Failures in a minute that a deployment may have; with one more it rests.', {
    to: 'allowedFails',
    otherwise: 'by the share of failures',
  }),
  allowed_fails_policy: now('map', 'The same by class of failure.', { to: 'allowedFailsByClass', ...ALLOWED_FAILS }),
  mid_stream: own(
    MID_STREAM,
    'What becomes of a stream that breaks midway: it continues at another deployment, or ends with an error.',
    { to: 'midStream', default: 'continue' },
  ),
  enable_mid_stream_fallback_continuation: now(
    'flag',
    'LiteLLM’s word for `mid_stream`: `continue`, or `error` if false.',
    {
      to: 'midStream',
      otherwise: '`mid_stream`',
      isWeak: true,
      convert: (isOn) => (isOn ? 'continue' : 'error'),
    },
  ),
  hedge: own('map', 'A second attempt, at another deployment of the group, while the first one is late.', {
    to: 'hedge',
    default: {},
    members: HEDGE_MEMBERS,
  }),
  default_max_parallel_requests: now('integer', 'Requests at one time a deployment takes that names no limit.', {
    to: 'defaultMaxParallelRequests',
  }),
  default_priority: never('integer', NO_QUEUE),
  polling_interval: never('seconds', NO_QUEUE),
  provider_budget_config: now('map', 'Provider → its budget: `{ budget_limit, time_period }`.', {
    to: 'budgets.providers',
    default: {},
    read: readProviderBudgets,
    members: BUDGET_BY_NAME,
  }),
  redis_host: now(
    'text',
    'Host of the Redis in which instances share budgets, limits, cooldowns, probes and retry budgets.',
    { variable: 'REDIS_HOST', default: 'localhost' },
  ),
  redis_port: now('port', 'Its port.', { variable: 'REDIS_PORT', default: 6379 }),
  redis_password: now('secret', 'Its password.', { variable: 'REDIS_PASSWORD' }),
  redis_username: now('text', 'The user to log in as.', { variable: 'REDIS_USERNAME' }),
  redis_db: now('integer', 'Its database number.', { default: 0 }),
  redis_url: now(
    'secret',
    'All of it in one: `redis://USER:PASSWORD@HOST:PORT/DB`, `rediss://` for TLS. The variable counts only without a host.',
    { variable: 'REDIS_URL' },
  ),
  redis_ssl: now('flag', 'Whether it speaks TLS.', { variable: 'REDIS_SSL', default: false }),
  redis_connect_timeout: own(
    'seconds',
    'Limit for connecting to it, TLS included. A start waits so long for it, and goes on without it then.',
    { otherwise: '2' },
  ),
  redis_ssl_ca_certs: own('text', 'A file of the authorities to trust.', {
    variable: 'REDIS_SSL_CA_CERTS',
    otherwise: "the file in `SSL_CERT_FILE`, else the system's",
  }),
  redis_ssl_certfile: own('text', 'A file with the client certificate to show; it may hold its key too.', {
    variable: 'REDIS_SSL_CERTFILE',
  }),
  redis_ssl_keyfile: own('text', 'A file with the key of that certificate.', {
    variable: 'REDIS_SSL_KEYFILE',
    otherwise: 'it is in `redis_ssl_certfile`',
  }),
  redis_ssl_cert_reqs: own(['required', 'none'], '`none` takes any certificate.', { default: 'required' }),
  redis_ssl_check_hostname: own('flag', 'Whether the certificate must name the host.', { default: true }),
  redis_startup_nodes: own('list', 'Nodes of a Redis Cluster: `{ host, port }` or `HOST:PORT`. One of them is enough.'),
  redis_sentinel_nodes: own('list', 'Sentinels that know the master: `[HOST, PORT]`, `{ host, port }` or `HOST:PORT`.'),
  redis_service_name: own('text', 'What the sentinels call the master.', { default: 'mymaster' }),
  redis_sentinel_username: own('text', 'The user to ask the sentinels as.'),
  redis_sentinel_password: own('secret', 'The password of the sentinels.'),
  cache_responses: never('flag', 'Answers are cached as `litellm_settings.cache` says.'),
  cache_kwargs: never('map', 'Names arguments of a Python client; `litellm_settings.cache_params` has the settings.'),
  caching_groups: never('list', NO_CACHING_GROUPS),
  alerting_config: later('map', 'Where alerts go.'),
  ...HEALTH_CHECKS,
  search_tools: later('list', 'Web search providers.'),
  guardrail_list: protection('list', 'Guardrails shared between several servers.'),
  ignore_invalid_deployments: never(
    'flag',
    'Deployments that this release cannot serve are left out and named, as with LiteLLM’s `true`; `--strict` refuses them.',
  ),
  set_verbose: now('flag', 'Logs at level `debug`.', {
    to: 'telemetry.logLevel',
    default: false,
    isWeak: true,
    convert: (isOn) => (isOn ? 'debug' : undefined),
  }),
  debug_level: now(['DEBUG', 'INFO'], '`DEBUG` logs at level `debug`.', {
    to: 'telemetry.logLevel',
    default: 'INFO',
    isWeak: true,
    convert: (level) => (level === 'DEBUG' ? 'debug' : undefined),
  }),
  client_ttl: never('seconds', 'Connections are kept and closed by their use.'),
  assistants_config: never('map', 'Set in `assistant_settings`.'),
  router_general_settings: never('map', 'Concerns the LiteLLM SDK.'),
  plugins: never('list', PYTHON),
  model_list: never('list', 'Set at the top level.'),
} satisfies SettingRows;
