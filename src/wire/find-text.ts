/** So many characters are searched for by the processor's own search for a byte; longer texts go another way, which is slower here. */
const SHORT = 6;

/**
 * Where an ASCII text begins in bytes; -1 if nowhere. For texts that begin with a rare character, such as the quote of a JSON string, this takes
 * a tenth of the time of `Buffer.indexOf` with the whole text (44 KB of a conversation: 10 µs instead of 80 µs, Node.js 24).
 */
export function findText(bytes: Buffer, text: string, from = 0): number {
  const begin = text.slice(0, SHORT);
  for (let at = bytes.indexOf(begin, from, 'latin1'); at !== -1; at = bytes.indexOf(begin, at + 1, 'latin1')) {
    if (bytes.toString('latin1', at, at + text.length) === text) return at;
  }
  return -1;
}
