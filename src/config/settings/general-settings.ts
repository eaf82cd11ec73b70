/** Settings of `general_settings`. */
import {
  asksForIt,
  ENTERPRISE,
  guideNow,
  later,
  never,
  now,
  own,
  PRISMA,
  PYTHON,
  protection,
  type SettingRows,
} from '../setting-rows.ts';
import { COORDINATION } from './cache-params.ts';
import { readHeaderMappings } from './customer-settings.ts';
import { readNetworks } from './networks.ts';
import { SERVED_TLS } from './served-tls.ts';

const lowerCase = (name: string): string => name.toLowerCase();
const fromMebibytes = (size: number): number => Math.round(size * 1024 * 1024);

const CLEANED = 'Old rows are deleted all the time, a few at once.';
const RESET = 'Periods start by the clock; no job has to start them.';
const JOURNAL = 'Spend is in a journal on disk before a request is answered, and in the database a moment later.';

/** Settings of health checks that `router_settings` may hold as well, and wins. */
export const HEALTH_CHECKS = {
  health_check_staleness_threshold: now('seconds', 'Age at which a health check no longer counts.', {
    to: 'health.stalenessMs',
    otherwise: 'twice the interval',
  }),
  health_check_ignore_transient_errors: now('flag', 'Rate limits and timeouts do not count as unhealthy.', {
    to: 'health.ignoreTransientErrors',
    default: false,
  }),
  enable_health_check_routing: now(
    'flag',
    'Deployments that failed their background health check are tried only if nothing else is left.',
    { to: 'health.routing', default: false },
  ),
} satisfies SettingRows;

/** The members of `general_settings`. */
export const GENERAL_SETTINGS = {
  master_key: now('secret', "The administrator's key.", {
    to: 'masterKey',
    variable: 'LITELLM_MASTER_KEY',
    otherwise: 'made once and kept in the data folder',
  }),
  host: guideNow(
    'text',
    'Address to listen on. Only 0.0.0.0 (or `--host`) makes the gateway reachable from other machines.',
    { to: 'host', default: '127.0.0.1' },
  ),
  port: guideNow('port', 'Port to listen on.', { to: 'port', variable: 'PORT', default: 4000 }),
  ...SERVED_TLS,
  max_request_size_mb: now('number', 'Largest request body, in MiB.', {
    to: 'maxRequestBytes',
    default: 10,
    convert: fromMebibytes,
  }),
  max_response_size_mb: now('number', 'Largest answer that is not streamed, in MiB.', {
    to: 'maxResponseBytes',
    default: 100,
    convert: fromMebibytes,
  }),
  max_bytes_under_way_mb: own(
    'number',
    'How much all requests under way may hold in memory, in MiB; more is refused.',
    {
      to: 'maxBytesUnderWay',
      otherwise: 'an eighth of the memory of the container or a quarter of the heap, from 128 to 256',
      convert: fromMebibytes,
    },
  ),
  max_share_of_one_key: own('ratio', 'How much of that one key may have.', 'maxShareOfOneKey', 0.5),
  max_compression_ratio: own(
    'number',
    'How many times its size a compressed body may be unpacked to, beyond 1 MiB.',
    'maxCompressionRatio',
    100,
  ),
  max_connections_per_address: own('count', 'Connections of one address; requests on further ones are refused.', {
    to: 'maxConnectionsPerAddress',
    default: 10_000,
  }),
  max_connections: own('count', 'Connections of all addresses together; requests on further ones are refused.', {
    to: 'maxConnections',
    default: 20_000,
  }),
  max_event_loop_lag: own(
    'seconds',
    'New requests are refused while the gateway is this late all the time; 0: never.',
    {
      to: 'maxEventLoopLagMs',
      default: 1,
    },
  ),
  litellm_key_header_name: now('text', 'A further header for the key.', { to: 'keyHeaderName', convert: lowerCase }),
  enable_prometheus_metrics: guideNow('flag', 'Whether metrics are served.', 'telemetry.metrics.enabled', true),
  prometheus_metrics_url: guideNow('text', 'Path of the metrics.', {
    to: 'telemetry.metrics.path',
    default: '/metrics',
    convert: (path) => (path.startsWith('/') ? path : `/${path}`),
  }),
  metrics_top_keys: own(
    'count',
    'Keys with labels of their own in the metrics: the busiest. The others are counted under `other`, by team.',
    'telemetry.metrics.topKeys',
    300,
  ),
  metrics_max_series: own(
    'count',
    'Sets of labels that the metrics hold. Further requests are counted under `other`.',
    'telemetry.metrics.maxSeries',
    1_000,
  ),
  metrics_histograms_per_key: own(
    'flag',
    'Tells keys, users and teams apart in histograms too: some 40 lines for each in each of five metrics.',
    'telemetry.metrics.histogramsPerKey',
    false,
  ),
  global_max_budget: guideNow('usd', 'Budget of the whole gateway. `litellm_settings.budget_duration` is its period.', {
    to: 'budgets.globalMax',
    otherwise: 'none',
  }),
  completion_model: now(
    'text',
    'Model group of all chats and completions, whatever they ask for. The key must be allowed to use it.',
    'completionModel',
  ),
  embedding_model: now('text', 'Model group of all embeddings, whatever they ask for.', 'embeddingModel'),
  image_generation_model: later('text', 'Model used for all images.'),
  moderation_model: later('text', 'Model used for moderation.'),
  infer_model_from_keys: now(
    'flag',
    'Serves all models of each provider whose key is in the environment, under its prefix (`openai/*`) and the names it is known for, besides `model_list`.',
    { default: false },
  ),
  max_parallel_requests: now(
    'integer',
    'Requests at one time a deployment takes that names no limit; `router_settings.default_max_parallel_requests` wins.',
    { to: 'routing.defaultMaxParallelRequests', isWeak: true },
  ),
  global_max_parallel_requests: now('integer', 'Requests at one time in all, of all keys together.', {
    to: 'budgets.globalMaxParallel',
    otherwise: 'no limit',
  }),
  disable_retry_on_max_parallel_request_limit_error: never(
    'flag',
    'A request that such a limit refuses was not sent, and is not tried again.',
  ),
  cancel_on_disconnect: now('flag', 'Aborts the provider call when the client leaves. Always done.', { default: true }),
  drain_delay: own(
    'seconds',
    'How long the gateway still takes requests after SIGTERM, while readiness is already 503, so that proxies go elsewhere first.',
    { to: 'drainDelayMs', otherwise: '5, or 0 if it listens on this machine alone' },
  ),
  enable_drain_endpoint: now(
    'flag',
    'Offers `GET /health/drain` for `preStop` hooks: it makes this process unready, and answers when its requests have ended, or after 30 s. (SIGTERM does the same by itself, for all workers.)',
    'enablesDrainEndpoint',
    false,
  ),
  drain_endpoint_token: now('secret', 'What `/health/drain` asks for, in `x-drain-token`.', {
    to: 'drainToken',
    otherwise: "an admin's key",
  }),
  background_health_checks: now(
    'flag',
    'Checks deployments in the background; `/health` then answers from what was found last.',
    { to: 'health.background', default: false },
  ),
  health_check_interval: now('seconds', 'How often, give or take a tenth.', 'health.intervalMs', 300),
  health_check_details: now(
    'flag',
    'Shows in `/health` what was found of each deployment; false: only which are healthy.',
    'health.details',
    true,
  ),
  health_check_concurrency: now('integer', 'Health checks at one time.', 'health.concurrency', 4),
  ...HEALTH_CHECKS,
  health_check_skip_disabled_background_models: now(
    'flag',
    'Leaves deployments with `disable_background_health_check` out of `/health` too.',
    'health.skipsDisabled',
    false,
  ),
  use_shared_health_check: now(
    'flag',
    'Of instances that share a Redis, one checks a deployment for all in each interval; while Redis is unavailable each checks for itself.',
    'health.isShared',
    false,
  ),
  ...COORDINATION,
  database_url: now('secret', 'Database of keys, teams and spend: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.', {
    variable: 'DATABASE_URL',
    otherwise: 'an SQLite file in the data folder',
  }),
  database_connection_pool_limit: now('count', 'Database connections per process.', 'stores.databasePoolSize', 10),
  database_connection_timeout: never('seconds', PRISMA),
  database_connection_pool_timeout: never('seconds', PRISMA),
  database_connect_timeout: never('seconds', PRISMA),
  database_socket_timeout: never('seconds', PRISMA),
  database_type: never('text', 'Outlived in LiteLLM: the database is SQLite or Postgres, by its address.'),
  database_args: never('map', 'Outlived in LiteLLM: the database is SQLite or Postgres, by its address.'),
  store_model_in_db: now('flag', 'Keeps models that the API adds in the database. Always done here.', {
    default: true,
  }),
  supported_db_objects: now(
    'texts',
    'Which objects of the database act, of those that LiteLLM names; here `models`: a list without it serves no models of the API.',
    { to: 'databaseObjects', otherwise: 'all' },
  ),
  store_prompts_in_spend_logs: now(
    'flag',
    'Keeps the words of requests and answers in the ledger, 16,384 characters of each, without media and secrets. They are shown to admins and to the key or user that asked, with `/spend/logs?request_id=`, and deleted with their rows. A key or team with `store_prompts_in_spend_logs: false` in its metadata, and a request with `no-log`, are left out.',
    'stores.keepsPrompts',
    false,
  ),
  disable_spend_logs: now('flag', 'Keeps no rows of single requests, only sums.', 'stores.withoutRows', false),
  disable_spend_updates: never('flag', 'Budgets are held by the sums.'),
  disable_error_logs: now(
    'flag',
    'Keeps no rows of attempts that failed and used nothing. (Of a failure the ledger keeps the class, and no text of it.)',
    'stores.withoutErrorRows',
    false,
  ),
  disable_reset_budget: now('flag', 'Never resets budgets: all spend counts.', 'budgets.neverReset', false),
  maximum_spend_logs_retention_period: now(
    'duration',
    'How long rows of single requests are kept (`30d`); sums stay.',
    { to: 'stores.ledgerRetentionMs', otherwise: 'forever' },
  ),
  maximum_audit_logs_retention_period: own('duration', 'How long the record of changes is kept.', {
    to: 'stores.auditRetentionMs',
    otherwise: 'forever',
  }),
  maximum_spend_logs_retention_interval: never('text', CLEANED),
  maximum_spend_logs_cleanup_cron: never('text', CLEANED),
  proxy_budget_rescheduler_min_time: never('seconds', RESET),
  proxy_budget_rescheduler_max_time: never('seconds', RESET),
  proxy_batch_write_at: never('seconds', JOURNAL),
  proxy_batch_polling_interval: later('seconds', 'How often batches are looked at.'),
  use_redis_transaction_buffer: never('flag', JOURNAL),
  allow_requests_on_db_unavailable: never(
    'flag',
    'A key that cannot be looked up is never let in. Keys of the file, and those that were looked up before, are served while the database is unavailable.',
  ),
  fail_closed_budget_enforcement: now(
    'flag',
    'Refuses what has a budget while the Redis that instances share is unavailable: `when_away: closed`.',
    { default: false },
  ),
  disable_budget_reservation: never(
    'flag',
    'A budget that nothing is reserved from does not hold. Reservations are corrected as soon as the cost is known.',
  ),
  user_api_key_cache_ttl: later('seconds', 'How long a looked-up key is remembered.'),
  enforce_user_param: now('flag', 'Refuses requests that name no customer (`user`).', 'budgets.requireCustomer', false),
  enforced_params: now(
    'texts',
    'Request fields that must be there; `metadata.x` is one inside another.',
    'enforcedParams',
  ),
  reject_clientside_metadata_tags: now('flag', 'Refuses requests that bring tags.', 'budgets.refuseClientTags', false),
  user_header_name: now('text', 'A header that names the customer if `user` does not.', {
    to: 'budgets.customerHeader',
    convert: lowerCase,
  }),
  user_header_mappings: now(
    'any',
    'Headers that name the customer: `{ header_name, litellm_user_role: customer }`, or a list of such maps. A client could name any user of the gateway so, so `internal_user` is not taken.',
    { to: 'budgets.customerHeaders', read: readHeaderMappings },
  ),
  allow_client_side_credentials: never(
    'flag',
    'Requests bring only what `configurable_clientside_auth_params` of a deployment names.',
  ),
  allowed_routes: now(
    'texts',
    'The only paths that keys may call, those of administrators excepted; `*` and the names of groups of paths as for keys.',
    'allowedRoutes',
  ),
  admin_only_routes: now('texts', 'Paths only administrators may call.', 'adminOnlyRoutes'),
  public_routes: later('texts', 'Paths that need no key.'),
  allowed_ips: now(
    'texts',
    'The only addresses and networks that may call; `/health/liveliness` and `/health/readiness` answer all.',
    { to: 'allowedAddresses', read: readNetworks },
  ),
  use_x_forwarded_for: now(
    'flag',
    'Takes the address of a client from `x-forwarded-for`, if the request comes from a proxy in `trusted_proxy_ranges`.',
    'usesForwardedFor',
    false,
  ),
  trusted_proxy_ranges: now(
    'texts',
    'Addresses and networks of proxies whose `x-forwarded-for` is believed. The last address in it that is not one of them is the client.',
    { to: 'trustedProxies', read: readNetworks },
  ),
  enable_jwt_auth: protection('flag', 'Takes JWTs as keys.'),
  litellm_jwtauth: protection('map', 'How JWTs are checked.'),
  enforce_rbac: protection('flag', 'Asks for a role everywhere.'),
  role_permissions: protection('list', 'What roles may do.'),
  role_mappings: protection('list', 'How roles follow from claims.'),
  enable_oauth2_auth: protection('flag', 'Takes OAuth 2 tokens as keys.'),
  enable_oauth2_proxy_auth: protection('flag', 'Trusts the headers of an OAuth 2 proxy.'),
  oauth2_config_mappings: later('map', 'Which headers those are.'),
  service_account_settings: protection('any', 'Rules for keys of service accounts.'),
  default_team_disabled: now('flag', 'Keys must belong to a team.', 'management.requireTeam', false),
  disable_master_key_return: now('flag', 'Does not show the master key. Never shown here.', { default: true }),
  disable_adding_master_key_hash_to_db: never(
    'flag',
    'The master key is in no database; what it spends is accounted for.',
  ),
  disable_responses_id_security: never('flag', 'Responses are read by those who made them alone.'),
  scope_spend_list_endpoints_to_caller: now('flag', 'Users see only their own spend. Always so here.', {
    default: true,
  }),
  legacy_unscoped_spend_list_endpoints: never('flag', 'Users see only their own spend.'),
  key_management_system: later('text', 'Secret manager for keys.'),
  key_management_settings: later('any', 'Settings of the secret manager.'),
  use_azure_key_vault: later('flag', 'Reads secrets from Azure Key Vault.'),
  use_google_kms: later('flag', 'Reads secrets from Google KMS.'),
  use_aws_secret_manager: later('flag', 'Reads secrets from AWS Secrets Manager.'),
  alerting_threshold: later('seconds', 'Duration at which a request is slow.'),
  alerting_args: later('map', 'Settings of alerts.'),
  alert_type_config: later('map', 'Settings by kind of alert.'),
  spend_report_frequency: later('text', 'How often spend is reported.'),
  pass_through_endpoints: later('list', 'Paths handed on as they are.'),
  pass_through_request_timeout: later('seconds', 'Limit of a pass-through request.'),
  use_client_credentials_pass_through_routes: later('flag', "Hands the client's own key on."),
  forward_openai_org_id: now(
    'flag',
    "Hands the client's `openai-organization` header on to OpenAI, for deployments that name no `organization`.",
    'forwardsOrganization',
    false,
  ),
  forward_client_headers_to_llm_api: now(
    'flag',
    "Hands headers of the client that begin with `x-` on to providers: at most 32, none that may hold a credential, by which a cloud chooses price, account or method, or that a proxy or this gateway reads. (`anthropic-beta` always goes to Claude's API.)",
    'forwardsClientHeaders',
    false,
  ),
  forward_llm_provider_auth_headers: never(
    'flag',
    "A key in `x-api-key` or `x-goog-api-key` is the caller's key of this gateway, and goes to no provider. `configurable_clientside_auth_params` of a deployment lets requests bring a provider's key.",
  ),
  always_include_stream_usage: now(
    'flag',
    'Ends streams of chat completions with their usage, whether or not the client asks for it.',
    'alwaysIncludeStreamUsage',
    false,
  ),
  disable_batch_input_file_rate_limiting: later('flag', 'Does not read batch files for limits.'),
  skip_batch_input_file_rate_limiting_for_providers: later('texts', 'Providers whose batch files are not read.'),
  skip_batch_input_file_rate_limiting_for_models: later('texts', 'Models whose batch files are not read.'),
  token_rate_limit_type: now(['total', 'input', 'output'], 'As in `litellm_settings`, which wins.', {
    to: 'budgets.tokenRateLimitType',
    isWeak: true,
  }),
  ui_access_mode: later('any', 'Who may use the UI.'),
  auto_redirect_ui_login_to_sso: later('flag', 'Leads the login to single sign-on.'),
  control_plane_url: never(
    'text',
    'Lets the UI of one LiteLLM sign in to others; here every instance answers the same management API over one database.',
  ),
  search_tools: later('list', 'Web search providers.'),
  enable_mcp_registry: later('flag', 'Offers a registry of MCP servers.'),
  mcp_client_side_auth_header_name: later('text', 'Header with a client credential for MCP.'),
  mcp_internal_ip_ranges: later('texts', 'Networks that count as internal for MCP.'),
  mcp_required_fields: later('texts', 'Fields an MCP server must have.'),
  mcp_trusted_proxy_ranges: later('texts', 'Proxies whose headers are believed for MCP.'),
  require_end_user_mcp_access_defined: later('flag', 'End users need to be given MCP servers.'),
  user_mcp_management_mode: later('text', 'What users see of MCP servers.'),
  allow_link_local_api_base: own(
    'flag',
    'Lets deployments have an `api_base` at a link-local address (169.254.0.0/16, fe80::/10) or at another at which clouds offer the credentials of their machines, written out or by a host name that leads there.',
    { default: false },
  ),
  store_audit_logs: now('flag', 'Keeps a record of changes by administrators. Always done here.', { default: true }),
  database_extra_connection_params: never('map', PRISMA),
  database_disable_prepared_statements: never('flag', PRISMA),
  disable_prisma_schema_update: never('flag', PRISMA),
  custom_auth: never('text', PYTHON, { protects: asksForIt }),
  custom_auth_run_common_checks: never('flag', PYTHON),
  custom_key_generate: never('text', PYTHON),
  custom_sso: never('text', PYTHON),
  custom_ui_sso_sign_in_handler: never('text', PYTHON),
  allow_user_auth: never('flag', 'Outlived in LiteLLM.'),
  litellm_license: never('secret', ENTERPRISE),
} satisfies SettingRows;
