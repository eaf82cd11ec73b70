import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { between, type Random } from './seeded.ts';

/** Words that a value may be made of, taken in turn; the prompt's proper names usually. */
interface Words {
  readonly names: readonly string[];
  /** Which name the first text gets. */
  readonly first: number;
}

/** A value that fits a JSON schema: the parts of the language that models are given for tools and structured output. */
export function valueForSchema(schema: JsonObject, random: Random, words: Words): JsonValue {
  return new SchemaReader(schema, random, words).value(schema, 0);
}

class SchemaReader {
  readonly #root: JsonObject;
  readonly #random: Random;
  readonly #words: Words;
  #taken = 0;

  constructor(root: JsonObject, random: Random, words: Words) {
    this.#root = root;
    this.#random = random;
    this.#words = words;
  }

  value(schema: JsonValue | undefined, depth: number): JsonValue {
    if (!isJsonObject(schema)) return schema === false ? null : this.#word();
    // A recursive schema has to end somewhere; optional members stop first, then everything does.
    if (depth > 12) return null;
    if (typeof schema.$ref === 'string') return this.value(this.#resolve(schema.$ref), depth + 1);
    if (schema.const !== undefined) return schema.const;
    if (Array.isArray(schema.enum) && schema.enum.length > 0) return this.#one(schema.enum);
    for (const key of ['anyOf', 'oneOf'] as const) {
      const variants = schema[key];
      if (Array.isArray(variants) && variants.length > 0) return this.value(variants[0], depth + 1);
    }
    if (Array.isArray(schema.allOf)) return this.value(this.#merge(schema, schema.allOf), depth + 1);
    return this.#ofType(schema, depth);
  }

  #ofType(schema: JsonObject, depth: number): JsonValue {
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, depth);
      case 'integer':
        return Math.round(this.#number(schema));
      case 'number':
        return this.#number(schema);
      case 'boolean':
        return this.#random() < 0.5;
      case 'null':
        return null;
      default:
        return this.#text(schema);
    }
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const required = Array.isArray(schema.required) ? schema.required : [];
    const value: JsonObject = {};
    // An object that may have any members and names none gets one, as a model would give it.
    if (schema.properties === undefined && schema.additionalProperties === true) value.answer = this.#word();
    for (const [name, member] of Object.entries(isJsonObject(schema.properties) ? schema.properties : {})) {
      if (required.includes(name) || depth < 3) value[name] = this.value(member, depth + 1);
    }
    return value;
  }

  #array(schema: JsonObject, depth: number): JsonValue[] {
    const least = typeof schema.minItems === 'number' ? schema.minItems : 1;
    const most = typeof schema.maxItems === 'number' ? schema.maxItems : Math.max(least, 2);
    const items: JsonValue[] = [];
    const count = depth > 6 ? least : between(this.#random, least, Math.max(least, Math.min(most, least + 1)));
    for (let index = 0; index < count; index++) items.push(this.value(schema.items, depth + 1));
    return items;
  }

  #number(schema: JsonObject): number {
    const lowest =
      numberOf(schema.minimum) ??
      plus(numberOf(schema.exclusiveMinimum), 1) ??
      Math.min(1, numberOf(schema.maximum) ?? 1);
    const highest = numberOf(schema.maximum) ?? plus(numberOf(schema.exclusiveMaximum), -1) ?? lowest + 99;
    const step = numberOf(schema.multipleOf);
    const value = between(this.#random, Math.ceil(lowest), Math.max(Math.ceil(lowest), Math.floor(highest)));
    return step === undefined || step === 0 ? value : Math.ceil(value / step) * step;
  }

  #text(schema: JsonObject): string {
    switch (schema.format) {
      case 'date':
        return '2026-03-14';
      case 'date-time':
        return '2026-03-14T09:26:53Z';
      case 'time':
        return '09:26:53Z';
      case 'email':
        return 'someone@example.com';
      case 'uri':
      case 'url':
        return 'https://example.com/';
      case 'uuid':
        return '3d594650-3436-4f3a-9a0b-9d4f1ee0c1a7';
      default:
        break;
    }
    let text = this.#word();
    if (typeof schema.minLength === 'number') text = text.padEnd(schema.minLength, 'x');
    return typeof schema.maxLength === 'number' ? text.slice(0, schema.maxLength) : text;
  }

  #word(): string {
    const { names, first } = this.#words;
    const name = names[(first + this.#taken) % Math.max(names.length, 1)] ?? 'example';
    this.#taken += 1;
    return name;
  }

  #one(from: readonly JsonValue[]): JsonValue {
    return from[Math.floor(this.#random() * from.length)] ?? null;
  }

  #resolve(reference: string): JsonValue | undefined {
    let at: JsonValue | undefined = this.#root;
    for (const step of reference.replace(/^#\/?/, '').split('/')) {
      if (step !== '') at = isJsonObject(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    return at;
  }

  #merge(schema: JsonObject, parts: readonly JsonValue[]): JsonObject {
    const { allOf: _allOf, ...own } = schema;
    let merged: JsonObject = own;
    for (const part of parts) {
      const resolved = isJsonObject(part) && typeof part.$ref === 'string' ? this.#resolve(part.$ref) : part;
      if (!isJsonObject(resolved)) continue;
      const properties = {
        ...(isJsonObject(merged.properties) ? merged.properties : {}),
        ...(isJsonObject(resolved.properties) ? resolved.properties : {}),
      };
      merged = { ...merged, ...resolved, ...(Object.keys(properties).length > 0 ? { properties } : {}) };
    }
    return merged;
  }
}

function typeOf(schema: JsonObject): string {
  const named = Array.isArray(schema.type) ? schema.type.find((type) => type !== 'null') : schema.type;
  // Gemini writes its types in capitals.
  if (typeof named === 'string') return named.toLowerCase();
  if (schema.properties !== undefined) return 'object';
  return schema.items !== undefined ? 'array' : 'string';
}

const numberOf = (value: JsonValue | undefined): number | undefined => (typeof value === 'number' ? value : undefined);
const plus = (value: number | undefined, by: number): number | undefined =>
  value === undefined ? undefined : value + by;
