/** Settings of `router_settings`. */
import { FALLBACK_WORDS } from '../../routing/fallback-chain.ts';
import { STRATEGY_NAMES } from '../../routing/strategies/index.ts';
import { guideNow, later, never, now, nowExcept, own, PYTHON, type SettingTable, table } from './setting.ts';

/** A word of `routing_strategy` that in LiteLLM only limits by budget, and chooses by simple shuffle. */
export const BUDGET_STRATEGY = 'provider-budget-routing';
const STRATEGY_WORDS = [
  'simple-shuffle',
  ...STRATEGY_NAMES.filter((name) => name !== 'simple-shuffle'),
  BUDGET_STRATEGY,
] as const;

const STRATEGY = now(STRATEGY_WORDS, 'How a deployment of the group is chosen.', 'simple-shuffle');
const STRATEGY_ARGS = now('map', 'Settings of that strategy.');

/** The checks of `optional_pre_call_checks` that act. Further ones are known to LiteLLM and accepted. */
const CHECKS_IN_EFFECT: readonly unknown[] = [
  'session_affinity',
  'deployment_affinity',
  'prompt_caching',
  'router_budget_limiting',
];
const checksNotInEffect = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((check) => !CHECKS_IN_EFFECT.includes(check)).map(String) : [];

/** The members of `router_settings`. */
export const ROUTER_SETTINGS: SettingTable = table({
  timeout: now('seconds', 'Limit of an attempt.', '600'),
  stream_timeout: now('seconds', 'Limit of a streamed attempt up to its first content.', '`timeout`'),
  ttft_timeout: now('seconds', 'Limit until the first token.', 'none'),
  stream_idle_timeout: now('seconds', 'Longest silence between two chunks.', '120'),
  connect_timeout: own('seconds', 'Limit for connecting to a provider.', '5'),
  model_group_alias: now('map', 'Alias → group, or `{ model, hidden }`. A hidden alias is served, not listed.'),
  default_litellm_params: now('map', 'Members of `litellm_params` for all deployments that do not set them.'),
  request_deadline: own('seconds', 'Limit of a request over all its attempts.', '`timeout`, at least 600'),
  num_retries: now('integer', 'Further tries in the group after a failure.', '2'),
  max_retries: now('integer', 'Another name for `num_retries`.'),
  max_attempts: own(
    'count',
    'Most attempts of a request over retries, fallbacks and hedges together.',
    '6, or `num_retries` + 1 where that is more',
  ),
  retry_after: now('seconds', 'Shortest wait before a further try at the same deployment.', '0'),
  retry_policy: now('map', 'Further tries by class of failure.'),
  model_group_retry_policy: now('map', 'Group → a `retry_policy` of its own.'),
  routing_strategy: STRATEGY,
  routing_strategy_args: STRATEGY_ARGS,
  routing_groups: now('list', 'Sets of model groups with a strategy of their own.'),
  model_group_settings: own('map', 'Model group → settings of its own.'),
  fallbacks: now('groups', 'Group → groups tried in this order when it fails; `*` for any other group.'),
  default_fallbacks: now('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  default_fallback_models: guideNow('texts', 'Another name for `default_fallbacks`.'),
  fallback_on: guideNow(
    { eachOf: Object.keys(FALLBACK_WORDS) as [string, ...string[]] },
    'The failures that lead to a fallback. `context_window_fallbacks` and `content_policy_fallbacks` act whatever it says.',
    "any failure that is not the client's",
  ),
  max_retries_per_fallback: guideNow('integer', 'Further tries in a fallback group.', '`num_retries`, at most 1'),
  content_policy_fallbacks: now('groups', 'Group → groups tried when the provider refuses for its content policy.'),
  context_window_fallbacks: now('groups', 'Group → groups tried when the prompt is too long.'),
  max_fallbacks: now('integer', 'Most fallback groups tried for a request.', '5'),
  enable_pre_call_checks: now(
    'flag',
    'Leaves out deployments the request does not fit: context window, abilities, limits.',
    'false',
  ),
  enable_pre_call_check: now('flag', 'Another name for `enable_pre_call_checks`.'),
  optional_pre_call_checks: nowExcept(
    checksNotInEffect,
    now(
      'texts',
      'Further checks before a deployment is chosen. In effect: `session_affinity`, `deployment_affinity`, `prompt_caching`; `router_budget_limiting` always is.',
    ),
  ),
  deployment_affinity_ttl_seconds: now('seconds', 'How long a conversation or a key stays with a deployment.', '3600'),
  model_group_affinity_config: now('map', 'Group → the affinity checks that hold there.'),
  enable_tag_filtering: now('flag', 'Chooses deployments by the tags of the request.', 'false'),
  tag_filtering_match_any: now('flag', 'One tag in common suffices; else a deployment needs all of them.', 'true'),
  enable_weighted_failover: now(
    'flag',
    'Tries other deployments of the group before fallback groups. Always done here.',
    'true',
  ),
  cooldown_time: now('seconds', 'How long a deployment rests, where the provider does not say how long.', '5'),
  disable_cooldowns: now('flag', 'No deployment ever rests.', 'false'),
  allowed_fails: now(
    'integer',
    'Failures in a minute that a deployment may have; with one more it rests.',
    'by the share of failures',
  ),
  allowed_fails_policy: now('map', 'The same by class of failure.'),
  mid_stream: own(
    ['continue', 'error'],
    'What becomes of a stream that breaks midway: it goes on at another deployment, or ends with an error.',
    'continue',
  ),
  hedge: own('map', 'A second attempt, at another deployment of the group, while the first one is late.'),
  default_max_parallel_requests: now('integer', 'Requests at one time a deployment takes that names no limit.'),
  default_priority: later('integer', 'Priority of a request in the queue.'),
  polling_interval: later('seconds', 'How often the queue is looked at.'),
  provider_budget_config: now('map', 'Provider → its budget: `{ budget_limit, time_period }`.'),
  redis_host: now(
    'text',
    'Host of the Redis in which instances share budgets, limits, cooldowns, probes and retry budgets.',
    '`REDIS_HOST`',
  ),
  redis_port: now('port', 'Its port.', '`REDIS_PORT`, else 6379'),
  redis_password: now('secret', 'Its password.', '`REDIS_PASSWORD`'),
  redis_username: now('text', 'The user to log in as.', '`REDIS_USERNAME`'),
  redis_db: now('integer', 'Its database number.', '0'),
  redis_url: now(
    'secret',
    'All of it in one: `redis://USER:PASSWORD@HOST:PORT/DB`, `rediss://` for TLS.',
    '`REDIS_URL`, without a host',
  ),
  redis_ssl: now('flag', 'Whether it speaks TLS.', '`REDIS_SSL`, else false'),
  redis_ssl_ca_certs: own('text', 'A file of the authorities to trust.', "the system's"),
  redis_ssl_cert_reqs: own(['required', 'none'], '`none` takes any certificate.', 'required'),
  redis_ssl_check_hostname: own('flag', 'Whether the certificate must be of the host that was asked for.', 'true'),
  redis_startup_nodes: own('list', 'Nodes of a Redis Cluster: `{ host, port }` or `HOST:PORT`. One of them is enough.'),
  redis_sentinel_nodes: own('list', 'Sentinels that know the master: `[HOST, PORT]`, `{ host, port }` or `HOST:PORT`.'),
  redis_service_name: own('text', 'What the sentinels call the master.', 'mymaster'),
  redis_sentinel_username: own('text', 'The user to ask the sentinels as.'),
  redis_sentinel_password: own('secret', 'The password of the sentinels.'),
  cache_responses: later('flag', 'Whether answers are cached.'),
  cache_kwargs: later('map', 'Settings of the cache.'),
  caching_groups: later('list', 'Groups that share cached answers.'),
  alerting_config: later('map', 'Where alerts go.'),
  enable_health_check_routing: now(
    'flag',
    'Deployments that failed their background health check are tried only where nothing else is left.',
    'false',
  ),
  health_check_staleness_threshold: now(
    'seconds',
    'Age at which a health check no longer counts.',
    'twice the interval',
  ),
  health_check_ignore_transient_errors: now('flag', 'Rate limits and timeouts do not count as unhealthy.', 'false'),
  search_tools: later('list', 'Web search providers.'),
  guardrail_list: later('list', 'Guardrails shared between several servers.'),
  ignore_invalid_deployments: never(
    'flag',
    'A deployment that cannot work is named at the start and nothing is started.',
  ),
  set_verbose: now('flag', 'Logs at level `debug`.', 'false'),
  debug_level: now(['DEBUG', 'INFO'], '`DEBUG` logs at level `debug`.', 'INFO'),
  client_ttl: never('seconds', 'Connections are kept and closed by their use.'),
  assistants_config: never('map', 'Set in `assistant_settings`.'),
  router_general_settings: never('map', 'Concerns the LiteLLM SDK.'),
  plugins: never('list', PYTHON),
  model_list: never('list', 'Set at the top level.'),
});

/** The members of a `routing_groups` entry. */
export const ROUTING_GROUP: SettingTable = table({
  group_name: now('text', 'A name for messages.'),
  models: now('texts', 'The model groups, wildcards allowed. Required.'),
  routing_strategy: STRATEGY,
  routing_strategy_args: STRATEGY_ARGS,
});

/** The settings of one model group in `model_group_settings`. */
export const GROUP_SETTINGS: SettingTable = table({
  routing_strategy: { ...STRATEGY, from: 'sluice' },
  routing_strategy_args: { ...STRATEGY_ARGS, from: 'sluice' },
  mid_stream: own(['continue', 'error'], 'As in `router_settings`.'),
  hedge: own('map', 'As in `router_settings`.'),
  timeout: own('seconds', 'Limit of an attempt, for deployments that name none.'),
  stream_timeout: own('seconds', 'Limit until the first chunk, for deployments that name none.'),
  ttft_timeout: own('seconds', 'Limit until the first token, for deployments that name none.'),
  stream_idle_timeout: own('seconds', 'Longest silence between two chunks, for deployments that name none.'),
});

/** The members of `hedge`. */
export const HEDGE: SettingTable = table({
  enabled: own('flag', 'Whether there are second attempts.', 'false'),
  max_extra_spend: own('ratio', "Share of the group's spend that the slower attempts may add.", '0.05'),
  percentile: own(
    'ratio',
    'The share of first tokens (of whole answers, where there is no stream) that come in time.',
    '0.95',
  ),
});

const CLASSES: Readonly<Record<string, string>> = {
  BadRequestError: 'the provider refused the request',
  AuthenticationError: 'the provider refused the key',
  PermissionDeniedError: 'the key may not do this',
  NotFoundError: 'no such model',
  TimeoutError: 'no answer in time',
  RateLimitError: 'too many requests',
  ContextWindowExceededError: 'the prompt is too long',
  ContentPolicyViolationError: 'refused for its content',
  PaymentRequiredError: 'no credit',
  InternalServerError: 'status 500',
  BadGatewayError: 'status 502, or no valid answer',
  ServiceUnavailableError: 'status 503, overloaded',
  APIConnectionError: 'no connection, or it broke',
};
/** Those that LiteLLM has in its policies; the others are ours. */
const IN_LITELLM = new Set(
  `BadRequestError AuthenticationError TimeoutError RateLimitError ContentPolicyViolationError InternalServerError
   NotFoundError`.split(/\s+/),
);
const byClass = (suffix: string, what: string): SettingTable =>
  table(
    Object.fromEntries(
      Object.entries(CLASSES).map(([name, when]) => [
        `${name}${suffix}`,
        (IN_LITELLM.has(name) ? now : own)('integer', `${what}: ${when}.`),
      ]),
    ),
  );

/** The members of `retry_policy`. */
export const RETRY_POLICY: SettingTable = byClass('Retries', 'Further tries');
/** The members of `allowed_fails_policy`. */
export const ALLOWED_FAILS_POLICY: SettingTable = byClass('AllowedFails', 'Failures in a minute');

/** The class that a member of a policy is about, by its name in the table of errors. */
export function classOfPolicyMember(member: string): string {
  const name = member.replace(/(Retries|AllowedFails)$/, '');
  return name === 'TimeoutError' ? 'Timeout' : name;
}
