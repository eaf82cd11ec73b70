/** OpenAI's own OpenAPI document as a judge of what we write. Undefined where the document is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts';

const FILE = join(import.meta.dirname, '../../../../shared/reference/openai-openapi.json');

/** Says what is wrong with a value, or nothing. */
export type Judge = (value: JsonValue) => string | undefined;

/** The document still says `nullable` in places, a word of OpenAPI 3.0 that JSON Schema does not know. */
function withoutNullable(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNullable);
  if (!isJsonObject(value)) return value;
  const { nullable, discriminator: _, ...members } = value;
  const clean: JsonObject = {};
  for (const [name, member] of Object.entries(members)) {
    if (member === undefined || name.startsWith('x-') || name === 'example' || name === 'examples') continue;
    clean[name] = withoutNullable(member);
  }
  return nullable === true ? { anyOf: [clean, { type: 'null' }] } : clean;
}

/** The schemas that one schema needs, itself included. */
function reachable(schemas: JsonObject, name: string, found: Map<string, JsonValue>): void {
  if (found.has(name)) return;
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`OpenAI's document has no schema ${name}`);
  found.set(name, withoutNullable(schema));
  for (const match of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (match[1] !== undefined) reachable(schemas, match[1], found);
  }
}

/** Judges of the named schemas; undefined where the document is absent. */
export function openaiJudges<Name extends string>(names: readonly Name[]): Record<Name, Judge> | undefined {
  if (!existsSync(FILE)) return undefined;
  const document = JSON.parse(readFileSync(FILE, 'utf8')) as { components: { schemas: JsonObject } };
  const found = new Map<string, JsonValue>();
  for (const name of names) reachable(document.components.schemas, name, found);
  // Its own formats (`unixtime`) are unknown to JSON Schema and ignored.
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openai', components: { schemas: Object.fromEntries(found) } });
  const judge = (name: string): Judge => {
    const validate = ajv.compile({ $ref: `openai#/components/schemas/${name}` });
    return (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors));
  };
  return Object.fromEntries(names.map((name) => [name, judge(name)])) as Record<Name, Judge>;
}
