/**
 * Puts the name that the client asked for in the place of the provider's, in the bytes of a relayed answer. A client compares the
 * names: Claude Code drops the thinking blocks of "another" model from its history. Nothing is parsed. The first event shows how
 * the provider spells the member, and the events after it are searched for those bytes.
 */
import type { ModelPlace } from '../../formats/model-place.ts';
import { asBuffer, memberNamed, type ReadableEnvelope } from '../../wire/envelope.ts';
import { endOfString, isPlaced, startOfValue } from '../../wire/member-place.ts';
import { splice } from '../../wire/splice.ts';

const QUOTE = 0x22;
const NULL = Buffer.from('null');

/** A whole answer under the name `literal`, a JSON text. */
export function stampWhole(body: Buffer, envelope: ReadableEnvelope, place: ModelPlace, literal: string): Buffer {
  const { member: name, before } = place;
  const member = memberNamed(envelope, name);
  if (member !== undefined) {
    const isSame = body.toString('utf8', member.valueStart, member.valueEnd) === literal;
    return isSame ? body : splice(body, envelope, [{ edit: 'replace', name, json: literal }]);
  }
  if (before === undefined || memberNamed(envelope, before) === undefined) return body;
  return splice(body, envelope, [{ edit: 'add', name, json: literal }]);
}

/** The stamp of one stream. */
export class ModelStamp {
  readonly #place: ModelPlace;
  readonly #literal: string;
  /** The member's name with its quotes: inside a JSON string they would be escaped, so it is found at members only. */
  readonly #key: Buffer;
  /** Where the member has to be added; undefined if the provider sends it. */
  readonly #before: Buffer | undefined;
  #isAbsent: boolean | undefined;
  #isOver = false;
  /** How the member was spelled last, and what is sent for it; the same bytes if the provider uses the client's name. */
  #seen: Buffer | undefined;
  #sent: Buffer = NULL;

  constructor(place: ModelPlace, literal: string) {
    this.#place = place;
    this.#literal = literal;
    this.#key = Buffer.from(`"${place.member}"`);
    this.#before = place.before === undefined ? undefined : Buffer.from(`"${place.before}"`);
  }

  /** The bytes to send for these, which are whole events; the same bytes if nothing is to change in them. */
  stamp(chunk: Uint8Array): Uint8Array {
    if (this.#isOver || chunk.length === 0) return chunk;
    const bytes = asBuffer(chunk);
    if (this.#isAbsent === undefined) this.#lookForAbsence(bytes);
    return this.#isAbsent === true ? this.#add(bytes) : this.#replace(bytes);
  }

  #replace(bytes: Buffer): Buffer {
    const key = this.#key;
    let first = -1;
    let copiedTo = 0;
    let firstSent: Buffer = NULL;
    let pieces: Buffer[] | undefined;
    for (let found = bytes.indexOf(key); found !== -1; found = bytes.indexOf(key, found + key.length)) {
      if (!this.#isSeen(bytes, found) && !this.#learn(bytes, found)) continue;
      const { length } = this.#seen as Buffer;
      if (this.#seen !== this.#sent) {
        if (first === -1) {
          first = found;
          firstSent = this.#sent;
        } else {
          // Copied together: a copy of the chunk for each of its events is megabytes of garbage.
          pieces ??= [bytes.subarray(0, first), firstSent];
          pieces.push(bytes.subarray(copiedTo, found), this.#sent);
        }
        copiedTo = found + length;
      }
      if (this.#place.isInEveryEvent) continue;
      this.#isOver = true;
      break;
    }
    if (first === -1) return bytes;
    if (pieces === undefined) return exchanged(bytes, first, copiedTo - first, firstSent);
    pieces.push(bytes.subarray(copiedTo));
    return Buffer.concat(pieces);
  }

  #isSeen(bytes: Buffer, at: number): boolean {
    const seen = this.#seen;
    if (seen === undefined || at + seen.length > bytes.length) return false;
    // Shorter than what a native comparison costs to call.
    for (let index = 0; index < seen.length; index += 1) if (bytes[at + index] !== seen[index]) return false;
    return true;
  }

  /** Notes how the member at `at` is spelled; false if it is not a member that names the model. */
  #learn(bytes: Buffer, at: number): boolean {
    const end = endOfModel(bytes, at + this.#key.length);
    if (end === -1 || !isPlaced(bytes, at, this.#place.streamedIn)) return false;
    const valueStart = startOfValue(bytes, at + this.#key.length);
    this.#seen = Buffer.from(bytes.subarray(at, end));
    this.#sent =
      bytes.toString('utf8', valueStart, end) === this.#literal
        ? this.#seen
        : Buffer.concat([bytes.subarray(at, valueStart), Buffer.from(this.#literal)]);
    return true;
  }

  /** The first event that has an answer in it decides for the stream. */
  #lookForAbsence(bytes: Buffer): void {
    const before = this.#before;
    if (before === undefined) {
      this.#isAbsent = false;
      return;
    }
    const found = bytes.indexOf(before);
    if (found === -1) return;
    this.#isAbsent = !this.#hasMember(bytes);
  }

  #hasMember(bytes: Buffer): boolean {
    const key = this.#key;
    for (let found = bytes.indexOf(key); found !== -1; found = bytes.indexOf(key, found + key.length)) {
      if (isPlaced(bytes, found, this.#place.streamedIn)) return true;
    }
    return false;
  }

  #add(bytes: Buffer): Buffer {
    const before = this.#before as Buffer;
    const added = Buffer.from(`${this.#key.toString('utf8')}:${this.#literal},`);
    const pieces: Buffer[] = [];
    let copiedTo = 0;
    for (let found = bytes.indexOf(before); found !== -1; found = bytes.indexOf(before, found + before.length)) {
      if (!isPlaced(bytes, found, undefined)) continue;
      pieces.push(bytes.subarray(copiedTo, found), added);
      copiedTo = found;
    }
    pieces.push(bytes.subarray(copiedTo));
    return Buffer.concat(pieces);
  }
}

/** The bytes with `length` of them at `at` exchanged for others. */
function exchanged(bytes: Buffer, at: number, length: number, others: Buffer): Buffer {
  const result = Buffer.allocUnsafe(bytes.length - length + others.length);
  bytes.copy(result, 0, 0, at);
  others.copy(result, at);
  bytes.copy(result, at + others.length, at + length);
  return result;
}

/** The offset behind the string or the null that is the value of a member; -1 if it has another value, or none. */
function endOfModel(bytes: Buffer, behindName: number): number {
  const start = startOfValue(bytes, behindName);
  if (start === -1) return -1;
  if (bytes[start] === QUOTE) {
    const end = endOfString(bytes, start);
    return end > bytes.length ? -1 : end;
  }
  return NULL.compare(bytes, start, Math.min(bytes.length, start + NULL.length)) === 0 ? start + NULL.length : -1;
}
