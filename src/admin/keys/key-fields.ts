/** What a request says of a key, in LiteLLM's names, and a key with these changes. */
import type { JsonObject } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { endOfDuration } from '../duration.ts';
import type { Fields, Sent } from '../fields.ts';
import { changeLimits, type LimitChanges, readLimits } from '../limits-fields.ts';

export const KEY_TYPES = ['default', 'llm_api', 'management', 'read_only'] as const;

/** LiteLLM's fields of a key that are kept, given back, and have no effect here. */
const KEPT = [
  'agent_id',
  'project_id',
  'allowed_cache_controls',
  'config',
  'permissions',
  'budget_fallbacks',
  'mcp_rpm_limit',
  'tag_rpm_limit',
  'guardrails',
  'policies',
  'prompts',
  'object_permission',
  'disable_global_guardrails',
  'throttle_on_budget_exceeded',
  'allowed_passthrough_routes',
  'allowed_vector_store_indexes',
  'rpm_limit_type',
  'tpm_limit_type',
  'router_settings',
  'access_group_ids',
] as const;

/** Fields that only who may do everything may send: they move a key, loosen what others set, or correct the books. */
export const ADMIN_FIELDS: readonly string[] = [
  'new_key',
  'spend',
  'organization_id',
  // Names of budgets are everybody's: one that is not the caller's would show what it holds.
  'budget_id',
  'temp_budget_increase',
  'temp_budget_expiry',
  'permissions',
  'disable_global_guardrails',
  'throttle_on_budget_exceeded',
  'allowed_passthrough_routes',
  'object_permission',
  'guardrails',
  'policies',
  'router_settings',
  'budget_fallbacks',
];

/** What is changed of a key; `null` clears, undefined leaves. */
export interface KeyChanges {
  readonly alias: Sent<string>;
  readonly userId: Sent<string>;
  readonly teamId: Sent<string>;
  readonly organizationId: Sent<string>;
  readonly models: Sent<readonly string[]>;
  readonly aliases: Sent<Readonly<Record<string, string>>>;
  readonly tags: Sent<readonly string[]>;
  readonly metadata: Sent<JsonObject>;
  readonly blocked: Sent<boolean>;
  readonly expiresAtMs: Sent<number>;
  readonly allowedRoutes: Sent<readonly string[]>;
  readonly keyType: Sent<Key['keyType']>;
  readonly enforcedParams: Sent<readonly string[]>;
  readonly autoRotate: Sent<boolean>;
  readonly rotateEveryMs: Sent<number>;
  readonly spend: Sent<PicoUsd>;
  readonly limits: LimitChanges;
  readonly further: JsonObject;
}

/** Reads all fields of a key but the key itself. */
export function readKeyFields(fields: Fields, nowMs: number): KeyChanges {
  const metadata = fields.object('metadata');
  const tags = fields.texts('tags');
  const inMetadata = metadata?.tags;
  const hasTags = tags === undefined && Array.isArray(inMetadata) && inMetadata.every((tag) => typeof tag === 'string');
  fields.ignore('send_invite_email');
  return {
    alias: fields.text('key_alias', 255),
    userId: fields.text('user_id'),
    teamId: fields.text('team_id'),
    organizationId: fields.text('organization_id'),
    models: fields.texts('models'),
    aliases: fields.textMap('aliases'),
    // LiteLLM keeps tags among the metadata, and its clients send them back from there.
    tags: hasTags ? (inMetadata as string[]) : tags,
    metadata: metadata === undefined || metadata === null ? metadata : withoutTags(metadata),
    blocked: fields.flag('blocked'),
    expiresAtMs: readDuration(fields, nowMs),
    allowedRoutes: fields.texts('allowed_routes'),
    keyType: fields.oneOf('key_type', KEY_TYPES),
    enforcedParams: fields.texts('enforced_params'),
    autoRotate: fields.flag('auto_rotate'),
    rotateEveryMs: readInterval(fields, nowMs),
    spend: fields.usd('spend'),
    limits: readLimits(fields, nowMs),
    further: fields.kept(KEPT),
  };
}

/** A key with the changes. Alias, owner and expiry are taken as they are: whoever calls has checked them. */
export function changeKey(
  key: Key,
  changes: KeyChanges,
  { nowMs, by }: { readonly nowMs: number; readonly by: string },
): Key {
  const limited = changeLimits(key, changes.limits, nowMs);
  const routes = changes.allowedRoutes;
  const changed: Key = {
    ...limited,
    models: changes.models === undefined ? key.models : (changes.models ?? []),
    blocked: changes.blocked === undefined ? key.blocked : (changes.blocked ?? false),
    metadata: changes.metadata === undefined ? key.metadata : (changes.metadata ?? {}),
    keyType: changes.keyType ?? key.keyType,
    further: { ...key.further, ...changes.further },
    updatedAtMs: nowMs,
    updatedBy: by,
  };
  const settled = {
    alias: changes.alias,
    userId: changes.userId,
    teamId: changes.teamId,
    organizationId: changes.organizationId,
    aliases: changes.aliases,
    tags: changes.tags,
    expiresAtMs: changes.expiresAtMs,
    // An empty list is what LiteLLM's clients send for "all".
    allowedRoutes: routes !== undefined && routes !== null && routes.length === 0 ? null : routes,
    enforcedParams: changes.enforcedParams,
    autoRotate: rotationOf(key, changes, nowMs),
  };
  return withChanges(changed, settled);
}

/** An object with members set, or taken away where they are null. */
export function withChanges<Value extends object>(value: Value, changes: { readonly [name: string]: unknown }): Value {
  const changed = { ...value } as Record<string, unknown>;
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) delete changed[name];
    else if (change !== undefined) changed[name] = change;
  }
  return changed as Value;
}

function rotationOf(
  key: Key,
  { autoRotate, rotateEveryMs }: KeyChanges,
  nowMs: number,
): Sent<NonNullable<Key['autoRotate']>> {
  if (autoRotate === false || autoRotate === null) return null;
  const everyMs = rotateEveryMs ?? key.autoRotate?.everyMs;
  const isOn = autoRotate === true || key.autoRotate !== undefined;
  if (!isOn || everyMs === undefined || everyMs === key.autoRotate?.everyMs) return undefined;
  return { everyMs, nextAtMs: nowMs + everyMs };
}

function withoutTags(metadata: JsonObject): JsonObject {
  const { tags, ...rest } = metadata;
  return Array.isArray(tags) ? rest : metadata;
}

/** `duration`: for how long from now; `-1` and null mean for ever. */
function readDuration(fields: Fields, nowMs: number): Sent<number> {
  const text = fields.text('duration');
  if (text === undefined || text === null || text === '-1') return text === undefined ? undefined : null;
  const endsAtMs = endOfDuration(text, nowMs);
  if (endsAtMs === undefined) throw fields.wrong('duration', 'must be a duration such as `30m`, `30d` or `1mo`');
  return endsAtMs;
}

function readInterval(fields: Fields, nowMs: number): Sent<number> {
  const text = fields.text('rotation_interval');
  if (text === undefined || text === null) return text;
  const endsAtMs = endOfDuration(text, nowMs);
  if (endsAtMs === undefined || endsAtMs - nowMs < 3_600_000) {
    throw fields.wrong('rotation_interval', 'must be a duration of an hour or more, such as `30d`');
  }
  return endsAtMs - nowMs;
}
