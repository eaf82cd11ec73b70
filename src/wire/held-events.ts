/** What both filters of relayed streams share: an event that is not whole yet is held back, wherever the chunks are cut. */
import { asBuffer } from './envelope.ts';
import { endOfEvent } from './event-boundary.ts';

/** No bytes. */
export const NOTHING = Buffer.alloc(0);

const LETTER = Buffer.from('x');
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** An open event of many lines that is longer is not joined again for each of its chunks: that would take quadratic time. */
const LONG_EVENT_BYTES = 4 * 1024;

/** Filters one stream. Whole events leave at once; an event that outgrows the limit is passed on as it comes. */
export abstract class HeldEvents {
  readonly #maxHeldBytes: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Set while an oversized event passes by: a letter and its last bytes, already sent, in which its end may begin. */
  #passing: Buffer | undefined;

  constructor(maxHeldBytes: number) {
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** Whether an oversized event is being passed on, whose end has not come. */
  get isPassing(): boolean {
    return this.#passing !== undefined;
  }

  /** Takes bytes that begin with an event; returns those to send now, after it gave the open event at their end to `holdFrom`. */
  protected abstract filter(bytes: Buffer): Buffer;

  /** Takes the next bytes; returns those to send now, which are the chunk itself if nothing is held and nothing left out. */
  push(chunk: Uint8Array): Buffer {
    const bytes = asBuffer(chunk);
    if (bytes.length === 0) return NOTHING;
    if (this.#passing !== undefined) return this.#passOn(this.#passing, bytes);
    if (this.#held.length === 0) return this.filter(bytes);
    // The new chunk decides what a carriage return at the end of the last one means.
    const mayEnd =
      bytes.includes(LINE_FEED) || bytes.includes(CARRIAGE_RETURN) || this.#held.at(-1)?.at(-1) === CARRIAGE_RETURN;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    // Without a line end in it, the chunk cannot complete the open event: no need to join the pieces yet.
    if (this.#heldBytes <= this.#maxHeldBytes) {
      if (!mayEnd) return NOTHING;
      if (this.#heldBytes - bytes.length > LONG_EVENT_BYTES && !this.#lastChunkEndsEvent()) return NOTHING;
    }
    return this.filter(this.#release());
  }

  /** The stream is over: what was held back. */
  end(): Buffer {
    this.#passing = undefined;
    return this.#release();
  }

  /** The stream is lost, and what was held back with it. */
  drop(): void {
    this.end();
  }

  /** Holds back the open event that begins at `from`, unless it is too large; returns the offset up to which to send. */
  protected holdFrom(bytes: Buffer, from: number): number {
    const openBytes = bytes.length - from;
    if (openBytes === 0) return from;
    if (openBytes > this.#maxHeldBytes) {
      this.#passing = lastBytes(bytes);
      return bytes.length;
    }
    this.#held = [bytes.subarray(from)];
    this.#heldBytes = openBytes;
    return from;
  }

  /** Whether the open event ends in the last chunk; the event is longer than the three bytes that matter before it. */
  #lastChunkEndsEvent(): boolean {
    const pieces: Buffer[] = [];
    let before = 0;
    for (let index = this.#held.length - 1; index >= 0 && before < 3; index -= 1) {
      const piece = this.#held[index] as Buffer;
      pieces.unshift(piece);
      if (index < this.#held.length - 1) before += piece.length;
    }
    const joined = Buffer.concat([LETTER, Buffer.concat(pieces).subarray(before - 3)]);
    return endOfEvent(joined, 0) !== -1;
  }

  #release(): Buffer {
    const [only] = this.#held;
    const bytes = this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    return bytes;
  }

  #passOn(before: Buffer, bytes: Buffer): Buffer {
    const joined = Buffer.concat([before, bytes]);
    const end = endOfEvent(joined, 0);
    if (end === -1) {
      this.#passing = lastBytes(joined);
      return bytes;
    }
    this.#passing = undefined;
    const inChunk = end - before.length;
    const rest = this.push(bytes.subarray(inChunk));
    return rest.length === 0 ? bytes.subarray(0, inChunk) : Buffer.concat([bytes.subarray(0, inChunk), rest]);
  }
}

/** A blank line is at most four bytes, so its first three may be behind us; the letter says that no line begins with them. */
function lastBytes(bytes: Buffer): Buffer {
  return Buffer.concat([LETTER, bytes.subarray(bytes.length - 3)]);
}
