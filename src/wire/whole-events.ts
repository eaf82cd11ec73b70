/**
 * Lets only whole events of a relayed stream through, so that a stream that breaks off can be gone on with: whoever reads it
 * never has half an event. Complete events leave at once; a chunk that ends with one passes untouched.
 */
import { asBuffer } from './envelope.ts';
import { endOfEvent } from './event-boundary.ts';

/** An event that outgrows this is passed on as it comes: it is worth more than the chance to go on in the middle of it. */
const MAX_HELD_BYTES = 256 * 1024;

const NOTHING = Buffer.alloc(0);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Filters one stream. */
export class WholeEvents {
  private held: Buffer[] = [];
  private heldBytes = 0;
  /** Set while an oversized event passes by: a letter and its last bytes, already sent, in which its end may begin. */
  private passing: Buffer | undefined;

  /** Takes the next bytes; returns those to send now. */
  push(chunk: Uint8Array): Buffer {
    const bytes = asBuffer(chunk);
    if (this.passing !== undefined) return this.passOn(this.passing, bytes);
    if (this.heldBytes === 0 && endsEvent(bytes)) return bytes;
    return this.split(bytes);
  }

  /** The stream is over: what was held back. */
  end(): Buffer {
    const rest = this.held.length === 1 ? (this.held[0] ?? NOTHING) : Buffer.concat(this.held);
    this.drop();
    return rest;
  }

  /** The stream is lost, and what was held back with it. */
  drop(): void {
    this.held = [];
    this.heldBytes = 0;
    this.passing = undefined;
  }

  private split(bytes: Buffer): Buffer {
    // Without a line end in it, the chunk cannot complete the open event: no need to join the pieces yet.
    const mayEnd = bytes.includes(LINE_FEED) || bytes.includes(CARRIAGE_RETURN) || this.endsInReturn();
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    if (!mayEnd && this.heldBytes <= MAX_HELD_BYTES) return NOTHING;
    const joined = this.end();
    const end = endOfLastEvent(joined, 0);
    if (joined.length - end > MAX_HELD_BYTES) {
      this.passing = lastBytes(joined);
      return joined;
    }
    if (end < joined.length) {
      this.held = [joined.subarray(end)];
      this.heldBytes = joined.length - end;
    }
    return joined.subarray(0, end);
  }

  private passOn(before: Buffer, bytes: Buffer): Buffer {
    const joined = Buffer.concat([before, bytes]);
    const end = endOfEvent(joined, 0);
    if (end === -1) {
      this.passing = lastBytes(joined);
      return bytes;
    }
    this.passing = undefined;
    const inChunk = end - before.length;
    const rest = this.push(bytes.subarray(inChunk));
    return rest.length === 0 ? bytes.subarray(0, inChunk) : Buffer.concat([bytes.subarray(0, inChunk), rest]);
  }

  private endsInReturn(): boolean {
    return this.held.at(-1)?.at(-1) === CARRIAGE_RETURN;
  }
}

/** Whether the bytes, which begin with an event, end with the blank line of one. */
function endsEvent(bytes: Buffer): boolean {
  const { length } = bytes;
  if (length === 0) return true;
  if (bytes[length - 1] !== LINE_FEED) return false;
  if (bytes[length - 2] === LINE_FEED) return true;
  return (
    bytes[length - 2] === CARRIAGE_RETURN && bytes[length - 3] === LINE_FEED && bytes[length - 4] === CARRIAGE_RETURN
  );
}

/** The offset behind the last event that is whole. */
function endOfLastEvent(bytes: Buffer, from: number): number {
  const mayHoldReturn = bytes.includes(CARRIAGE_RETURN);
  let position = from;
  for (;;) {
    const end = endOfEvent(bytes, position, mayHoldReturn);
    if (end === -1) return position;
    position = end;
  }
}

/** A blank line is at most four bytes, so its first three may be behind us; the letter says that no line begins with them. */
function lastBytes(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from('x'), bytes.subarray(bytes.length - 3)]);
}
