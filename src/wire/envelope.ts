/**
 * Finds the top-level members of a JSON object in its bytes, without building the value.
 *
 * Invariant: `JSON.parse` accepts whatever is accepted here, and sees the same members. The whole text is therefore validated
 * (strings, escapes, numbers, literals, structure, nesting, UTF-8). A repeated name and a name with escapes are refused, because
 * two readers might understand them differently; the caller then has the body rewritten. Speed: `envelope.bench.ts`.
 */
import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '../core/json.ts';
import {
  BACKSLASH,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  endOfString,
  endOfValue,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  TOO_DEEP,
  TOO_MANY_PARTS,
  textOf,
} from './json-scan.ts';

/** The JSON type of a member's value, known from its first byte. */
type ValueKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** One top-level member; all positions are byte offsets into the body, ends exclusive. */
export interface Member {
  readonly name: string;
  /** The quoted name, quotes included. */
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly kind: ValueKind;
  /** How deep arrays and objects are nested in the value: 0 for a scalar, 1 for `[]`. */
  readonly depth: number;
}

/**
 * Why a body cannot be read by its bytes alone. A body with `duplicate-member` or `escaped-name` is otherwise valid, so that
 * `JSON.parse` may read it.
 */
export type EnvelopeFault =
  | 'not-an-object'
  | 'malformed'
  | 'not-utf8'
  | 'duplicate-member'
  | 'escaped-name'
  | 'too-deep'
  | 'too-many-members'
  | 'too-many-parts';

/** The top-level members of a body in their order, or why they cannot be read. */
export type Envelope =
  | ReadableEnvelope
  | { readonly ok: false; readonly reason: EnvelopeFault; readonly offset: number };

/** A body that could be read. `start` is the offset of its `{`, `end` the one behind its `}`. */
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
/**
 * How many objects, arrays, strings and names the values of its members may have in all; numbers do not count, because lists of
 * tokens are long. It bounds the time in which such a body is parsed, whatever its size: 40,000 messages are within it.
 */
export const MAX_PARTS = 200_000;

/** Reads the top-level members of a JSON object from its bytes. Never throws. */
export function readEnvelope(body: Uint8Array, mostParts = MAX_PARTS): Envelope {
  const bytes = asBuffer(body);
  const text = textOf(bytes, mostParts);
  const start = skipSpace(bytes, 0);
  if (start >= bytes.length) return fault('malformed', start);
  if (bytes[start] !== OPEN_OBJECT) return fault('not-an-object', start);

  const members: Member[] = [];
  let escapedName = -1;
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
      // The rest is still checked: a parser of this body must not meet hostile nesting.
      if (name === undefined && escapedName === -1) escapedName = nameStart;

      position = skipSpace(bytes, nameEnd);
      if (bytes[position] !== COLON) return fault('malformed', position);
      const valueStart = skipSpace(bytes, position + 1);
      const kind = kindOf(bytes[valueStart]);
      if (kind === undefined) return fault('malformed', valueStart);
      text.deepest = 0;
      const valueEnd =
        kind === 'string' ? endOfString(text, valueStart + 1) : endOfValue(text, valueStart, MAX_DEPTH - 1);
      if (valueEnd < 0) return faultyValue(valueEnd, valueStart);

      members.push({ name: name ?? '', nameStart, nameEnd, valueStart, valueEnd, kind, depth: text.deepest });
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
  if (!isUtf8(bytes)) return fault('not-utf8', start);
  if (escapedName !== -1) return fault('escaped-name', escapedName);
  const repeated = repeatedMember(members);
  if (repeated !== undefined) return fault('duplicate-member', repeated.nameStart);
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

function faultyValue(result: number, valueStart: number): Envelope {
  if (result === TOO_DEEP) return fault('too-deep', valueStart);
  return result === TOO_MANY_PARTS ? fault('too-many-parts', valueStart) : fault('malformed', ~result);
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

/** The name between two quotes, or undefined if it is written with an escape. */
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
