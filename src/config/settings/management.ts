/** Settings of what keys, teams and users made by the API are given and held to. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { Section } from '../section.ts';
import { now, type ReadNode, type SettingRows } from '../setting-rows.ts';
import { USER_ROLES } from './declared-objects.ts';

/** A map whose known members are checked; the others are parameters of the API that a file need not know. */
export function openMap<const To extends string>(doc: string, to: To, rows: SettingRows) {
  const read: ReadNode<JsonObject> = (node, path, context) => {
    if (node.kind !== 'map') return undefined;
    const section = new Section(node, rows, { path, unknown: 'keep' }, context);
    const known = [...section.names()].map((name) => [name, section.json(name) as JsonValue]);
    return { ...section.unknown, ...Object.fromEntries(known) };
  };
  return now('map', doc, { to, default: {}, read, members: { as: 'map', rows, isOpen: true } });
}

const LIMITS = {
  max_budget: now('usd', 'Budget.'),
  budget_duration: now('period', 'Period of the budget.'),
  soft_budget: now('usd', 'Spend at which an alert goes out.'),
  tpm_limit: now('integer', 'Tokens in any 60 seconds.'),
  rpm_limit: now('integer', 'Requests in any 60 seconds.'),
  max_parallel_requests: now('integer', 'Requests at one time.'),
} as const;

/** What new keys are given; further members of `/key/generate` are taken as they are. */
export const NEW_KEY_PARAMS = {
  ...LIMITS,
  models: now('texts', 'Model groups it may use.'),
  duration: now('duration', 'How long the key is valid.'),
  metadata: now('map', 'Remarks.'),
  team_id: now('text', 'The team it belongs to.'),
} satisfies SettingRows;

/** What new keys are held to. */
export const KEY_BOUNDS = {
  ...LIMITS,
  budget_duration: now('duration', 'Longest period of the budget.'),
  duration: now('duration', 'How long the key may be valid at most.'),
} satisfies SettingRows;

/** What new teams are given. */
export const NEW_TEAM_PARAMS = {
  ...LIMITS,
  models: now('texts', 'Model groups it may use.'),
  team_member_permissions: now('texts', 'Management routes that plain members may use.'),
} satisfies SettingRows;

/** What new users are given. */
export const NEW_USER_PARAMS = {
  ...LIMITS,
  models: now('texts', 'Model groups its keys may use.'),
  user_role: now(USER_ROLES, 'What its keys may do in the management API.', { default: 'internal_user' }),
  teams: now(
    'list',
    'Teams that a user made by `/user/new` becomes a member of, unless the request names others: ids, or maps with `team_id`, `user_role` and `max_budget_in_team`.',
  ),
} satisfies SettingRows;

/** Who may make keys. */
export const KEY_GENERATION = {
  team_key_generation: now('map', 'For keys of a team: `allowed_team_member_roles`, `required_params`.'),
  personal_key_generation: now('map', "For a user's own keys: `allowed_user_roles`, `required_params`."),
} satisfies SettingRows;
