/** Values of stored credentials: sealed for the name and the address that they were given for, and opened to serve models. */

import { MODEL_PARAMS } from '../../config/settings/model-list.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';
import { findProvider } from '../../providers/index.ts';
import type { StoredCredential } from '../../stores/contracts/directory.ts';
import { isSecret, originsOf, type Sealing, sealParams, unsealParams } from '../models/sealed.ts';

/** What a credential's secrets are sealed with, sealed or not. */
type Given = Pick<StoredCredential, 'name' | 'values' | 'info'>;

/**
 * The address that a credential belongs to: its own, else the usual one of the provider that it names, else the usual one of
 * whatever provider the model has. The secrets are sealed for it, so that it cannot be changed in the database.
 */
export function credentialAddress({ name, values, info }: Given, sealing: Pick<Sealing, 'unseal'>): string {
  const origins = originsOf({ credential: name }, values, sealing);
  return origins.length > 0 ? origins.join(' ') : `the usual address of ${providerOf(values, info) ?? 'any provider'}`;
}

/** The provider that a credential names: LiteLLM's pages write it into `credential_info`. */
export function providerOf(values: JsonObject, info: JsonObject): string | undefined {
  for (const { custom_llm_provider: named } of [values, info]) {
    const provider = typeof named === 'string' ? findProvider(named.toLowerCase()) : null;
    if (provider !== null) return provider.name;
  }
  return undefined;
}

/** The values with everything sealed that is not known to be no secret. */
export function sealCredential(given: Given, sealing: Sealing): JsonObject {
  const { name, values } = given;
  return sealParams(values, { credential: name }, sealing, credentialAddress(given, sealing), isToHide);
}

/** The values as they were given. Throws a SealError that names the value if one does not open. */
export function unsealCredential(given: Given, sealing: Pick<Sealing, 'unseal'>): JsonObject {
  return unsealParams(given.values, { credential: given.name }, sealing, credentialAddress(given, sealing));
}

/** Whether a value is never shown: all but the settings that are not secrets. */
export function isToHide(name: string, value: JsonValue): boolean {
  return isSecret(name, value) || ownValue(MODEL_PARAMS, name) === undefined;
}
