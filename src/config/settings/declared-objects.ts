/** Settings of `organizations`, `teams`, `users`, `customers` and `tags`: what LiteLLM's API takes to make one, in a file. */
import type { JsonObject } from '../../core/json.ts';
import { later, never, now, own, protection, type SettingRows, several } from '../setting-rows.ts';
import { LIMITS } from './limits.ts';
import { OWN_ROUTER_SETTINGS } from './own-routing.ts';

const METADATA = now('map', 'Remarks kept with it.', 'metadata', {});
const BLOCKED = 'Whether all its requests are refused.';
const MODELS = 'Model groups its requests may use, wildcards allowed.';

/** Which tags and customers the requests of a key or team may name. */
export const BINDINGS = {
  allowed_tags: own('texts', 'The only tags that its requests may name; `*` matches anything.', {
    to: 'allowedTags',
    otherwise: 'as `budget_settings.client_names` says',
  }),
  allowed_customers: own('texts', 'The only customers that its requests may name; `*` matches anything.', {
    to: 'allowedCustomers',
    otherwise: 'as `budget_settings.client_names` says',
  }),
  traffic_class: own(
    ['critical', 'standard', 'batch'],
    'The kind of its traffic, and the best that its requests may claim, where `degradation_settings` are on.',
    { to: 'trafficClass', otherwise: 'that of its team, or `standard`' },
  ),
} satisfies SettingRows;

/** The texts of a map; undefined if it holds none. */
export function textsByName(map: JsonObject): Readonly<Record<string, string>> | undefined {
  const texts = Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

/** The roles of users, as LiteLLM names them. */
export const USER_ROLES = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;
/** The roles of users in a team. */
const TEAM_ROLES = ['user', 'admin'] as const;
/** The roles of users in an organisation. */
const ORGANIZATION_ROLES = ['org_admin', 'internal_user', 'internal_user_viewer'] as const;

/** The members of an entry of `organizations[].members`. */
export const ORGANIZATION_MEMBER = {
  user_id: now('text', 'The user. Required.', 'userId'),
  role: now(ORGANIZATION_ROLES, 'What the user may do in it.', 'role', 'internal_user'),
  ...LIMITS,
} satisfies SettingRows;

/** The members of an `organizations` entry. */
export const ORGANIZATION = {
  organization_id: now('text', 'Its id, which keys and teams name. Required.', 'id'),
  organization_alias: now('text', 'A name for people.', { to: 'alias', otherwise: 'the id' }),
  models: now('texts', MODELS, { to: 'models', default: [], otherwise: 'all' }),
  blocked: own('flag', BLOCKED, 'blocked', false),
  metadata: METADATA,
  members: own('list', 'Its users: `{ user_id, role }`, with limits of their own.', {
    members: { as: 'list', rows: ORGANIZATION_MEMBER, id: 'organization_member' },
  }),
  ...LIMITS,
  object_permission: later('map', 'MCP servers and vector stores it may use.'),
} satisfies SettingRows;

/** The members of an entry of `teams[].members_with_roles`. */
export const TEAM_MEMBER = {
  user_id: now('text', 'The user. Required.', 'userId'),
  role: now(TEAM_ROLES, 'What the user may do in it.', 'role', 'user'),
  ...LIMITS,
} satisfies SettingRows;

/** The members of a `teams` entry. */
export const TEAM = {
  team_id: now('text', 'Its id, which keys name. Required.', 'id'),
  team_alias: now('text', 'A name for logs and metrics.', 'alias'),
  organization_id: now('text', 'The organisation it belongs to.', 'organizationId'),
  models: now('texts', MODELS, { to: 'models', default: [], otherwise: 'all' }),
  model_aliases: now('map', 'Names its requests may use → model groups.', { to: 'modelAliases', convert: textsByName }),
  tags: now('texts', 'Tags of its requests.', 'tags'),
  ...BINDINGS,
  blocked: now('flag', BLOCKED, 'blocked', false),
  metadata: METADATA,
  members_with_roles: now('list', 'Its users: `{ user_id, role }`, with limits of their own.', {
    members: { as: 'list', rows: TEAM_MEMBER, id: 'team_member' },
  }),
  members: now('texts', 'Ids of users in it.'),
  admins: now('texts', 'Ids of users who administer it.'),
  team_member_permissions: now('texts', 'Management routes that plain members may use.', 'memberPermissions', []),
  team_member_budget: now('usd', 'Budget of each member that has none of its own.', 'memberDefaults.maxBudget'),
  team_member_budget_duration: now('period', 'Its period.', {
    to: 'memberDefaults.budgetDuration',
    otherwise: 'never',
  }),
  team_member_rpm_limit: now('integer', 'Requests in any 60 seconds of each member without a limit of its own.', {
    to: 'memberDefaults.rpmLimit',
  }),
  team_member_tpm_limit: now('integer', 'Tokens in any 60 seconds of each member without a limit of its own.', {
    to: 'memberDefaults.tpmLimit',
  }),
  default_team_member_models: now('texts', 'Models of each member that has none of its own.', 'memberModels'),
  ...LIMITS,
  ...several(
    `prompts object_permission
     allowed_passthrough_routes disable_global_guardrails secret_manager_settings
     mcp_rpm_limit allowed_vector_store_indexes enforced_batch_output_expires_after
     enforced_file_expires_after`,
    () => later('any', 'As in LiteLLM.'),
  ),
  ...several('rpm_limit_type tpm_limit_type', () =>
    never('text', 'Limits always hold here; their sum over the keys of a team is not compared with its own.'),
  ),
  team_member_key_duration: now(
    'duration',
    'How long keys that members make for themselves in the team are valid, if they do not say.',
    {
      otherwise: 'forever',
    },
  ),
  router_settings: OWN_ROUTER_SETTINGS,
  access_group_ids: now(
    'texts',
    'Access groups whose models it may use besides `models`; if it names no models, it may use these alone.',
    'accessGroups',
  ),
  ...several('guardrails policies', () => protection('any', 'As in LiteLLM.')),
} satisfies SettingRows;

/** The members of a `users` entry. */
export const USER = {
  user_id: now('text', 'Its id, which keys name. Required.', 'id'),
  user_alias: now('text', 'A name for people.', 'alias'),
  user_email: now('text', 'The address of the user.', 'email'),
  user_role: now(USER_ROLES, 'What its keys may do in the management API.', 'role', 'internal_user'),
  models: now('texts', MODELS, { to: 'models', default: [], otherwise: 'all' }),
  blocked: own('flag', BLOCKED, 'blocked', false),
  metadata: METADATA,
  teams: now('texts', 'Ids of teams it is a plain member of.'),
  organizations: now('texts', 'Ids of organisations it is a plain member of.'),
  ...LIMITS,
  ...several(
    `sso_user_id send_invite_email allowed_cache_controls prompts
     object_permission budget_fallbacks mcp_rpm_limit`,
    () => later('any', 'As in LiteLLM.'),
  ),
  aliases: never('map', 'LiteLLM gives them to the first key that it makes with a user; a user of a file gets none.'),
  config: never('map', 'LiteLLM gives it to the first key that it makes with a user; a user of a file gets none.'),
  permissions: never(
    'map',
    'LiteLLM gives them to the first key that it makes with a user; a user of a file gets none.',
  ),
  tag_rpm_limit: never('map', 'LiteLLM holds it for keys alone, as this gateway does.'),
  ...several('guardrails policies', () => protection('any', 'As in LiteLLM.')),
} satisfies SettingRows;

/** The members of a `customers` entry. */
export const CUSTOMER = {
  user_id: now('text', 'What requests name it by, in `user`. Required.', 'id'),
  alias: now('text', 'A name for people.', 'alias'),
  blocked: now('flag', BLOCKED, 'blocked', false),
  allowed_model_region: now('text', 'The only region its requests may go to.', 'allowedModelRegion'),
  default_model: now(
    'text',
    'With `allowed_model_region`: the model group that its requests go to if theirs has no deployment in the region. Their key must be allowed to use it.',
    'defaultModel',
  ),
  metadata: METADATA,
  ...LIMITS,
  object_permission: later('map', 'MCP servers and vector stores it may use.'),
} satisfies SettingRows;

/** The members of a `tags` entry. */
export const TAG = {
  name: now('text', 'The tag, as requests and keys name it. Required.', 'name'),
  description: now('text', 'A remark.', 'description'),
  models: now('texts', 'A remark: the models it is meant for.', 'models', []),
  metadata: METADATA,
  ...LIMITS,
  model_info: never('map', "Part of LiteLLM's answers, which name models by their ids; `models` names them here."),
} satisfies SettingRows;
