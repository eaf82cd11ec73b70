import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Drop } from './write-content.ts';

/**
 * How many cache marks a request may have: "A maximum of 4 blocks with cache_control may be provided"
 * (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, 2026-11-28).
 */
export const MOST_CACHE_MARKS = 4;

/** Takes marks from a written body if it has more than Claude takes: the last ones cover the longest prompts, so the first go. */
export function limitCacheMarks(body: JsonObject, drop: Drop): void {
  const marked: JsonObject[] = [];
  for (const name of ['tools', 'system', 'messages']) collect(body[name], marked);
  const isMarkedWhole = body.cache_control !== undefined && body.cache_control !== null;
  const spare = marked.length + (isMarkedWhole ? 1 : 0) - MOST_CACHE_MARKS;
  if (spare <= 0) return;
  for (const holder of marked.slice(0, spare)) delete holder.cache_control;
  drop('cache_control', `Claude takes ${MOST_CACHE_MARKS} marks: the first ${spare} are left out.`, 'fitted');
}

function collect(value: JsonValue | undefined, marked: JsonObject[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, marked);
  else if (isJsonObject(value)) {
    if (isJsonObject(value.cache_control)) marked.push(value);
    // Blocks hold blocks in `content` alone: a tool's input and schema may use the same words for something else.
    collect(value.content, marked);
  }
}
