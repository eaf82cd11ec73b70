/** Joins the branches of `allOf`, `anyOf` and `oneOf` into one object schema, for places where Anthropic takes none of them. */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';

/** References are followed so deep: deeper is a circle. */
const MOST_REFERENCES = 8;

/** The members of a schema that may have branches. */
export const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;

const isList = (value: JsonValue | undefined): value is JsonValue[] => Array.isArray(value);
const namesOf = (value: JsonValue | undefined): string[] =>
  isList(value) ? value.filter((name) => typeof name === 'string') : [];

/** The schema that a local reference leads to (`#/$defs/X`), or the schema itself. Undefined if there is no such schema. */
export function resolveReference(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  let resolved = schema;
  for (let depth = 0; depth < MOST_REFERENCES; depth++) {
    const { $ref: reference, ...beside } = resolved;
    if (typeof reference !== 'string') return resolved;
    if (!reference.startsWith('#/')) return undefined;
    let target: JsonValue | undefined = root;
    for (const step of reference.slice(2).split('/')) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      target = isJsonObject(target) ? ownValue(target, name) : undefined;
    }
    if (!isJsonObject(target)) return undefined;
    resolved = { ...target, ...beside };
  }
  return undefined;
}

/**
 * One object schema that takes whatever the branches of this one take. Of `allOf` every property and every requirement counts; of `anyOf`
 * and `oneOf` every property, and what all branches require. The description names the alternatives. Undefined if a branch is no
 * schema of an object.
 */
export function mergeBranches(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  let merged: JsonObject = Object.fromEntries(Object.entries(schema).filter(([key]) => !isBranch(key)));
  for (const key of BRANCHES) {
    const branches = schema[key];
    if (!isList(branches)) continue;
    const objects: JsonObject[] = [];
    for (const branch of branches) {
      const object = isJsonObject(branch) ? objectSchema(branch, root) : undefined;
      if (object === undefined) return undefined;
      objects.push(object);
    }
    merged = join(merged, objects, key === 'allOf' ? 'all' : 'any');
  }
  return merged;
}

function isBranch(key: string): boolean {
  return BRANCHES.some((branch) => branch === key);
}

function objectSchema(branch: JsonObject, root: JsonObject): JsonObject | undefined {
  const resolved = resolveReference(branch, root);
  if (resolved === undefined) return undefined;
  const { type } = resolved;
  const mayBeObject = type === undefined || type === 'object' || (isList(type) && type.includes('object'));
  if (!mayBeObject) return undefined;
  return BRANCHES.some((key) => resolved[key] !== undefined) ? mergeBranches(resolved, root) : resolved;
}

function join(base: JsonObject, branches: readonly JsonObject[], kind: 'all' | 'any'): JsonObject {
  const properties: JsonObject = {};
  const definitions: JsonObject = {};
  const add = (name: string, schema: JsonValue): void => {
    const known = ownValue(properties, name);
    if (known === undefined || JSON.stringify(known) === JSON.stringify(schema)) setMember(properties, name, schema);
    else setMember(properties, name, kind === 'all' ? { allOf: [known, schema] } : { anyOf: [known, schema] });
  };
  for (const one of [base, ...branches]) {
    for (const [name, schema] of Object.entries(isJsonObject(one.properties) ? one.properties : {}))
      add(name, schema ?? {});
    for (const [name, schema] of Object.entries(isJsonObject(one.$defs) ? one.$defs : {})) {
      setMember(definitions, name, schema);
    }
  }
  const required = new Set(namesOf(base.required));
  const [first, ...others] = branches.map((branch) => namesOf(branch.required));
  if (kind === 'all') for (const name of branches.flatMap((branch) => namesOf(branch.required))) required.add(name);
  else for (const name of first ?? []) if (others.every((names) => names.includes(name))) required.add(name);
  const told = kind === 'any' ? alternatives(branches) : undefined;
  const before = typeof base.description === 'string' ? `${base.description}\n\n` : '';
  return {
    ...base,
    type: 'object',
    properties,
    ...(required.size > 0 && { required: [...required] }),
    ...(Object.keys(definitions).length > 0 && { $defs: definitions }),
    ...(told !== undefined && { description: `${before}${told}` }),
  };
}

/** What a model should know of alternatives that its schema cannot say. */
function alternatives(branches: readonly JsonObject[]): string | undefined {
  const sets = branches.map((branch) => {
    const required = namesOf(branch.required);
    return required.length > 0 ? required : Object.keys(isJsonObject(branch.properties) ? branch.properties : {});
  });
  if (sets.length < 2 || sets.some((names) => names.length === 0)) return undefined;
  return `Give one of these sets of members: ${sets.map((names) => `[${names.join(', ')}]`).join(' or ')}.`;
}
