/** Larger lines are refused: no request of that size is taken. */
export const LONGEST_LINE = 33_554_432;

/** The lines of a text as it comes; undefined for one that is too long. */
export async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  const line = (): string | undefined =>
    length > LONGEST_LINE
      ? undefined
      : Buffer.concat(parts)
          .toString('utf8')
          .replace(/^\uFEFF/, '');
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, from)) {
      parts.push(bytes.subarray(from, end));
      length += end - from;
      yield line();
      parts = [];
      length = 0;
      from = end + 1;
    }
    length += bytes.length - from;
    // What is too long is not kept.
    if (length <= LONGEST_LINE) parts.push(bytes.subarray(from));
  }
  if (length > 0) yield line();
}
