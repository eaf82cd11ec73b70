/** LiteLLM's stored credentials: decrypted, and sealed again for here. */

import { sealCredential } from '../../admin/credentials/sealed.ts';
import type { UsableCredential } from '../../admin/credentials/usable.ts';
import type { JsonObject } from '../../core/json.ts';
import type { StoredCredential } from '../../stores/contracts/directory.ts';
import type { Known, Note } from './convert.ts';
import { type ModelKeys, openedValues, resolved, sealingOf } from './model-values.ts';
import { idOf, objectIn, RefusedRow, timeOf } from './row.ts';

/** A row of `LiteLLM_CredentialsTable`. */
export function credentialOf(row: JsonObject, known: Known, note: Note, keys: ModelKeys): StoredCredential {
  const { name, values, info } = usableOf(row, note, keys);
  if (Object.keys(values).length === 0) throw new RefusedRow('has no values');
  const createdAtMs = timeOf(row.created_at) ?? known.nowMs;
  return {
    name,
    values: sealCredential({ name, values, info }, sealingOf(keys)),
    info,
    createdAtMs,
    updatedAtMs: timeOf(row.updated_at) ?? createdAtMs,
    metadata: {},
    further: typeof row.display_name === 'string' ? { display_name: row.display_name } : {},
  };
}

/** The credential as models would use it. Throws a RefusedRow if its values do not open. */
export function usableOf(row: JsonObject, note: Note, keys: ModelKeys): UsableCredential {
  const values = resolved(openedValues(objectIn(row.credential_values), keys), keys.env, note);
  return { name: idOf(row, 'credential_name'), values, info: objectIn(row.credential_info), source: 'db' };
}
