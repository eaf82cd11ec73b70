import type { Socket } from 'node:net';

const H = 0x48;
const ONE = 0x31;
const ZERO = 0x30;
const TWO = 0x32;
const CR = 0x0d;
const LF = 0x0a;
/** Where the three digits of the status are in `HTTP/1.1 100`. */
const FIRST_DIGIT = 9;
const LAST_DIGIT = 11;

/**
 * Reads the heads of interim answers on a connection before undici does. undici breaks the connection off at a `100 Continue` that
 * it did not ask for, although the answer follows; as a `102 Processing`, which says as little, it is skipped.
 */
export class InterimAnswers {
  #isAwaited = false;
  /** Bytes of the status line so far; beyond its last digit the rest of an interim head is read. */
  #column = 0;
  #lineFeeds = 0;
  #tens = 0;

  constructor(socket: Socket) {
    const read = socket.read.bind(socket);
    socket.read = (size?: number): unknown => {
      const chunk: unknown = read(size);
      if (this.#isAwaited && chunk instanceof Uint8Array) this.#look(chunk);
      return chunk;
    };
  }

  /** A request is written: what comes next is the head of its answer. */
  begin(): void {
    this.#isAwaited = true;
    this.#column = 0;
  }

  #look(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#isAwaited; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#column > LAST_DIGIT) this.#skip(byte);
      else if (this.#readStatus(byte)) chunk[at] = TWO;
    }
  }

  /** Takes a byte of a status line; returns whether it is the last digit of 100. */
  #readStatus(byte: number): boolean {
    const column = this.#column;
    if (column === 0) {
      if (byte === CR || byte === LF) return false;
      if (byte !== H) this.#isAwaited = false;
    } else if (column === FIRST_DIGIT) {
      // Any other status is the answer itself.
      if (byte !== ONE) this.#isAwaited = false;
    } else if (column === FIRST_DIGIT + 1) this.#tens = byte;
    this.#column += 1;
    this.#lineFeeds = 0;
    return column === LAST_DIGIT && this.#tens === ZERO && byte === ZERO;
  }

  /** Takes a byte after the status of an interim answer; its empty line ends it. */
  #skip(byte: number): void {
    if (byte === CR) return;
    this.#lineFeeds = byte === LF ? this.#lineFeeds + 1 : 0;
    if (this.#lineFeeds === 2) this.#column = 0;
  }
}
