import type { JsonObject, JsonValue } from '../../core/json.ts';
import type { ManagementCall } from '../contract.ts';
import { type MadeKey, makeKey } from './new-key.ts';
import { describeKey } from './show-key.ts';

/** `POST /key/generate`: makes a key, whose text is only shown here. */
export async function generateKey(call: ManagementCall): Promise<JsonValue> {
  return await showMade(call, await makeKey(call, call.body));
}

/** `POST /key/service-account/generate`: makes a key of a team that belongs to no user. */
export async function generateServiceAccountKey(call: ManagementCall): Promise<JsonValue> {
  return await showMade(call, await makeKey(call, call.body, { isServiceAccount: true }));
}

/** The one answer that holds a key's text. */
export async function showMade(call: ManagementCall, { key, secret }: MadeKey): Promise<JsonObject> {
  return { ...(await describeKey(call, key)), key: secret, token_id: key.hash };
}

/** `POST /key/health`: whether the calling key works. It does, or it would not have come this far. */
export async function keyHealth(): Promise<JsonValue> {
  return { key: 'healthy', logging_callbacks: null };
}
