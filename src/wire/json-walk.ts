/**
 * Looks up values inside JSON that is known to be valid, in its bytes and without building it. Names are compared as
 * `JSON.parse` reads them: with any escapes, any white space, and the last of several members of one name counts.
 */
import type { JsonValue } from '../core/json.ts';
import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './json-scan.ts';

/** Where a value is in the bytes: from its first byte to behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The values of the last members of these names in an object; undefined if the value is not an object, or has none of them. */
export function membersAt(bytes: Buffer, start: number, names: readonly string[]): NotedValues | undefined {
  let values: NotedValues | undefined;
  forEachMember(bytes, start, (nameStart, nameEnd, valueStart) => {
    const end = endOfValue(bytes, valueStart);
    const index = indexOfName(bytes, nameStart, nameEnd, names);
    if (index !== -1) {
      values ??= new NotedValues(bytes, names);
      values.note(index, { start: valueStart, end });
    }
    return end;
  });
  return values;
}

/** The value at a path of names, or undefined. */
export function valueAt(bytes: Buffer, start: number, path: readonly string[]): Span | undefined {
  let at: Span | undefined = { start, end: start };
  for (const name of path) {
    at = membersAt(bytes, at.start, [name])?.span(name);
    if (at === undefined) return undefined;
  }
  return at;
}

/** The string at a place, or undefined if another kind of value is there. */
function stringIn(bytes: Buffer, span: Span | undefined): string | undefined {
  return span !== undefined && bytes[span.start] === QUOTE ? (parseSpan(bytes, span) as string) : undefined;
}

/** The parsed value at a place. */
export function parseSpan(bytes: Buffer, { start, end }: Span): JsonValue {
  if (bytes[start] === QUOTE && !hasBackslash(bytes, start, end)) return bytes.toString('utf8', start + 1, end - 1);
  return JSON.parse(bytes.toString('utf8', start, end)) as JsonValue;
}

/** Whether a stretch of a text holds an escape. */
export function hasBackslash(bytes: Buffer, start: number, end: number): boolean {
  return bytes.subarray(start, end).includes(BACKSLASH);
}

/** How many items an array has, and whether all of them are numbers; undefined if the value is not an array. */
export function itemsOf(
  bytes: Buffer,
  start: number,
): { readonly count: number; readonly areNumbers: boolean } | undefined {
  if (bytes[start] !== OPEN_ARRAY) return undefined;
  let count = 0;
  let areNumbers = true;
  forEachItem(bytes, start, (item) => {
    count += 1;
    areNumbers &&= isNumber(bytes[item]);
    return endOfValue(bytes, item);
  });
  return { count, areNumbers };
}

function isNumber(first: number | undefined): boolean {
  return first !== undefined && (first === 0x2d || (first >= 0x30 && first <= 0x39));
}

/** What to look for in the objects of one kind. */
export interface ObjectShape {
  /** Names of members whose values are noted. */
  readonly noted: readonly string[];
  /** The member that holds further objects, one or a list of them, and what these are; without a shape they are of this kind. */
  readonly inner?: { readonly name: string; readonly shape?: ObjectShape };
}

/** The noted values of one object. */
export class NotedValues {
  readonly bytes: Buffer;
  readonly #names: readonly string[];
  readonly #spans: (Span | undefined)[] = [];

  constructor(bytes: Buffer, names: readonly string[]) {
    this.bytes = bytes;
    this.#names = names;
  }

  note(index: number, span: Span): void {
    this.#spans[index] = span;
  }

  /** Where the value of a noted member is, or undefined if the object has no such member. */
  span(name: string): Span | undefined {
    return this.#spans[this.#names.indexOf(name)];
  }

  /** Its value if that is a string. */
  string(name: string): string | undefined {
    return stringIn(this.bytes, this.span(name));
  }

  /** Its value if that is a number. */
  number(name: string): number | undefined {
    const span = this.span(name);
    return span !== undefined && isNumber(this.bytes[span.start]) ? (parseSpan(this.bytes, span) as number) : undefined;
  }

  /** Whether its value is an object. */
  isObject(name: string): boolean {
    const span = this.span(name);
    return span !== undefined && this.bytes[span.start] === OPEN_OBJECT;
  }
}

/** Called at the end of each object that has a noted member. */
export type ReadObject<Found> = (values: NotedValues, found: Found[]) => void;

/**
 * Visits the objects of a value: the value itself, the items of lists, and what is inside their `inner` members, in one pass over
 * the bytes. If a later member of the same name replaces an inner one, what was found in that is forgotten. Returns the end of the value.
 */
export function walkObjects<Found>(
  bytes: Buffer,
  start: number,
  shape: ObjectShape,
  read: ReadObject<Found>,
  found: Found[],
): number {
  const first = bytes[start];
  if (first === OPEN_ARRAY) {
    return forEachItem(bytes, start, (item) => walkObjects(bytes, item, shape, read, found));
  }
  if (first !== OPEN_OBJECT) return endOfValue(bytes, start);
  const { noted, inner } = shape;
  const foundBefore = found.length;
  let values: NotedValues | undefined;
  const end = forEachMember(bytes, start, (nameStart, nameEnd, valueStart) => {
    if (inner !== undefined && isName(bytes, nameStart, nameEnd, inner.name)) {
      found.length = foundBefore;
      return walkObjects(bytes, valueStart, inner.shape ?? shape, read, found);
    }
    const valueEnd = endOfValue(bytes, valueStart);
    const index = indexOfName(bytes, nameStart, nameEnd, noted);
    if (index !== -1) {
      values ??= new NotedValues(bytes, noted);
      values.note(index, { start: valueStart, end: valueEnd });
    }
    return valueEnd;
  });
  if (values !== undefined) read(values, found);
  return end;
}

/** Calls `visit` at the start of each item; it returns the item's end. Returns the end of the array. */
export function forEachItem(bytes: Buffer, start: number, visit: (item: number) => number): number {
  let position = skipSpace(bytes, start + 1);
  if (bytes[position] === CLOSE_ARRAY) return position + 1;
  for (;;) {
    position = skipSpace(bytes, visit(position));
    if (bytes[position] !== COMMA) return position + 1;
    position = skipSpace(bytes, position + 1);
  }
}

/**
 * Calls `visit` for each member of an object with where its name is, between the quotes, and where its value starts; it returns
 * the value's end. Returns the end of the object, or `start` if there is none.
 */
export function forEachMember(
  bytes: Buffer,
  start: number,
  visit: (nameStart: number, nameEnd: number, valueStart: number) => number,
): number {
  if (bytes[start] !== OPEN_OBJECT) return start;
  let position = skipSpace(bytes, start + 1);
  if (bytes[position] === CLOSE_OBJECT) return position + 1;
  for (;;) {
    const nameEnd = endOfString(bytes, position + 1);
    const colon = skipSpace(bytes, nameEnd);
    const valueEnd = visit(position + 1, nameEnd - 1, skipSpace(bytes, colon + 1));
    position = skipSpace(bytes, valueEnd);
    if (bytes[position] !== COMMA) return position + 1;
    position = skipSpace(bytes, position + 1);
  }
}

/** The end of a value. The text is valid, so that brackets can be counted. */
export function endOfValue(bytes: Buffer, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return endOfString(bytes, start + 1);
  let position = start;
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    while (!endsScalar(bytes[position])) position += 1;
    return position;
  }
  for (let depth = 0; ; ) {
    const byte = bytes[position];
    if (byte === QUOTE) {
      position = endOfString(bytes, position + 1);
      continue;
    }
    position += 1;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return position;
    }
    if (position > bytes.length) throw new RangeError('the text is no valid JSON');
  }
}

function endsScalar(byte: number | undefined): boolean {
  return byte === undefined || byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY;
}

/** Strings up to this length are read byte by byte: a native search costs about as much to call. */
const SHORT_STRING = 48;

/** The offset behind the closing quote of a string whose content starts at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  let position = start;
  for (;;) {
    const pause = position + SHORT_STRING;
    while (position < pause) {
      const byte = bytes[position];
      if (byte === QUOTE) return position + 1;
      if (byte === undefined) throw new RangeError('the text is no valid JSON');
      position += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, position);
    if (quote === -1) throw new RangeError('the text is no valid JSON');
    let slashes = quote;
    while (slashes > position && bytes[slashes - 1] === BACKSLASH) slashes -= 1;
    if ((quote - slashes) % 2 === 0) return quote + 1;
    position = quote + 1;
  }
}

/** The longest spelling of the names that are looked for: 32 characters, each as an escape like `\u005f`. */
const LONGEST_NAME = 32 * 6;

/** Which of these names, which are ASCII, the string between two quotes is; -1 if none. */
function indexOfName(bytes: Buffer, start: number, end: number, names: readonly string[]): number {
  for (let index = 0; index < names.length; index += 1) {
    if (isPlainly(bytes, start, end, names[index] as string)) return index;
  }
  const decoded = decodedName(bytes, start, end);
  return decoded === undefined ? -1 : names.indexOf(decoded);
}

/** Whether the bytes between two quotes are this ASCII name, with escapes or without. */
export function isName(bytes: Buffer, start: number, end: number, name: string): boolean {
  return isPlainly(bytes, start, end, name) || decodedName(bytes, start, end) === name;
}

function isPlainly(bytes: Buffer, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[start + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** A name that is written with escapes and not too long to be one that is looked for. */
function decodedName(bytes: Buffer, start: number, end: number): string | undefined {
  if (end - start > LONGEST_NAME) return undefined;
  for (let position = start; position < end; position += 1) {
    if (bytes[position] === BACKSLASH) return JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string;
  }
  return undefined;
}
