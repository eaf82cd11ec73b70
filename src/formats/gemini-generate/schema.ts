/**
 * JSON Schema for Gemini. Newer models take JSON Schema as it is, but for words outside the documented list, which are ignored
 * (https://ai.google.dev/api/generate-content, `responseJsonSchema`, 2026-11-23): `const` is said as a one-value `enum` so that
 * it holds. Older models take a subset of OpenAPI 3.0: references are resolved, `null` becomes `nullable`, and what is not in
 * the subset is left out and reported.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember, stringOf } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';

/** Takes the path, inside the schema, of a word that had to be left out. */
type SchemaDropReceiver = (path: string) => void;

/** Deeper schemas are cut: they would overflow the stack of a function that walks them. */
const MAX_SCHEMA_DEPTH = 60;

/** The schema as JSON Schema for a model that takes it. */
export function toJsonSchema(schema: JsonObject, drop: SchemaDropReceiver): JsonObject {
  const result = sayConstAsEnum(schema, 0, '', drop);
  return isJsonObject(result) ? result : {};
}

function sayConstAsEnum(value: JsonValue, depth: number, path: string, drop: SchemaDropReceiver): JsonValue {
  if (depth > MAX_SCHEMA_DEPTH) {
    drop(path);
    return {};
  }
  if (Array.isArray(value))
    return value.map((item, index) => sayConstAsEnum(item, depth + 1, `${path}[${index}]`, drop));
  if (!isJsonObject(value)) return value;
  const schema = withLoneReference(value);
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(schema)) {
    if (member === undefined || (depth === 0 && key === '$schema')) continue;
    const place = path === '' ? key : `${path}.${key}`;
    if (NAMED_SCHEMAS.has(key) && isJsonObject(member)) {
      setMember(
        result,
        key,
        mapNamed(member, (schema, name) => sayConstAsEnum(schema, depth + 1, `${place}.${name}`, drop)),
      );
    } else if (DATA_WORDS.has(key)) {
      setMember(result, key, member);
    } else if (
      key === 'const' &&
      (typeof member === 'string' || typeof member === 'number') &&
      value.enum === undefined
    ) {
      result.enum = [member];
    } else {
      setMember(result, key, sayConstAsEnum(member, depth + 1, place, drop));
    }
  }
  return result;
}

/**
 * A reference may have only words with a `$` beside it, and `allOf` is not known (same page): a description beside a reference,
 * as pydantic writes it, and an `allOf` of one are kept as an `anyOf` of one.
 */
function withLoneReference(schema: JsonObject): JsonObject {
  const { $ref, allOf, ...rest } = schema;
  if (rest.anyOf !== undefined) return schema;
  const [only, ...others] = Array.isArray(allOf) ? allOf : [];
  if ($ref === undefined && only !== undefined && others.length === 0) return { ...rest, anyOf: [only] };
  const isAlone = Object.keys(schema).every((key) => key.startsWith('$'));
  return typeof $ref !== 'string' || isAlone || allOf !== undefined ? schema : { ...rest, anyOf: [{ $ref }] };
}

/** Words whose value is an object of schemas by name: a property may well be called `const`. */
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions', 'patternProperties']);
/** Words whose value is data and no schema. */
const DATA_WORDS: ReadonlySet<string> = new Set(['enum', 'default', 'examples', 'example', 'required', 'type']);

function mapNamed(schemas: JsonObject, map: (schema: JsonValue, name: string) => JsonValue): JsonObject {
  const result: JsonObject = {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (schema !== undefined) setMember(result, name, map(schema, name));
  }
  return result;
}

/** Words of the OpenAPI subset that are taken over as they are. */
const PLAIN_WORDS = [
  'title',
  'description',
  'default',
  'example',
  'pattern',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'required',
  'propertyOrdering',
  'nullable',
] as const;

/** Words that are read, or say nothing a model could follow: leaving them out is not a loss. */
const SILENT_WORDS: ReadonlySet<string> = new Set([
  ...PLAIN_WORDS,
  'type',
  'properties',
  'items',
  'anyOf',
  'oneOf',
  'allOf',
  'enum',
  'const',
  'format',
  '$ref',
  '$defs',
  'definitions',
  '$schema',
  '$id',
  '$comment',
  'examples',
]);

/** The formats Google takes by type; any other is refused (`only 'enum' and 'date-time' are supported for STRING type`). */
const FORMATS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    STRING: ['enum', 'date-time'],
    NUMBER: ['float', 'double'],
    INTEGER: ['int32', 'int64'],
  }),
);

/** The schema in the OpenAPI subset, for a model that takes nothing else. */
export function toOpenApiSchema(schema: JsonObject, drop: SchemaDropReceiver): JsonObject {
  return new OpenApiWriter(schema, drop).write(schema, '', []);
}

class OpenApiWriter {
  readonly #root: JsonObject;
  readonly #drop: SchemaDropReceiver;

  constructor(root: JsonObject, drop: SchemaDropReceiver) {
    this.#root = root;
    this.#drop = drop;
  }

  /** `open` holds the references being resolved: a schema that contains itself has no end in this subset. */
  write(given: JsonObject, path: string, open: readonly string[], depth = 0): JsonObject {
    if (depth > MAX_SCHEMA_DEPTH) {
      this.#drop(path);
      return { type: 'OBJECT' };
    }
    const reference = stringOf(given.$ref);
    if (reference !== undefined) return this.#resolve(reference, given, path, open, depth);
    const schema = mergeAllOf(given);
    for (const key of Object.keys(schema)) if (!SILENT_WORDS.has(key)) this.#drop(join(path, key));

    const result: JsonObject = {};
    const types = typesOf(schema);
    const alternatives = [...alternativesOf(schema, 'anyOf'), ...alternativesOf(schema, 'oneOf')];
    const branches = alternatives.filter(({ value }) => value.type !== 'null');
    if (types.isNullable || branches.length < alternatives.length) result.nullable = true;
    for (const word of PLAIN_WORDS) {
      const value = schema[word];
      if (value !== undefined) result[word] = value;
    }
    this.#writeEnum(schema, result);

    const [only] = branches;
    if (branches.length === 1 && only !== undefined) {
      return { ...this.write(only.value, join(path, only.path), open, depth + 1), ...result };
    }
    if (branches.length > 1) {
      result.anyOf = branches.map((branch) => this.write(branch.value, join(path, branch.path), open, depth + 1));
      return result;
    }
    if (types.names.length > 1) {
      result.anyOf = types.names.map((type) => this.write({ ...schema, type }, path, open, depth + 1));
      return result;
    }
    this.#writeTyped(schema, result, types.names[0] ?? guessType(schema), path, open, depth);
    return result;
  }

  #writeTyped(
    schema: JsonObject,
    result: JsonObject,
    type: string | undefined,
    path: string,
    open: readonly string[],
    depth: number,
  ): void {
    if (type !== undefined) result.type = type.toUpperCase();
    const format = stringOf(schema.format);
    if (format !== undefined) {
      if (FORMATS.get(String(result.type))?.includes(format)) result.format = format;
      else this.#drop(join(path, 'format'));
    }
    if (isJsonObject(schema.properties) && Object.keys(schema.properties).length > 0) {
      result.properties = mapNamed(schema.properties, (property, name) =>
        isJsonObject(property) ? this.write(property, join(path, `properties.${name}`), open, depth + 1) : {},
      );
    }
    if (isJsonObject(schema.items)) result.items = this.write(schema.items, join(path, 'items'), open, depth + 1);
  }

  #writeEnum(schema: JsonObject, result: JsonObject): void {
    const values = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? undefined : [schema.const];
    if (values === undefined) return;
    if (values.includes(null)) result.nullable = true;
    // Every value of an enum is text in this subset, whatever the type.
    result.enum = values
      .filter((value) => value !== null)
      .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  }

  #resolve(reference: string, given: JsonObject, path: string, open: readonly string[], depth: number): JsonObject {
    const target = open.includes(reference) ? undefined : this.#find(reference);
    if (target === undefined) {
      this.#drop(join(path, '$ref'));
      return { type: 'OBJECT' };
    }
    const { $ref: _, ...beside } = given;
    return this.write({ ...target, ...beside }, path, [...open, reference], depth + 1);
  }

  #find(reference: string): JsonObject | undefined {
    if (reference === '#') return this.#root;
    if (!reference.startsWith('#/')) return undefined;
    let value: JsonValue | undefined = this.#root;
    for (const step of reference.slice(2).split('/')) {
      const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
      if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
      value = value[name];
    }
    return isJsonObject(value) ? value : undefined;
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function typesOf(schema: JsonObject): { readonly names: readonly string[]; readonly isNullable: boolean } {
  const told = Array.isArray(schema.type) ? schema.type : [schema.type];
  const names = told.filter((type) => typeof type === 'string');
  return { names: names.filter((name) => name !== 'null'), isNullable: names.includes('null') };
}

function guessType(schema: JsonObject): string | undefined {
  if (isJsonObject(schema.properties)) return 'object';
  if (schema.items !== undefined) return 'array';
  const [first] = Array.isArray(schema.enum) ? schema.enum : [schema.const];
  if (first === undefined || first === null) return undefined;
  return typeof first === 'number' || typeof first === 'boolean' ? typeof first : 'string';
}

function alternativesOf(
  schema: JsonObject,
  word: 'anyOf' | 'oneOf',
): { readonly value: JsonObject; readonly path: string }[] {
  const list = ownValue(schema, word);
  if (!Array.isArray(list)) return [];
  return list.flatMap((value, index) => (isJsonObject(value) ? [{ value, path: `${word}[${index}]` }] : []));
}

/** `allOf` as one schema: properties and required names together, the first to say any other word wins. */
function mergeAllOf(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema.allOf)) return schema;
  const { allOf, ...own } = schema;
  const merged: JsonObject = {};
  const properties: JsonObject = {};
  const required: JsonValue[] = [];
  for (const part of [own, ...schema.allOf.filter(isJsonObject)]) {
    for (const [key, value] of Object.entries(part)) {
      if (key === 'properties' && isJsonObject(value)) addNew(properties, value);
      else if (key === 'required' && Array.isArray(value)) for (const name of value) required.push(name);
      else addNew(merged, { [key]: value });
    }
  }
  if (Object.keys(properties).length > 0) merged.properties = properties;
  if (required.length > 0) merged.required = required;
  return merged;
}

function addNew(known: JsonObject, more: JsonObject): void {
  for (const [name, value] of Object.entries(more))
    if (value !== undefined && ownValue(known, name) === undefined) setMember(known, name, value);
}

/** JSON Schema out of the OpenAPI subset a Gemini client wrote: types in lower case, `nullable` as a type. */
export function fromOpenApiSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_SCHEMA_DEPTH) return {};
  const result: JsonObject = {};
  const inner = (value: JsonValue): JsonValue => (isJsonObject(value) ? fromOpenApiSchema(value, depth + 1) : value);
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === 'nullable' || key === 'propertyOrdering') continue;
    if (key === 'type') {
      const type = typeof value === 'string' ? value.toLowerCase() : value;
      result.type = schema.nullable === true && typeof type === 'string' ? [type, 'null'] : type;
    } else if (key === 'properties' && isJsonObject(value)) result.properties = mapNamed(value, inner);
    else if (key === 'items') result.items = inner(value);
    else if (key === 'anyOf' && Array.isArray(value)) {
      result.anyOf = [...value.map(inner), ...(schema.nullable === true ? [{ type: 'null' }] : [])];
    } else if (COUNT_WORDS.has(key) && typeof value === 'string' && /^\d{1,15}$/.test(value))
      setMember(result, key, Number(value));
    else if (key === 'enum' && Array.isArray(value) && schema.nullable === true) result.enum = [...value, null];
    else if (key !== 'format' || value !== 'enum') setMember(result, key, value);
  }
  return result;
}

/** Counts that protobuf writes as text. */
const COUNT_WORDS: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
]);
