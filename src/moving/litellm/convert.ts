/** Rows of LiteLLM as objects of the directory, by the same readers that the management API has: columns have the names of its fields. */

import { type Changes, changeLimits } from '../../admin/changes.ts';
import { Fields } from '../../admin/fields.ts';
import { changeKey, readKeyFields } from '../../admin/keys/key-fields.ts';
import { readLimits } from '../../admin/limits-fields.ts';
import { changeTeam, MEMBER_PERMISSIONS, readTeamFields } from '../../admin/teams/team-fields.ts';
import { changeUser, readUserFields, USER_ROLES } from '../../admin/users/user-fields.ts';
import { defined } from '../../core/defined.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type {
  Budget,
  Customer,
  Key,
  Limits,
  Organization,
  OrganizationMember,
  Stored,
  Tag,
  Team,
  TeamMember,
  User,
} from '../../stores/contracts/directory.ts';
import { idOf, isEmpty, jsonOf, objectIn, RefusedRow, textsIn, timeOf, withoutEmpty } from './row.ts';

/** Says something of a row that a person should know: it is imported, and not all of it has an effect here. */
export type Note = (text: string) => void;

/** What conversion knows besides the row. */
export interface Known {
  readonly nowMs: number;
  /** Models of access groups, by the group's id. */
  readonly accessGroups: ReadonlyMap<string, readonly string[]>;
  /** Aliases of a team's models, by the id of their row. */
  readonly modelAliases: ReadonlyMap<string, JsonObject>;
  readonly blockedProjects: ReadonlySet<string>;
  /** Keys that a rotation replaced, by the key that replaced them. */
  readonly replaced: ReadonlyMap<string, { readonly hash: string; readonly untilMs: number }>;
}

const LIMITS = [
  'max_budget',
  'soft_budget',
  'budget_duration',
  'budget_limits',
  'model_max_budget',
  'rpm_limit',
  'tpm_limit',
  'tpd_limit',
  'max_parallel_requests',
  'budget_id',
];

/** Fields of requests that LiteLLM stores among the metadata, and that have a place of their own here. */
const IN_METADATA = [
  'model_rpm_limit',
  'model_tpm_limit',
  'default_estimated_output_tokens',
  'default_estimated_output_tokens_per_model',
  'tags',
  'enforced_params',
  'temp_budget_increase',
  'temp_budget_expiry',
  'guardrails',
  'policies',
  'prompts',
  'rpm_limit_type',
  'tpm_limit_type',
  'mcp_rpm_limit',
  'tag_rpm_limit',
  'disable_global_guardrails',
  'throttle_on_budget_exceeded',
  'allowed_passthrough_routes',
  'allowed_vector_store_indexes',
  'team_member_key_duration',
];

/** Metadata of LiteLLM's own, with secrets or references that mean nothing here. */
const DROPPED = ['logging', 'callback_settings', 'secret_manager_settings', 'team_member_budget_id'];

/** Limits that nothing here holds a request to. */
const NOT_HELD = ['model_itpm_limit', 'model_otpm_limit', 'policies', 'guardrails', 'object_permission_id'];

function bodyOf(row: JsonObject, columns: readonly string[], metadataFields: readonly string[]): JsonObject {
  const metadata = objectIn(row.metadata);
  const members = new Map<string, JsonValue | undefined>();
  for (const field of IN_METADATA) if (metadataFields.includes(field)) members.set(field, metadata[field]);
  for (const column of columns) if (!isEmpty(row[column])) members.set(column, jsonColumn(column, row[column]));
  const rest = Object.fromEntries(
    Object.entries(metadata).filter(([name]) => !members.has(name) && !DROPPED.includes(name)),
  );
  return withoutEmpty({ ...Object.fromEntries(members), metadata: rest });
}

/** Columns whose values may be JSON in a text. */
const JSON_COLUMNS = ['budget_limits', 'model_max_budget', 'aliases', 'permissions', 'config', 'router_settings'];

function jsonColumn(column: string, value: JsonValue | undefined): JsonValue | undefined {
  return JSON_COLUMNS.includes(column) ? jsonOf(value) : value;
}

/** Runs a reader; what it refuses refuses the row. */
function reading<Value>(body: JsonObject, read: (fields: Fields) => Value): Value {
  try {
    return read(new Fields(body));
  } catch (error) {
    throw new RefusedRow(error instanceof Error ? error.message.replace(/\.$/, '') : 'cannot be read');
  }
}

function storedOf(row: JsonObject, nowMs: number): Stored {
  const createdAtMs = timeOf(row.created_at) ?? nowMs;
  return {
    createdAtMs,
    updatedAtMs: timeOf(row.updated_at) ?? createdAtMs,
    ...defined({ createdBy: textOf(row.created_by), updatedBy: textOf(row.updated_by) }),
    metadata: {},
    further: {},
  };
}

function stampsOf({ updatedAtMs, updatedBy }: Stored): Pick<Stored, 'updatedAtMs' | 'updatedBy'> {
  return { updatedAtMs, ...defined({ updatedBy }) };
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function noteNotHeld(row: JsonObject, note: Note): void {
  const metadata = objectIn(row.metadata);
  const names = NOT_HELD.filter((name) => !isEmpty(row[name]) || !isEmpty(metadata[name]));
  if (names.length > 0) note(`has no effect here: ${names.join(', ')}`);
}

/** An alias that fits, or none. */
function aliasIn(value: JsonValue | undefined, note: Note): string | undefined {
  const alias = textOf(value);
  if (alias === undefined || alias.length <= 255) return alias;
  note('its alias is longer than 255 characters and left out');
  return undefined;
}

/** Models that it may use, with those of its access groups. */
function modelsOf(row: JsonObject, known: Known): readonly string[] {
  const models = textsIn(row.models);
  // Without a list all models are allowed, and a group would allow no more.
  if (models.length === 0) return models;
  const ofGroups = textsIn(row.access_group_ids).flatMap((id) => known.accessGroups.get(id) ?? []);
  return [...new Set([...models, ...ofGroups])];
}

/** A row of `LiteLLM_VerificationToken`. */
export function keyOf(row: JsonObject, known: Known, note: Note): Key {
  const { nowMs } = known;
  const hash = idOf(row, 'token');
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new RefusedRow('is stored by another name than the SHA-256 of its text');
  const columns = [
    ...LIMITS,
    ...['user_id', 'team_id', 'organization_id', 'aliases', 'allowed_routes', 'blocked', 'permissions', 'config'],
    ...['project_id', 'agent_id', 'allowed_cache_controls', 'budget_fallbacks', 'router_settings', 'access_group_ids'],
  ];
  const body = bodyOf(row, columns, IN_METADATA.slice(0, -1));
  const keyType = textOf(row.key_type);
  const changes = reading({ ...body, ...defined({ key_type: keyType }) }, (fields) => {
    const read = readKeyFields(fields, nowMs);
    return read;
  });
  const stored = storedOf(row, nowMs);
  const empty: Key = {
    ...stored,
    hash,
    name: textOf(row.key_name) ?? 'sk-...',
    models: modelsOf(row, known),
    blocked: false,
    keyType: 'default',
    rotationCount: typeof row.rotation_count === 'number' ? row.rotation_count : 0,
  };
  const replaced = known.replaced.get(hash);
  const isProjectBlocked = known.blockedProjects.has(textOf(row.project_id) ?? '');
  if (isProjectBlocked) note('is blocked, because its project is');
  else if (!isEmpty(row.project_id)) note('has no effect here: the limits of its project');
  if (row.auto_rotate === true) note('is not rotated by itself here until you ask for it again');
  noteNotHeld(row, note);
  const key = changeKey(empty, { ...changes, alias: undefined }, stampsOf(stored));
  return {
    ...key,
    blocked: key.blocked || isProjectBlocked,
    ...defined({
      alias: aliasIn(row.key_alias, note),
      expiresAtMs: timeOf(row.expires),
      lastUsedAtMs: timeOf(row.last_active),
      previousHash: replaced?.hash,
      previousUntilMs: replaced?.untilMs,
    }),
  };
}

/** A row of `LiteLLM_TeamTable`. */
export function teamOf(row: JsonObject, known: Known, note: Note): Team {
  const id = idOf(row, 'team_id');
  const permissions: readonly string[] = MEMBER_PERMISSIONS;
  const columns = [...LIMITS, 'organization_id', 'blocked', 'router_settings', 'access_group_ids'];
  const body = bodyOf(
    row,
    [...columns, 'default_team_member_models'],
    [
      ...['model_rpm_limit', 'model_tpm_limit', 'tags', 'guardrails', 'policies', 'prompts', 'rpm_limit_type'],
      ...['default_estimated_output_tokens', 'default_estimated_output_tokens_per_model'],
      ...['tpm_limit_type', 'mcp_rpm_limit', 'disable_global_guardrails', 'allowed_passthrough_routes'],
      ...['allowed_vector_store_indexes', 'team_member_key_duration'],
    ],
  );
  const changes = reading(body, (fields) => {
    const read = readTeamFields(fields, known.nowMs);
    return read;
  });
  const stored = storedOf(row, known.nowMs);
  const memberBudget = textOf(objectIn(row.metadata).team_member_budget_id);
  const aliases = typeof row.model_id === 'number' ? known.modelAliases.get(String(row.model_id)) : undefined;
  noteNotHeld(row, note);
  const empty: Team = {
    ...stored,
    id,
    models: modelsOf(row, known),
    blocked: false,
    memberPermissions: textsIn(row.team_member_permissions).filter((each) => permissions.includes(each)),
  };
  return {
    ...changeTeam(empty, { ...changes, alias: undefined }, stampsOf(stored)),
    ...defined({ alias: aliasIn(row.team_alias, note), modelAliases: textsByName(aliases) }),
    ...(memberBudget !== undefined && { memberDefaults: { budgetId: memberBudget } }),
  };
}

function textsByName(values: JsonObject | undefined): Record<string, string> | undefined {
  const entries = Object.entries(values ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** A row of `LiteLLM_UserTable`. */
export function userOf(row: JsonObject, known: Known, note: Note): User {
  const id = idOf(row, 'user_id');
  const body = bodyOf(
    row,
    [...LIMITS, 'models', 'allowed_cache_controls', 'sso_user_id'],
    ['model_rpm_limit', 'model_tpm_limit', 'guardrails', 'policies', 'prompts'],
  );
  const changes = reading(body, (fields) => {
    const read = readUserFields(fields, known.nowMs);
    return read;
  });
  const role = USER_ROLES.find((each) => each === row.user_role);
  // LiteLLM takes a user without a role for an internal one; a role that Sluice does not have gets the least.
  const usual = isEmpty(row.user_role) ? 'internal_user' : 'internal_user_viewer';
  if (role === undefined && !isEmpty(row.user_role)) note(`has the role ${usual}: there is no other like its own here`);
  const email = textOf(row.user_email)?.toLowerCase();
  const isAddress = email !== undefined && email.length <= 320 && /^[^\s@]+@[^\s@]+$/.test(email);
  if (email !== undefined && !isAddress) note('its address is no email address and left out');
  if (!isEmpty(row.password)) note('its password is left out: users have none here');
  noteNotHeld(row, note);
  const stored = storedOf(row, known.nowMs);
  const empty: User = { ...stored, id, role: role ?? usual, models: [], blocked: false };
  return {
    ...changeUser(empty, changes, stampsOf(stored)),
    ...defined({ alias: aliasIn(row.user_alias, note), email: isAddress ? email : undefined }),
  };
}

/** A row of `LiteLLM_BudgetTable`. */
export function budgetOf(row: JsonObject, known: Known, note: Note): Budget {
  const id = idOf(row, 'budget_id');
  noteNotHeld(row, note);
  if (!isEmpty(row.temp_budget_increase)) note('has no effect here: temp_budget_increase');
  return {
    id,
    ...storedOf(row, known.nowMs),
    ...limitsIn(row, LIMITS.slice(0, -1), known),
  };
}

function limitsIn(row: JsonObject, columns: readonly string[], { nowMs }: Known): Limits {
  const body = bodyOf(row, columns, []);
  const changes = reading(body, (fields): Changes<Limits> => readLimits(fields, nowMs));
  return changeLimits<Limits>({}, changes, nowMs);
}

/** A row of `LiteLLM_OrganizationTable`; its limits are those of its budget. */
export function organizationOf(row: JsonObject, known: Known, note: Note): Organization {
  const id = idOf(row, 'organization_id');
  noteNotHeld(row, note);
  const metadata = objectIn(row.metadata);
  return {
    ...storedOf(row, known.nowMs),
    id,
    alias: aliasIn(row.organization_alias, note) ?? id,
    models: textsIn(row.models),
    blocked: false,
    ...limitsIn(
      { ...pick(metadata, ['model_rpm_limit', 'model_tpm_limit']), budget_id: row.budget_id ?? null },
      [...['budget_id', 'model_rpm_limit', 'model_tpm_limit']],
      known,
    ),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => !DROPPED.includes(name))),
  };
}

function pick(values: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

/** A row of `LiteLLM_EndUserTable`. */
export function customerOf(row: JsonObject, known: Known, note: Note): Customer {
  if (!isEmpty(row.models)) note('has no effect here: models');
  noteNotHeld(row, note);
  return {
    ...storedOf(row, known.nowMs),
    id: idOf(row, 'user_id'),
    blocked: row.blocked === true,
    ...limitsIn(row, ['budget_id'], known),
    ...defined({
      alias: aliasIn(row.alias, note),
      allowedModelRegion: textOf(row.allowed_model_region),
      defaultModel: textOf(row.default_model),
    }),
  };
}

/** A row of `LiteLLM_TagTable`. */
export function tagOf(row: JsonObject, known: Known): Tag {
  const models = textsIn(row.models);
  return {
    ...storedOf(row, known.nowMs),
    name: idOf(row, 'tag_name'),
    models,
    ...limitsIn(row, ['budget_id'], known),
    ...defined({ description: textOf(row.description) }),
  };
}

/** A row of `LiteLLM_OrganizationMembership`. */
export function organizationMemberOf(row: JsonObject, known: Known, note: Note): OrganizationMember {
  const role = (['org_admin', 'internal_user', 'internal_user_viewer'] as const).find((each) => each === row.user_role);
  if (role === undefined && !isEmpty(row.user_role))
    note('has the role internal_user_viewer: there is no other like its own');
  return {
    organizationId: idOf(row, 'organization_id'),
    userId: idOf(row, 'user_id'),
    role: role ?? (isEmpty(row.user_role) ? 'internal_user' : 'internal_user_viewer'),
    createdAtMs: timeOf(row.created_at) ?? known.nowMs,
    ...limitsIn(row, ['budget_id'], known),
  };
}

/** A member among a team's `members_with_roles`, joined with its row of `LiteLLM_TeamMembership`. */
export function teamMemberOf(row: JsonObject, known: Known): TeamMember {
  const models = textsIn(row.allowed_models);
  return {
    ...(models.length > 0 && { models }),
    teamId: idOf(row, 'team_id'),
    userId: idOf(row, 'user_id'),
    role: row.role === 'admin' ? 'admin' : 'user',
    createdAtMs: timeOf(row.created_at) ?? known.nowMs,
    ...limitsIn(row, ['budget_id'], known),
  };
}
