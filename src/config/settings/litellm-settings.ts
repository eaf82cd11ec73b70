/** Settings of `litellm_settings`, its cache included. */
import type { PicoUsd } from '../../core/money.ts';
import { readAliases, readGroupNames } from '../routing-readers.ts';
import { asksForIt, guideNow, later, never, now, PYTHON, protection, type SettingRows } from '../setting-rows.ts';
import { CACHE_PARAMS, NO_CACHING_GROUPS } from './cache-params.ts';
import { COMPRESS_DEFAULTS } from './compress.ts';
import { CONNECTION_TLS } from './connection-tls.ts';
import { readDiscounts, readMargins } from './cost-adjustments.ts';
import { readBlockedUsers } from './customer-settings.ts';
import { KEY_BOUNDS, KEY_GENERATION, NEW_KEY_PARAMS, NEW_TEAM_PARAMS, NEW_USER_PARAMS, openMap } from './management.ts';
import { listOfDropped, readClientStatus } from './other-values.ts';
import { BUDGET_BY_NAME, type PeriodBudgetConfig, readBudgetMap } from './period-budget.ts';
import { readPriceFile } from './price-file.ts';
import { PROMPT_CACHE_DEFAULTS } from './prompt-cache.ts';

/** Metrics are served without being asked for. */
const isPrometheusOnly = (value: unknown): boolean =>
  Array.isArray(value) && value.every((callback) => callback === 'prometheus');
/** Callbacks of LiteLLM that check, mask or refuse requests; a dotted name is Python code that may do so. */
const CHECKS =
  /moderation|guard|presidio|lakera|aporia|aim|pangea|bedrock|hide_secrets|detect_prompt_injection|banned_keywords|blocked_user|content_safety|model_armor|zscaler|secret_detection|\w\.\w/i;
const hasChecks = (value: unknown): boolean =>
  Array.isArray(value) && value.some((callback) => typeof callback === 'string' && CHECKS.test(callback));
const budgetOf = (max: PicoUsd): PeriodBudgetConfig => ({ max });
const debugIf = (isOn: boolean): 'debug' | undefined => (isOn ? 'debug' : undefined);

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'critical', 'silent'] as const;
const logLevelOf = (word: (typeof LOG_LEVELS)[number]) =>
  word === 'warning' ? 'warn' : word === 'critical' ? 'fatal' : word;

const LOG_FORMATS = ['json', 'text', 'auto', 'console', 'pretty', 'plain'] as const;
const logFormatOf = (word: (typeof LOG_FORMATS)[number]) => (word === 'json' || word === 'auto' ? word : 'text');

const CACHE = { as: 'map', rows: CACHE_PARAMS, id: 'cache_params', isOpen: true } as const;

/** `model_group_settings` as LiteLLM has them: settings, each with the groups that it is for. */
const GROUP_SETTINGS = {
  forward_client_headers_to_llm_api: now(
    'texts',
    'Model groups, wildcards allowed, whose providers are handed headers of the client, as `general_settings.forward_client_headers_to_llm_api` does for all.',
    { to: 'forwardsClientHeaders', default: [] as readonly string[], read: readGroupNames },
  ),
} satisfies SettingRows;

/** The members of `litellm_settings`. */
export const LITELLM_SETTINGS = {
  drop_params: now('flag', 'Drops parameters that the provider lacks, instead of answering 400.', {
    to: 'dropParams',
    otherwise: 'on for Claude Code, Codex and Gemini CLI, by their `user-agent`, else off',
    takes: listOfDropped,
  }),
  request_timeout: now('seconds', 'Limit of an attempt; `router_settings.timeout` wins.', 'routing.timeoutMs', 600),
  sse_keepalive_ping_interval_seconds: now(
    'seconds',
    'After so long a silence a stream gets a ping, so that no proxy closes it while a model thinks. Before the first content that opens the stream: an error after it comes as an event under status 200.',
    { to: 'server.keepAlivePingMs', otherwise: 'none' },
  ),
  json_logs: now('flag', 'Logs as JSON.', {
    to: 'telemetry.logFormat',
    otherwise: 'JSON unless on a terminal',
    isWeak: true,
    convert: (isOn) => (isOn ? 'json' : undefined),
  }),
  set_verbose: now('flag', 'Logs at level `debug`.', {
    to: 'telemetry.logLevel',
    default: false,
    isWeak: true,
    convert: debugIf,
  }),
  log_level: guideNow(LOG_LEVELS, 'How much is logged.', {
    to: 'telemetry.logLevel',
    variable: 'LITELLM_LOG',
    default: 'info',
    convert: logLevelOf,
  }),
  log_format: guideNow(LOG_FORMATS, 'How it is logged.', {
    to: 'telemetry.logFormat',
    default: 'auto',
    otherwise: '{}: JSON unless on a terminal',
    convert: logFormatOf,
  }),
  disable_pii_logging: guideNow('flag', 'Keeps user ids, end users and addresses out of logs and metric labels.', {
    to: 'telemetry.hidePersonalData',
    default: false,
  }),
  require_auth_for_metrics_endpoint: now('flag', 'Whether metrics need a key.', 'telemetry.metrics.requireAuth', true),
  default_fallbacks: now('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  fallbacks: now('groups', 'Group → groups tried when it fails. `router_settings` wins.'),
  content_policy_fallbacks: now('groups', 'Group → groups tried when the provider refuses for its content policy.'),
  context_window_fallbacks: now('groups', 'Group → groups tried when the prompt is too long.'),
  num_retries: now('integer', 'Further tries after a failure. `router_settings` wins.', 'routing.numRetries', 2),
  num_retries_per_request: now('integer', 'Another name for `num_retries`.', {
    to: 'routing.numRetries',
    isWeak: true,
  }),
  max_fallbacks: now('integer', 'Most fallback groups tried for a request. `router_settings` wins.', {
    to: 'routing.maxFallbacks',
    isWeak: true,
  }),
  return_response_headers: now('flag', 'Hands headers of the provider on, under `llm_provider-`. Always done here.', {
    default: true,
  }),
  allowed_fails: now('integer', 'Failures allowed in a minute. `router_settings` wins.', 'routing.allowedFails'),
  cooldown_time: now('seconds', 'How long a deployment rests. `router_settings` wins.', 'routing.cooldownMs', 5),
  cache: now('any', 'Whether answers are cached; in the guide a map with `type`, `host`, `port`, `db`.', {
    default: false,
    members: { ...CACHE, or: 'flag' },
  }),
  cache_params: now('map', 'Where and how answers are cached; a Redis of it also counts budgets and limits.', {
    members: CACHE,
  }),
  enable_cache: guideNow('flag', 'Whether answers are cached; wins over `cache`.'),
  cache_ttl: guideNow('seconds', 'How long a cached answer lives; `cache_params.ttl` wins.'),
  cache_system_prompt_only: guideNow(
    'flag',
    'Gives no answer again, and marks tools and leading instructions for the prompt cache of the provider: `prompt_cache: system`.',
    { default: false },
  ),
  ...PROMPT_CACHE_DEFAULTS,
  ...COMPRESS_DEFAULTS,
  enable_redis_auth_cache: later('flag', 'Keeps looked-up keys in Redis.'),
  enable_caching_on_provider_specific_optional_params: never(
    'flag',
    'Whatever may change an answer is part of what it is found by.',
  ),
  caching_groups: never('list', NO_CACHING_GROUPS),
  max_budget: now('usd', 'Budget of the whole gateway; 0: none. `general_settings.global_max_budget` wins.', {
    to: 'budgets.globalMax',
    otherwise: 'none',
    isWeak: true,
    convert: (max) => (max === 0n ? undefined : max),
  }),
  budget_duration: now('period', 'Its period (`30d`, `1mo`).', {
    to: 'budgets.globalPeriod',
    otherwise: 'never resets',
  }),
  budget_rollover: now(
    'flag',
    'Spend beyond a budget counts in its next period, up to twelve periods on, and is not forgiven.',
    'budgets.rollover',
    false,
  ),
  budget_exceeded_throttle_percentage: now(
    'ratio',
    'To which part of their `rpm_limit` and `tpm_limit` keys with `throttle_on_budget_exceeded` are slowed down when their budget is spent, 0 to 1.',
    { to: 'budgets.throttleTo', otherwise: 'they are refused' },
  ),
  budget_exceeded_status_code: now(
    'integer',
    'Status of the answer to a request that a budget refuses, from 400 to 499.',
    {
      to: 'budgets.exceededStatus',
      otherwise: '422',
      read: readClientStatus,
    },
  ),
  tag_budget_config: now('map', 'Tag → its budget with a period. As an entry of `tags` with these limits.', {
    to: 'tagBudgets',
    read: readBudgetMap,
    members: BUDGET_BY_NAME,
  }),
  block_requests_for_models_without_pricing: now(
    'flag',
    'Refuses requests to deployments whose price is unknown, whether or not they count against a budget.',
    'budgets.refuseUnpriced',
    false,
  ),
  default_soft_budget: now('usd', 'Soft budget of keys without one: spend at which an alert goes out.', {
    to: 'budgets.defaultSoftBudget',
    otherwise: 'none',
    convert: (amount) => (amount === 0n ? undefined : amount),
  }),
  max_user_budget: never('usd', 'LiteLLM reads it no longer; `max_end_user_budget` is the budget of end users.'),
  max_end_user_budget: now('usd', 'Budget of customers without one.', {
    to: 'budgets.customerDefault',
    convert: budgetOf,
  }),
  max_end_user_budget_id: now('text', 'Named budget of customers without one.', 'budgets.customerDefaultBudgetId'),
  max_internal_user_budget: now('usd', 'Budget of a new user.', { to: 'budgets.userDefault', convert: budgetOf }),
  internal_user_budget_duration: now('period', 'Period of the budget of a new user.'),
  default_max_internal_user_budget: now('usd', 'Another name for `max_internal_user_budget`.', {
    to: 'budgets.userDefault',
    convert: budgetOf,
  }),
  default_team_settings: later('list', 'Logging callbacks by team.'),
  default_team_params: openMap('What a new team gets by default.', 'management.defaultTeamParams', NEW_TEAM_PARAMS),
  default_internal_user_params: openMap(
    'What a new user gets by default.',
    'management.defaultUserParams',
    NEW_USER_PARAMS,
  ),
  default_key_generate_params: openMap(
    'What a new key gets by default.',
    'management.defaultKeyParams',
    NEW_KEY_PARAMS,
  ),
  upperbound_key_generate_params: openMap(
    'The most a new key may be given.',
    'management.upperboundKeyParams',
    KEY_BOUNDS,
  ),
  key_generation_settings: openMap('Who may make keys, and with what.', 'management.keyGeneration', KEY_GENERATION),
  enable_key_alias_format_validation: now('flag', 'Checks alias format.', 'management.checkKeyAliasFormat', false),
  token_rate_limit_type: now(['total', 'input', 'output'], 'Which tokens count against `tpm_limit`.', {
    to: 'budgets.tokenRateLimitType',
    default: 'total',
  }),
  priority_reservation: later('map', 'Shares of the limits kept for classes of keys.'),
  priority_reservation_settings: later('map', 'How those shares are kept.'),
  public_model_groups: later('texts', 'Groups listed without a key.'),
  public_agent_groups: later('texts', 'Agents listed without a key.'),
  public_mcp_servers: later('texts', 'MCP servers listed without a key.'),
  success_callback: later('texts', 'Where successful requests are reported.', { holdsFor: isPrometheusOnly }),
  failure_callback: later('texts', 'Where failed requests are reported.', { holdsFor: isPrometheusOnly }),
  callbacks: later('texts', 'Where all requests are reported, and what checks them.', {
    holdsFor: isPrometheusOnly,
    protects: hasChecks,
  }),
  service_callback: later('texts', 'Where failures of Redis and the database are reported.', {
    holdsFor: isPrometheusOnly,
  }),
  service_callbacks: later('texts', 'Where failures of Redis and the database are reported.'),
  audit_log_callbacks: later('texts', 'Where changes by administrators are reported.'),
  store_audit_logs: now('flag', 'Keeps a record of changes by administrators. Always done here.', { default: true }),
  turn_off_message_logging: later('flag', 'Keeps prompts and answers out of callbacks. (Logs never hold them.)'),
  redact_user_api_key_info: later('flag', 'Keeps who asked out of callbacks.'),
  redact_messages_in_exceptions: now('flag', 'Keeps prompts out of error messages. Always done here.', {
    default: true,
  }),
  global_disable_no_log_param: later('flag', 'Ignores `no-log` in requests.'),
  langfuse_default_tags: later('texts', 'Tags on Langfuse traces.'),
  s3_callback_params: later('map', 'Where the S3 callback writes.'),
  gcs_callback_params: later('map', 'Where the GCS callback writes.'),
  generic_api_settings: later('map', 'Where the generic callback posts.'),
  callback_settings: later('map', 'Settings of single callbacks.'),
  datadog_params: later('map', 'Settings of the Datadog callback.'),
  datadog_llm_observability_params: later('map', 'Settings of the Datadog LLM callback.'),
  disable_end_user_cost_tracking: now(
    'flag',
    'Accounts for no end user: their budgets and rates hold nothing, and the ledger does not name them. `blocked_user_list` and regions still hold.',
    'budgets.withoutCustomers',
    false,
  ),
  enable_end_user_cost_tracking_prometheus_only: now(
    'flag',
    'Labels metrics with the end user, and shows budgets of customers.',
    { to: 'telemetry.endUserLabel', default: false },
  ),
  disable_end_user_cost_tracking_prometheus_only: now('flag', 'Does not label metrics with the end user.', {
    to: 'telemetry.endUserLabel',
    isWeak: true,
    otherwise: 'true',
    convert: (isOff) => !isOff,
  }),
  custom_prometheus_metadata_labels: later('texts', 'Metadata that becomes metric labels.'),
  custom_prometheus_tags: later('texts', 'Tags that become metric labels.'),
  prometheus_metrics_config: later('list', 'Which metrics with which labels.'),
  prometheus_exclude_metrics: later('texts', 'Metrics left out.'),
  prometheus_exclude_labels: later('texts', 'Labels left out.'),
  prometheus_initialize_budget_metrics: later('flag', 'Sets budget gauges at the start.'),
  prometheus_emit_stream_label: later('flag', 'Labels metrics with whether the request was streamed.'),
  cost_discount_config: now('map', 'Provider → the share that is taken off all its prices: 0.05 takes off 5%.', {
    to: 'budgets.discounts',
    read: readDiscounts,
  }),
  cost_margin_config: now(
    'map',
    'Provider, or `global` for those not named → what is added to its prices after the discount: a share (0.1 adds 10%), or `percentage` and `fixed_amount` in USD for each answer.',
    { to: 'budgets.margins', read: readMargins },
  ),
  model_cost_map_url: now(
    'text',
    "A file of prices like LiteLLM's `model_prices_and_context_window.json`, by its path or an http or https URL, which is fetched at the start and at each reload, within 10 s and up to 32 MiB; if that fails, what was fetched last is used. Its prices and limits of tokens count before those that the gateway knows, and after those of `model_info`.",
    { to: 'budgets.prices', read: readPriceFile, otherwise: 'the prices that the gateway brings' },
  ),
  include_cost_in_streaming_usage: later('flag', 'Puts the cost into the usage of a stream.'),
  modify_params: now(
    'flag',
    'Repairs requests that Claude would refuse for their tools: results that are missing, stray or sent twice, calls without a list of tools. (Empty messages, instructions alone, limits above what a model writes and thinking without the thoughts before it are always repaired.)',
    { to: 'modifyParams', variable: 'LITELLM_MODIFY_PARAMS', otherwise: 'false' },
  ),
  mcp_aliases: later('map', 'Short names of MCP servers.'),
  guardrails: protection('list', 'Guardrails in their oldest form.'),
  banned_keywords_list: protection('any', 'Words that no prompt may contain.'),
  blocked_user_list: now('any', 'End users whose requests are refused: a list, or a file with one in each line.', {
    to: 'budgets.blockedCustomers',
    read: readBlockedUsers,
  }),
  extra_spend_tag_headers: now(
    'texts',
    'Request headers that become tags: `x-team: red` gives the tag `x-team: red`.',
    { to: 'budgets.tagHeaders', convert: (names) => names.map((name) => name.toLowerCase()) },
  ),
  disable_add_user_agent_to_request_tags: never('flag', 'No tag is made of the `user-agent` here.'),
  prompt_injection_params: protection('map', 'How prompt injections are recognised.'),
  llamaguard_unsafe_content_categories: protection('any', 'Categories that Llama Guard refuses.'),
  openai_moderations_model_name: protection('text', 'Model of the moderation of prompts.'),
  google_moderation_confidence_threshold: protection('any', 'Confidence at which a prompt is refused.'),
  presidio_ad_hoc_recognizers: protection('any', 'What Presidio masks besides.'),
  output_parse_pii: protection('flag', 'Puts masked personal data back into answers.'),
  skip_system_message_in_guardrail: later('flag', 'Leaves system messages out of guardrails.'),
  enable_json_schema_validation: later('flag', 'Checks structured answers against their schema.'),
  enable_preview_features: never('flag', 'Switches on what LiteLLM still tries out; there is no such switch here.'),
  route_all_chat_openai_to_responses: now(
    'flag',
    'Asks providers that offer the Responses API for chats by it. `model_info.mode: chat` excepts a deployment.',
    { default: false },
  ),
  use_chat_completions_url_for_anthropic_messages: never(
    'flag',
    'Always done here, except for models that need the Responses API.',
  ),
  require_managed_files: later('flag', 'Takes files only in the form the gateway manages.'),
  user_url_validation: never('flag', 'This gateway fetches no address that a client names.'),
  user_url_allowed_hosts: never('texts', 'This gateway fetches no address that a client names.'),
  forward_traceparent_to_llm_provider: later('flag', 'Passes the trace header on to the provider.'),
  add_user_information_to_llm_headers: later('flag', 'Adds who asked to the headers of provider calls.'),
  ...CONNECTION_TLS,
  force_ipv4: now('flag', 'Connects to providers by IPv4 only. Read at the start.', 'server.forceIpv4', false),
  timezone: now('zone', 'Time zone in which the days, weeks and months of budgets begin.', 'budgets.timeZone', 'UTC'),
  network_mock: never('any', 'Serves tests of LiteLLM itself; `mock_response` answers in place of a provider.'),
  disable_add_transform_inline_image_block: never('flag', 'Nothing is added to the addresses of images here.'),
  model_alias_map: now('map', 'Alias → group. `router_settings.model_group_alias` wins.', {
    to: 'routing.aliases',
    isWeak: true,
    read: readAliases,
  }),
  model_group_settings: now('map', 'What holds for some model groups alone.', {
    to: 'server.groupSettings',
    members: { as: 'map', rows: GROUP_SETTINGS, id: 'group_lists' },
  }),
  json_schema_validation: later('flag', 'Checks structured answers against their schema.'),
  LITELLM_DISABLE_STOP_SEQUENCE_LIMIT: never('any', 'The number of stop sequences is not limited here.'),
  telemetry: never('flag', 'This gateway reports nothing to anybody.'),
  disable_hf_tokenizer_download: never('flag', 'No tokenizer is downloaded here.'),
  disable_copilot_system_to_assistant: never('flag', 'Outlived in LiteLLM.'),
  custom_provider_map: never('list', PYTHON),
  post_call_rules: never('any', PYTHON, { protects: asksForIt }),
  pre_call_rules: never('any', PYTHON, { protects: asksForIt }),
  suppress_debug_info: never('flag', 'There is no such output here.'),
  use_client: never('flag', 'Concerns the LiteLLM SDK.'),
  aiohttp_trust_env: never('flag', 'Concerns the Python HTTP client.'),
  disable_aiohttp_transport: never('flag', 'Concerns the Python HTTP client.'),
  api_key: now('secret', 'Key of deployments without one, of every provider that asks for a key.', {
    otherwise: "the provider's environment variable",
  }),
  api_base: now('text', 'Base URL of deployments without one, whatever their provider.', {
    otherwise: "the provider's environment variable, else its own",
  }),
} satisfies SettingRows;
