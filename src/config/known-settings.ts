/**
 * Every setting we know: LiteLLM's (documented and seen in its source), the guide's and our own, with its type and what it does
 * here. The zod schema, the editor's JSON Schema, the reference page and the linter are all made from these tables.
 */
export { BUDGET_SETTINGS, SCOPE_KINDS, WHEN_AWAY_BY_KIND } from './settings/budget-settings.ts';
export { DECLARED_KEY, KEY_METADATA } from './settings/declared-keys.ts';
export {
  CUSTOMER,
  ORGANIZATION,
  ORGANIZATION_MEMBER,
  ORGANIZATION_ROLES,
  TAG,
  TEAM,
  TEAM_MEMBER,
  USER,
  USER_ROLES,
} from './settings/declared-objects.ts';
export { GENERAL_SETTINGS } from './settings/general-settings.ts';
export { LIMITS, PERIOD_BUDGET } from './settings/limits.ts';
export { CACHE_PARAMS, LITELLM_SETTINGS } from './settings/litellm-settings.ts';
export {
  KEY_BOUNDS,
  KEY_GENERATION,
  NEW_KEY_PARAMS,
  NEW_TEAM_PARAMS,
  NEW_USER_PARAMS,
} from './settings/management.ts';
export { CREDENTIAL_ENTRY, MODEL_ENTRY, MODEL_INFO, MODEL_PARAMS, REQUEST_FIELDS } from './settings/model-list.ts';
export { PRICE_SETTINGS } from './settings/prices.ts';
export {
  ALLOWED_FAILS_POLICY,
  GROUP_SETTINGS,
  HEDGE,
  RETRY_POLICY,
  ROUTER_SETTINGS,
  ROUTING_GROUP,
} from './settings/router-settings.ts';
export type { Effect, Setting, SettingTable, SettingType } from './settings/setting.ts';
export { TOP_LEVEL } from './settings/top-level.ts';
