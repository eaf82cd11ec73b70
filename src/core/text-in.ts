import { isBase64 } from './base64.ts';
import type { JsonValue } from './json.ts';

/** All strings of a value, for counting tokens. Every string counts, whatever it looks like. */
export function wordsIn(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordsIn).join(' ');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(wordsIn).join(' ');
  return '';
}

/** Names under which answers hold the bytes of images and sounds. */
const ENCODED: ReadonlySet<string> = new Set(['data', 'b64_json']);
const DATA_ADDRESS = /^data:[^,]{0,200};base64,/i;

/** All strings of an answer but for media: `data:` addresses, and members made for encoded bytes, if they are base64 to the end. */
export function textIn(value: JsonValue | undefined, name = ''): string {
  if (typeof value === 'string') return isMedium(value, name) ? '' : value;
  if (Array.isArray(value)) return value.map((item) => textIn(item)).join(' ');
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value)
      .map((key) => textIn(value[key], key))
      .join(' ');
  }
  return '';
}

function isMedium(text: string, name: string): boolean {
  const header = DATA_ADDRESS.exec(text.slice(0, 256))?.[0];
  if (header !== undefined) return isBase64(text.slice(header.length));
  return ENCODED.has(name) && isBase64(text);
}
