/** A JSON value as `JSON.parse` returns it. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object; a member that is absent reads as `undefined`. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** Tells an object from arrays, null and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a member by its name alone: `__proto__` as a key of parsed JSON stays a plain member. */
export function setMember(object: JsonObject, name: string, value: JsonValue | undefined): void {
  // The only member of every object that does something when it is assigned; defining a member is several times dearer.
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

/** A copy of an object with other members laid over it; those without a value are left out. */
export function withMembers(...sources: readonly JsonObject[]): JsonObject {
  const result: JsonObject = {};
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) if (value !== undefined) setMember(result, name, value);
  }
  return result;
}

/** The value if it is a string; undefined for anything else. */
export function stringOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value if it is a string that is not empty; undefined for anything else. */
export function wordOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The value if it is an object; undefined for anything else. */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** The items of an array; empty for anything else. */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The objects in an array; empty for anything else. */
export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return itemsOf(value).filter(isJsonObject);
}

/** A value with every text in it changed, names of members left as they are. */
export function mapTexts<Value>(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') return change(value) as Value;
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, mapTexts(member as unknown, change)]);
  return Object.fromEntries(entries) as Value;
}
