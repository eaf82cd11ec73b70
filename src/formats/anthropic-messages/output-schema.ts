/**
 * A JSON Schema as Anthropic's structured output takes it (platform.claude.com, structured-outputs, 2026-11): every object closed with
 * `additionalProperties: false`, and no constraint that its grammar cannot hold. Such a constraint would be refused with 400;
 * like Anthropic's own SDKs, this writes it into the description instead, where the model still reads it.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';

const FORMATS = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);
const REFUSED = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'not',
]);
const SCHEMA_MAPS = new Set(['properties', '$defs', 'definitions']);
const SCHEMA_LISTS = new Set(['anyOf', 'allOf']);

const isRefused = (key: string, value: JsonValue): boolean =>
  REFUSED.has(key) ||
  (key === 'minItems' && value !== 0 && value !== 1) ||
  (key === 'format' && typeof value === 'string' && !FORMATS.has(value));

function closeMap(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, closeSchema(schema ?? {})]));
}

function closeSchema(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  const closed: JsonObject = {};
  const told: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue;
    if (isRefused(key, member)) told.push(`${key}: ${JSON.stringify(member)}`);
    else if (SCHEMA_MAPS.has(key)) setMember(closed, key, closeMap(member));
    else if (SCHEMA_LISTS.has(key) && Array.isArray(member)) setMember(closed, key, member.map(closeSchema));
    // The grammar knows only `anyOf`; of alternatives that exclude each other it accepts the same answers.
    else if (key === 'oneOf' && Array.isArray(member)) closed.anyOf = member.map(closeSchema);
    else if (key === 'items') closed.items = Array.isArray(member) ? member.map(closeSchema) : closeSchema(member);
    else setMember(closed, key, member);
  }
  if (closed.type === 'object' || isJsonObject(closed.properties)) closed.additionalProperties = false;
  if (told.length > 0) {
    const before = typeof closed.description === 'string' ? `${closed.description}\n\n` : '';
    closed.description = `${before}{${told.join(', ')}}`;
  }
  return closed;
}

/** The schema, closed and without refused constraints; one that already is so comes out equal. */
export function writeOutputSchema(schema: JsonObject): JsonObject {
  const closed = closeSchema(schema);
  return isJsonObject(closed) ? closed : schema;
}
