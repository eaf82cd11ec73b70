/** Reads what keys, teams and users made by the API are given and held to. */
import type { JsonObject } from '../core/json.ts';
import { DEFAULT_MANAGEMENT } from './defaults.ts';
import {
  KEY_BOUNDS,
  KEY_GENERATION,
  NEW_KEY_PARAMS,
  NEW_TEAM_PARAMS,
  NEW_USER_PARAMS,
  type SettingTable,
} from './known-settings.ts';
import type { ManagementConfig } from './money-config.ts';
import { type ReadingContext, Section } from './section.ts';

/** What a configuration says of objects made by the API. */
export function readManagement(general: Section, litellm: Section, context: ReadingContext): ManagementConfig {
  /** A map whose known members are checked; the others are parameters of the API that this file need not know. */
  const params = (name: string, settings: SettingTable): JsonObject => {
    const node = litellm.node(name);
    if (node?.kind !== 'map') return {};
    const path = `litellm_settings.${name}`;
    const section = new Section(node, settings, { path, unknown: 'keep' }, context);
    return {
      ...section.unknown,
      ...Object.fromEntries([...section.names()].map((each) => [each, section.json(each)])),
    };
  };
  return {
    defaultKeyParams: params('default_key_generate_params', NEW_KEY_PARAMS),
    upperboundKeyParams: params('upperbound_key_generate_params', KEY_BOUNDS),
    defaultTeamParams: params('default_team_params', NEW_TEAM_PARAMS),
    defaultUserParams: params('default_internal_user_params', NEW_USER_PARAMS),
    keyGeneration: params('key_generation_settings', KEY_GENERATION),
    checkKeyAliasFormat: litellm.flag('enable_key_alias_format_validation') ?? DEFAULT_MANAGEMENT.checkKeyAliasFormat,
    requireTeam: general.flag('default_team_disabled') ?? DEFAULT_MANAGEMENT.requireTeam,
  };
}
