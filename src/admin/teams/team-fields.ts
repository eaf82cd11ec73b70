/** The fields of a team in requests, by LiteLLM's names, and a team with these changes. */

import { defined } from '../../core/defined.ts';
import type { Limits, Team } from '../../stores/contracts/directory.ts';
import { BINDINGS } from '../../tenancy/bound-names.ts';
import {
  type Changed,
  type Changes,
  changedTo,
  changeHolder,
  changeLimits,
  type HolderChanges,
  type Sent,
  withChanges,
} from '../changes.ts';
import type { Rights } from '../delegation.ts';
import type { Fields } from '../fields.ts';
import { readLimits, readModelBudgets } from '../limits-fields.ts';

/** LiteLLM's fields of a team that are kept, given back, and have no effect here. */
const KEPT = [
  'access_group_ids',
  'guardrails',
  'policies',
  'prompts',
  'object_permission',
  'allowed_passthrough_routes',
  'disable_global_guardrails',
  'secret_manager_settings',
  'rpm_limit_type',
  'tpm_limit_type',
  'mcp_rpm_limit',
  'team_member_key_duration',
  'allowed_vector_store_indexes',
  'enforced_batch_output_expires_after',
  'enforced_file_expires_after',
] as const;

/** Fields of a team that its own admins may change; its organisation's admins and proxy admins may change all. */
export const TEAM_ADMIN_FIELDS: readonly string[] = [
  'team_id',
  'team_alias',
  'metadata',
  'tags',
  'model_aliases',
  'models',
  'max_budget',
  'soft_budget',
  'budget_duration',
  'budget_limits',
  'rpm_limit',
  'tpm_limit',
  'max_parallel_requests',
  'model_rpm_limit',
  'model_tpm_limit',
  'model_max_budget',
  'team_member_budget',
  'team_member_budget_duration',
  'team_member_rpm_limit',
  'team_member_tpm_limit',
  'team_member_model_max_budget',
  'team_member_key_duration',
  'team_member_permissions',
  'default_team_member_models',
];

/** What a request changes of a team; `null` clears, undefined leaves. */
interface TeamChanges extends HolderChanges {
  readonly alias: Sent<string>;
  readonly organizationId: Sent<string>;
  readonly modelAliases: Sent<Readonly<Record<string, string>>>;
  readonly tags: Sent<readonly string[]>;
  readonly memberPermissions: Sent<readonly string[]>;
  readonly memberLimits: Changes<Limits>;
  readonly memberModels: Sent<readonly string[]>;
}

/** Management routes that a team may open to its plain members: those of LiteLLM's list that exist here. */
export const MEMBER_PERMISSIONS = [
  '/key/generate',
  '/key/update',
  '/key/delete',
  '/key/regenerate',
  '/key/service-account/generate',
  '/key/info',
  '/key/health',
  '/key/list',
  '/key/aliases',
  '/team/daily/activity',
  '/spend/logs',
  '/spend/logs/v2',
] as const;

/** Reads all fields of a team except its id. */
export function readTeamFields(fields: Fields, nowMs: number): TeamChanges {
  return {
    alias: fields.text('team_alias', 255),
    organizationId: fields.text('organization_id'),
    models: fields.texts('models'),
    modelAliases: fields.textMap('model_aliases'),
    tags: fields.texts('tags'),
    metadata: fields.object('metadata'),
    blocked: fields.flag('blocked'),
    memberPermissions: readPermissions(fields, 'team_member_permissions'),
    limits: readLimits(fields, nowMs),
    memberLimits: {
      maxBudget: fields.usd('team_member_budget'),
      budgetDuration: fields.period('team_member_budget_duration'),
      rpmLimit: fields.count('team_member_rpm_limit'),
      tpmLimit: fields.count('team_member_tpm_limit'),
      modelMaxBudget: readModelBudgets(fields, 'team_member_model_max_budget'),
    },
    memberModels: modelsOrNone(fields.texts('default_team_member_models')),
    further: fields.kept([...KEPT, ...BINDINGS, 'router_settings']),
  };
}

/** The models of members; an empty list is what LiteLLM's clients send for those of the team. */
export function modelsOrNone(models: Sent<readonly string[]>): Sent<readonly string[]> {
  return models?.length === 0 ? null : models;
}

/** Permissions of members; refuses unknown ones, which would have no effect. */
export function readPermissions(fields: Fields, name: string): Sent<readonly string[]> {
  const permissions = fields.texts(name);
  const known: readonly string[] = MEMBER_PERMISSIONS;
  const unknown = permissions?.find((permission) => !known.includes(permission));
  if (unknown !== undefined) throw fields.wrong(name, `must only contain ${MEMBER_PERMISSIONS.join(', ')}`);
  return permissions;
}

/** A team with the changes. */
export function changeTeam(team: Team, changes: TeamChanges, stamps: Changed): Team {
  const { alias, organizationId, modelAliases, tags } = changes;
  const memberDefaults = changeLimits<Limits>(team.memberDefaults ?? {}, changes.memberLimits, stamps.updatedAtMs);
  const memberPermissions = changedTo(changes.memberPermissions, team.memberPermissions, []);
  return withChanges<Team>(
    { ...changeHolder(team, changes, stamps), memberPermissions },
    {
      alias,
      organizationId,
      modelAliases,
      tags,
      memberModels: changes.memberModels,
      memberDefaults: Object.keys(memberDefaults).length > 0 ? memberDefaults : null,
    },
  );
}

/** What a team may do, to be compared with what it may be given. */
export function rightsOfTeam({ modelAliases, ...team }: Team): Rights {
  return { ...team, ...defined({ aliases: modelAliases }) };
}
