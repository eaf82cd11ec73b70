/** Where the sentences of a text begin and end, in tokens: an order hides in one of them. */
const LONGEST = 48;

/** Where the tokens of a text stand. */
interface Places {
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** The first token of each sentence or line, and the number of tokens at the end. */
export function segmentsOf(text: string, { count, starts, ends }: Places): number[] {
  const bounds = [0];
  for (let token = 0; token < count; token += 1) {
    const isLong = token - (bounds.at(-1) ?? 0) >= LONGEST;
    if (token + 1 < count && (isLong || closes(text, starts[token] ?? 0, ends[token] ?? 0))) bounds.push(token + 1);
  }
  bounds.push(count);
  return bounds;
}

/** A line's end, or a sentence's: a sign that closes one, and a space behind it. */
function closes(text: string, start: number, end: number): boolean {
  const code = text.charCodeAt(start);
  if (code === 10 || code === 0x3002 || code === 0xff01 || code === 0xff1f) return true;
  if (code !== 46 && code !== 33 && code !== 63) return false;
  const next = text.charCodeAt(end);
  return next === 32 || next === 10 || next === 13 || next === 34 || Number.isNaN(next);
}
