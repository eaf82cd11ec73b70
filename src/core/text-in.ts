import type { JsonValue } from './json.ts';

/** Longer strings without a space near their start are taken for encoded media, not for words. */
const LONGEST_WORD = 2_000;

/** All words in a value, for counting tokens; images and other encoded bytes are left out. */
export function textIn(value: JsonValue | undefined): string {
  if (typeof value === 'string') return isEncoded(value) ? '' : value;
  if (Array.isArray(value)) return value.map(textIn).join(' ');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textIn).join(' ');
  return '';
}

function isEncoded(text: string): boolean {
  if (text.length < LONGEST_WORD) return false;
  return text.startsWith('data:') || !/\s/.test(text.slice(0, LONGEST_WORD));
}
