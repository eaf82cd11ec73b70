/** How OpenAI's requests are read: every `null` counts as absent, also in members that only this format knows. */
import type { JsonValue } from '../../core/json.ts';
import { JsonReader, type ReadingRules } from '../../core/json-reader.ts';
import { FORMAT_RULES } from '../body-reader.ts';

const RULES: ReadingRules = { ...FORMAT_RULES, dropsNull: true };

/** Reads the object at a path of a client's request; the empty path is the whole body. */
export function readerOf(value: JsonValue | undefined, path = ''): JsonReader {
  return new JsonReader(value, path, RULES);
}
