/** The fields of a key in requests, by LiteLLM's names, and a key with these changes. */
import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { BINDINGS } from '../../tenancy/bound-names.ts';
import { type Changed, changeHolder, type HolderChanges, type Sent, withChanges } from '../changes.ts';
import { endOfDuration } from '../duration.ts';
import type { Fields } from '../fields.ts';
import { readLimits } from '../limits-fields.ts';

const KEY_TYPES = ['default', 'llm_api', 'management', 'read_only'] as const;

/** LiteLLM's fields of a key that are kept, given back, and have no effect here. */
const KEPT = [
  'agent_id',
  'project_id',
  'allowed_cache_controls',
  'config',
  'permissions',
  'budget_fallbacks',
  'mcp_rpm_limit',
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
  'access_group_ids',
] as const;

/** Fields that only proxy admins may send: they move a key, lift restrictions of others, or correct the books. */
export const ADMIN_FIELDS: readonly string[] = [
  'new_key',
  'spend',
  'organization_id',
  // Budgets belong to no one, so that a caller could learn what is in one by naming it.
  'budget_id',
  'default_estimated_output_tokens',
  'default_estimated_output_tokens_per_model',
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

/** What a request changes of a key; `null` clears, undefined leaves. */
export interface KeyChanges extends HolderChanges {
  readonly alias: Sent<string>;
  readonly userId: Sent<string>;
  readonly teamId: Sent<string>;
  readonly organizationId: Sent<string>;
  readonly aliases: Sent<Readonly<Record<string, string>>>;
  readonly tags: Sent<readonly string[]>;
  readonly expiresAtMs: Sent<number>;
  readonly allowedRoutes: Sent<readonly string[]>;
  readonly keyType: Sent<Key['keyType']>;
  readonly enforcedParams: Sent<readonly string[]>;
  readonly autoRotate: Sent<boolean>;
  readonly rotateEveryMs: Sent<number>;
  readonly spend: Sent<PicoUsd>;
}

/** Reads all fields of a key except the key itself. */
export function readKeyFields(fields: Fields, nowMs: number): KeyChanges {
  const metadata = fields.object('metadata');
  const tags = fields.texts('tags');
  const inMetadata = textsIn(metadata?.tags);
  fields.ignore('send_invite_email');
  // Kept as it is written, but what is not a rate must not be taken for one.
  fields.countMap('tag_rpm_limit');
  return {
    alias: fields.text('key_alias', 255),
    userId: fields.text('user_id'),
    teamId: fields.text('team_id'),
    organizationId: fields.text('organization_id'),
    models: fields.texts('models'),
    aliases: fields.textMap('aliases'),
    // LiteLLM keeps tags among the metadata, and its clients send them back from there.
    tags: tags === undefined ? inMetadata : tags,
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
    further: fields.kept([...KEPT, ...BINDINGS, 'router_settings', 'tag_rpm_limit']),
  };
}

/** A key with the changes. The caller has checked alias, owner and expiry. */
export function changeKey(key: Key, changes: KeyChanges, stamps: Changed): Key {
  const { alias, userId, teamId, organizationId, aliases, tags, expiresAtMs, enforcedParams } = changes;
  // An empty list is what LiteLLM's clients send for "all".
  const allowedRoutes = changes.allowedRoutes?.length === 0 ? null : changes.allowedRoutes;
  const autoRotate = rotationOf(key, changes, stamps.updatedAtMs);
  return withChanges<Key>(
    { ...changeHolder(key, changes, stamps), keyType: changes.keyType ?? key.keyType },
    { alias, userId, teamId, organizationId, aliases, tags, expiresAtMs, allowedRoutes, enforcedParams, autoRotate },
  );
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

function textsIn(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((item) => typeof item === 'string');
  return texts.length === value.length ? texts : undefined;
}

function withoutTags(metadata: JsonObject): JsonObject {
  const { tags, ...rest } = metadata;
  return Array.isArray(tags) ? rest : metadata;
}

/** `duration`: for how long from now; `-1` and null mean without end. */
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
