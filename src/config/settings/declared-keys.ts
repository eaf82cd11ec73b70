/** Settings of `user_api_key_list`. */
import type { DeniableControl } from '../../routing/request-controls.ts';
import { guideLater, guideNow, later, now, own, type SettingTable, several, table } from './setting.ts';

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
  metadata: now('map', 'Remarks kept with the key, and what its requests may say of routing.'),
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
  tags: now('texts', 'Tags of its requests, for tag routing.'),
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

const DENIABLE = [
  'fallbacks',
  'num_retries',
  'timeout',
  'tags',
  'disable_fallbacks',
] as const satisfies readonly DeniableControl[];

/** The members of a key's `metadata` that act. Further ones are remarks. */
export const KEY_METADATA: SettingTable = table({
  disable_fallbacks: now('flag', 'Requests of the key never fall back.', 'false'),
  deny_request_controls: own({ eachOf: DENIABLE }, 'What requests of the key may not say of their own routing.'),
  tags: now('texts', 'Tags of its requests, for tag routing.'),
});
