/**
 * Secrets of models that were added by the API: sealed before they are stored, opened to serve the model, never shown. A sealed
 * value is the object `{"$sealed": "…"}`, so that no text can be mistaken for one.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import type { StoredModel } from '../../stores/contracts/directory.ts';

const SEALED = '$sealed';
const SECRET = /secret|password|passwd|credential|private_?key|api_?key|access_?key|authorization|bearer|headers$/i;
/** `azure_ad_token`, but not `input_cost_per_token`. */
const TOKEN = /(?:^|_)token$/i;

/** Parameters with every secret sealed. */
export function sealParams(params: JsonObject, seal: (text: string) => string): JsonObject {
  return mapValues(params, (name, value) => {
    if (isSealed(value)) return value;
    if (isSecret(name, value)) return { [SEALED]: seal(JSON.stringify(value)) };
    return isJsonObject(value) ? sealParams(value, seal) : value;
  });
}

/** Parameters as they were before they were sealed. */
export function unsealParams(params: JsonObject, unseal: (sealed: string) => string): JsonObject {
  return mapValues(params, (_, value) => {
    if (isSealed(value)) return JSON.parse(unseal(value[SEALED])) as JsonValue;
    return isJsonObject(value) ? unsealParams(value, unseal) : value;
  });
}

/** Parameters without what is sealed. */
export function withoutSealed(params: JsonObject): JsonObject {
  return mapValues(params, (_, value) => {
    if (isSealed(value)) return undefined;
    return isJsonObject(value) ? withoutSealed(value) : value;
  });
}

/** A stored model as a `model_list` entry with its secrets opened, only to serve it. */
export function modelEntry(model: StoredModel, unseal: (sealed: string) => string): JsonObject {
  return {
    model_name: model.modelName,
    litellm_params: unsealParams(model.litellmParams, unseal),
    model_info: { ...model.modelInfo, id: model.id, db_model: true },
  };
}

/** Whether a value from a client contains something that looks sealed. */
export function holdsSealed(value: JsonValue | undefined): boolean {
  if (Array.isArray(value)) return value.some(holdsSealed);
  if (!isJsonObject(value)) return false;
  return Object.hasOwn(value, SEALED) || Object.values(value).some(holdsSealed);
}

function isSealed(value: JsonValue): value is { readonly [SEALED]: string } & JsonObject {
  return isJsonObject(value) && typeof value[SEALED] === 'string' && Object.keys(value).length === 1;
}

function isSecret(name: string, value: JsonValue): boolean {
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
