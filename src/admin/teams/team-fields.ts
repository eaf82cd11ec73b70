/** What a request says of a team, in LiteLLM's names, and a team with these changes. */
import { defined } from '../../core/defined.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Limits, Team } from '../../stores/contracts/directory.ts';
import type { Rights } from '../delegation.ts';
import type { Fields, Sent } from '../fields.ts';
import { withChanges } from '../keys/key-fields.ts';
import { applyLimits, changeLimits, type LimitChanges, readLimits } from '../limits-fields.ts';

/** LiteLLM's fields of a team that are kept, given back, and have no effect here. */
const KEPT = [
  'router_settings',
  'access_group_ids',
  'default_team_member_models',
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

/** Fields that an admin of a team may change of it; what its limits are is said by who stands above it. */
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
  'team_member_key_duration',
  'team_member_permissions',
  'default_team_member_models',
];

/** What is changed of a team; `null` clears, undefined leaves. */
export interface TeamChanges {
  readonly alias: Sent<string>;
  readonly organizationId: Sent<string>;
  readonly models: Sent<readonly string[]>;
  readonly modelAliases: Sent<Readonly<Record<string, string>>>;
  readonly tags: Sent<readonly string[]>;
  readonly metadata: Sent<JsonObject>;
  readonly blocked: Sent<boolean>;
  readonly memberPermissions: Sent<readonly string[]>;
  readonly limits: LimitChanges;
  readonly memberLimits: LimitChanges;
  readonly further: JsonObject;
}

/** Management routes that a team may open to its plain members: LiteLLM's list, as far as they are served. */
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
    } as LimitChanges,
    further: fields.kept(KEPT),
  };
}

/** Permissions of members; an unknown one is refused, as it would open nothing. */
export function readPermissions(fields: Fields, name: string): Sent<readonly string[]> {
  const permissions = fields.texts(name);
  const known: readonly string[] = MEMBER_PERMISSIONS;
  const unknown = permissions?.find((permission) => !known.includes(permission));
  if (unknown !== undefined) throw fields.wrong(name, `must hold only ${MEMBER_PERMISSIONS.join(', ')}`);
  return permissions;
}

/** A team with the changes. */
export function changeTeam(
  team: Team,
  changes: TeamChanges,
  { nowMs, by }: { readonly nowMs: number; readonly by: string },
): Team {
  const memberDefaults: Limits = applyLimits(team.memberDefaults ?? {}, changes.memberLimits, nowMs);
  const changed: Team = {
    ...changeLimits(team, changes.limits, nowMs),
    models: changes.models === undefined ? team.models : (changes.models ?? []),
    blocked: changes.blocked === undefined ? team.blocked : (changes.blocked ?? false),
    metadata: changes.metadata === undefined ? team.metadata : (changes.metadata ?? {}),
    memberPermissions:
      changes.memberPermissions === undefined ? team.memberPermissions : (changes.memberPermissions ?? []),
    further: { ...team.further, ...changes.further },
    updatedAtMs: nowMs,
    updatedBy: by,
  };
  return withChanges(changed, {
    alias: changes.alias,
    organizationId: changes.organizationId,
    modelAliases: changes.modelAliases,
    tags: changes.tags,
    memberDefaults: Object.keys(memberDefaults).length > 0 ? memberDefaults : null,
  });
}

/** What a team may do, as it is compared with what it may be given. */
export function rightsOfTeam({ modelAliases, ...team }: Team): Rights {
  return { ...team, ...defined({ aliases: modelAliases }) };
}
