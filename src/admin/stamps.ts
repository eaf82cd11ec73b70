/** Who made or changed an object and when. */
import type { JsonObject } from '../core/json.ts';
import type { Stored } from '../stores/contracts/directory.ts';
import { changedBy } from './change-log.ts';
import type { ManagementCall } from './contract.ts';

/** What an object says of its making. */
export function madeNow(call: ManagementCall): Omit<Stored, 'metadata' | 'further'> {
  const atMs = call.context.clock.nowMs();
  const by = changedBy(call);
  return { createdAtMs: atMs, createdBy: by, updatedAtMs: atMs, updatedBy: by };
}

/** What an object says of its last change. */
export function changedNow(call: ManagementCall): Pick<Stored, 'updatedAtMs' | 'updatedBy'> {
  return { updatedAtMs: call.context.clock.nowMs(), updatedBy: changedBy(call) };
}

/** The same in LiteLLM's names. */
export function showStamps(value: Stored): JsonObject {
  return {
    created_at: new Date(value.createdAtMs).toISOString(),
    created_by: value.createdBy ?? '',
    updated_at: new Date(value.updatedAtMs).toISOString(),
    updated_by: value.updatedBy ?? '',
  };
}
