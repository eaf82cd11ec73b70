import { isJsonObject, type JsonObject } from '../core/json.ts';
import { parseJson } from '../core/parse-json.ts';

/**
 * The object that a tool call's arguments are; undefined if they are not an object. Some models write it as a string of JSON once more
 * (https://github.com/vllm-project/vllm/pull/54964, 2026-11-28).
 */
export function parseArguments(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    if (isJsonObject(value)) return value;
    const inner = typeof value === 'string' && value.trimStart().startsWith('{') ? parseJson(value) : undefined;
    return isJsonObject(inner) ? inner : undefined;
  } catch {
    // No JSON, or nested too deep: the caller keeps the text.
    return undefined;
  }
}
