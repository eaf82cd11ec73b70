/**
 * The schema of a tool's input as Anthropic takes it: of type `object`, and without `anyOf`, `oneOf` and `allOf` at the top, for which it
 * refuses the whole request ("input_schema does not support oneOf, allOf, or anyOf at the top level":
 * https://github.com/makenotion/notion-mcp-server/issues/341 and https://github.com/anthropics/claude-code/issues/56174, 2026-11-28).
 */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { BRANCHES, mergeBranches, resolveReference } from './merge-schemas.ts';
import type { Drop } from './write-content.ts';

/** Writes the schema; reports if it had to change more than to say that it is an object's. */
export function writeToolSchema(parameters: JsonObject | undefined, field: string, drop: Drop): JsonObject {
  if (parameters === undefined) return { type: 'object', properties: {} };
  const isBranched = BRANCHES.some((key) => parameters[key] !== undefined);
  if (!isBranched && (parameters.type === undefined || parameters.type === 'object') && parameters.$ref === undefined) {
    return { type: 'object', ...parameters };
  }
  const resolved = resolveReference(parameters, parameters);
  const merged = resolved === undefined ? undefined : mergeBranches(resolved, parameters);
  if (merged === undefined) {
    const kept = Object.fromEntries(Object.entries(parameters).filter(([key]) => !BRANCHES.some((one) => one === key)));
    const text = JSON.stringify(
      Object.fromEntries(BRANCHES.flatMap((key) => (parameters[key] === undefined ? [] : [[key, parameters[key]]]))),
    );
    const before = typeof parameters.description === 'string' ? `${parameters.description}\n\n` : '';
    drop(field, 'Anthropic takes no alternatives at the top of a schema: they are in its description.', 'fitted');
    const description = isBranched ? { description: `${before}${text}` } : {};
    return { ...kept, ...description, type: 'object', ...(kept.properties === undefined && { properties: {} }) };
  }
  if (isBranched)
    drop(field, 'Anthropic takes no alternatives at the top of a schema: their members are joined.', 'fitted');
  else drop(field, 'Anthropic takes only schemas of the type object.', 'fitted');
  const { $defs } = parameters;
  return {
    ...(isJsonObject($defs) && { $defs }),
    ...merged,
    type: 'object',
    ...(merged.properties === undefined && { properties: {} }),
  };
}
