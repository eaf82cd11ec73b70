import type { JsonValue } from './json.ts';

/** Deeper than any real value, and far from what would overflow the stack of a function that walks it. */
const MOST_NESTED = 500;

/** `JSON.parse`, for text of which nothing has limited the nesting: what is nested deeper than 500 levels is a SyntaxError too. */
export function parseJson(text: string): JsonValue {
  const value = JSON.parse(text) as JsonValue;
  // Each level takes two characters.
  if (text.length > 2 * MOST_NESTED && isDeeper(value, MOST_NESTED)) {
    throw new SyntaxError(`nested deeper than ${MOST_NESTED} levels`);
  }
  return value;
}

function isDeeper(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1));
  for (const name in value) if (isDeeper(value[name], levels - 1)) return true;
  return false;
}
