/**
 * Secrets of models and credentials that were added by the API: sealed before they are stored, opened to serve the model, never shown. A sealed
 * value is the object `{"$sealed": "…"}`, so that no text can be mistaken for one.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';
import { SealError } from '../../tenancy/seal.ts';

const SEALED = '$sealed';
const SECRET = /secret|password|passwd|credential|private_?key|api_?key|access_?key|authorization|bearer|headers$/i;
/** `azure_ad_token`, but not `input_cost_per_token`. */
const TOKEN = /(?:^|_)token$/i;

/** Whose secrets they are: a model's, by its id, or those of a named credential. */
type SecretOwner = string | { readonly credential: string };

/** Seals and opens one text for one place: the owner, the parameter, and the address that the owner's secrets are sent to. */
export interface Sealing {
  readonly seal: (text: string, place: string) => string;
  readonly unseal: (sealed: string, place: string) => string;
}

/** Parameters with every secret sealed for this owner and its address. */
export function sealParams(
  params: JsonObject,
  owner: SecretOwner,
  sealing: Sealing,
  address?: string,
  isToSeal = isSecret,
): JsonObject {
  const bound = address ?? addressOf(owner, params, sealing);
  const sealAll = (members: JsonObject, path: string): JsonObject =>
    mapValues(members, (name, value) => {
      if (isSealed(value)) return value;
      const field = path + name;
      if (isToSeal(name, value)) return { [SEALED]: sealing.seal(JSON.stringify(value), placeOf(owner, field, bound)) };
      return isJsonObject(value) ? sealAll(value, `${field}.`) : value;
    });
  return sealAll(params, '');
}

/** Parameters as they were before they were sealed. Throws a SealError that names the parameter if one does not open. */
export function unsealParams(
  params: JsonObject,
  owner: SecretOwner,
  sealing: Pick<Sealing, 'unseal'>,
  address?: string,
): JsonObject {
  const bound = address ?? addressOf(owner, params, sealing);
  const openAll = (members: JsonObject, path: string): JsonObject =>
    mapValues(members, (name, value) => {
      const field = path + name;
      if (isSealed(value)) return open(value[SEALED], owner, field, bound, sealing);
      return isJsonObject(value) ? openAll(value, `${field}.`) : value;
    });
  return openAll(params, '');
}

/**
 * The address that a model's secrets belong to: where its provider is called. Without an address of its own that is the
 * provider's usual one, so its name stands for it. A secret that was given for one address is never sent to another.
 */
export function addressOf(owner: SecretOwner, params: JsonObject, sealing: Pick<Sealing, 'unseal'>): string {
  const origins = originsOf(owner, params, sealing);
  if (origins.length > 0) return origins.join(' ');
  const { custom_llm_provider: named, model } = params;
  return `the usual address of ${typeof named === 'string' ? named : String(model).split('/', 1)[0]}`;
}

/** Where parameters themselves say that a provider is called, without paths and passwords. */
export function originsOf(owner: SecretOwner, params: JsonObject, sealing: Pick<Sealing, 'unseal'>): readonly string[] {
  return ADDRESSES.flatMap((name) => {
    const value = params[name];
    const text = isSealed(value) ? open(value[SEALED], owner, name, '', sealing) : value;
    if (typeof text !== 'string' || text === '') return [];
    return [URL.canParse(text) ? `${new URL(text).protocol}//${new URL(text).host}` : text];
  });
}

/** Whether some of the parameters are sealed, other than addresses. */
export function sealedNames(params: JsonObject): readonly string[] {
  return Object.entries(params)
    .filter(([name, value]) => !ADDRESSES.includes(name) && value !== undefined && holdsSealed(value))
    .map(([name]) => name);
}

/** Whether some of the parameters, opened, are secrets other than addresses. */
export function holdsSecret(params: JsonObject): boolean {
  return Object.entries(params).some(([name, value]) => {
    if (value === undefined || ADDRESSES.includes(name)) return false;
    return isSecret(name, value) || (isJsonObject(value) && holdsSecret(value));
  });
}

/** Every sealed text of the parameters. */
export function sealedTexts(params: JsonObject): readonly string[] {
  return Object.values(params).flatMap((value) =>
    isSealed(value) ? [value[SEALED]] : isJsonObject(value) ? sealedTexts(value) : [],
  );
}

const ADDRESSES: readonly string[] = ['api_base', 'base_url'];

/** An address with a password in it is a secret too; it is bound to no address, because it is one. */
function placeOf(owner: SecretOwner, field: string, address: string): string {
  const place = [field, ADDRESSES.includes(field) ? '' : address];
  // One member more than a model's place has, so that no model is called like a credential.
  return JSON.stringify(typeof owner === 'string' ? [owner, ...place] : ['credential', owner.credential, ...place]);
}

function open(
  sealed: string,
  owner: SecretOwner,
  field: string,
  address: string,
  sealing: Pick<Sealing, 'unseal'>,
): JsonValue {
  try {
    return JSON.parse(sealing.unseal(sealed, placeOf(owner, field, address))) as JsonValue;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    const whose =
      typeof owner === 'string'
        ? `litellm_params.${field} of the model "${owner}"`
        : `credential_values.${field} of the credential "${owner.credential}"`;
    throw new SealError(`${whose} ${error.message}.`, { cause: error });
  }
}

/** Parameters without what is sealed. */
export function withoutSealed(params: JsonObject): JsonObject {
  return mapValues(params, (_, value) => {
    if (isSealed(value)) return undefined;
    return isJsonObject(value) ? withoutSealed(value) : value;
  });
}

/** A stored model as a `model_list` entry with its secrets opened, only to serve it. */
export function modelEntry(model: StoredModel, sealing: Pick<Sealing, 'unseal'>): JsonObject {
  return {
    model_name: model.modelName,
    litellm_params: unsealParams(model.litellmParams, model.id, sealing),
    model_info: { ...model.modelInfo, id: model.id, db_model: true },
  };
}

/** Whether a value from a client contains something that looks sealed. */
export function holdsSealed(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(holdsSealed);
  if (!isJsonObject(value)) return false;
  return Object.hasOwn(value, SEALED) || Object.values(value).some(holdsSealed);
}

function isSealed(value: JsonValue | undefined): value is { readonly [SEALED]: string } & JsonObject {
  return isJsonObject(value) && typeof value[SEALED] === 'string' && Object.keys(value).length === 1;
}

export function isSecret(name: string, value: JsonValue): boolean {
  // A name that everybody who reads models may see.
  if (name === 'litellm_credential_name') return false;
  if (SECRET.test(name) || (TOKEN.test(name) && !/cost/i.test(name))) return value !== null && value !== '';
  // An address with a name and a password in it.
  return typeof value === 'string' && /^[a-z]+:\/\/[^/]*@/i.test(value);
}

function mapValues(params: JsonObject, change: (name: string, value: JsonValue) => JsonValue | undefined): JsonObject {
  const changed: JsonObject = {};
  for (const [name, value] of Object.entries(params)) {
    const after = value === undefined ? undefined : change(name, value);
    if (after !== undefined) setMember(changed, name, after);
  }
  return changed;
}
