/** How every format reads bodies: what is wrong becomes a `FormatError` whose sentence names the field. */

import type { JsonValue } from '../core/json.ts';
import { JsonReader, kindOf, type ReadingRules } from '../core/json-reader.ts';
import { FormatError } from './format.ts';

/** The error for a field; `problem` completes a sentence that begins with its path. */
export const refusal = (path: string, problem: string): FormatError => new FormatError(path, `'${path}' ${problem}.`);

/** The error for a value of the wrong type. */
export function wrongKind(path: string, wanted: string, value: JsonValue | undefined): FormatError {
  return refusal(path, `must be ${wanted}, but it is ${kindOf(value)}`);
}

/** The rules of a format that has one spelling for each name. */
export const FORMAT_RULES: ReadingRules = { refuse: refusal };

/** Reads the object at a path; the empty path is the whole body. */
export function readerOf(value: JsonValue | undefined, path = ''): JsonReader {
  return new JsonReader(value, path, FORMAT_RULES);
}
