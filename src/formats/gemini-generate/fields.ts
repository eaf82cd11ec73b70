/**
 * Typed reading of JSON. `strict` readers are for what a client sends and throw a `FormatError` with the exact path; the others
 * are for what a provider sends, where a member of the wrong kind counts as absent. Google's servers take every member in camel
 * and in snake case (protobuf's JSON mapping), so a client's request is read in both.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';

/** The member of an answer as a string, where it is one. */
export function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value as a finite number, where it is one; protobuf writes 64-bit integers as strings. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The value as a count of tokens, where it is one. */
export function countOf(value: JsonValue | undefined): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The objects of an array; empty where it is none. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Sets a member so that `__proto__` as a key of parsed JSON stays a plain member. */
export function setMember(object: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

/** A copy of an object with other members laid over it. */
export function withMembers(object: JsonObject, ...others: readonly JsonObject[]): JsonObject {
  const result: JsonObject = {};
  for (const source of [object, ...others]) {
    for (const [key, value] of Object.entries(source)) if (value !== undefined) setMember(result, key, value);
  }
  return result;
}

function kindOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The error for a value of the wrong kind. */
export function wrongKind(path: string, wanted: string, value: JsonValue | undefined): FormatError {
  return new FormatError(path, `${path}: expected ${wanted}, got ${kindOf(value)}.`);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** One object of a client's request, read member by member; knows its path and which members were asked for. */
export class StrictObject {
  readonly value: JsonObject;
  readonly path: string;
  private readonly asked = new Set<string>();

  constructor(value: JsonValue | undefined, path: string) {
    if (!isJsonObject(value)) throw wrongKind(path === '' ? 'body' : path, 'an object', value);
    this.value = value;
    this.path = path;
  }

  /** The path of a member, as the client wrote its name. */
  pathOf(name: string): string {
    const written =
      Object.hasOwn(this.value, name) || !Object.hasOwn(this.value, snakeCase(name)) ? name : snakeCase(name);
    return this.path === '' ? written : `${this.path}.${written}`;
  }

  /** The member in either spelling; `null` counts as absent. */
  get(name: string): JsonValue | undefined {
    this.asked.add(name);
    const own = Object.hasOwn(this.value, name) ? this.value[name] : undefined;
    if (own !== undefined && own !== null) return own;
    const snake = snakeCase(name);
    const other = Object.hasOwn(this.value, snake) ? this.value[snake] : undefined;
    return other === null ? undefined : other;
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongKind(this.pathOf(name), 'a string', value);
  }

  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const number = numberOf(value);
    if (number === undefined) throw wrongKind(this.pathOf(name), 'a number', value);
    return number;
  }

  integer(name: string): number | undefined {
    const number = this.number(name);
    if (number === undefined || Number.isSafeInteger(number)) return number;
    throw new FormatError(this.pathOf(name), `${this.pathOf(name)}: expected a whole number, got ${number}.`);
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongKind(this.pathOf(name), 'true or false', value);
  }

  object(name: string): StrictObject | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new StrictObject(value, this.pathOf(name));
  }

  array(name: string): readonly JsonValue[] | undefined {
    const value = this.get(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw wrongKind(this.pathOf(name), 'an array', value);
  }

  strings(name: string): readonly string[] | undefined {
    return this.array(name)?.map((value, index) => {
      if (typeof value === 'string') return value;
      throw wrongKind(`${this.pathOf(name)}[${index}]`, 'a string', value);
    });
  }

  objects(name: string): readonly StrictObject[] | undefined {
    return this.array(name)?.map((value, index) => new StrictObject(value, `${this.pathOf(name)}[${index}]`));
  }

  /** The members but one, by their camel-case names; undefined where there are none. */
  restWithout(name: string): JsonObject | undefined {
    this.asked.add(name);
    return this.rest();
  }

  /** The members nobody asked for, by their camel-case names; undefined where there are none. */
  rest(): JsonObject | undefined {
    let rest: JsonObject | undefined;
    for (const [name, value] of Object.entries(this.value)) {
      if (value === undefined || this.asked.has(name) || this.asked.has(camelCase(name))) continue;
      rest ??= {};
      setMember(rest, camelCase(name), value);
    }
    return rest;
  }
}
