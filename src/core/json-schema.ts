/**
 * Checks a value against the keywords of JSON Schema that clients use for structured output. A keyword that is not known here is
 * passed over: what it forbids is left to the client's own check.
 */
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';

/** How deep references and values are followed. */
const MOST_STEPS = 64;

/** The first thing that is wrong with a value, by its path; undefined if the schema takes it. */
export function schemaProblem(value: JsonValue, schema: JsonValue | undefined, root = schema): string | undefined {
  return problemAt(value, schema, { root, path: '', steps: 0 });
}

interface Place {
  readonly root: JsonValue | undefined;
  readonly path: string;
  readonly steps: number;
}

function problemAt(value: JsonValue, schema: JsonValue | undefined, place: Place): string | undefined {
  if (schema === false) return `${nameOf(place)} is not allowed`;
  if (!isJsonObject(schema) || place.steps > MOST_STEPS) return undefined;
  const next = { ...place, steps: place.steps + 1 };
  if (typeof schema.$ref === 'string') return problemAt(value, resolve(schema.$ref, place.root), next);
  return (
    wrongKind(value, schema, place) ??
    wrongChoice(value, schema, place) ??
    combined(value, schema, next) ??
    (isJsonObject(value) ? wrongMember(value, schema, next) : undefined) ??
    (Array.isArray(value) ? wrongItem(value, schema, next) : undefined)
  );
}

function wrongKind(value: JsonValue, { type }: JsonObject, place: Place): string | undefined {
  const kinds = typeof type === 'string' ? [type] : Array.isArray(type) ? type : undefined;
  if (kinds === undefined || kinds.some((kind) => isOfKind(value, kind))) return undefined;
  return `${nameOf(place)} must be of type ${kinds.join(' or ')}`;
}

function isOfKind(value: JsonValue, kind: JsonValue): boolean {
  switch (kind) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === kind;
    default:
      return true;
  }
}

function wrongChoice(value: JsonValue, schema: JsonObject, place: Place): string | undefined {
  const text = JSON.stringify(value);
  const choices = Array.isArray(schema.enum) ? schema.enum : schema.const === undefined ? undefined : [schema.const];
  if (choices === undefined || choices.some((choice) => JSON.stringify(choice) === text)) return undefined;
  return `${nameOf(place)} must be one of ${JSON.stringify(choices).slice(0, 200)}`;
}

function combined(value: JsonValue, { allOf, anyOf, oneOf }: JsonObject, place: Place): string | undefined {
  for (const part of Array.isArray(allOf) ? allOf : []) {
    const problem = problemAt(value, part, place);
    if (problem !== undefined) return problem;
  }
  for (const branches of [anyOf, oneOf]) {
    if (!Array.isArray(branches) || branches.length === 0) continue;
    const problems = branches.map((branch) => problemAt(value, branch, place));
    if (problems.every((problem) => problem !== undefined)) return problems[0];
  }
  return undefined;
}

function wrongMember(value: JsonObject, schema: JsonObject, place: Place): string | undefined {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  for (const name of Array.isArray(schema.required) ? schema.required : []) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) return `${nameOf(inside(place, name))} is missing`;
  }
  for (const name of Object.keys(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    const problem = problemAt(value[name] as JsonValue, known, inside(place, name));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrongItem(value: readonly JsonValue[], schema: JsonObject, place: Place): string | undefined {
  const { minItems, maxItems, items } = schema;
  if (typeof minItems === 'number' && value.length < minItems)
    return `${nameOf(place)} has fewer than ${minItems} items`;
  if (typeof maxItems === 'number' && value.length > maxItems)
    return `${nameOf(place)} has more than ${maxItems} items`;
  for (const [index, item] of value.entries()) {
    const problem = problemAt(item, items, { ...place, path: `${place.path}[${index}]` });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inside(place: Place, name: string): Place {
  return { ...place, path: place.path === '' ? name : `${place.path}.${name}` };
}

function nameOf({ path }: Place): string {
  return path === '' ? 'the answer' : `'${path}'`;
}

function resolve(reference: string, root: JsonValue | undefined): JsonValue | undefined {
  let found: JsonValue | undefined = root;
  for (const step of reference.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}
