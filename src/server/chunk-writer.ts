import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Larger pieces are not copied into a string; the response frames them. */
const LARGEST_GATHERED_BYTES = 16_384;

/**
 * Writes the pieces of a chunked answer straight to the socket. `response.write` hands each piece to the kernel as a vector of
 * four parts; here the pieces of one turn of the event loop are gathered, framed once, and go out in one write
 * (`npm run bench`: about a quarter less CPU per streamed chunk).
 *
 * The response still writes the head and the end mark and owns the connection; only whole frames go between them.
 */
export class ChunkWriter {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  /** Bytes as a Latin-1 string, one character each. */
  #gathered = '';
  #isScheduled = false;
  #isFull = false;
  #onDrain: (() => void) | undefined;
  readonly #flushLater = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
  readonly #drained = (): void => {
    this.#isFull = false;
    this.#onDrain?.();
  };

  private constructor(response: ServerResponse, socket: Socket) {
    this.#response = response;
    this.#socket = socket;
  }

  /**
   * For a response whose head is sent; undefined if it is not chunked (HTTP/1.0) or waits behind another response. `hasRoom` is
   * what the response's last write returned.
   */
  static open(response: ServerResponse, hasRoom: boolean): ChunkWriter | undefined {
    const { socket } = response;
    if (!response.chunkedEncoding || socket === null || socket.destroyed) return undefined;
    const writer = new ChunkWriter(response, socket);
    if (!hasRoom) writer.#wait();
    return writer;
  }

  /** Takes a piece; false asks to pause until the `onDrain` callback. */
  write(chunk: Uint8Array | string): boolean {
    if (chunk.length === 0) return !this.#isFull;
    if (chunk.length > LARGEST_GATHERED_BYTES) {
      this.flush();
      if (!this.#response.write(chunk)) this.#wait();
      return !this.#isFull;
    }
    this.#gathered += latin1(chunk);
    if (this.#gathered.length > LARGEST_GATHERED_BYTES) this.flush();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(this.#flushLater);
    }
    return !this.#isFull;
  }

  /** Sends what is gathered, now. */
  flush(): void {
    const bytes = this.#gathered;
    if (bytes === '') return;
    this.#gathered = '';
    if (this.#socket.destroyed) return;
    if (!this.#socket.write(`${bytes.length.toString(16)}\r\n${bytes}\r\n`, 'latin1')) this.#wait();
  }

  /** At most one callback; a later call replaces it. */
  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  #wait(): void {
    if (this.#isFull) return;
    this.#isFull = true;
    this.#socket.once('drain', this.#drained);
  }
}

/** Bytes, or text as its UTF-8 bytes, as a string of one character per byte. */
function latin1(chunk: Uint8Array | string): string {
  if (typeof chunk === 'string') {
    // Text of plain ASCII, nearly all of what is streamed, is its own UTF-8.
    return Buffer.byteLength(chunk) === chunk.length ? chunk : Buffer.from(chunk).toString('latin1');
  }
  const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return bytes.toString('latin1');
}
