/**
 * A JSON Schema as Anthropic's structured output takes it (platform.claude.com, structured-outputs, 2026-11): every object closed with
 * `additionalProperties: false`, and no constraint that its grammar cannot hold. Such a constraint would be refused with 400;
 * like Anthropic's own SDKs, this writes it into the description instead, where the model still reads it.
 */
import { isJsonObject, type JsonObject, type JsonValue, setMember } from '../../core/json.ts';
import { mergeBranches } from './merge-schemas.ts';
import type { Drop } from './write-content.ts';

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

/** Closes the schemas of one request. Holds the whole schema, in which references lead somewhere, and what was lost. */
class SchemaCloser {
  readonly #root: JsonObject;
  readonly #lost = new Set<string>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** The keywords that had to go. */
  get lost(): readonly string[] {
    return [...this.#lost];
  }

  close(value: JsonValue): JsonValue {
    if (!isJsonObject(value)) return value;
    // Each branch of `allOf` would be closed by itself, and together they would take nothing but `{}`.
    const merged = value.allOf === undefined ? value : mergeBranches(value, this.#root);
    return this.#closeMembers(merged ?? value);
  }

  #closeMembers(schema: JsonObject): JsonObject {
    const closed: JsonObject = {};
    const told: string[] = [];
    for (const [key, member] of Object.entries(schema)) {
      if (member === undefined) continue;
      if (isRefused(key, member)) told.push(`${key}: ${JSON.stringify(member)}`);
      else if (SCHEMA_MAPS.has(key)) setMember(closed, key, this.#closeMap(member));
      else if (SCHEMA_LISTS.has(key) && Array.isArray(member)) {
        setMember(
          closed,
          key,
          member.map((one) => this.close(one)),
        );
      }
      // The grammar knows only `anyOf`; of alternatives that exclude each other it accepts the same answers.
      else if (key === 'oneOf' && Array.isArray(member)) closed.anyOf = member.map((one) => this.close(one));
      else if (key === 'items') {
        closed.items = Array.isArray(member) ? member.map((one) => this.close(one)) : this.close(member);
      } else setMember(closed, key, member);
    }
    if (closed.type === 'object' || isJsonObject(closed.properties)) {
      const { additionalProperties: open } = schema;
      // An object of any names cannot be said: the model reads of it, and the grammar has no place for it.
      if (open !== undefined && open !== false) {
        this.#lost.add('additionalProperties');
        told.push(`additionalProperties: ${JSON.stringify(open)}`);
      }
      closed.additionalProperties = false;
    }
    if (told.length > 0) {
      const before = typeof closed.description === 'string' ? `${closed.description}\n\n` : '';
      closed.description = `${before}{${told.join(', ')}}`;
    }
    return closed;
  }

  #closeMap(value: JsonValue): JsonValue {
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, this.close(schema ?? {})]));
  }
}

/** The schema, closed and without refused constraints; one that already is so comes out equal. */
export function writeOutputSchema(schema: JsonObject, drop: Drop): JsonObject {
  const closer = new SchemaCloser(schema);
  const closed = closer.close(schema);
  for (const keyword of closer.lost) {
    drop(
      `response_format.json_schema.schema.${keyword}`,
      'Claude holds objects to the members that are named.',
      'fitted',
    );
  }
  return isJsonObject(closed) ? closed : schema;
}
