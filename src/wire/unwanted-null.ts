/**
 * Takes a member that is null out of every event of a relayed stream. OpenAI sends `usage: null` in all chunks of a stream that is asked
 * for usage, and the gateway asks although its client did not. Nothing is parsed: the first event shows how the provider spells the
 * member and its comma, and the events after it are searched for those bytes.
 */
import { isPlaced, isSpace, skipSpace, startOfValue } from './member-place.ts';

const COMMA = 0x2c;
const CLOSING = 0x7d;
const NULL = Buffer.from('null');

/** The filter of one stream. */
export class UnwantedNull {
  readonly #key: Buffer;
  /** The bytes that are taken out, and how many of them stand before the name. */
  #spelling: Buffer | undefined;
  #lead = 0;

  constructor(name: string) {
    this.#key = Buffer.from(`"${name}"`);
  }

  /** The bytes to send for these, which are whole events; the same bytes if nothing is to be taken out. */
  strip(bytes: Buffer): Buffer {
    const key = this.#key;
    let pieces: Buffer[] | undefined;
    let copiedTo = 0;
    for (let found = bytes.indexOf(key); found !== -1; found = bytes.indexOf(key, found + key.length)) {
      if (!this.#isSeen(bytes, found) && !this.#learn(bytes, found)) continue;
      const from = found - this.#lead;
      pieces ??= [];
      pieces.push(bytes.subarray(copiedTo, from));
      copiedTo = from + (this.#spelling as Buffer).length;
    }
    if (pieces === undefined) return bytes;
    pieces.push(bytes.subarray(copiedTo));
    return Buffer.concat(pieces);
  }

  #isSeen(bytes: Buffer, at: number): boolean {
    const seen = this.#spelling;
    const from = at - this.#lead;
    if (seen === undefined || from < 0 || from + seen.length > bytes.length) return false;
    // Shorter than what a native comparison costs to call.
    for (let index = 0; index < seen.length; index += 1) if (bytes[from + index] !== seen[index]) return false;
    return true;
  }

  /** Notes how the member at `at` is spelled; false if it is not null, or no member of the event's object. */
  #learn(bytes: Buffer, at: number): boolean {
    const start = startOfValue(bytes, at + this.#key.length);
    if (start === -1 || NULL.compare(bytes, start, Math.min(bytes.length, start + NULL.length)) !== 0) return false;
    const end = start + NULL.length;
    const next = skipSpace(bytes, end);
    if ((bytes[next] !== COMMA && bytes[next] !== CLOSING) || !isPlaced(bytes, at, undefined)) return false;
    let before = at - 1;
    while (before >= 0 && isSpace(bytes[before])) before -= 1;
    const hasComma = bytes[before] === COMMA;
    this.#lead = hasComma ? at - before : 0;
    this.#spelling = Buffer.from(bytes.subarray(at - this.#lead, hasComma || bytes[next] !== COMMA ? end : next + 1));
    return true;
  }
}
