/** The credentials that models of the API may name, opened; and models with the values of theirs. */

import type { FileCredential } from '../../config/gateway-config.ts';
import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { StoredCredential } from '../../stores/contracts/directory.ts';
import { SealError } from '../../tenancy/seal.ts';
import { addressOf, holdsSecret, originsOf, type Sealing } from '../models/sealed.ts';
import { providerOf, unsealCredential } from './sealed.ts';

/** A credential as models use it. */
export interface UsableCredential {
  readonly name: string;
  readonly values: JsonObject;
  readonly info: JsonObject;
  readonly source: 'config' | 'db';
  /** Why its values do not open, in words for the operator. */
  readonly fault?: string;
}

/** By their names. */
export type UsableCredentials = ReadonlyMap<string, UsableCredential>;

/** Why a model does not get the values of the credential that it names. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
}

/** All of them. One of the file hides a stored one of the same name. */
export function usableCredentials(
  declared: readonly FileCredential[],
  stored: readonly StoredCredential[],
  sealing: Pick<Sealing, 'unseal'>,
): UsableCredentials {
  const credentials = new Map<string, UsableCredential>();
  for (const credential of stored) credentials.set(credential.name, opened(credential, sealing));
  for (const credential of declared) credentials.set(credential.name, { ...credential, source: 'config' });
  return credentials;
}

function opened(credential: StoredCredential, sealing: Pick<Sealing, 'unseal'>): UsableCredential {
  const { name, info } = credential;
  try {
    return { name, info, source: 'db', values: unsealCredential(credential, sealing) };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { name, info, source: 'db', values: {}, fault: error.message };
  }
}

/** A `model_list` entry with the values of the credential that it names, for what it does not say itself. */
interface WithCredential {
  readonly entry: JsonObject;
  /** The only provider that the credential may be sent to. */
  readonly provider?: string;
}

/** Throws a CredentialError if there is none of the name, or if it belongs to another address than the model's. */
export function withCredential(entry: JsonObject, credentials: UsableCredentials): WithCredential {
  const { litellm_params: params } = entry;
  if (!isJsonObject(params)) return { entry };
  const { litellm_credential_name: name, ...own } = params;
  if (typeof name !== 'string' || name === '') return { entry };
  const credential = credentials.get(name);
  if (credential === undefined) throw new CredentialError(`There is no credential "${name}", which the model names.`);
  if (credential.fault !== undefined) throw new CredentialError(credential.fault);
  const { values, info } = credential;
  const ownOrigins = originsOf('', own, NOTHING_SEALED);
  const origins = originsOf('', values, NOTHING_SEALED);
  // A secret is sent nowhere but to the address that it was given for.
  if (ownOrigins.some((origin) => !origins.includes(origin))) {
    throw new CredentialError(
      `The credential "${name}" does not belong to the address of the model: give \`api_base\` with the credential, not with the model.`,
    );
  }
  const merged = { ...values, ...own };
  if (holdsSecret(own) && addressOf('', own, NOTHING_SEALED) !== addressOf('', merged, NOTHING_SEALED)) {
    throw new CredentialError(
      `The model has secrets of its own, which would be sent to the address of the credential "${name}": give all of them with the credential.`,
    );
  }
  const provider = origins.length > 0 ? undefined : providerOf(values, info);
  const whole = { ...entry, litellm_params: merged };
  return provider === undefined ? { entry: whole } : { entry: whole, provider };
}

const NOTHING_SEALED: Pick<Sealing, 'unseal'> = { unseal: (text) => text };
