/** Members that nobody but this format knows: kept by their names on the way through, so that equal formats lose nothing. */
import type { JsonObject } from '../../core/json.ts';
import type { Dropped } from '../format.ts';
import type { FormatExtra } from '../neutral/conversation.ts';

/** The members of an object that are not `known`, as the `extra` of a turn, part or tool; nothing where there are none. */
export function readExtra(object: JsonObject, known: ReadonlySet<string>): { readonly extra?: FormatExtra } {
  let fields: JsonObject | undefined;
  for (const name of Object.keys(object)) {
    const value = object[name];
    // Assigning `__proto__` would set the object's prototype.
    if (known.has(name) || value === null || value === undefined || name === '__proto__') continue;
    fields ??= {};
    fields[name] = value;
  }
  return fields === undefined ? {} : { extra: { format: 'openai-chat', fields } };
}

/** The members to write beside the known ones; those of another format are counted as dropped. */
export function writeExtra(extra: FormatExtra | undefined, path: string, dropped: Dropped[]): JsonObject {
  if (extra === undefined) return {};
  if (extra.format === 'openai-chat') return extra.fields;
  for (const name of Object.keys(extra.fields)) {
    dropped.push({ field: `${path}.${name}`, why: `a member that only ${extra.format} knows`, kind: 'unknown' });
  }
  return {};
}
