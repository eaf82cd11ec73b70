/**
 * Finds where JSON values end, in bytes, and checks on the way that they are what `JSON.parse` takes. Positions are returned as
 * they are and faults as negative numbers, `~offset` for malformed text and `TOO_DEEP`: an exception or an object per value would
 * cost more than the reading. Measured by `envelope.bench.ts`.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;

/** Returned in place of a position if arrays and objects are nested too deep. */
export const TOO_DEEP = -0x40000000;
/** Returned in place of a position if a text has more parts than may be read. */
export const TOO_MANY_PARTS = -0x40000001;

/** A text as the scanner sees it: its bytes, and the same memory in aligned words of four bytes (from `base` on). */
interface Text {
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly base: number;
  /** How deep the arrays and objects of the value that `endOfValue` read last are nested; 0 for a scalar. */
  deepest: number;
  /** How many more containers, strings and names `endOfValue` may pass. */
  partsLeft: number;
}

/** Makes a text of bytes, without copying them. */
export function textOf(bytes: Buffer, partsLeft: number): Text {
  const base = (4 - (bytes.byteOffset & 3)) & 3;
  const count = bytes.length > base ? (bytes.length - base) >> 2 : 0;
  const words = count === 0 ? new Int32Array(0) : new Int32Array(bytes.buffer, bytes.byteOffset + base, count);
  return { bytes, words, base, deepest: 0, partsLeft };
}

/** The first position from `from` on that is not white space. */
export function skipSpace(bytes: Buffer, from: number): number {
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
export function endOfValue(text: Text, start: number, depthLeft: number): number {
  const { bytes } = text;
  let position = start;
  let depth = 0;
  let deepest = 0;
  let objectsLow = 0;
  let objectsHigh = 0;
  let partsLeft = text.partsLeft;
  for (;;) {
    // A value starts here.
    const first = bytes[position];
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth === depthLeft) return TOO_DEEP;
      partsLeft -= 1;
      if (partsLeft < 0) return TOO_MANY_PARTS;
      const bit = 1 << (depth & 31);
      if (first === OPEN_OBJECT) {
        if (depth < 32) objectsLow |= bit;
        else objectsHigh |= bit;
      } else if (depth < 32) objectsLow &= ~bit;
      else objectsHigh &= ~bit;
      depth += 1;
      if (depth > deepest) deepest = depth;
      position = skipSpace(bytes, position + 1);
      if (first === OPEN_OBJECT) {
        if (bytes[position] !== CLOSE_OBJECT) {
          position = valueAfterName(text, position);
          if (position < 0) return position;
          partsLeft -= 1;
          continue;
        }
      } else if (bytes[position] !== CLOSE_ARRAY) continue;
      depth -= 1;
      position += 1;
    } else {
      if (first === QUOTE) {
        position = endOfString(text, position + 1);
        partsLeft -= 1;
      } else position = endOfScalar(bytes, position);
      if (position < 0) return position;
    }
    // A value ends here: close the containers that end with it, up to the next value of one that continues.
    for (;;) {
      if (depth === 0) {
        text.deepest = deepest;
        text.partsLeft = partsLeft;
        return position;
      }
      position = skipSpace(bytes, position);
      const level = depth - 1;
      const inObject = ((level < 32 ? objectsLow : objectsHigh) & (1 << (level & 31))) !== 0;
      const byte = bytes[position];
      if (byte === COMMA) {
        position = skipSpace(bytes, position + 1);
        if (inObject) {
          position = valueAfterName(text, position);
          if (position < 0) return position;
          partsLeft -= 1;
        }
        if (partsLeft < 0) return TOO_MANY_PARTS;
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
export function endOfString(text: Text, start: number): number {
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
