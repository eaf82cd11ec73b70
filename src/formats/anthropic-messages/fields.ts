/** Typed reading of a client's JSON: each function names the exact path in what it throws. `null` counts as absent, as Anthropic has it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';

const kindOf = (value: JsonValue | undefined): string => {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
};

const refuse = (path: string, wanted: string, value: JsonValue | undefined): never => {
  throw new FormatError(path, `${path}: expected ${wanted}, got ${kindOf(value)}.`);
};

/** The path of a member of the object at `path`. */
export const memberPath = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** The value as an object, or a `FormatError`. */
export function asObject(value: JsonValue | undefined, path: string): JsonObject {
  return isJsonObject(value) ? value : refuse(path, 'an object', value);
}

/** The value as an array, or a `FormatError`. */
export function asArray(value: JsonValue | undefined, path: string): readonly JsonValue[] {
  return Array.isArray(value) ? value : refuse(path, 'an array', value);
}

/** The value as a string, or a `FormatError`. */
export function asString(value: JsonValue | undefined, path: string): string {
  return typeof value === 'string' ? value : refuse(path, 'a string', value);
}

/** A member that must be a string. */
export function requiredString(object: JsonObject, key: string, path: string): string {
  return asString(object[key], memberPath(path, key));
}

/** A member that is a string where it is there. */
export function optionalString(object: JsonObject, key: string, path: string): string | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : asString(value, memberPath(path, key));
}

/** A member that is a finite number where it is there. */
export function optionalNumber(object: JsonObject, key: string, path: string): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' ? value : refuse(memberPath(path, key), 'a number', value);
}

/** A member that is a whole number of zero or more where it is there. */
export function optionalCount(object: JsonObject, key: string, path: string): number | undefined {
  const value = optionalNumber(object, key, path);
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
  const place = memberPath(path, key);
  throw new FormatError(place, `${place}: expected a whole number of 0 or more, got ${value}.`);
}

/** A member that is a boolean where it is there. */
export function optionalBoolean(object: JsonObject, key: string, path: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'boolean' ? value : refuse(memberPath(path, key), 'true or false', value);
}

/** A member that is an object where it is there. */
export function optionalObject(object: JsonObject, key: string, path: string): JsonObject | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : asObject(value, memberPath(path, key));
}

/** The members whose names are not in `known`; undefined where there are none. */
export function otherMembers(object: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let rest: JsonObject | undefined;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (known.has(key) || value === undefined) continue;
    rest ??= {};
    // `__proto__` as a key of parsed JSON must stay a plain member.
    Object.defineProperty(rest, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return rest;
}
