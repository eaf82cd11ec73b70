/**
 * Every setting we know: LiteLLM's (documented and seen in its source), the guide's and our own, with its type and what it does
 * here. The zod schema, the editor's JSON Schema, the reference page and the linter are all made from this one table.
 */

/** What may stand as a value. `seconds` and `usd` are numbers; `texts` is a list of texts or a single one. */
export type SettingType =
  | 'text'
  | 'secret'
  | 'flag'
  | 'integer'
  | 'number'
  | 'seconds'
  | 'usd'
  | 'port'
  | 'ratio'
  | 'texts'
  | 'list'
  | 'map'
  | 'any'
  | readonly [string, ...string[]];

/** Whether a setting acts: now, in a later release (accepted until then), or never, because its reason does not exist here. */
export type Effect = 'now' | 'later' | 'never';

/** One setting. */
export interface Setting {
  readonly type: SettingType;
  readonly effect: Effect;
  /** What it does; for `never`, why it has no meaning here. Becomes the reference page. */
  readonly text: string;
  /** The documented default, in words. */
  readonly fallback?: string;
  /** Who defines it. */
  readonly from: 'litellm' | 'guide' | 'sluice';
}

/** The settings of one section, by name. */
export type SettingTable = ReadonlyMap<string, Setting>;

type Row = Setting;
const row = (effect: Effect, from: Row['from'], type: SettingType, text: string, fallback?: string): Row => ({
  type,
  effect,
  text,
  from,
  ...(fallback === undefined ? {} : { fallback }),
});
const now = (type: SettingType, text: string, fallback?: string): Row => row('now', 'litellm', type, text, fallback);
const later = (type: SettingType, text: string, fallback?: string): Row =>
  row('later', 'litellm', type, text, fallback);
const never = (type: SettingType, why: string): Row => row('never', 'litellm', type, why);
const guideNow = (type: SettingType, text: string, fallback?: string): Row => row('now', 'guide', type, text, fallback);
const guideLater = (type: SettingType, text: string): Row => row('later', 'guide', type, text);
const own = (type: SettingType, text: string, fallback?: string): Row => row('now', 'sluice', type, text, fallback);
const table = (rows: Record<string, Row>): SettingTable => new Map(Object.entries(rows));
/** Many settings of one kind, named in a line. */
const several = (names: string, of: (name: string) => Row): Record<string, Row> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, of(name)]),
  );

const PYTHON = 'Names Python code, which this gateway does not run.';
const PRISMA = 'Tunes the Prisma database client, which is not used here.';
const ENTERPRISE = 'Everything is included; there is no licence to enter.';

/** The top level of a file. */
export const TOP_LEVEL: SettingTable = table({
  model_list: now('list', 'The deployments: which model names are served, by which provider, with which credentials.'),
  litellm_settings: now('map', 'Settings of requests, caching, callbacks and logging.'),
  router_settings: now('map', 'Settings of routing: timeouts, retries, fallbacks, aliases.'),
  general_settings: now('map', 'Settings of the server itself: master key, address, limits, metrics.'),
  user_api_key_list: guideNow('list', 'Keys declared in the file, each with what it may use.'),
  environment_variables: now('map', 'Variables for references in the rest of the file; they win over the environment.'),
  credential_list: now('list', 'Named sets of connection parameters that deployments refer to.'),
  include: now('texts', 'Further files, relative to this one, merged as if named right after it.'),
  guardrails: later('list', 'Checks of prompts and answers.'),
  callback_settings: later('map', 'Settings of single logging callbacks.'),
  mcp_servers: later('map', 'MCP servers offered through the gateway.'),
  mcp_tools: later('list', 'MCP tools declared in the file.'),
  vector_store_registry: later('list', 'Vector stores that requests may name.'),
  search_tools: later('list', 'Web search providers.'),
  prompts: later('list', 'Prompt templates kept by the gateway.'),
  files_settings: later('list', 'Provider credentials for the files endpoints.'),
  finetune_settings: later('list', 'Provider credentials for the fine-tuning endpoints.'),
  assistant_settings: later('map', 'Provider credentials for the assistants endpoints.'),
  policies: later('any', 'Named sets of guardrails and when they apply.'),
  policy_attachments: later('list', 'Which teams, keys and models a policy applies to.'),
  agents: later('list', 'Agents offered through the gateway.'),
  agent_list: later('list', 'Agents offered through the gateway.'),
});

/** The members of a `model_list` entry. */
export const MODEL_ENTRY: SettingTable = table({
  model_name: now(
    'text',
    'The name clients ask for. Entries of the same name form one group; `*` matches anything (`openai/*`).',
  ),
  litellm_params: now('map', 'How the provider is called.'),
  model_info: now('map', 'What is known about the model: prices, limits, an id.'),
});

const COST_NAMES = `
  input_cost_per_token output_cost_per_token input_cost_per_second output_cost_per_second output_cost_per_second_1080p
  input_cost_per_pixel output_cost_per_pixel input_cost_per_token_flex input_cost_per_token_priority
  cache_creation_input_token_cost cache_creation_input_token_cost_above_1hr
  cache_creation_input_token_cost_above_1hr_above_200k_tokens cache_creation_input_token_cost_above_200k_tokens
  cache_creation_input_token_cost_above_272k_tokens cache_creation_input_token_cost_above_272k_tokens_priority
  cache_creation_input_token_cost_above_272k_tokens_flex cache_creation_input_token_cost_flex
  cache_creation_input_token_cost_priority cache_creation_input_audio_token_cost cache_read_input_token_cost
  cache_read_input_token_cost_flex cache_read_input_token_cost_priority cache_read_input_token_cost_batches
  cache_read_input_image_token_cost cache_read_input_token_cost_per_audio_token
  cache_read_input_token_cost_above_200k_tokens cache_read_input_token_cost_above_200k_tokens_priority
  cache_read_input_token_cost_above_272k_tokens cache_read_input_token_cost_above_272k_tokens_priority
  cache_read_input_token_cost_above_272k_tokens_flex cache_read_input_token_cost_above_512k_tokens
  cache_read_input_audio_token_cost input_cost_per_character input_cost_per_character_above_128k_tokens
  input_cost_per_audio_token input_cost_per_audio_token_priority input_cost_per_token_cache_hit
  input_cost_per_token_above_128k_tokens input_cost_per_token_above_200k_tokens
  input_cost_per_token_above_200k_tokens_priority input_cost_per_token_above_256k_tokens
  input_cost_per_token_above_272k_tokens input_cost_per_token_above_272k_tokens_priority
  input_cost_per_token_above_272k_tokens_flex input_cost_per_token_above_512k_tokens input_cost_per_query
  input_cost_per_request input_cost_per_image input_cost_per_image_token input_cost_per_image_above_128k_tokens
  input_cost_per_video_token input_cost_per_audio_per_second input_cost_per_audio_per_second_above_128k_tokens
  input_cost_per_video_per_second input_cost_per_video_per_second_above_128k_tokens
  input_cost_per_video_per_second_above_15s_interval input_cost_per_video_per_second_above_8s_interval
  input_cost_per_token_batches input_cost_per_token_batch_requests output_cost_per_token_batches
  output_cost_per_token_flex output_cost_per_token_priority output_cost_per_character output_cost_per_audio_token
  output_cost_per_token_above_128k_tokens output_cost_per_token_above_200k_tokens
  output_cost_per_token_above_200k_tokens_priority output_cost_per_token_above_256k_tokens
  output_cost_per_token_above_272k_tokens output_cost_per_token_above_272k_tokens_priority
  output_cost_per_token_above_272k_tokens_flex output_cost_per_token_above_512k_tokens
  output_cost_per_character_above_128k_tokens output_cost_per_image output_cost_per_image_token
  output_cost_per_image_token_batches output_cost_per_video_token output_cost_per_reasoning_token
  output_cost_per_video_per_second output_cost_per_audio_per_second citation_cost_per_token ocr_cost_per_page
  ocr_cost_per_credit annotation_cost_per_page code_interpreter_cost_per_session
  computer_use_input_cost_per_1k_tokens computer_use_output_cost_per_1k_tokens file_search_cost_per_1k_calls
  file_search_cost_per_gb_per_day vector_store_cost_per_gb_per_day input_dbu_cost_per_token output_dbu_cost_per_token`;

const inWords = (name: string): string => {
  const words = name.replaceAll('_', ' ').replace(/ per (\w+)/, ' per $1');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}, in USD; replaces the price known for the model.`;
};

/** Prices, which may stand in `model_info` or in `litellm_params`. */
export const PRICE_SETTINGS: SettingTable = table({
  ...several(COST_NAMES, (name) => now('usd', inWords(name))),
  regional_processing_uplift_multiplier_eu: now('number', 'Factor on all prices for processing in the EU.'),
  regional_processing_uplift_multiplier_us: now('number', 'Factor on all prices for processing in the US.'),
  search_context_cost_per_query: now('map', 'USD per web search by size of the search context.'),
  tiered_pricing: now('list', 'Prices by range of prompt length.'),
  output_vector_size: now('integer', 'Dimensions of an embedding.'),
});

/** The members of `litellm_params`. Whatever is not here becomes a request field that is sent when the client leaves it out. */
export const MODEL_PARAMS: SettingTable = table({
  model: now('text', "`provider/model`: who answers, and the provider's own name for the model. Required."),
  api_key: now('secret', "The provider's key.", "the provider's environment variable"),
  api_base: now('text', "The provider's base URL.", "the provider's own"),
  base_url: now('text', 'Another name for `api_base`.'),
  api_version: now('text', 'API version, where the provider has versions in its URL.'),
  organization: now('text', 'Organisation sent to the provider.'),
  custom_llm_provider: now('text', 'The provider, when `model` does not name it; wins over the prefix.'),
  litellm_credential_name: now('text', 'The entry of `credential_list` whose parameters this deployment uses.'),
  timeout: now('seconds', 'Limit of a whole request.', '`router_settings.timeout`'),
  stream_timeout: now('seconds', 'Limit of a whole streamed request.', '`timeout`'),
  ttft_timeout: now('seconds', 'Limit until the first token.'),
  stream_idle_timeout: now('seconds', 'Longest silence between two chunks.', '120'),
  extra_headers: now('map', 'Headers added to each call.'),
  headers: now('map', 'Another name for `extra_headers`.'),
  drop_params: now(
    'flag',
    'Drop parameters the provider does not take, instead of answering 400.',
    '`litellm_settings.drop_params`',
  ),
  additional_drop_params: now('texts', 'Request fields that are always dropped.'),
  weight: now('number', 'Share of the requests of its group that this deployment gets.', 'equal shares'),
  model_info: now('map', 'Same as `model_info` beside `litellm_params`.'),
  num_retries: later('integer', 'Further tries after a failure.', '`router_settings.num_retries`'),
  max_retries: later('integer', 'Another name for `num_retries`.'),
  order: later('integer', 'Deployments of the lowest order are tried first.'),
  rpm: later('integer', 'Requests per minute this deployment takes.'),
  tpm: later('integer', 'Tokens per minute this deployment takes.'),
  itpm: later('integer', 'Input tokens per minute this deployment takes.'),
  otpm: later('integer', 'Output tokens per minute this deployment takes.'),
  max_parallel_requests: later('integer', 'Requests at one time this deployment takes.'),
  default_api_key_tpm_limit: later(
    'integer',
    'Tokens per minute a key may use of this model, unless the key says otherwise.',
  ),
  default_api_key_rpm_limit: later(
    'integer',
    'Requests per minute a key may make to this model, unless the key says otherwise.',
  ),
  tags: later('texts', 'Tags by which requests choose deployments.'),
  tag_regex: later('texts', 'Patterns on the User-Agent header by which requests choose deployments.'),
  cooldown_time: later('seconds', 'How long the deployment rests after failures.'),
  max_budget: later('usd', 'Budget of this deployment.'),
  budget_duration: later('text', 'Period after which the deployment budget starts anew (`30d`, `1mo`).'),
  region_name: later('text', 'Region of the deployment.'),
  allowed_openai_params: later('texts', 'Request fields passed on although the provider is not known to take them.'),
  merge_reasoning_content_in_choices: later('flag', 'Puts reasoning into the answer text between `<think>` marks.'),
  supports_system_message: later('flag', 'False turns system messages into user messages.'),
  ensure_alternating_roles: later('flag', 'Inserts messages so that user and assistant take turns.'),
  user_continue_message: later('map', 'The message inserted where two assistant messages follow each other.'),
  assistant_continue_message: later('map', 'The message inserted where two user messages follow each other.'),
  use_in_pass_through: later('flag', 'Offers the credentials to pass-through routes.'),
  use_litellm_proxy: later('flag', 'Calls the model through another gateway.'),
  use_chat_completions_api: later('flag', 'Uses chat completions where the Responses API would be used.'),
  use_xai_oauth: later('flag', 'Signs in by OAuth instead of a key.'),
  configurable_clientside_auth_params: later('list', 'Connection parameters that a request may bring along.'),
  max_file_size_mb: later('number', 'Largest file that is taken.'),
  cache_control_injection_points: later('list', 'Where prompt-cache marks are set.'),
  prompt_id: later('text', 'Prompt template used for each request.'),
  prompt_variables: later('map', 'Values for the prompt template.'),
  rules: later('any', 'Checks of input and output.'),
  guardrails: later('texts', 'Guardrails of this deployment.'),
  mock_response: later('any', 'Answers with this text instead of calling the provider.'),
  mock_timeout: later('flag', 'Pretends to time out.'),
  mock_delay: later('seconds', 'Waits before the pretended answer.'),
  silent_model: later('text', 'Group that gets a copy of each request.'),
  fallbacks: later('any', 'Groups tried when this deployment fails.'),
  azure_ad_token: later('secret', 'Azure: Entra ID token.'),
  azure_ad_token_provider: never('any', PYTHON),
  tenant_id: later('text', 'Azure: tenant.'),
  client_id: later('text', 'Azure: client.'),
  client_secret: later('secret', 'Azure: client secret.'),
  azure_username: later('text', 'Azure: user name.'),
  azure_password: later('secret', 'Azure: password.'),
  azure_scope: later('text', 'Azure: token scope.'),
  vertex_project: later('text', 'Vertex AI: project.'),
  vertex_location: later('text', 'Vertex AI: location.'),
  vertex_credentials: later('any', 'Vertex AI: service account.'),
  aws_access_key_id: later('secret', 'AWS: access key.'),
  aws_secret_access_key: later('secret', 'AWS: secret key.'),
  aws_session_token: later('secret', 'AWS: session token.'),
  aws_region_name: later('text', 'AWS: region.'),
  aws_role_name: later('text', 'AWS: role to take on.'),
  aws_session_name: later('text', 'AWS: session name.'),
  aws_profile_name: later('text', 'AWS: profile.'),
  aws_web_identity_token: later('secret', 'AWS: web identity token.'),
  aws_sts_endpoint: later('text', 'AWS: endpoint of the token service.'),
  aws_external_id: later('text', 'AWS: external id for the role.'),
  aws_bedrock_runtime_endpoint: later('text', 'AWS: Bedrock endpoint.'),
  aws_bedrock_project_id: later('text', 'AWS: Bedrock project.'),
  watsonx_region_name: later('text', 'watsonx: region.'),
  auto_router_config_path: later('text', 'Automatic routing: file with the routes.'),
  auto_router_config: later('any', 'Automatic routing: the routes.'),
  auto_router_default_model: later('text', 'Automatic routing: group when nothing matches.'),
  auto_router_embedding_model: later('text', 'Automatic routing: embedding group.'),
  complexity_router_config: later('map', 'Routing by difficulty: tiers.'),
  complexity_router_default_model: later('text', 'Routing by difficulty: group when unsure.'),
  adaptive_router_config: later('map', 'Learning router: settings.'),
  adaptive_router_default_model: later('text', 'Learning router: first choice.'),
  quality_router_config: later('map', 'Routing by quality: settings.'),
  quality_router_default_model: later('text', 'Routing by quality: first choice.'),
  s3_bucket_name: later('text', 'Bucket for batch files.'),
  s3_encryption_key_id: later('text', 'Encryption key of the bucket.'),
  gcs_bucket_name: later('text', 'Bucket for batch files.'),
  vector_store_id: later('text', 'Vector store used for each request.'),
  milvus_text_field: later('text', 'Milvus: text field.'),
  milvus_db_name: later('text', 'Milvus: database.'),
  milvus_partition_names: later('list', 'Milvus: partitions.'),
  litellm_trace_id: never('text', 'Set per request by LiteLLM itself.'),
  input_cost_per_request: now('usd', 'USD per request.'),
  custom_prompt_dict: never('map', 'Prompt templates for local Python models.'),
  hf_model_name: never('text', 'Chooses a Python tokenizer.'),
  async_only_mode: never('flag', 'Everything is asynchronous here.'),
});

/** The members of `model_info`. Further ones are kept as written. */
export const MODEL_INFO: SettingTable = table({
  id: now('text', 'Id of the deployment.', 'a hash of the group and of the parameters that are no secrets'),
  base_model: now('text', 'Model name by which prices and limits are looked up.'),
  mode: now('text', 'Kind of work: `chat`, `completion`, `embedding`, …'),
  max_tokens: now('integer', 'Most tokens of an answer.'),
  max_input_tokens: now('integer', 'Most tokens of a prompt.'),
  max_output_tokens: now('integer', 'Most tokens of an answer.'),
  description: now('text', 'Shown in `/model/info`.'),
  litellm_provider: now('text', 'Provider whose price list is meant.'),
  version: now('any', 'A remark.'),
  blocked: later('flag', 'Takes the deployment out of service.'),
  access_groups: later('texts', 'Groups of models that keys can be given.'),
  team_id: later('text', 'The only team that may use the deployment.'),
  team_public_model_name: later('text', 'The name under which that team knows it.'),
  tier: later('text', '`free` or `paid`.'),
  allowed_fails: later('integer', 'Failures before the deployment rests.'),
  allowed_fails_policy: later('map', 'Failures before the deployment rests, by kind.'),
  health_check_model: later('text', 'Model asked in health checks of a wildcard.'),
  health_check_timeout: later('seconds', 'Limit of a health check.'),
  health_check_max_tokens: later('integer', 'Tokens asked for in a health check.'),
  health_check_params: later('map', 'Request fields of a health check.'),
  health_check_voice: later('text', 'Voice of a speech health check.'),
  disable_background_health_check: later('flag', 'Leaves the deployment out of background checks.'),
  litellm_credential_name: later('text', 'Credential of the deployment.'),
  db_model: never('flag', 'Set by LiteLLM for models kept in its database.'),
  created_at: now('text', 'A remark.'),
  created_by: now('text', 'A remark.'),
  updated_at: now('text', 'A remark.'),
  updated_by: now('text', 'A remark.'),
});

/** The members of a `credential_list` entry. */
export const CREDENTIAL_ENTRY: SettingTable = table({
  credential_name: now('text', 'The name deployments refer to.'),
  credential_values: now('map', 'Members of `litellm_params`, such as `api_key` and `api_base`.'),
  credential_info: now('map', 'A remark.'),
});

/** The members of `litellm_settings`. */
export const LITELLM_SETTINGS: SettingTable = table({
  drop_params: now('flag', 'Drop parameters the provider does not take, instead of answering 400.', 'false'),
  request_timeout: now('seconds', 'Limit of a whole request, unless `router_settings.timeout` is set.', '600'),
  json_logs: now('flag', 'Logs as JSON.', 'JSON unless on a terminal'),
  set_verbose: now('flag', 'Logs at level `debug`.', 'false'),
  log_level: guideNow(
    ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'critical', 'silent'],
    'How much is logged.',
    'info',
  ),
  log_format: guideNow(
    ['json', 'text', 'auto', 'console', 'pretty', 'plain'],
    'How it is logged.',
    'auto: JSON unless on a terminal',
  ),
  disable_pii_logging: guideNow(
    'flag',
    'Keeps user ids, end users and addresses out of logs and metric labels.',
    'false',
  ),
  require_auth_for_metrics_endpoint: now('flag', 'Whether `/metrics` asks for a key.', 'true'),
  default_fallbacks: later('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  fallbacks: later('list', 'Group → groups tried when it fails.'),
  content_policy_fallbacks: later('list', 'Group → groups tried when the provider refuses for its content policy.'),
  context_window_fallbacks: later('list', 'Group → groups tried when the prompt is too long.'),
  num_retries: later('integer', 'Further tries after a failure.', '2'),
  allowed_fails: later('integer', 'Failures before a deployment rests.', '3'),
  cache: later('any', 'Whether answers are cached; in the guide a map with `type`, `host`, `port`, `db`.', 'false'),
  cache_params: later('map', 'Where and how answers are cached.'),
  enable_cache: guideLater('flag', 'Whether answers are cached.'),
  cache_ttl: guideLater('seconds', 'How long a cached answer lives.'),
  cache_system_prompt_only: guideLater('flag', 'Caches only what depends on the system prompt alone.'),
  enable_redis_auth_cache: later('flag', 'Keeps looked-up keys in Redis.'),
  enable_caching_on_provider_specific_optional_params: later(
    'flag',
    'Lets provider-specific parameters take part in the cache key.',
  ),
  caching_groups: later('list', 'Groups that share cached answers.'),
  max_budget: later('usd', 'Budget of the whole gateway.'),
  budget_duration: later('text', 'Period of that budget (`30d`, `1mo`).'),
  max_user_budget: later('usd', 'Budget of a new end user.'),
  max_end_user_budget: later('usd', 'Budget of an end user.'),
  max_end_user_budget_id: later('text', 'Named budget of an end user.'),
  max_internal_user_budget: later('usd', 'Budget of a new user.'),
  internal_user_budget_duration: later('text', 'Period of the budget of a new user.'),
  default_max_internal_user_budget: later('usd', 'Budget of a new user.'),
  default_team_settings: later('list', 'Logging callbacks by team.'),
  default_team_params: later('map', 'Values a new team gets.'),
  default_internal_user_params: later('map', 'Values a new user gets.'),
  default_key_generate_params: later('map', 'Values a new key gets.'),
  upperbound_key_generate_params: later('map', 'Limits for new keys.'),
  key_generation_settings: later('map', 'Who may create keys.'),
  enable_key_alias_format_validation: later('flag', 'Checks the form of key aliases.'),
  token_rate_limit_type: later('text', 'Which tokens count against limits: `total`, `input` or `output`.'),
  priority_reservation: later('map', 'Shares of the limits kept for classes of keys.'),
  priority_reservation_settings: later('map', 'How those shares are kept.'),
  public_model_groups: later('texts', 'Groups listed without a key.'),
  public_agent_groups: later('texts', 'Agents listed without a key.'),
  public_mcp_servers: later('texts', 'MCP servers listed without a key.'),
  success_callback: later('texts', 'Where successful requests are reported.'),
  failure_callback: later('texts', 'Where failed requests are reported.'),
  callbacks: later('texts', 'Where all requests are reported.'),
  service_callbacks: later('texts', 'Where failures of Redis and the database are reported.'),
  audit_log_callbacks: later('texts', 'Where changes by administrators are reported.'),
  store_audit_logs: later('flag', 'Keeps a record of changes by administrators.'),
  turn_off_message_logging: later('flag', 'Keeps prompts and answers out of callbacks. (Logs never hold them.)'),
  redact_user_api_key_info: later('flag', 'Keeps who asked out of callbacks.'),
  redact_messages_in_exceptions: later('flag', 'Keeps prompts out of error messages.'),
  global_disable_no_log_param: later('flag', 'Ignores `no-log` in requests.'),
  langfuse_default_tags: later('texts', 'Tags on Langfuse traces.'),
  s3_callback_params: later('map', 'Where the S3 callback writes.'),
  gcs_callback_params: later('map', 'Where the GCS callback writes.'),
  generic_api_settings: later('map', 'Where the generic callback posts.'),
  callback_settings: later('map', 'Settings of single callbacks.'),
  datadog_params: later('map', 'Settings of the Datadog callback.'),
  datadog_llm_observability_params: later('map', 'Settings of the Datadog LLM callback.'),
  disable_end_user_cost_tracking: later('flag', 'Does not account by end user.'),
  enable_end_user_cost_tracking_prometheus_only: later('flag', 'Labels metrics with the end user.'),
  disable_end_user_cost_tracking_prometheus_only: later('flag', 'Does not label metrics with the end user.'),
  custom_prometheus_metadata_labels: later('texts', 'Metadata that becomes metric labels.'),
  custom_prometheus_tags: later('texts', 'Tags that become metric labels.'),
  prometheus_metrics_config: later('list', 'Which metrics with which labels.'),
  prometheus_initialize_budget_metrics: later('flag', 'Sets budget gauges at the start.'),
  prometheus_emit_stream_label: later('flag', 'Labels metrics with whether the request was streamed.'),
  cost_discount_config: later('map', 'Discounts by provider.'),
  cost_margin_config: later('map', 'Margins by provider.'),
  include_cost_in_streaming_usage: later('flag', 'Puts the cost into the usage of a stream.'),
  modify_params: later('flag', 'Lets the gateway mend requests that a provider would refuse.'),
  mcp_aliases: later('map', 'Short names of MCP servers.'),
  guardrails: later('list', 'Guardrails in their oldest form.'),
  skip_system_message_in_guardrail: later('flag', 'Leaves system messages out of guardrails.'),
  enable_json_schema_validation: later('flag', 'Checks structured answers against their schema.'),
  enable_preview_features: later('flag', 'Switches on what is still being tried.'),
  route_all_chat_openai_to_responses: later('flag', 'Sends chat completions through the Responses API.'),
  use_chat_completions_url_for_anthropic_messages: later('flag', 'Sends `/v1/messages` through chat completions.'),
  require_managed_files: later('flag', 'Takes files only in the form the gateway manages.'),
  user_url_validation: later('flag', 'Checks addresses that clients name before they are fetched.'),
  user_url_allowed_hosts: later('texts', 'Private hosts that clients may name.'),
  forward_traceparent_to_llm_provider: later('flag', 'Passes the trace header on to the provider.'),
  add_user_information_to_llm_headers: later('flag', 'Adds who asked to the headers of provider calls.'),
  ssl_verify: later('any', 'Checks certificates of providers; a path names a CA file.'),
  ssl_certificate: later('text', 'Client certificate for providers.'),
  ssl_security_level: later('text', 'TLS security level.'),
  force_ipv4: later('flag', 'Connects to providers by IPv4 only.'),
  timezone: later('text', 'Time zone in which budget periods begin.'),
  network_mock: later('any', 'Pretends provider answers.'),
  disable_add_transform_inline_image_block: later('flag', 'Does not ask the provider to read images as documents.'),
  model_alias_map: later('map', 'Short names of models.'),
  json_schema_validation: later('flag', 'Checks structured answers against their schema.'),
  LITELLM_DISABLE_STOP_SEQUENCE_LIMIT: never('any', 'The number of stop sequences is not limited here.'),
  telemetry: never('flag', 'This gateway reports nothing to anybody.'),
  disable_hf_tokenizer_download: never('flag', 'No tokenizer is downloaded here.'),
  disable_copilot_system_to_assistant: never('flag', 'Outlived in LiteLLM.'),
  custom_provider_map: never('list', PYTHON),
  post_call_rules: never('any', PYTHON),
  pre_call_rules: never('any', PYTHON),
  suppress_debug_info: never('flag', 'There is no such output here.'),
  use_client: never('flag', 'Concerns the LiteLLM SDK.'),
  aiohttp_trust_env: never('flag', 'Concerns the Python HTTP client.'),
  disable_aiohttp_transport: never('flag', 'Concerns the Python HTTP client.'),
  api_key: later('secret', 'Key used for any provider without one.'),
  api_base: later('text', 'Base URL used for any provider without one.'),
});

/** The members of `router_settings`. */
export const ROUTER_SETTINGS: SettingTable = table({
  timeout: now('seconds', 'Limit of a whole request.', '600'),
  stream_timeout: now('seconds', 'Limit of a whole streamed request.', '`timeout`'),
  ttft_timeout: now('seconds', 'Limit until the first token.', 'none'),
  stream_idle_timeout: now('seconds', 'Longest silence between two chunks.', '120'),
  connect_timeout: own('seconds', 'Limit for connecting to a provider.', '5'),
  model_group_alias: now('map', 'Alias → group, or `{ model, hidden }`. A hidden alias is served, not listed.'),
  default_litellm_params: now('map', 'Members of `litellm_params` for all deployments that do not set them.'),
  num_retries: later('integer', 'Further tries after a failure.', '2'),
  max_retries: later('integer', 'Another name for `num_retries`.'),
  retry_after: later('seconds', 'Shortest wait before a further try.'),
  retry_policy: later('map', 'Further tries by kind of failure.'),
  model_group_retry_policy: later('map', 'Further tries by group and kind of failure.'),
  routing_strategy: later('text', 'How a deployment of the group is chosen.', 'simple-shuffle'),
  routing_strategy_args: later('map', 'Settings of that strategy.'),
  routing_groups: later('list', 'Sets of groups with a strategy of their own.'),
  fallbacks: later('list', 'Group → groups tried when it fails.'),
  default_fallbacks: later('texts', 'Groups tried when a group without fallbacks of its own fails.'),
  default_fallback_models: guideLater('texts', 'Groups tried in this order when a group fails.'),
  fallback_on: guideLater('texts', 'The failures that lead to a fallback.'),
  max_retries_per_fallback: guideLater('integer', 'Further tries at a fallback group.'),
  content_policy_fallbacks: later('list', 'Group → groups tried when the provider refuses for its content policy.'),
  context_window_fallbacks: later('list', 'Group → groups tried when the prompt is too long.'),
  max_fallbacks: later('integer', 'Most fallback groups tried for a request.', '5'),
  enable_pre_call_checks: later('flag', 'Leaves out deployments the request cannot fit.', 'false'),
  enable_pre_call_check: later('flag', 'Another name for `enable_pre_call_checks`.'),
  optional_pre_call_checks: later('texts', 'Further checks before a deployment is chosen.'),
  deployment_affinity_ttl_seconds: later('seconds', 'How long a key stays with a deployment.'),
  model_group_affinity_config: later('map', 'Which groups keep a key at a deployment.'),
  enable_tag_filtering: later('flag', 'Chooses deployments by tag.'),
  tag_filtering_match_any: later('flag', 'One tag in common suffices.'),
  enable_weighted_failover: later('flag', 'Tries other deployments of the group before fallback groups.'),
  cooldown_time: later('seconds', 'How long a deployment rests after failures.', '5'),
  disable_cooldowns: later('flag', 'No deployment ever rests.'),
  allowed_fails: later('integer', 'Failures before a deployment rests.', '3'),
  allowed_fails_policy: later('map', 'Failures before a deployment rests, by kind.'),
  default_max_parallel_requests: later('integer', 'Requests at one time a deployment takes.'),
  default_priority: later('integer', 'Priority of a request in the queue.'),
  polling_interval: later('seconds', 'How often the queue is looked at.'),
  provider_budget_config: later('map', 'Budgets by provider.'),
  redis_host: later('text', 'Redis: host.'),
  redis_port: later('port', 'Redis: port.'),
  redis_password: later('secret', 'Redis: password.'),
  redis_username: later('text', 'Redis: user.'),
  redis_db: later('integer', 'Redis: database number.'),
  redis_url: later('secret', 'Redis: URL.'),
  redis_ssl: later('flag', 'Redis: TLS.'),
  cache_responses: later('flag', 'Whether answers are cached.'),
  cache_kwargs: later('map', 'Settings of the cache.'),
  caching_groups: later('list', 'Groups that share cached answers.'),
  alerting_config: later('map', 'Where alerts go.'),
  enable_health_check_routing: later('flag', 'Leaves out deployments that failed their health check.'),
  health_check_staleness_threshold: later('seconds', 'Age at which a health check no longer counts.'),
  health_check_ignore_transient_errors: later('flag', 'Rate limits and timeouts do not count as unhealthy.'),
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

/** The members of `general_settings`. */
export const GENERAL_SETTINGS: SettingTable = table({
  master_key: now(
    'secret',
    "The administrator's key.",
    '`LITELLM_MASTER_KEY`, else made once and kept in the data folder',
  ),
  host: guideNow(
    'text',
    'Address to listen on. Only 0.0.0.0 (or `--host`) makes the gateway reachable from other machines.',
    '127.0.0.1',
  ),
  port: guideNow('port', 'Port to listen on.', '`PORT`, else 4000'),
  max_request_size_mb: now('number', 'Largest request body.', '10'),
  max_response_size_mb: now('number', 'Largest answer that is not streamed.', '100'),
  litellm_key_header_name: now('text', 'A further header that may carry the key.'),
  enable_prometheus_metrics: guideNow('flag', 'Whether metrics are served.', 'true'),
  prometheus_metrics_url: guideNow('text', 'Path of the metrics.', '/metrics'),
  global_max_budget: guideLater('usd', 'Budget of the whole gateway.'),
  budget_alert_threshold: guideLater('ratio', 'Share of a budget at which an alert goes out.'),
  completion_model: later('text', 'Model used for all completions, whatever is asked for.'),
  embedding_model: later('text', 'Model used for all embeddings.'),
  image_generation_model: later('text', 'Model used for all images.'),
  moderation_model: later('text', 'Model used for moderation.'),
  infer_model_from_keys: later('flag', 'Serves the models of all provider keys that are set.'),
  max_parallel_requests: later('integer', 'Requests at one time per deployment.'),
  global_max_parallel_requests: later('integer', 'Requests at one time in all.'),
  disable_retry_on_max_parallel_request_limit_error: later('flag', 'Does not retry when that limit is reached.'),
  cancel_on_disconnect: later('flag', 'Ends the provider call when the client leaves. (Always done here.)'),
  enable_drain_endpoint: later('flag', 'Offers `/health/drain`.'),
  drain_endpoint_token: later('secret', 'What `/health/drain` asks for.'),
  background_health_checks: later('flag', 'Checks deployments in the background.'),
  health_check_interval: later('seconds', 'How often.'),
  health_check_details: later('flag', 'Shows details in health answers.'),
  health_check_concurrency: later('integer', 'Health checks at one time.'),
  health_check_staleness_threshold: later('seconds', 'Age at which a health check no longer counts.'),
  health_check_ignore_transient_errors: later('flag', 'Rate limits and timeouts do not count as unhealthy.'),
  health_check_skip_disabled_background_models: later('flag', 'Leaves those deployments out of `/health` too.'),
  enable_health_check_routing: later('flag', 'Leaves out deployments that failed their health check.'),
  use_shared_health_check: later('flag', 'Shares health checks between instances.'),
  database_url: later('secret', 'Database of keys, teams and spend.'),
  database_connection_pool_limit: later('integer', 'Connections to the database.'),
  database_connection_timeout: later('seconds', 'Limit for getting a connection.'),
  database_connection_pool_timeout: later('seconds', 'Limit for getting a connection.'),
  database_connect_timeout: later('seconds', 'Limit for connecting to the database.'),
  database_socket_timeout: later('seconds', 'Longest silence of a database connection.'),
  database_type: later('text', 'Kind of database.'),
  database_args: later('map', 'Settings of that kind.'),
  store_model_in_db: later('flag', 'Keeps models in the database.'),
  supported_db_objects: later('texts', 'What is kept in the database.'),
  store_prompts_in_spend_logs: later('flag', 'Keeps prompts and answers in the ledger.'),
  disable_spend_logs: later('flag', 'Keeps no ledger of requests.'),
  disable_spend_updates: later('flag', 'Does not sum up spend.'),
  disable_error_logs: later('flag', 'Keeps no errors in the database.'),
  disable_reset_budget: later('flag', 'Does not start budgets anew.'),
  maximum_spend_logs_retention_period: later('text', 'How long the ledger is kept.'),
  maximum_spend_logs_retention_interval: later('text', 'How often it is cleaned.'),
  maximum_spend_logs_cleanup_cron: later('text', 'When it is cleaned.'),
  proxy_budget_rescheduler_min_time: later('seconds', 'Shortest time between two looks at budget periods.'),
  proxy_budget_rescheduler_max_time: later('seconds', 'Longest time between two looks at budget periods.'),
  proxy_batch_write_at: later('seconds', 'How often spend is written.'),
  proxy_batch_polling_interval: later('seconds', 'How often batches are looked at.'),
  use_redis_transaction_buffer: later('flag', 'Gathers spend in Redis.'),
  allow_requests_on_db_unavailable: later('flag', 'Serves on when the database is away.'),
  fail_closed_budget_enforcement: later('flag', 'Checks budgets against the database each time.'),
  disable_budget_reservation: later('flag', 'Does not reserve an estimate against budgets.'),
  user_api_key_cache_ttl: later('seconds', 'How long a looked-up key is remembered.'),
  enforce_user_param: later('flag', 'Refuses requests without `user`.'),
  enforced_params: later('texts', 'Request fields that must be there.'),
  reject_clientside_metadata_tags: later('flag', 'Refuses tags in requests.'),
  user_header_name: later('text', 'Header that names the end user.'),
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
  default_team_disabled: later('flag', 'Keys must belong to a team.'),
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
  alerting: later('texts', 'Where alerts go.'),
  alerting_threshold: later('seconds', 'Duration at which a request is slow.'),
  alerting_args: later('map', 'Settings of alerts.'),
  alert_types: later('texts', 'Which alerts go out.'),
  alert_to_webhook_url: later('map', 'Address by kind of alert.'),
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
  token_rate_limit_type: later('text', 'Which tokens count against limits: `total`, `input` or `output`.'),
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
  store_audit_logs: later('flag', 'Keeps a record of changes by administrators.'),
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
});

/** The members of a `user_api_key_list` entry: the guide's, and what LiteLLM's `/key/generate` takes. */
export const DECLARED_KEY: SettingTable = table({
  api_key: guideNow('secret', 'The key, taken as it stands. Required.'),
  key: now('secret', 'Another name for `api_key`.'),
  allowed_models: guideNow('texts', 'Model groups the key may use, wildcards allowed.', 'all'),
  models: now('texts', 'Another name for `allowed_models`.'),
  user_id: guideNow('text', 'Who the key belongs to.'),
  key_alias: now('text', 'A name for logs and metrics.'),
  team_id: now('text', 'The team it belongs to.'),
  blocked: now('flag', 'Whether the key is refused.', 'false'),
  metadata: now('map', 'Remarks kept with the key.'),
  max_budget: guideLater('usd', 'Budget of the key.'),
  budget_reset_period: guideLater('text', 'Period of the budget: `daily`, `weekly`, `monthly`, or `30d`.'),
  budget_duration: later('text', 'Another name for `budget_reset_period`.'),
  soft_budget: later('usd', 'Spend at which an alert goes out.'),
  rpm_limit: guideLater('integer', 'Requests per minute.'),
  tpm_limit: later('integer', 'Tokens per minute.'),
  max_parallel_requests: later('integer', 'Requests at one time.'),
  ...several('rpm_limit_type tpm_limit_type', () => later('text', 'How strictly the limit is kept.')),
  model_max_budget: later('map', 'Budgets by model.'),
  model_rpm_limit: later('map', 'Requests per minute by model.'),
  model_tpm_limit: later('map', 'Tokens per minute by model.'),
  mcp_rpm_limit: later('map', 'Requests per minute by MCP server.'),
  tag_rpm_limit: later('map', 'Requests per minute by tag.'),
  budget_limits: later('list', 'Several budgets with periods.'),
  budget_fallbacks: later('map', 'Models used when a budget is spent.'),
  budget_id: later('text', 'A named budget.'),
  throttle_on_budget_exceeded: later('flag', 'Slows down instead of refusing.'),
  spend: later('usd', 'What was spent already.'),
  duration: later('text', 'How long the key is valid.'),
  aliases: later('map', 'Model aliases of this key.'),
  config: later('map', 'Settings of this key.'),
  permissions: later('map', 'Permissions of this key.'),
  object_permission: later('map', 'MCP servers and vector stores it may use.'),
  allowed_cache_controls: later('texts', 'Cache controls its requests may use.'),
  allowed_routes: later('texts', 'The only paths it may call.'),
  allowed_passthrough_routes: later('texts', 'Pass-through paths it may call.'),
  allowed_vector_store_indexes: later('list', 'Vector store indexes it may use.'),
  access_group_ids: later('texts', 'Access groups.'),
  guardrails: later('texts', 'Guardrails of its requests.'),
  disable_global_guardrails: later('flag', 'Leaves guardrails for all out.'),
  policies: later('texts', 'Policies of its requests.'),
  prompts: later('texts', 'Prompt templates it may use.'),
  tags: later('texts', 'Tags of its requests.'),
  enforced_params: later('texts', 'Request fields that must be there.'),
  router_settings: later('map', 'Routing of its requests.'),
  key_type: later('text', 'What kind of paths it is for.'),
  auto_rotate: later('flag', 'Replaces the key from time to time.'),
  rotation_interval: later('text', 'How often.'),
  send_invite_email: later('flag', 'Tells the user by mail.'),
  agent_id: later('text', 'The agent it belongs to.'),
  organization_id: later('text', 'The organisation it belongs to.'),
  project_id: later('text', 'The project it belongs to.'),
  user_email: later('text', "The user's address."),
});

/** The members of `cache_params` (and of the guide's `cache` map). */
export const CACHE_PARAMS: SettingTable = table({
  type: later(
    ['local', 'redis', 'redis-semantic', 'valkey-semantic', 'qdrant-semantic', 's3', 'gcs', 'azure-blob', 'disk'],
    'Where answers are cached.',
    'redis when a host is given, else local',
  ),
  host: later('text', 'Redis: host.'),
  port: later('port', 'Redis: port.'),
  username: later('text', 'Redis: user.'),
  password: later('secret', 'Redis: password.'),
  db: later('integer', 'Redis: database number.'),
  url: later('secret', 'Redis: URL.'),
  ssl: later('flag', 'Redis: TLS.'),
  ssl_cert_reqs: later('any', 'Redis: how certificates are checked.'),
  ssl_check_hostname: later('flag', 'Redis: whether the host name is checked.'),
  namespace: later('text', 'Prefix of all keys in the cache.'),
  ttl: later('seconds', 'How long a cached answer lives.'),
  default_in_memory_ttl: later('seconds', 'How long it lives in memory.'),
  default_in_redis_ttl: later('seconds', 'How long it lives in Redis.'),
  max_connections: later('integer', 'Redis: connections.'),
  redis_startup_nodes: later('list', 'Redis cluster: nodes.'),
  service_name: later('text', 'Redis sentinel: service.'),
  sentinel_nodes: later('list', 'Redis sentinel: nodes.'),
  sentinel_password: later('secret', 'Redis sentinel: password.'),
  gcp_service_account: later('text', 'Redis: Google service account.'),
  gcp_ssl_ca_certs: later('text', 'Redis: CA file.'),
  supported_call_types: later('texts', 'Kinds of requests that are cached.'),
  mode: later(['default_on', 'default_off'], 'Whether requests are cached unless they say otherwise.', 'default_on'),
  similarity_threshold: later('ratio', 'How alike two prompts must be.'),
  cache_system_prompt_only: guideLater('flag', 'Caches only what depends on the system prompt alone.'),
  disk_cache_dir: later('text', 'Disk: folder.'),
  ...several(
    `redis_semantic_cache_use_async redis_semantic_cache_embedding_model redis_semantic_cache_index_name
     valkey_semantic_cache_embedding_model valkey_semantic_cache_index_name qdrant_api_base qdrant_collection_name
     qdrant_quantization_config qdrant_semantic_cache_embedding_model qdrant_semantic_cache_vector_size s3_bucket_name
     s3_region_name s3_endpoint_url s3_path s3_api_version s3_use_ssl s3_verify gcs_bucket_name gcs_path
     gcs_path_service_account azure_account_url azure_blob_container`,
    (name) => later('any', `${name.split('_')[0]}: ${name.split('_').slice(1).join(' ')}.`),
  ),
  ...several('qdrant_api_key s3_aws_access_key_id s3_aws_secret_access_key s3_aws_session_token', (name) =>
    later('secret', `${name.split('_')[0]}: ${name.split('_').slice(1).join(' ')}.`),
  ),
});

/** Request fields that may stand in `litellm_params` as defaults; known only so that a misspelt setting can be told from them. */
export const REQUEST_FIELDS: ReadonlySet<string> = new Set(
  `temperature top_p top_k min_p n max_tokens max_completion_tokens stop seed presence_penalty frequency_penalty
   repetition_penalty logit_bias logprobs top_logprobs response_format tools tool_choice parallel_tool_calls functions
   function_call reasoning_effort reasoning thinking verbosity modalities audio prediction store metadata service_tier
   user stream stream_options web_search_options dimensions encoding_format input_type safety_settings provider
   extra_body prompt_cache_key prompt_cache_retention safety_identifier context_management output_config system
   stop_sequences best_of echo suffix num_ctx keep_alive think enable_thinking do_sample chat_template_kwargs
   guided_json guided_regex guided_choice search_parameters transforms models route plugins reasoning_format
   include_reasoning truncate budget_tokens language_model_options`
    .trim()
    .split(/\s+/),
);
