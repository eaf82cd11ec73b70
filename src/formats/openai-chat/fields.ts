/**
 * Typed reads of a client's body. Each takes the value and its path and either returns what was asked for or throws a
 * `FormatError` that says what stands there, what should, and where. `null` counts as absent, as OpenAI's own API has it.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';

type Field = JsonValue | undefined;

/** Names the kind of a JSON value the way an error message needs it: `a string`, `null`, `an empty array`. */
export function kindOf(value: Field): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  switch (typeof value) {
    case 'string':
      return value === '' ? 'an empty string' : 'a string';
    case 'number':
      return `the number ${value}`;
    case 'boolean':
      return String(value);
    default:
      return 'an object';
  }
}

/** The error for a value of the wrong kind. */
export function wrongKind(path: string, wanted: string, value: Field): FormatError {
  return new FormatError(path, `'${path}' must be ${wanted}, but it is ${kindOf(value)}.`);
}

/** A string that has to be there and may be empty. */
export function requiredString(value: Field, path: string): string {
  if (typeof value !== 'string') throw wrongKind(path, 'a string', value);
  return value;
}

/** A string that has to be there and say something. */
export function requiredName(value: Field, path: string): string {
  if (typeof value !== 'string' || value === '') throw wrongKind(path, 'a non-empty string', value);
  return value;
}

/** A string or undefined. */
export function optionalString(value: Field, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrongKind(path, 'a string', value);
  return value;
}

/** A boolean or undefined. */
export function optionalBoolean(value: Field, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongKind(path, 'true or false', value);
  return value;
}

/** A finite number or undefined. */
export function optionalNumber(value: Field, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))) {
    throw new FormatError(path, `'${path}' must be a number, but it is a string. Send ${value} without quotes.`);
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongKind(path, 'a number', value);
  return value;
}

/** A whole number of at least `minimum`, or undefined. */
export function optionalInteger(value: Field, path: string, minimum = Number.NEGATIVE_INFINITY): number | undefined {
  const number = optionalNumber(value, path);
  if (number === undefined) return undefined;
  if (!Number.isInteger(number) || number < minimum) {
    const wanted = Number.isFinite(minimum) ? `a whole number of at least ${minimum}` : 'a whole number';
    throw wrongKind(path, wanted, number);
  }
  return number;
}

/** An object that has to be there. */
export function requiredObject(value: Field, path: string): JsonObject {
  if (!isJsonObject(value)) throw wrongKind(path, 'an object', value);
  return value;
}

/** An object or undefined. */
export function optionalObject(value: Field, path: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  return requiredObject(value, path);
}

/** An array or undefined. */
export function optionalArray(value: Field, path: string): readonly JsonValue[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongKind(path, 'an array', value);
  return value;
}

/** An array of strings or undefined. */
export function optionalStrings(value: Field, path: string): readonly string[] | undefined {
  const items = optionalArray(value, path);
  return items?.map((item, index) => requiredString(item, `${path}[${index}]`));
}

/** A string where there is one, undefined for anything else: for answers, which are read leniently. */
export function stringOrNothing(value: Field): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A non-empty string where there is one: for answers, which are read leniently. */
export function wordOrNothing(value: Field): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An object where there is one: for answers, which are read leniently. */
export function objectOrNothing(value: Field): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** The items of an array, or none: for answers, which are read leniently. */
export function itemsOf(value: Field): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Copies the members that are present, so that absent ones stay absent and not `undefined`. */
export function present(members: JsonObject): JsonObject {
  const object: JsonObject = {};
  for (const name of Object.keys(members)) {
    const value = members[name];
    if (value !== undefined) object[name] = value;
  }
  return object;
}
