/** Keys in LiteLLM's names. A key's text is not stored: only its hash and its last four letters. */
import type { JsonObject } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { showBudgetTable } from '../budgets/show.ts';
import type { ManagementCall } from '../contract.ts';
import { showLimits } from '../limits-fields.ts';
import { isoTime, listOrNull } from '../show.ts';
import { spenderOf } from '../spenders.ts';
import { type Spent, showSpent, showWithSpent } from '../spent.ts';

/** Keys with what they spent. */
export async function describeKeys({ context }: ManagementCall, keys: readonly Key[]): Promise<JsonObject[]> {
  const nowMs = context.clock.nowMs();
  return await showWithSpent(context, keys, spenderOf.key, (key, spent) => showKey(key, spent, nowMs));
}

/** One key. */
export async function describeKey(call: ManagementCall, key: Key): Promise<JsonObject> {
  const [shown = {}] = await describeKeys(call, [key]);
  return shown;
}

/** A key as `/key/info` and `/key/list` show it. */
export function showKey(key: Key, spent: Spent, nowMs: number): JsonObject {
  const { autoRotate } = key;
  return {
    token: key.hash,
    key_name: key.name,
    key_alias: key.alias ?? null,
    ...showSpent(spent),
    expires: isoTime(key.expiresAtMs),
    models: [...key.models],
    aliases: { ...key.aliases },
    config: {},
    permissions: {},
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organization_id: key.organizationId ?? null,
    org_id: key.organizationId ?? null,
    metadata: { ...key.metadata, ...(key.tags !== undefined && { tags: [...key.tags] }) },
    tags: listOrNull(key.tags),
    blocked: key.blocked,
    ...showLimits(key),
    model_spend: {},
    allowed_routes: [...(key.allowedRoutes ?? [])],
    key_type: key.keyType,
    enforced_params: listOrNull(key.enforcedParams),
    litellm_budget_table: spent.budget === undefined ? null : showBudgetTable(spent.budget),
    rotation_count: key.rotationCount,
    auto_rotate: autoRotate !== undefined,
    rotation_interval: autoRotate === undefined ? null : `${Math.round(autoRotate.everyMs / 1000)}s`,
    key_rotation_at: isoTime(autoRotate?.nextAtMs),
    // The gateway does not rotate keys by itself, as no one would learn the new text; it says when it is time.
    ...(autoRotate !== undefined && { rotation_due: autoRotate.nextAtMs <= nowMs }),
    ...(key.previousUntilMs !== undefined &&
      key.previousUntilMs > nowMs && { previous_key_valid_until: isoTime(key.previousUntilMs) }),
    last_active: isoTime(key.lastUsedAtMs),
    created_at: isoTime(key.createdAtMs),
    created_by: key.createdBy ?? null,
    updated_at: isoTime(key.updatedAtMs),
    updated_by: key.updatedBy ?? null,
    ...key.further,
  };
}
