/** Keys in LiteLLM's words. Nothing here knows a key's text: only its hash, and its last four letters. */
import type { JsonObject } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { accountOf } from '../../tenancy/scopes.ts';
import { showLimits } from '../limits-fields.ts';
import { showBudgetTable } from '../show-budget.ts';
import { type Spender, type Spent, showSpent } from '../spent.ts';

/** A key as a spender. */
export function keySpender(key: Key): Spender {
  return { account: accountOf.key(key.accountHash ?? key.hash), limits: key, createdAtMs: key.createdAtMs };
}

/** A key as `/key/info` and `/key/list` show it. */
export function showKey(key: Key, spent: Spent, nowMs: number): JsonObject {
  const { autoRotate } = key;
  return {
    token: key.hash,
    key_name: key.name,
    key_alias: key.alias ?? null,
    ...showSpent(spent),
    expires: key.expiresAtMs === undefined ? null : new Date(key.expiresAtMs).toISOString(),
    models: [...key.models],
    aliases: { ...key.aliases },
    config: {},
    permissions: {},
    user_id: key.userId ?? null,
    team_id: key.teamId ?? null,
    organization_id: key.organizationId ?? null,
    org_id: key.organizationId ?? null,
    metadata: { ...key.metadata, ...(key.tags !== undefined && { tags: [...key.tags] }) },
    tags: key.tags === undefined ? null : [...key.tags],
    blocked: key.blocked,
    ...showLimits(key),
    model_spend: {},
    allowed_routes: [...(key.allowedRoutes ?? [])],
    key_type: key.keyType,
    enforced_params: key.enforcedParams === undefined ? null : [...key.enforcedParams],
    litellm_budget_table: spent.budget === undefined ? null : showBudgetTable(spent.budget),
    rotation_count: key.rotationCount,
    auto_rotate: autoRotate !== undefined,
    rotation_interval: autoRotate === undefined ? null : `${Math.round(autoRotate.everyMs / 1000)}s`,
    key_rotation_at: autoRotate === undefined ? null : new Date(autoRotate.nextAtMs).toISOString(),
    // Nobody would be told the new key, so nothing is rotated by itself: the owner is told that it is time.
    ...(autoRotate !== undefined && { rotation_due: autoRotate.nextAtMs <= nowMs }),
    ...(key.previousUntilMs !== undefined &&
      key.previousUntilMs > nowMs && { previous_key_valid_until: new Date(key.previousUntilMs).toISOString() }),
    last_active: key.lastUsedAtMs === undefined ? null : new Date(key.lastUsedAtMs).toISOString(),
    created_at: new Date(key.createdAtMs).toISOString(),
    created_by: key.createdBy ?? null,
    updated_at: new Date(key.updatedAtMs).toISOString(),
    updated_by: key.updatedBy ?? null,
    ...key.further,
  };
}
