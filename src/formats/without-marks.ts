/** The bytes of a prompt without cache marks, which move from turn to turn and change nothing of what the model reads. */

const NAMES = ['"cache_control"', '"prompt_cache_breakpoint"'].map((name) => Buffer.from(name));
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMA = 0x2c;

/**
 * The pieces between the marks. In a text a quote has a backslash before it, so none of its words is taken for a mark that is
 * followed by a colon and an object.
 */
export function withoutMarks(bytes: Buffer): readonly Buffer[] {
  const marks = NAMES.flatMap((name) => marksNamed(bytes, name));
  if (marks.length === 0) return [bytes];
  marks.sort((one, other) => one.start - other.start);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end } of marks) {
    if (start > from) pieces.push(bytes.subarray(from, start));
    from = Math.max(from, end);
  }
  pieces.push(bytes.subarray(from));
  return pieces;
}

interface Mark {
  readonly start: number;
  readonly end: number;
}

function marksNamed(bytes: Buffer, name: Buffer): readonly Mark[] {
  const marks: Mark[] = [];
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + name.length)) {
    const value = skipSpace(bytes, at + name.length);
    if (bytes[value] !== COLON || bytes[skipSpace(bytes, value + 1)] !== OPEN) continue;
    const close = bytes.indexOf(CLOSE, value);
    if (close === -1) break;
    marks.push(withComma(bytes, at, close + 1));
  }
  return marks;
}

/** A mark with the comma before it, or behind it if it is the first member. */
function withComma(bytes: Buffer, start: number, end: number): Mark {
  let before = start - 1;
  while (isSpace(bytes[before])) before -= 1;
  if (bytes[before] === COMMA) return { start: before, end };
  const behind = skipSpace(bytes, end);
  return bytes[behind] === COMMA ? { start, end: behind + 1 } : { start, end };
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
