/**
 * The fast path's eye: finds the top-level members of a JSON object in its bytes, without building the value.
 *
 * Invariant: what is accepted here `JSON.parse` accepts too, and both see the same members. The whole text is therefore
 * validated (strings, escapes, numbers, literals, structure, UTF-8), and what two readers might understand differently (a name
 * twice, a name written with escapes) is refused, so that the caller falls back to parsing. Speed: `envelope.bench.ts`.
 */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../core/json.ts';

/** The JSON type of a member's value, told by its first byte. */
export type ValueKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** One top-level member; all positions are byte offsets into the body, ends exclusive. */
export interface Member {
  readonly name: string;
  /** The quoted name, quotes included. */
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly kind: ValueKind;
}

/** Why a body cannot be read by its bytes alone. Only the first two and `not-utf8` say that it is no JSON object at all. */
export type EnvelopeFault =
  | 'not-an-object'
  | 'malformed'
  | 'not-utf8'
  | 'duplicate-member'
  | 'escaped-name'
  | 'too-deep'
  | 'too-many-members';

/** The body seen from outside: its top-level members in their order, or why they cannot be told. */
export type Envelope =
  | ReadableEnvelope
  | { readonly ok: false; readonly reason: EnvelopeFault; readonly offset: number };

/** A body that was understood. `start` is the offset of its `{`, `end` the one behind its `}`. */
export interface ReadableEnvelope {
  readonly ok: true;
  readonly start: number;
  readonly end: number;
  readonly members: readonly Member[];
}

/** How deep objects and arrays may nest, the body itself included. */
export const MAX_DEPTH = 64;
/** How many members the body may have at its top. */
export const MAX_MEMBERS = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Positions are returned as they are, faults as negative numbers: `~offset` for malformed text, this for too much nesting.
 * An exception or an object per value would cost more than the reading.
 */
const TOO_DEEP = -0x40000000;

/** A body as the scanner sees it: its bytes, and the same memory in words of four where it is aligned (from `base` on). */
interface Text {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly base: number;
}

/** Reads the top-level members of a JSON object from its bytes. Never throws. */
export function readEnvelope(body: Uint8Array): Envelope {
  const bytes = asBuffer(body);
  const base = (4 - (bytes.byteOffset & 3)) & 3;
  const wordCount = bytes.length > base ? (bytes.length - base) >> 2 : 0;
  const text: Text = {
    bytes,
    base,
    words: wordCount === 0 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset + base, wordCount),
  };

  const start = skipSpace(bytes, 0);
  if (start >= bytes.length) return fault('malformed', start);
  if (bytes[start] !== OPEN_OBJECT) return fault('not-an-object', start);

  const members: Member[] = [];
  let position = skipSpace(bytes, start + 1);
  if (bytes[position] === CLOSE_OBJECT) {
    position += 1;
  } else {
    for (;;) {
      if (bytes[position] !== QUOTE) return fault('malformed', position);
      const nameStart = position;
      const nameEnd = endOfString(text, position + 1);
      if (nameEnd < 0) return fault('malformed', ~nameEnd);
      const name = plainName(bytes, nameStart + 1, nameEnd - 1);
      if (name === undefined) return fault('escaped-name', nameStart);

      position = skipSpace(bytes, nameEnd);
      if (bytes[position] !== COLON) return fault('malformed', position);
      const valueStart = skipSpace(bytes, position + 1);
      const kind = kindOf(bytes[valueStart]);
      if (kind === undefined) return fault('malformed', valueStart);
      const valueEnd =
        kind === 'string' ? endOfString(text, valueStart + 1) : endOfValue(text, valueStart, MAX_DEPTH - 1);
      if (valueEnd < 0) return valueEnd === TOO_DEEP ? fault('too-deep', valueStart) : fault('malformed', ~valueEnd);

      members.push({ name, nameStart, nameEnd, valueStart, valueEnd, kind });
      if (members.length > MAX_MEMBERS) return fault('too-many-members', nameStart);
      position = skipSpace(bytes, valueEnd);
      const next = bytes[position];
      position += 1;
      if (next === CLOSE_OBJECT) break;
      if (next !== COMMA) return fault('malformed', position - 1);
      position = skipSpace(bytes, position);
    }
  }
  const end = position;
  position = skipSpace(bytes, end);
  if (position !== bytes.length) return fault('malformed', position);
  const twice = repeatedMember(members);
  if (twice !== undefined) return fault('duplicate-member', twice.nameStart);
  if (!isUtf8(bytes)) return fault('not-utf8', start);
  return { ok: true, start, end, members };
}

/** The member with this name, or undefined. */
export function memberNamed(envelope: ReadableEnvelope, name: string): Member | undefined {
  for (const member of envelope.members) if (member.name === name) return member;
  return undefined;
}

/** The bytes of a member's value, shared with the body. */
export function valueBytes(body: Uint8Array, member: Member): Buffer {
  return asBuffer(body).subarray(member.valueStart, member.valueEnd);
}

/** The parsed value of one member of the body. */
export function parseMember(body: Uint8Array, member: Member): JsonValue {
  const bytes = asBuffer(body);
  if (member.kind === 'string') {
    const backslash = bytes.indexOf(BACKSLASH, member.valueStart);
    if (backslash === -1 || backslash >= member.valueEnd) {
      return bytes.toString('utf8', member.valueStart + 1, member.valueEnd - 1);
    }
  }
  return JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)) as JsonValue;
}

/** The same memory as a Buffer, for its native searches. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function fault(reason: EnvelopeFault, offset: number): Envelope {
  return { ok: false, reason, offset };
}

function repeatedMember(members: readonly Member[]): Member | undefined {
  if (members.length > 24) {
    const seen = new Set<string>();
    for (const member of members) {
      if (seen.has(member.name)) return member;
      seen.add(member.name);
    }
    return undefined;
  }
  for (let index = 1; index < members.length; index += 1) {
    const member = members[index] as Member;
    for (let earlier = 0; earlier < index; earlier += 1) {
      if ((members[earlier] as Member).name === member.name) return member;
    }
  }
  return undefined;
}

/** The name between two quotes, or undefined where it is written with an escape. */
function plainName(bytes: Buffer, start: number, end: number): string | undefined {
  let bits = 0;
  for (let position = start; position < end; position += 1) {
    const byte = bytes[position] as number;
    if (byte === BACKSLASH) return undefined;
    bits |= byte;
  }
  return bytes.toString(bits < 0x80 ? 'latin1' : 'utf8', start, end);
}

function kindOf(byte: number | undefined): ValueKind | undefined {
  switch (byte) {
    case QUOTE:
      return 'string';
    case OPEN_OBJECT:
      return 'object';
    case OPEN_ARRAY:
      return 'array';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39) ? 'number' : undefined;
  }
}

function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  for (;;) {
    const byte = bytes[position];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) position += 1;
    else return position;
  }
}

/**
 * The end of any value that starts at `start`, containers included, walked without recursion. Which of the open containers
 * are objects is kept as one bit per level in two integers: the depth is bounded, so nothing has to be allocated.
 */
function endOfValue(text: Text, start: number, depthLeft: number): number {
  const { bytes } = text;
  let position = start;
  let depth = 0;
  let objectsLow = 0;
  let objectsHigh = 0;
  for (;;) {
    // A value starts here.
    const first = bytes[position];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth === depthLeft) return TOO_DEEP;
      const bit = 1 << (depth & 31);
      if (first === OPEN_OBJECT) {
        if (depth < 32) objectsLow |= bit;
        else objectsHigh |= bit;
      } else if (depth < 32) objectsLow &= ~bit;
      else objectsHigh &= ~bit;
      depth += 1;
      position = skipSpace(bytes, position + 1);
      if (first === OPEN_OBJECT) {
        if (bytes[position] !== CLOSE_OBJECT) {
          position = valueAfterName(text, position);
          if (position < 0) return position;
          continue;
        }
      } else if (bytes[position] !== CLOSE_ARRAY) continue;
      depth -= 1;
      position += 1;
    } else {
      position = first === QUOTE ? endOfString(text, position + 1) : endOfScalar(bytes, position);
      if (position < 0) return position;
    }
    // A value has ended here: close what ends with it, up to the next value of a container that goes on.
    for (;;) {
      if (depth === 0) return position;
      position = skipSpace(bytes, position);
      const level = depth - 1;
      const inObject = ((level < 32 ? objectsLow : objectsHigh) & (1 << (level & 31))) !== 0;
      const byte = bytes[position];
      if (byte === COMMA) {
        position = skipSpace(bytes, position + 1);
        if (inObject) {
          position = valueAfterName(text, position);
          if (position < 0) return position;
        }
        break;
      }
      if (byte !== (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return ~position;
      depth -= 1;
      position += 1;
    }
  }
}

/** From the opening quote of a name to the start of its value. */
function valueAfterName(text: Text, start: number): number {
  const { bytes } = text;
  if (bytes[start] !== QUOTE) return ~start;
  const nameEnd = endOfString(text, start + 1);
  if (nameEnd < 0) return nameEnd;
  const colon = skipSpace(bytes, nameEnd);
  if (bytes[colon] !== COLON) return ~colon;
  return skipSpace(bytes, colon + 1);
}

/**
 * The offset behind the closing quote of a string whose content starts at `start`. Four bytes are tested at a time for a quote,
 * a backslash or a control character; only a word that holds one is looked at byte by byte.
 */
function endOfString(text: Text, start: number): number {
  const { bytes, words, base } = text;
  const length = bytes.length;
  const wordCount = words.length;
  let position = start;
  for (;;) {
    if (((position - base) & 3) === 0) {
      let index = (position - base) >> 2;
      while (index < wordCount) {
        const word = words[index] as number;
        // XOR 2 swaps 0x20 and 0x22, so that "below 0x21" means a control character or a quote.
        const quoteOrControl = word ^ 0x02020202;
        const backslash = word ^ 0x5c5c5c5c;
        const hit = ((quoteOrControl - 0x21212121) & ~quoteOrControl) | ((backslash - 0x01010101) & ~backslash);
        if ((hit & 0x80808080) !== 0) break;
        index += 1;
      }
      position = base + (index << 2);
    }
    if (position >= length) return ~length;
    const byte = bytes[position] as number;
    if (byte === QUOTE) return position + 1;
    if (byte === BACKSLASH) {
      const afterEscape = endOfEscape(bytes, position + 1);
      if (afterEscape < 0) return afterEscape;
      position = afterEscape;
    } else if (byte < 0x20) return ~position;
    else position += 1;
  }
}

function endOfEscape(bytes: Buffer, position: number): number {
  switch (bytes[position]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return position + 1;
    case 0x75: // u
      for (let digit = position + 1; digit <= position + 4; digit += 1) {
        const byte = bytes[digit];
        if (byte === undefined) return ~digit;
        const letter = byte | 0x20;
        if (!isDigit(byte) && !(letter >= 0x61 && letter <= 0x66)) return ~digit;
      }
      return position + 5;
    default:
      return ~position;
  }
}

function endOfScalar(bytes: Buffer, start: number): number {
  switch (bytes[start]) {
    case 0x74:
      return endOfWord(bytes, start, 0x72, 0x75, 0x65);
    case 0x6e:
      return endOfWord(bytes, start, 0x75, 0x6c, 0x6c);
    case 0x66:
      if (bytes[start + 1] !== 0x61) return ~(start + 1);
      return endOfWord(bytes, start + 1, 0x6c, 0x73, 0x65);
    default:
      return endOfNumber(bytes, start);
  }
}

/** Checks the last three letters of `true`, `false` or `null`; `start` is the letter before them. */
function endOfWord(bytes: Buffer, start: number, second: number, third: number, fourth: number): number {
  if (bytes[start + 1] !== second) return ~(start + 1);
  if (bytes[start + 2] !== third) return ~(start + 2);
  if (bytes[start + 3] !== fourth) return ~(start + 3);
  return start + 4;
}

function endOfNumber(bytes: Buffer, start: number): number {
  let position = bytes[start] === 0x2d ? start + 1 : start;
  if (!isDigit(bytes[position])) return ~position;
  if (bytes[position] === 0x30) position += 1;
  else position = skipDigits(bytes, position);
  if (bytes[position] === 0x2e) {
    if (!isDigit(bytes[position + 1])) return ~(position + 1);
    position = skipDigits(bytes, position + 1);
  }
  const exponent = bytes[position];
  if (exponent === 0x65 || exponent === 0x45) {
    position += 1;
    const sign = bytes[position];
    if (sign === 0x2b || sign === 0x2d) position += 1;
    if (!isDigit(bytes[position])) return ~position;
    position = skipDigits(bytes, position);
  }
  return position;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function skipDigits(bytes: Buffer, from: number): number {
  let position = from;
  while (isDigit(bytes[position])) position += 1;
  return position;
}
