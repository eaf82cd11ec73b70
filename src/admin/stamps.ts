/** Who made or changed an object, and when. */
import type { JsonObject } from '../core/json.ts';
import type { Stored } from '../stores/contracts/directory.ts';
import { changedBy } from './change-log.ts';
import type { Changed } from './changes.ts';
import type { ManagementCall } from './contract.ts';

/** What an object made by this call has from the start. */
export function madeNow(call: ManagementCall): Stored {
  const atMs = call.context.clock.nowMs();
  const by = changedBy(call);
  return { createdAtMs: atMs, createdBy: by, updatedAtMs: atMs, updatedBy: by, metadata: {}, further: {} };
}

/** The marks of a change by this call. */
export function changedNow(call: ManagementCall): Changed {
  return { updatedAtMs: call.context.clock.nowMs(), updatedBy: changedBy(call) };
}

/** Both in LiteLLM's names. */
export function showStamps(value: Stored): JsonObject {
  return {
    created_at: new Date(value.createdAtMs).toISOString(),
    created_by: value.createdBy ?? '',
    updated_at: new Date(value.updatedAtMs).toISOString(),
    updated_by: value.updatedBy ?? '',
  };
}
