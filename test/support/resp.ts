/** Redis's protocol, as much as stands between a client and a true Redis: where a request or a reply ends, and how replies are written. */

/** Bytes that may end in the middle of something. */
interface Read<Value> {
  readonly value: Value;
  readonly end: number;
}

const lineEnd = (bytes: Buffer, from: number): number => bytes.indexOf('\r\n', from);

/** The words of the request at the beginning of some bytes; undefined: it is not whole yet. */
export function readRequest(bytes: Buffer): Read<readonly Buffer[]> | undefined {
  const end = lineEnd(bytes, 0);
  if (end === -1) return undefined;
  if (bytes[0] !== 42) throw new Error('a request is a list of texts');
  const words: Buffer[] = [];
  let at = end + 2;
  for (let left = Number(bytes.toString('latin1', 1, end)); left > 0; left -= 1) {
    const head = lineEnd(bytes, at);
    if (head === -1) return undefined;
    const length = Number(bytes.toString('latin1', at + 1, head));
    if (bytes.length < head + 2 + length + 2) return undefined;
    words.push(bytes.subarray(head + 2, head + 2 + length));
    at = head + 2 + length + 2;
  }
  return { value: words, end: at };
}

/** Where the reply ends that begins at a place; -1: it is not whole yet. */
export function replyEnd(bytes: Buffer, from: number): number {
  const end = lineEnd(bytes, from);
  if (end === -1) return -1;
  const type = String.fromCharCode(bytes[from] ?? 0);
  const count = Number(bytes.toString('latin1', from + 1, end));
  if ('$=!'.includes(type)) return count < 0 ? end + 2 : bytes.length < end + 4 + count ? -1 : end + 4 + count;
  if (!'*~>%|'.includes(type)) return end + 2;
  let at = end + 2;
  for (let left = '%|'.includes(type) ? 2 * count : count; left > 0; left -= 1) {
    at = replyEnd(bytes, at);
    if (at === -1) return -1;
  }
  return at;
}

/** A reply as a test reads it: texts, numbers and lists. */
export function readReply(bytes: Buffer, from = 0): Read<unknown> {
  const end = lineEnd(bytes, from);
  const type = String.fromCharCode(bytes[from] ?? 0);
  const line = bytes.toString('utf8', from + 1, end);
  if (type === '$') {
    const length = Number(line);
    if (length < 0) return { value: undefined, end: end + 2 };
    return { value: bytes.subarray(end + 2, end + 2 + length), end: end + 4 + length };
  }
  if (!'*~%'.includes(type)) return { value: line, end: end + 2 };
  const list: unknown[] = [];
  let at = end + 2;
  for (let left = type === '%' ? 2 * Number(line) : Number(line); left > 0; left -= 1) {
    const read = readReply(bytes, at);
    list.push(read.value);
    at = read.end;
  }
  return { value: list, end: at };
}

/** A request of texts and bytes. */
export const writeRequest = (words: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...words.map(writeText)]);

/** A text as a reply. */
export function writeText(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** A list of replies; in RESP3 also a set, or a map of names and values in turn. */
export const writeList = (items: readonly Buffer[], type: '*' | '~' | '%' = '*'): Buffer =>
  Buffer.concat([Buffer.from(`${type}${type === '%' ? items.length / 2 : items.length}\r\n`), ...items]);

/** A number as a reply. */
export const writeNumber = (value: number): Buffer => Buffer.from(`:${value}\r\n`);

/** A refusal. */
export const writeError = (message: string): Buffer => Buffer.from(`-${message}\r\n`);
