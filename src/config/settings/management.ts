/** Settings of what keys, teams and users made by the API are given and held to. */
import { later, now, type SettingTable, table } from './setting.ts';

const LIMITS = {
  max_budget: now('usd', 'Budget.'),
  budget_duration: now('period', 'Period of the budget.'),
  soft_budget: now('usd', 'Spend at which an alert goes out.'),
  tpm_limit: now('integer', 'Tokens in any 60 seconds.'),
  rpm_limit: now('integer', 'Requests in any 60 seconds.'),
  max_parallel_requests: now('integer', 'Requests at one time.'),
} as const;

/** What new keys are given; further members of `/key/generate` are taken as they are. */
export const NEW_KEY_PARAMS: SettingTable = table({
  ...LIMITS,
  models: now('texts', 'Model groups it may use.'),
  duration: now('duration', 'How long the key is valid.'),
  metadata: now('map', 'Remarks.'),
  team_id: now('text', 'The team it belongs to.'),
});

/** What new keys are held to. */
export const KEY_BOUNDS: SettingTable = table({
  ...LIMITS,
  budget_duration: now('duration', 'Longest period of the budget.'),
  duration: now('duration', 'How long the key may be valid at most.'),
});

/** What new teams are given. */
export const NEW_TEAM_PARAMS: SettingTable = table({
  ...LIMITS,
  models: now('texts', 'Model groups it may use.'),
  team_member_permissions: now('texts', 'Management routes that plain members may use.'),
});

/** What new users are given. */
export const NEW_USER_PARAMS: SettingTable = table({
  ...LIMITS,
  models: now('texts', 'Model groups its keys may use.'),
  user_role: now(
    ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'],
    'What its keys may do in the management API.',
    'internal_user',
  ),
  teams: later('list', 'Teams it becomes a member of.'),
});

/** Who may make keys. */
export const KEY_GENERATION: SettingTable = table({
  team_key_generation: now('map', 'For keys of a team: `allowed_team_member_roles`, `required_params`.'),
  personal_key_generation: now('map', "For a user's own keys: `allowed_user_roles`, `required_params`."),
});
