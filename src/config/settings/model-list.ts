/** Settings of deployments: `model_list`, and the credentials they may share. */
import { later, never, now, own, PYTHON, protection, type SettingRows } from '../setting-rows.ts';
import { ACCESS_WINDOW_MEMBERS, readAccessWindows } from './access-windows.ts';
import { readClientAuth } from './client-auth.ts';
import { COMPRESS_SETTINGS } from './compress.ts';
import { DEPLOYMENT_TLS } from './connection-tls.ts';
import { listOfDropped } from './other-values.ts';
import type { PeriodBudgetConfig } from './period-budget.ts';
import { PRICE_SETTINGS } from './prices.ts';
import { PROMPT_CACHE_SETTINGS } from './prompt-cache.ts';
import { ALLOWED_FAILS } from './routing-maps.ts';

/** What is done in place of calls. */
const MOCK_SETTINGS = {
  mock_response: now(
    'any',
    'Answers in place of the provider, at no cost: with this text, with a whole answer (a map), with a vector (a list of numbers), or with an error (`litellm.RateLimitError`, `litellm.InternalServerError`, `litellm.ContextWindowExceededError`, …).',
  ),
  mock_tool_calls: now('list', 'Answers with these tool calls in place of the provider.'),
  mock_timeout: now('flag', 'Does not answer until the time limit is over.', { default: false }),
  mock_delay: now('seconds', 'Waits before the mock answer.', { default: 0 }),
  mock_testing_fallbacks: now('flag', 'Fails so that fallbacks are used.', { default: false }),
  mock_testing_context_fallbacks: now('flag', 'Fails as if each prompt were too long.', { default: false }),
  mock_testing_context_window_fallbacks: now('flag', 'The same by its other name.', { default: false }),
  mock_testing_content_policy_fallbacks: now('flag', 'Fails as if a content filter refused.', { default: false }),
  mock_testing_rate_limit_error: now('flag', 'Answers the first attempt of a request with a rate limit.', {
    default: false,
  }),
} satisfies SettingRows;

/** The members of `model_info`. Further ones are kept as written. */
export const MODEL_INFO = {
  id: now('text', 'Id of the deployment.', {
    otherwise: 'a hash of the group and the parameters that are not secrets',
  }),
  base_model: now('text', 'Model name by which prices and limits are looked up.'),
  mode: now('text', 'Kind of work: `chat`, `responses`, `completion`, `embedding`, …'),
  max_tokens: now('integer', 'Most tokens of an answer.'),
  max_input_tokens: now('integer', 'Most tokens of a prompt.'),
  max_output_tokens: now('integer', 'Most tokens of an answer.'),
  description: now('text', 'Shown in `/model/info`.'),
  litellm_provider: now('text', 'Provider whose price list is meant.'),
  version: now('any', 'A remark.'),
  blocked: now('flag', 'Takes the deployment out of service.'),
  access_groups: now('texts', 'Groups of models, which lists of allowed models may name.'),
  deprecation_date: now(
    'text',
    'Day on which its provider will switch it off (`2027-03-01`); `/model/deprecations` lists it.',
  ),
  successor_model: now('text', 'Model that `/model/deprecations` names in its place.'),
  team_id: now('text', 'The only team whose keys may use the deployment.'),
  team_public_model_name: now('text', 'The name by which these keys ask for it; `model_name` if it is not set.'),
  access_windows: now('list', 'Hours of the day at which only some teams may use the deployment.', {
    to: 'accessWindows',
    read: readAccessWindows,
    members: ACCESS_WINDOW_MEMBERS,
  }),
  itpm: now('integer', 'As in `litellm_params`, which wins.', 'itpm'),
  otpm: now('integer', 'As in `litellm_params`, which wins.', 'otpm'),
  tier: never('text', 'LiteLLM reads it no longer; tags choose deployments.'),
  allowed_fails: now('integer', 'Failures in a minute that the deployment may have.', {
    to: 'allowedFails',
    otherwise: '`router_settings.allowed_fails`',
  }),
  allowed_fails_policy: now('map', 'The same by class of failure.', {
    to: 'allowedFailsByClass',
    read: ALLOWED_FAILS.read,
    members: ALLOWED_FAILS.members,
  }),
  health_check_model: now('text', 'Model asked in health checks; a wildcard is not checked without one.'),
  health_check_timeout: now('seconds', 'Limit of a health check.', { default: 30 }),
  health_check_max_tokens: now('integer', 'Tokens asked for in a health check.', { default: 16 }),
  health_check_params: now('map', 'Further request fields of a health check.'),
  health_check_voice: later('text', 'Voice of a speech health check.'),
  disable_background_health_check: now('flag', 'Leaves the deployment out of background checks.', { default: false }),
  litellm_credential_name: now(
    'text',
    'The entry of `credential_list` that the deployment uses, if `litellm_params` names none.',
  ),
  db_model: never('flag', 'Set by LiteLLM for models kept in its database.'),
  created_at: now('text', 'A remark.'),
  created_by: now('text', 'A remark.'),
  updated_at: now('text', 'A remark.'),
  updated_by: now('text', 'A remark.'),
} satisfies SettingRows;

/** The same, prices among them. */
export const INFO = { as: 'map', rows: { ...MODEL_INFO, ...PRICE_SETTINGS }, id: 'model_info', isOpen: true } as const;

/** The members of `litellm_params`. Whatever is not here becomes a request field that is sent when the client leaves it out. */
export const MODEL_PARAMS = {
  model: now('text', "`provider/model`: who answers, and the provider's own name for the model. Required."),
  api_key: now('secret', "The provider's key.", { otherwise: "the provider's environment variable" }),
  api_base: now('text', "The provider's base URL.", { otherwise: "the provider's own" }),
  base_url: now('text', 'Another name for `api_base`.'),
  api_version: now('text', 'API version, if the provider has versions in its URL.', 'apiVersion'),
  organization: now('text', 'Organisation sent to the provider.', 'organization'),
  custom_llm_provider: now('text', 'The provider, when `model` does not name it; wins over the prefix.'),
  litellm_credential_name: now(
    'text',
    'The entry of `credential_list`, else the credential of the API, whose parameters this deployment uses.',
  ),
  timeout: now('seconds', 'Limit of an attempt.', { to: 'timeoutMs', otherwise: '`router_settings.timeout`' }),
  stream_timeout: now(
    'seconds',
    'Limit of a streamed attempt up to its first content, and of every silence after it.',
    {
      to: 'streamTimeoutMs',
      otherwise: '`timeout`',
    },
  ),
  ttft_timeout: now('seconds', 'Limit until the first token.', 'firstTokenTimeoutMs'),
  stream_idle_timeout: now('seconds', 'Longest silence between two chunks.', {
    to: 'idleTimeoutMs',
    otherwise: '`stream_timeout`, else `router_settings.stream_idle_timeout`',
  }),
  extra_headers: now('map', 'Headers added to each call.'),
  headers: now('map', 'Another name for `extra_headers`.'),
  ...DEPLOYMENT_TLS,
  drop_params: now('flag', 'Drop parameters the provider does not take, instead of answering 400.', {
    to: 'dropParams',
    otherwise: '`litellm_settings.drop_params`',
    takes: listOfDropped,
  }),
  additional_drop_params: now('texts', 'Request fields that are always dropped.', 'additionalDropParams', []),
  weight: now('number', 'Its share of the requests of its group.', { to: 'weight', otherwise: 'equal shares' }),
  model_info: now('map', 'Same as `model_info` beside `litellm_params`.', { members: INFO }),
  num_retries: now('integer', 'Further tries after a failure.', {
    to: 'numRetries',
    otherwise: '`router_settings.num_retries`',
  }),
  max_retries: now('integer', 'Another name for `num_retries`.', 'numRetries'),
  order: now('integer', 'Deployments of the lowest order are tried first, those without any last.', 'order'),
  rpm: now('integer', 'Requests per minute this deployment takes; its share in simple shuffle.', 'rpm'),
  tpm: now('integer', 'Tokens per minute this deployment takes; its share in simple shuffle.', 'tpm'),
  itpm: now(
    'integer',
    "Input tokens per minute this deployment takes, without those from the provider's prompt cache. Holds where `rpm` and `tpm` do.",
    'itpm',
  ),
  otpm: now('integer', 'Output tokens per minute this deployment takes. Holds where `rpm` and `tpm` do.', 'otpm'),
  max_parallel_requests: now('integer', 'Requests at one time this deployment takes.', 'maxParallelRequests'),
  default_api_key_tpm_limit: now(
    'integer',
    'Tokens per minute that each key may use of the group, if the key and its team have no `model_tpm_limit`. Of several deployments the lowest counts.',
    'keyTpmLimit',
  ),
  default_api_key_rpm_limit: now(
    'integer',
    'Requests per minute that each key may make to the group, if the key and its team have no `model_rpm_limit`.',
    'keyRpmLimit',
  ),
  tags: now('texts', 'Tags by which requests choose deployments; `default` for those that choose none.', 'tags', []),
  tag_regex: now(
    'texts',
    'Patterns by which clients choose deployments with `enable_tag_filtering`, searched in `User-Agent: ` and the header; `(?i)` at the beginning ignores case.',
    'agentPatterns',
  ),
  cooldown_time: now('seconds', 'How long the deployment rests after failures; 0: never.', {
    to: 'cooldownMs',
    otherwise: '`router_settings.cooldown_time`',
  }),
  max_budget: now('usd', 'Budget of this deployment: once it is spent, others of the group are used.', {
    to: 'budget',
    otherwise: 'none',
    convert: (max): PeriodBudgetConfig => ({ max }),
  }),
  budget_duration: now('period', 'Period after which that budget resets (`30d`, `1mo`).', { otherwise: 'never' }),
  region_name: now('text', 'Region of the deployment, for requests that ask for one.', 'region'),
  allowed_openai_params: now(
    'texts',
    'Request fields passed on although the provider is not known to take them, or could charge for them beside tokens: under a budget others than the known ones are refused. Kinds of tools and words of `anthropic-beta` may be listed too.',
    'allowedOpenaiParams',
    [],
  ),
  merge_reasoning_content_in_choices: now(
    'flag',
    'Puts reasoning into the text of chat completions, between `<think>` and `</think>`.',
    { to: 'mergesReasoning', otherwise: 'false' },
  ),
  supports_system_message: now('flag', 'False turns system messages into user messages.', {
    to: 'takesSystem',
    otherwise: 'true',
  }),
  ensure_alternating_roles: now('flag', 'Inserts messages so that user and assistant take turns.', {
    to: 'alternatesRoles',
    otherwise: 'false',
  }),
  user_continue_message: now(
    'map',
    'The message inserted between two assistant messages, before the first and after the last.',
    {
      to: 'userContinues',
      otherwise: '`Please continue.` with `ensure_alternating_roles`',
    },
  ),
  assistant_continue_message: now('map', 'The message inserted between two user messages.', {
    to: 'assistantContinues',
    otherwise: '`Please continue.` with `ensure_alternating_roles`',
  }),
  use_in_pass_through: later('flag', 'Offers the credentials to pass-through routes.'),
  use_litellm_proxy: later('flag', 'Calls the model through another gateway.'),
  use_chat_completions_api: now('flag', 'Uses chat completions in place of the Responses API, as `mode: chat` does.', {
    default: false,
  }),
  use_xai_oauth: later('flag', 'Signs in by OAuth instead of a key.'),
  configurable_clientside_auth_params: now(
    'list',
    'Connection parameters that requests may bring in their bodies in place of those here: `api_key`, `api_version`, `organization`, and addresses that a pattern fits as a whole, with a key of their own: `{ api_base: "^https://…$" }`. Such requests do not fall back.',
    { to: 'clientAuth', read: readClientAuth, otherwise: 'none' },
  ),
  max_file_size_mb: later('number', 'Largest file that is taken.'),
  ...PROMPT_CACHE_SETTINGS,
  ...COMPRESS_SETTINGS,
  prompt_id: later('text', 'Prompt template used for each request.'),
  prompt_variables: later('map', 'Values for the prompt template.'),
  rules: protection('any', 'Checks of input and output.'),
  guardrails: protection('texts', 'Guardrails of this deployment.'),
  ...MOCK_SETTINGS,
  silent_model: now(
    'texts',
    'Groups that get a copy of each chat this deployment was asked first, when it is over. Their answers are dropped, and the platform pays: 16 at a time on each instance, none of a request above 1 MiB.',
    'silentModels',
  ),
  fallbacks: now('texts', 'Groups tried when its group fails; they win over those of `router_settings`.', {
    to: 'fallbacks',
    otherwise: '`router_settings.fallbacks`',
  }),
  azure_ad_token: now('secret', 'Azure: a token of Microsoft Entra ID in place of a key.', {
    variable: 'AZURE_AD_TOKEN',
  }),
  azure_ad_token_provider: never('any', PYTHON),
  tenant_id: now(
    'text',
    'Azure: tenant of Microsoft Entra ID, whose tokens are fetched and renewed in place of a key. The address of `AZURE_AUTHORITY_HOST` wins over the public one.',
    { variable: 'AZURE_TENANT_ID' },
  ),
  client_id: now('text', 'Azure: the application that asks for them.', { variable: 'AZURE_CLIENT_ID' }),
  client_secret: now('secret', 'Azure: its secret.', { variable: 'AZURE_CLIENT_SECRET' }),
  azure_username: now('text', 'Azure: the user in whose name it asks, if it has no secret.', {
    variable: 'AZURE_USERNAME',
  }),
  azure_password: now('secret', 'Azure: the password of that user.', { variable: 'AZURE_PASSWORD' }),
  azure_scope: now('text', 'Azure: what the tokens are for.', {
    variable: 'AZURE_SCOPE',
    otherwise: '`https://cognitiveservices.azure.com/.default`',
  }),
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
  candidates: own('texts', 'With `model: auto_router/cost-quality`: the groups to choose from, the weakest first.'),
  baseline_model: own(
    'text',
    'With `model: auto_router/…`: the candidate that quality and savings are measured against (the last one).',
  ),
  quality_floor: own(
    'ratio',
    'With `model: auto_router/cost-quality`: the share of the best candidate’s quality that a cheaper one must be expected to reach (0.95).',
  ),
  router_file: own('text', 'With `model: auto_router/cost-quality`: the router that `sluice calibrate` wrote.'),
  router_models: own(
    'map',
    'Which candidate a model of that router is, if their names differ: `{"gpt-4o-mini": "small"}`.',
  ),
  auto_router_config_path: now('text', 'With `model: auto_router/NAME`: file with the routes.'),
  auto_router_config: now('any', 'With `model: auto_router/NAME`: the routes, a map or its JSON text.'),
  auto_router_default_model: now('text', 'With `model: auto_router/NAME`: group if no route matches.'),
  auto_router_embedding_model: later('text', 'Automatic routing: embedding group.'),
  complexity_router_config: now(
    'map',
    'With `model: auto_router/complexity_router`: `tiers`, a group (or a list of them) for each of SIMPLE, MEDIUM, COMPLEX and REASONING.',
  ),
  complexity_router_default_model: now(
    'text',
    'With `model: auto_router/complexity_router`: group of a tier without one.',
  ),
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
} satisfies SettingRows;

/** The same, prices among them. */
export const PARAMS = {
  as: 'map',
  rows: { ...MODEL_PARAMS, ...PRICE_SETTINGS },
  id: 'litellm_params',
  isOpen: true,
} as const;

/** The members of a `model_list` entry. */
export const MODEL_ENTRY = {
  model_name: now('text', 'The name clients ask for; entries of one name form a group. `*` matches anything.'),
  litellm_params: now('map', 'How the provider is called.', { members: PARAMS }),
  model_info: now('map', 'What is known about the model: prices, limits, an id.', { members: INFO }),
} satisfies SettingRows;

/** The members of a `credential_list` entry. */
export const CREDENTIAL_ENTRY = {
  credential_name: now('text', 'The name deployments refer to.'),
  credential_values: now('map', 'Members of `litellm_params`, such as `api_key` and `api_base`.', { members: PARAMS }),
  credential_info: now('map', 'A remark.'),
} satisfies SettingRows;

/** Request fields that `litellm_params` may hold as defaults; known only to tell a misspelt setting from them. */
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
