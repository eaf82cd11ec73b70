/**
 * What is particular to Google's JSON, which is protobuf's: its servers take every name of a request in camel and in snake case,
 * and 64-bit integers are written as strings.
 */
import type { JsonValue } from '../../core/json.ts';
import { JsonReader, type ReadingRules } from '../../core/json-reader.ts';
import { FORMAT_RULES } from '../body-reader.ts';

const RULES: ReadingRules = {
  ...FORMAT_RULES,
  spelling: {
    second: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    first: (written) => written.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  },
  takesDigits: true,
};

/** Reads one object of a client's request; names are asked for in camel case. */
export function readerOf(value: JsonValue | undefined, path: string): JsonReader {
  return new JsonReader(value, path, RULES);
}

/** The value as a finite number, if it is one, written as a number or as digits. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The value as a count of tokens, if it is one. */
export function countOf(value: JsonValue | undefined): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
