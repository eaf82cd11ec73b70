/** Writes a text that is JSON with fewer tokens, so that it parses back equal. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../../core/json.ts';
import { toNotation } from './notation.ts';
import { readNotation } from './read-notation.ts';
import { roughTokens } from './rough-tokens.ts';

const LEAST_CHARACTERS = 64;
const MOST_CHARACTERS = 1_048_576;

/** The shortest form of a text that is a JSON object or list; undefined if it is something else, or no form is shorter. */
export function shorterJson(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.length < LEAST_CHARACTERS || trimmed.length > MOST_CHARACTERS) return undefined;
  const isClosed =
    (trimmed.startsWith('{') && trimmed.endsWith('}')) || (trimmed.startsWith('[') && trimmed.endsWith(']'));
  if (!isClosed) return undefined;
  let value: JsonValue;
  try {
    value = JSON.parse(trimmed) as JsonValue;
  } catch {
    return undefined;
  }
  const bare = withoutSpace(trimmed);
  const forms = [bare.text];
  // A number that JavaScript would write otherwise, or a name twice, is lost when the value is read.
  if (bare.isExact && bare.names === namesIn(value)) forms.push(...inNotation(value));
  const [best] = forms
    .map((form) => ({ form, tokens: roughTokens(form) }))
    .sort((one, other) => one.tokens - other.tokens);
  return best === undefined || best.tokens >= roughTokens(text) ? undefined : best.form;
}

function inNotation(value: JsonValue): readonly string[] {
  try {
    const form = toNotation(value);
    return isDeepStrictEqual(readNotation(form), value) ? [form] : [];
  } catch {
    // Too deep for the notation.
    return [];
  }
}

const NUMBER_OR_TEXT = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|\s+|:/g;

interface Bare {
  readonly text: string;
  /** All of its numbers are as JavaScript writes them. */
  readonly isExact: boolean;
  readonly names: number;
}

function withoutSpace(json: string): Bare {
  let isExact = true;
  let names = 0;
  const text = json.replace(NUMBER_OR_TEXT, (found) => {
    const first = found.charCodeAt(0);
    if (first === 0x22) return found;
    if (first === 0x3a) names += 1;
    else if (first <= 0x20) return '';
    else if (String(Number(found)) !== found) isExact = false;
    return found;
  });
  return { text, isExact, names };
}

function namesIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, inner) => sum + namesIn(inner as JsonValue), own);
}
