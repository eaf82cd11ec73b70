/** Members that only this format knows: kept by their names on the way through, so that equal formats lose nothing. */
import type { JsonObject } from '../../core/json.ts';
import type { JsonReader } from '../../core/json-reader.ts';
import type { Dropped } from '../format.ts';
import type { FormatExtra } from '../neutral/conversation.ts';

/**
 * The members that are neither read nor `known`, as the `extra` of a turn, part or tool; nothing if there are none. Writers
 * assign them one by one, and assigning `__proto__` would set the prototype: every `known` has it.
 */
export function readExtra(object: JsonReader, known: ReadonlySet<string>): { readonly extra?: FormatExtra } {
  const fields = object.rest(known);
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
