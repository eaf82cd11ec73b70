/**
 * Server-sent events out of bytes and back. Follows https://html.spec.whatwg.org/multipage/server-sent-events.html (read
 * 2026-08), with one difference: an event that the end of the stream leaves without its blank line is handed over and not
 * discarded, because some providers leave the last blank line out.
 */
import { asBuffer } from './envelope.ts';

/** Takes one event: its data lines joined by line feeds, and its `event:` name if it has one. */
type SseReceiver = (data: string, eventName: string | undefined) => void;

/** An event grew over the limit; the stream cannot be read on. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`a server-sent event is larger than ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/** Room for an event with a few images inline, as Gemini sends them. */
const DEFAULT_MAX_EVENT_BYTES = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;

/** Splits one stream's bytes into events, wherever the chunks are cut. One instance per stream; keeps chunks without copying. */
export class SseSplitter {
  readonly #receive: SseReceiver;
  readonly #maxEventBytes: number;
  /** The line that has not ended yet, in the pieces it came in. */
  readonly #openLine: Buffer[] = [];
  #eventBytes = 0;
  #data: string | undefined;
  #eventName: string | undefined;
  #skipsLineFeed = false;
  #isFirstLine = true;

  constructor(receive: SseReceiver, maxEventBytes: number = DEFAULT_MAX_EVENT_BYTES) {
    this.#receive = receive;
    this.#maxEventBytes = maxEventBytes;
  }

  /** Takes the next bytes and hands over every event they complete. Throws `EventTooLarge`. */
  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    const length = bytes.length;
    let position = 0;
    if (this.#skipsLineFeed && length > 0) {
      this.#skipsLineFeed = false;
      if (bytes[0] === LINE_FEED) position = 1;
    }
    let nextFeed = bytes.indexOf(LINE_FEED, position);
    let nextReturn = bytes.indexOf(CARRIAGE_RETURN, position);
    while (nextFeed !== -1 || nextReturn !== -1) {
      const endsInReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
      const end = endsInReturn ? nextReturn : nextFeed;
      this.#takeLine(bytes, position, end);
      position = end + 1;
      if (endsInReturn) {
        if (position === length) this.#skipsLineFeed = true;
        else if (bytes[position] === LINE_FEED) position += 1;
        nextReturn = bytes.indexOf(CARRIAGE_RETURN, position);
        if (nextFeed !== -1 && nextFeed < position) nextFeed = bytes.indexOf(LINE_FEED, position);
      } else {
        nextFeed = bytes.indexOf(LINE_FEED, position);
      }
    }
    if (position < length) {
      this.#count(length - position);
      this.#openLine.push(position === 0 ? bytes : bytes.subarray(position));
    }
  }

  /**
   * The stream is over: hands over an event that still lacks its blank line. Returns true if there was one; it may have been
   * cut anywhere, so a reader that cannot parse it treats the stream as cut.
   */
  end(): boolean {
    if (this.#openLine.length > 0) this.#takeLine(Buffer.alloc(0), 0, 0);
    const isUnfinished = this.#data !== undefined;
    this.#dispatch();
    return isUnfinished;
  }

  #count(bytes: number): void {
    this.#eventBytes += bytes;
    if (this.#eventBytes > this.#maxEventBytes) throw new EventTooLarge(this.#maxEventBytes);
  }

  #takeLine(chunk: Buffer, from: number, to: number): void {
    let bytes = chunk;
    let start = from;
    let end = to;
    this.#count(end - start);
    if (this.#openLine.length > 0) {
      this.#openLine.push(chunk.subarray(from, to));
      bytes = this.#openLine.length === 1 ? (this.#openLine[0] as Buffer) : Buffer.concat(this.#openLine);
      this.#openLine.length = 0;
      start = 0;
      end = bytes.length;
    }
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf)
        start += 3;
    }
    if (start === end) {
      this.#dispatch();
      return;
    }
    // `data` and `event`, alone or before a colon; a comment begins with a colon, `id` and `retry` mean nothing to a gateway.
    if (isField(bytes, start, end, DATA)) {
      const text = fieldValue(bytes, start + 4, end);
      this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`;
    } else if (isField(bytes, start, end, EVENT)) {
      this.#eventName = fieldValue(bytes, start + 5, end);
    }
  }

  #dispatch(): void {
    const data = this.#data;
    const eventName = this.#eventName;
    this.#data = undefined;
    this.#eventName = undefined;
    this.#eventBytes = 0;
    if (data !== undefined) this.#receive(data, eventName === '' ? undefined : eventName);
  }
}

const DATA = [0x64, 0x61, 0x74, 0x61] as const;
const EVENT = [0x65, 0x76, 0x65, 0x6e, 0x74] as const;

function isField(bytes: Buffer, start: number, end: number, name: readonly number[]): boolean {
  const nameEnd = start + name.length;
  if (nameEnd > end || (nameEnd < end && bytes[nameEnd] !== COLON)) return false;
  for (let index = 0; index < name.length; index += 1) if (bytes[start + index] !== name[index]) return false;
  return true;
}

function fieldValue(bytes: Buffer, afterName: number, end: number): string {
  let start = afterName + 1;
  if (start >= end) return '';
  if (bytes[start] === SPACE) start += 1;
  return bytes.toString('utf8', start, end);
}
