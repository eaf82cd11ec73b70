/**
 * Lets only whole events of a relayed stream through, so that a stream that breaks off can be continued: its reader never has half
 * an event. A chunk that ends with an event passes untouched.
 */
import { endOfEvent } from './event-boundary.ts';
import { HeldEvents } from './held-events.ts';

/** An event that is larger is worth more than the chance to continue in the middle of it. */
const MAX_HELD_BYTES = 256 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Filters one stream. */
export class WholeEvents extends HeldEvents {
  constructor() {
    super(MAX_HELD_BYTES);
  }

  protected filter(bytes: Buffer): Buffer {
    if (endsEvent(bytes)) return bytes;
    return bytes.subarray(0, this.holdFrom(bytes, endOfLastEvent(bytes)));
  }
}

/** Whether the bytes, which begin with an event, end with the blank line of one. */
function endsEvent(bytes: Buffer): boolean {
  const { length } = bytes;
  if (bytes[length - 1] !== LINE_FEED) return false;
  if (bytes[length - 2] === LINE_FEED) return true;
  return (
    bytes[length - 2] === CARRIAGE_RETURN && bytes[length - 3] === LINE_FEED && bytes[length - 4] === CARRIAGE_RETURN
  );
}

/** The offset behind the last event that is whole. */
function endOfLastEvent(bytes: Buffer): number {
  const mayHoldReturn = bytes.includes(CARRIAGE_RETURN);
  let position = 0;
  for (;;) {
    const end = endOfEvent(bytes, position, mayHoldReturn);
    if (end === -1) return position;
    position = end;
  }
}
