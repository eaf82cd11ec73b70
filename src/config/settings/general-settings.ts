/** Settings of `general_settings`. */
import { isJsonObject } from '../../core/json.ts';
import { ENTERPRISE, guideNow, later, never, now, own, PRISMA, PYTHON, type SettingRows } from '../setting-rows.ts';

/** LiteLLM's name for alerts about budgets. */
export const BUDGET_ALERTS = 'budget_alerts';
const otherThan =
  (known: readonly string[]) =>
  (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((each) => !known.includes(each)).map(String) : [];
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
  litellm_key_header_name: now('text', 'A further header for the key.', { to: 'keyHeaderName', convert: lowerCase }),
  enable_prometheus_metrics: guideNow('flag', 'Whether metrics are served.', 'telemetry.metrics.enabled', true),
  prometheus_metrics_url: guideNow('text', 'Path of the metrics.', {
    to: 'telemetry.metrics.path',
    default: '/metrics',
    convert: (path) => (path.startsWith('/') ? path : `/${path}`),
  }),
  global_max_budget: guideNow('usd', 'Budget of the whole gateway. `litellm_settings.budget_duration` is its period.', {
    to: 'budgets.globalMax',
    otherwise: 'none',
  }),
  budget_alert_threshold: guideNow('ratio', 'Share of any budget that sends an alert.', 'budgets.alertThreshold'),
  completion_model: later('text', 'Model used for all completions, whatever is asked for.'),
  embedding_model: later('text', 'Model used for all embeddings.'),
  image_generation_model: later('text', 'Model used for all images.'),
  moderation_model: later('text', 'Model used for moderation.'),
  infer_model_from_keys: later('flag', 'Serves the models of all provider keys that are set.'),
  max_parallel_requests: later('integer', 'Requests at one time per deployment.'),
  global_max_parallel_requests: later('integer', 'Requests at one time in all.'),
  disable_retry_on_max_parallel_request_limit_error: later('flag', 'Does not retry when that limit is reached.'),
  cancel_on_disconnect: now('flag', 'Aborts the provider call when the client leaves. Always done.', { default: true }),
  enable_drain_endpoint: later('flag', 'Offers `/health/drain`.'),
  drain_endpoint_token: later('secret', 'What `/health/drain` asks for.'),
  background_health_checks: now(
    'flag',
    'Checks deployments in the background; `/health` then answers from what was found last.',
    { to: 'health.background', default: false },
  ),
  health_check_interval: now('seconds', 'How often, give or take a tenth.', 'health.intervalMs', 300),
  health_check_details: later('flag', 'Shows details in health answers.'),
  health_check_concurrency: now('integer', 'Health checks at one time.', 'health.concurrency', 4),
  ...HEALTH_CHECKS,
  health_check_skip_disabled_background_models: later('flag', 'Leaves those deployments out of `/health` too.'),
  use_shared_health_check: later('flag', 'Shares health checks between instances.'),
  database_url: now('secret', 'Database of keys, teams and spend: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.', {
    variable: 'DATABASE_URL',
    otherwise: 'an SQLite file in the data folder',
  }),
  database_connection_pool_limit: now('count', 'Database connections per process.', 'stores.databasePoolSize', 10),
  database_connection_timeout: later('seconds', 'Limit for getting a connection.'),
  database_connection_pool_timeout: later('seconds', 'Limit for getting a connection.'),
  database_connect_timeout: later('seconds', 'Limit for connecting to the database.'),
  database_socket_timeout: later('seconds', 'Longest silence of a database connection.'),
  database_type: later('text', 'Kind of database.'),
  database_args: later('map', 'Settings of that kind.'),
  store_model_in_db: later('flag', 'Keeps models in the database.'),
  supported_db_objects: later('texts', 'What is kept in the database.'),
  store_prompts_in_spend_logs: later('flag', 'Keeps prompts and answers in the ledger.'),
  disable_spend_logs: now('flag', 'Keeps no rows of single requests, only sums.', 'stores.withoutRows', false),
  disable_spend_updates: never('flag', 'Budgets are held by the sums.'),
  disable_error_logs: later('flag', 'Keeps no errors in the database.'),
  disable_reset_budget: later('flag', 'Never resets budgets.', { default: false }),
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
  enforced_params: later('texts', 'Request fields that must be there.'),
  reject_clientside_metadata_tags: now('flag', 'Refuses requests that bring tags.', 'budgets.refuseClientTags', false),
  user_header_name: now('text', 'A header that names the customer if `user` does not.', {
    to: 'budgets.customerHeader',
    convert: lowerCase,
  }),
  user_header_mappings: later('any', 'Headers that name users.'),
  allow_client_side_credentials: later('flag', 'Lets requests bring provider credentials.'),
  allowed_routes: later('texts', 'The only paths users may call.'),
  admin_only_routes: later('texts', 'Paths only administrators may call.'),
  public_routes: later('texts', 'Paths that need no key.'),
  allowed_ips: later('texts', 'The only addresses that may call.'),
  use_x_forwarded_for: later('any', 'Takes the client address from the header of a proxy.'),
  enable_jwt_auth: later('flag', 'Takes JWTs as keys.'),
  litellm_jwtauth: later('map', 'How JWTs are checked.'),
  enforce_rbac: later('flag', 'Asks for a role everywhere.'),
  role_permissions: later('list', 'What roles may do.'),
  role_mappings: later('list', 'How roles follow from claims.'),
  enable_oauth2_auth: later('flag', 'Takes OAuth 2 tokens as keys.'),
  enable_oauth2_proxy_auth: later('flag', 'Trusts the headers of an OAuth 2 proxy.'),
  oauth2_config_mappings: later('map', 'Which headers those are.'),
  service_account_settings: later('any', 'Rules for keys of service accounts.'),
  default_team_disabled: now('flag', 'Keys must belong to a team.', 'management.requireTeam', false),
  disable_master_key_return: later('flag', 'Does not show the master key.'),
  disable_adding_master_key_hash_to_db: later('flag', 'Does not account for the master key.'),
  disable_responses_id_security: later('flag', 'Lets users read the responses of others.'),
  scope_spend_list_endpoints_to_caller: later('flag', 'Users see only their own spend.'),
  legacy_unscoped_spend_list_endpoints: later('flag', 'Users see all spend.'),
  key_management_system: later('text', 'Secret manager for keys.'),
  key_management_settings: later('any', 'Settings of the secret manager.'),
  use_azure_key_vault: later('flag', 'Reads secrets from Azure Key Vault.'),
  use_google_kms: later('flag', 'Reads secrets from Google KMS.'),
  use_aws_secret_manager: later('flag', 'Reads secrets from AWS Secrets Manager.'),
  alerting: now('texts', 'Where budget alerts go: `slack` (to `SLACK_WEBHOOK_URL`), `webhook` (to `WEBHOOK_URL`).', {
    missingIn: otherThan(['slack', 'webhook']),
  }),
  alerting_threshold: later('seconds', 'Duration at which a request is slow.'),
  alerting_args: later('map', 'Settings of alerts.'),
  alert_types: now('texts', 'Which alerts go out: `budget_alerts`.', {
    otherwise: 'all',
    missingIn: otherThan([BUDGET_ALERTS]),
  }),
  alert_to_webhook_url: now('map', 'Kind of alert → address(es) of Slack messages: `budget_alerts`.', {
    missingIn: (value) => (isJsonObject(value) ? otherThan([BUDGET_ALERTS])(Object.keys(value)) : []),
  }),
  alert_type_config: later('map', 'Settings by kind of alert.'),
  spend_report_frequency: later('text', 'How often spend is reported.'),
  pass_through_endpoints: later('list', 'Paths handed on as they are.'),
  pass_through_request_timeout: later('seconds', 'Limit of a pass-through request.'),
  use_client_credentials_pass_through_routes: later('flag', "Hands the client's own key on."),
  forward_openai_org_id: later('flag', 'Hands the organisation header on.'),
  forward_client_headers_to_llm_api: later('flag', 'Hands `x-` headers on.'),
  forward_llm_provider_auth_headers: later('flag', 'Hands provider keys in headers on.'),
  always_include_stream_usage: later('flag', 'Always ends a stream with its usage.'),
  disable_batch_input_file_rate_limiting: later('flag', 'Does not read batch files for limits.'),
  skip_batch_input_file_rate_limiting_for_providers: later('texts', 'Providers whose batch files are not read.'),
  skip_batch_input_file_rate_limiting_for_models: later('texts', 'Models whose batch files are not read.'),
  token_rate_limit_type: now(['total', 'input', 'output'], 'As in `litellm_settings`, which wins.', {
    to: 'budgets.tokenRateLimitType',
    isWeak: true,
  }),
  ui_access_mode: later('any', 'Who may use the UI.'),
  auto_redirect_ui_login_to_sso: later('flag', 'Leads the login to single sign-on.'),
  control_plane_url: later('text', 'Instance that holds the state of several.'),
  search_tools: later('list', 'Web search providers.'),
  enable_mcp_registry: later('flag', 'Offers a registry of MCP servers.'),
  mcp_client_side_auth_header_name: later('text', 'Header with a client credential for MCP.'),
  mcp_internal_ip_ranges: later('texts', 'Networks that count as internal for MCP.'),
  mcp_required_fields: later('texts', 'Fields an MCP server must have.'),
  mcp_trusted_proxy_ranges: later('texts', 'Proxies whose headers are believed for MCP.'),
  require_end_user_mcp_access_defined: later('flag', 'End users need to be given MCP servers.'),
  user_mcp_management_mode: later('text', 'What users see of MCP servers.'),
  store_audit_logs: now('flag', 'Keeps a record of changes by administrators. Always done here.', { default: true }),
  coordination: later('map', 'How instances work together.'),
  database_extra_connection_params: never('map', PRISMA),
  database_disable_prepared_statements: never('flag', PRISMA),
  disable_prisma_schema_update: never('flag', PRISMA),
  custom_auth: never('text', PYTHON),
  custom_auth_run_common_checks: never('flag', PYTHON),
  custom_key_generate: never('text', PYTHON),
  custom_sso: never('text', PYTHON),
  custom_ui_sso_sign_in_handler: never('text', PYTHON),
  allow_user_auth: never('flag', 'Outlived in LiteLLM.'),
  litellm_license: never('secret', ENTERPRISE),
} satisfies SettingRows;
