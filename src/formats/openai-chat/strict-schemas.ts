/**
 * Whether a schema is one that OpenAI's strict mode takes: every object closed, every member required, and no keyword that it does not
 * know (https://developers.openai.com/api/docs/guides/structured-outputs, 2026-11-28). Any other with `strict: true` is refused with 400;
 * clients of formats that have no such rule do not know it.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';

const UNKNOWN = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
];

/** Whether OpenAI takes the schema in strict mode. */
export function isStrictSchema(schema: JsonObject | undefined): boolean {
  // A tool that takes nothing: OpenAI writes the empty object itself.
  return schema === undefined || isStrict(schema);
}

function isStrict(value: JsonValue | undefined): boolean {
  if (!isJsonObject(value)) return true;
  if (UNKNOWN.some((keyword) => value[keyword] !== undefined)) return false;
  const { properties, required, items, anyOf, $defs, definitions } = value;
  const isObject = value.type === 'object' || (Array.isArray(value.type) && value.type.includes('object'));
  if (isObject || properties !== undefined) {
    if (value.additionalProperties !== false) return false;
    const names = isJsonObject(properties) ? Object.keys(properties) : [];
    if (!names.every((name) => Array.isArray(required) && required.includes(name))) return false;
  }
  const inside: (JsonValue | undefined)[] = [items];
  for (const map of [properties, $defs, definitions]) if (isJsonObject(map)) inside.push(...Object.values(map));
  if (Array.isArray(anyOf)) inside.push(...anyOf);
  return inside.every(isStrict);
}
