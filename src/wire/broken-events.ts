/**
 * Finds an event of a stream whose JSON was cut short, without reading the others: every format's events end in a brace, or in the
 * bracket of `[DONE]`. Passed on, it would break the client’s reader, which does not say why.
 */
const BLANK_LINE = '\n\n';
const BRACE = 0x7d;
const BRACKET = 0x5d;

/** Looks through one stream's chunks as they pass. */
export class BrokenEvents {
  /** The next chunk begins with an event; one that began in an earlier chunk is not looked at. */
  #isAtStart = true;

  /** The offset of the first broken event that lies in this chunk as a whole; -1 if there is none. */
  find(chunk: Buffer): number {
    let start = this.#isAtStart ? 0 : -1;
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(BLANK_LINE, from, 'latin1');
      if (end === -1) break;
      const last = chunk[end - 1];
      if (start >= 0 && last !== BRACE && last !== BRACKET && isBroken(chunk.toString('utf8', start, end)))
        return start;
      from = end + 2;
      start = from;
    }
    this.#isAtStart = chunk.length === 0 ? this.#isAtStart : from === chunk.length;
    return -1;
  }
}

function isBroken(event: string): boolean {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('\n')
    .trim();
  // A comment, an event without data, or one in another form of line ends.
  if (data === '' || event.includes('\r')) return false;
  try {
    JSON.parse(data);
    return false;
  } catch {
    return true;
  }
}
