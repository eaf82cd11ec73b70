import type { JsonValue } from './json.ts';

/** All strings of a value, for counting tokens. Every string counts, whatever it looks like. */
export function wordsIn(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsIn).join(' ');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(wordsIn).join(' ');
  return '';
}
