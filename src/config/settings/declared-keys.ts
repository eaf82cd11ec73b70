/** Settings of `user_api_key_list`. */
import type { DeniableControl } from '../../routing/request-controls.ts';
import { guideNow, later, never, now, own, protection, type SettingRows, several } from '../setting-rows.ts';
import { BINDINGS, textsByName } from './declared-objects.ts';
import { LIMITS } from './limits.ts';
import { OWN_ROUTER_SETTINGS } from './own-routing.ts';
import { readCounts } from './period-budget.ts';

const DENIABLE = [
  'fallbacks',
  'num_retries',
  'timeout',
  'tags',
  'disable_fallbacks',
] as const satisfies readonly DeniableControl[];

/** The members of a key's `metadata` that act. Further ones are remarks. */
export const KEY_METADATA = {
  disable_fallbacks: now('flag', 'Requests of the key never fall back.', { default: false }),
  deny_request_controls: own({ eachOf: DENIABLE }, 'What requests of the key may not say of their own routing.'),
  tags: now('texts', 'Tags of its requests, for tag routing.'),
} satisfies SettingRows;

/** The members of a `user_api_key_list` entry: the guide's, and what LiteLLM's `/key/generate` takes. */
export const DECLARED_KEY = {
  api_key: guideNow('secret', 'The key, as it is sent. Required.', 'key'),
  key: now('secret', 'Another name for `api_key`.', 'key'),
  allowed_models: guideNow('texts', 'Model groups the key may use, wildcards allowed.', {
    to: 'models',
    default: [],
    otherwise: 'all',
  }),
  models: now('texts', 'Another name for `allowed_models`.', 'models'),
  user_id: guideNow('text', 'Who the key belongs to.', 'userId'),
  key_alias: now('text', 'A name for logs and metrics.', 'alias'),
  team_id: now('text', 'The team it belongs to.', 'teamId'),
  blocked: now('flag', 'Whether the key is refused.', 'blocked', false),
  metadata: now('map', 'Remarks kept with the key, and what its requests may say of routing.', {
    members: { as: 'map', rows: KEY_METADATA, isOpen: true },
  }),
  ...LIMITS,
  max_budget: { ...LIMITS.max_budget, from: 'guide' },
  budget_reset_period: guideNow('period', 'Another name for `budget_duration`.', 'budgetDuration'),
  rpm_limit: { ...LIMITS.rpm_limit, from: 'guide' },
  ...several('rpm_limit_type tpm_limit_type', () =>
    never('text', 'Limits always hold here; their sum over the keys of a team is not compared with its own.'),
  ),
  mcp_rpm_limit: later('map', 'Requests per minute by MCP server.'),
  tag_rpm_limit: now('map', 'Tag → requests of the key in any 60 seconds that have it.', {
    to: 'tagRpmLimit',
    read: readCounts,
  }),
  budget_fallbacks: now(
    'map',
    'Model group → the groups that are asked in its place, in their order, when the budget of the key for it is spent.',
    'budgetFallbacks',
  ),
  throttle_on_budget_exceeded: now(
    'flag',
    'Slows the key down when its `max_budget` is spent, instead of refusing: to `budget_exceeded_throttle_percentage` of its `rpm_limit` and `tpm_limit`.',
    'throttles',
  ),
  spend: never('usd', 'The ledger knows what was spent.'),
  duration: never('text', 'A key in a file is valid until `expires`, or forever.'),
  expires: now('moment', 'Valid until this date, or date and time.', { to: 'expiresAtMs', otherwise: 'never' }),
  aliases: now('map', 'Names that its requests may use → model groups.', { to: 'aliases', convert: textsByName }),
  config: never(
    'map',
    'LiteLLM lets a key have a list of models of its own; here models with `model_info.team_id` are those of a team.',
  ),
  permissions: never(
    'map',
    'What a key may call follows from `allowed_routes`, `key_type` and the role of its user; a key reads its own spend without a permission.',
  ),
  object_permission: later('map', 'MCP servers and vector stores it may use.'),
  allowed_cache_controls: now('texts', 'The only members of `cache` that its requests may bring.', {
    to: 'allowedCacheControls',
    otherwise: 'all',
  }),
  allowed_routes: now('texts', 'The only paths it may call; `*` matches anything.', 'allowedRoutes'),
  allowed_passthrough_routes: later('texts', 'Pass-through paths it may call.'),
  allowed_vector_store_indexes: later('list', 'Vector store indexes it may use.'),
  access_group_ids: now(
    'texts',
    'Access groups whose models it may use besides `models`; if it names no models, it may use these alone.',
    'accessGroups',
  ),
  guardrails: protection('texts', 'Guardrails of its requests.'),
  disable_global_guardrails: later('flag', 'Skips the guardrails that are for all.'),
  policies: protection('texts', 'Policies of its requests.'),
  prompts: later('texts', 'Prompt templates it may use.'),
  tags: now('texts', 'Tags of its requests, for tag routing.'),
  ...BINDINGS,
  enforced_params: now('texts', 'Request fields that must be there.', 'enforcedParams'),
  router_settings: OWN_ROUTER_SETTINGS,
  key_type: now(['default', 'llm_api', 'management', 'read_only'], 'What kind of paths it is for.', {
    to: 'keyType',
    default: 'default',
  }),
  auto_rotate: never('flag', 'A key in a file stays as it is written.'),
  rotation_interval: never('text', 'A key in a file stays as it is written.'),
  send_invite_email: later('flag', 'Informs the user by mail.'),
  agent_id: later('text', 'The agent it belongs to.'),
  organization_id: now('text', 'The organisation it belongs to.', 'organizationId'),
  project_id: never('text', 'There are no projects here: teams, organisations and tags have budgets and models.'),
  user_email: never('text', 'Where LiteLLM sends an invitation; the address of a user is `user_email` of `users`.'),
} satisfies SettingRows;
