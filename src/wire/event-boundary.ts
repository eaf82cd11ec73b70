/** Where server-sent events end in bytes: at a blank line, whichever of the three line endings is used. */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The offset behind the blank line that ends the event at `from`, or -1 if it is not there yet. A carriage return
 * at the very end does not decide yet: a line feed that belongs to it may follow.
 */
export function endOfEvent(bytes: Buffer, from: number, mayHoldCarriageReturn = true): number {
  return mayHoldCarriageReturn && bytes.indexOf(CARRIAGE_RETURN, from) !== -1
    ? endOfEventWithAnyLine(bytes, from)
    : endOfEventWithLineFeeds(bytes, from);
}

function endOfEventWithLineFeeds(bytes: Buffer, from: number): number {
  if (bytes[from] === LINE_FEED) return from + 1;
  let position = bytes.indexOf(LINE_FEED, from);
  while (position !== -1) {
    if (bytes[position + 1] === LINE_FEED) return position + 2;
    position = bytes.indexOf(LINE_FEED, position + 1);
  }
  return -1;
}

function endOfEventWithAnyLine(bytes: Buffer, from: number): number {
  const length = bytes.length;
  let isLineEmpty = true;
  for (let position = from; position < length; position += 1) {
    const byte = bytes[position];
    if (byte === LINE_FEED) {
      if (isLineEmpty) return position + 1;
      isLineEmpty = true;
    } else if (byte === CARRIAGE_RETURN) {
      if (position + 1 === length) return -1;
      if (bytes[position + 1] === LINE_FEED) position += 1;
      if (isLineEmpty) return position + 1;
      isLineEmpty = true;
    } else {
      isLineEmpty = false;
    }
  }
  return -1;
}

/**
 * The start of the event that ends at `end` (if an event ends, or the text does), looking no further back than `from`; or
 * `from` if nothing before `end` separates it.
 */
export function startOfEvent(bytes: Buffer, end: number, from: number): number {
  // Step over the line ends that close the event itself.
  let position = end;
  while (position > from && isLineEnd(bytes[position - 1])) position -= 1;
  let lineEnds = 0;
  while (position > from) {
    const byte = bytes[position - 1];
    if (byte === LINE_FEED) {
      lineEnds += 1;
      if (lineEnds === 2) return endOfRun(bytes, position, end);
      if (bytes[position - 2] === CARRIAGE_RETURN && position - 2 >= from) position -= 1;
    } else if (byte === CARRIAGE_RETURN) {
      lineEnds += 1;
      if (lineEnds === 2) return endOfRun(bytes, position, end);
    } else {
      lineEnds = 0;
    }
    position -= 1;
  }
  return from;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}

function endOfRun(bytes: Buffer, from: number, end: number): number {
  let position = from;
  while (position < end && isLineEnd(bytes[position])) position += 1;
  return position;
}
