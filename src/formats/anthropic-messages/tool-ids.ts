/** Ids of tool calls: Anthropic takes only `^[a-zA-Z0-9_-]+$` and refuses the request otherwise. */

import { isJsonObject, type JsonObject } from '../../core/json.ts';

/** FNV-1a, so that two ids that differ only in a replaced character stay two. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The id as Anthropic takes it: the same for a call and its result, and for every request that repeats them. */
export function writeToolId(id: string): string {
  if (/^[a-zA-Z0-9_-]+$/.test(id)) return id;
  return `${id.replace(/[^a-zA-Z0-9_-]/g, '_')}_${fingerprint(id)}`;
}

/**
 * The `input` of a call, which must be an object. Other text (a model that wrote broken JSON, a custom tool's free text) is
 * kept where the model sees again what it wrote: an empty object would make it believe that it had passed nothing.
 */
export function writeToolInput(args: string, custom: boolean): JsonObject {
  if (custom) return { input: args };
  if (args.trim() === '') return {};
  try {
    const parsed: unknown = JSON.parse(args);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Falls to the wrapper below, which keeps the text.
  }
  return { _raw: args };
}
