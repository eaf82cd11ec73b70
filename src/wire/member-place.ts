/** Where a member stands in the bytes of an event, without parsing it. Inside a string its quotes would be escaped. */
import { startOfEvent } from './event-boundary.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = '{['.split('').map((bracket) => bracket.charCodeAt(0));
const CLOSE = '}]'.split('').map((bracket) => bracket.charCodeAt(0));

/** Whether the name at `at` belongs to the event's object itself, or to the object `holder` in it. */
export function isPlaced(bytes: Buffer, at: number, holder: string | undefined): boolean {
  let depth = 0;
  let name = '';
  let outer = '';
  for (let position = startOfEvent(bytes, at, 0); position < at; position += 1) {
    const byte = bytes[position] as number;
    if (byte === QUOTE) {
      const end = endOfString(bytes, position);
      if (depth === 1) name = bytes.toString('utf8', position + 1, end - 1);
      position = end - 1;
    } else if (OPEN.includes(byte)) {
      if (depth === 1) outer = name;
      depth += 1;
    } else if (CLOSE.includes(byte)) depth -= 1;
  }
  return holder === undefined ? depth === 1 : depth === 2 && outer === holder;
}

/** The offset of the value behind a member's name; -1 if what follows is not a value. */
export function startOfValue(bytes: Buffer, behindName: number): number {
  const colon = skipSpace(bytes, behindName);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -1;
}

/** The offset behind the string that begins at `start`. */
export function endOfString(bytes: Buffer, start: number): number {
  let position = start + 1;
  while (position < bytes.length && bytes[position] !== QUOTE) position += bytes[position] === BACKSLASH ? 2 : 1;
  return position + 1;
}

/** The offset of the first byte from `from` on that is not white space. */
export function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  while (isSpace(bytes[position])) position += 1;
  return position;
}

/** Whether a byte is white space between the parts of JSON. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
