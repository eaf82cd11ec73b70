import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../core/errors.ts';
import type { Slotted } from '../core/slots.ts';
import { HEAVY_BYTES } from '../core/too-heavy.ts';
import type { Client } from '../exchange/client.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { Excess } from './overload/connection-limits.ts';
import type { Load, OverloadManager } from './overload/overload-manager.ts';
import { unpack } from './unpack.ts';

/** The pipeline's view of one HTTP request and its response. */
export class HttpClient implements Client, Slotted, Load {
  slot = -1;
  heldBytes = 0;
  answerBytes = 0;
  share: Load['share'];
  /** What its connection is one too many of. */
  excess: Excess | undefined;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly query: string | undefined;
  isGone = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #overload: OverloadManager | undefined;
  #onGone: (() => void) | undefined;
  #onDrain: (() => void) | undefined;
  #onClosed: (() => void) | undefined;
  #isClosed = false;
  #chunks: ChunkWriter | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, overload?: OverloadManager) {
    this.#request = request;
    this.#response = response;
    this.#overload = overload;
    this.method = request.method ?? '';
    this.headers = request.headers;
    this.rawHeaders = request.rawHeaders;
    const { url = '' } = request;
    const start = url.indexOf('?');
    this.query = start < 0 ? undefined : url.slice(start + 1);
    response.on('close', () => {
      this.#isClosed = true;
      this.#onClosed?.();
      if (response.writableFinished) return;
      this.isGone = true;
      this.#onGone?.();
    });
    // A failed write to a client that is gone is not an error of the gateway.
    response.on('error', () => {});
  }

  /** Calls back once the answer has been sent, or can no longer be. */
  whenClosed(callback: () => void): void {
    if (this.#isClosed) callback();
    else this.#onClosed = callback;
  }

  /** Whether this connection carries, or will carry, the answer to this request, and the request is complete. */
  answersOn(socket: Socket): boolean {
    return this.#request.socket === socket && (this.#request.complete || this.hasStarted);
  }

  /** Whether all of the answer was handed over, read by the client or not. */
  get hasEnded(): boolean {
    return this.#response.writableEnded;
  }

  get hasStarted(): boolean {
    return this.#response.headersSent;
  }

  /** Throws at once if it is refused before a byte of it is read. */
  readBody(maxBytes: number, owner: string): Promise<Buffer> {
    const overload = this.#overload;
    if (this.excess !== undefined) overload?.refuseConnection(this.excess);
    overload?.begin(this, owner);
    const { 'content-length': length, 'content-type': contentType, 'content-encoding': encoding } = this.headers;
    if (length !== undefined && Number(length) > maxBytes) throw tooLarge(maxBytes);
    if (typeof contentType === 'string' && isForm(contentType)) throw notJson(contentType);
    // What is announced is charged before it arrives.
    if (length !== undefined) overload?.hold(this, Number(length));
    const reading = this.#readBytes(maxBytes, length === undefined ? undefined : Number(length));
    const isPacked = encoding !== undefined && encoding !== 'identity';
    // Most bodies are small and plain, and then nothing has to wait for more than their bytes.
    if (length !== undefined && Number(length) <= HEAVY_BYTES && !isPacked) return reading;
    return this.#finishReading(reading, isPacked ? String(encoding) : undefined, maxBytes);
  }

  async #finishReading(reading: Promise<Buffer>, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
    let body = await reading;
    if (encoding !== undefined) body = await this.#unpack(body, encoding, maxBytes);
    if (body.length > HEAVY_BYTES) await this.turnFor(body.length);
    return body;
  }

  turnFor(bytes: number): Promise<void> | undefined {
    return bytes > HEAVY_BYTES ? this.#overload?.heavyTurns.take() : undefined;
  }

  noteAnswer(bytes: number): boolean {
    return this.#overload?.noteAnswer(this, bytes) ?? true;
  }

  #unpack(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
    const overload = this.#overload;
    const mostBytes = overload?.largestUnpacked(body.length, maxBytes) ?? maxBytes;
    return unpack(body, {
      encoding,
      maxBytes: mostBytes,
      tooLarge: () => (mostBytes === maxBytes ? tooLarge(maxBytes) : tooDense(body.length, mostBytes)),
      onPiece: (bytes) => overload?.hold(this, bytes),
    });
  }

  #readBytes(maxBytes: number, chargedBytes: number | undefined): Promise<Buffer> {
    const request = this.#request;
    if (isAskingFirst(request)) this.#response.writeContinue();
    return new Promise((resolve, reject) => {
      // A large body is put together as it comes: bodies that end in the same turn would all be copied in it.
      const isLarge = chargedBytes !== undefined && chargedBytes > HEAVY_BYTES;
      const whole = isLarge ? Buffer.allocUnsafeSlow(chargedBytes) : undefined;
      let first: Buffer | undefined;
      let more: Buffer[] | undefined;
      let size = 0;
      let isOver = false;
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (isOver) return;
        if (size > maxBytes) {
          isOver = true;
          reject(tooLarge(maxBytes));
          return;
        }
        if (chargedBytes === undefined) {
          try {
            this.#overload?.hold(this, chunk.length);
          } catch (error) {
            isOver = true;
            reject(error);
            return;
          }
        }
        if (whole !== undefined) chunk.copy(whole, size - chunk.length);
        else if (first === undefined) first = chunk;
        else if (more === undefined) more = [first, chunk];
        else more.push(chunk);
      });
      request.on('end', () => {
        if (isOver) return;
        if (whole !== undefined) resolve(whole.subarray(0, size));
        else resolve(more === undefined ? (first ?? EMPTY) : Buffer.concat(more, size));
      });
      const gone = (): void => {
        // `close` follows every request; making an error for each would cost more than reading the body.
        if (!request.complete) reject(new GatewayError('client_gone', 'The client hung up while sending its request.'));
      };
      request.on('error', gone);
      request.on('close', gone);
    });
  }

  sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    const response = this.#response;
    if (this.isGone) return;
    const list = [...headers, 'content-length', String(body.length)];
    if (hasUnreadBody(this.#request)) {
      response.writeHead(status, [...list, 'connection', 'close']);
      response.write(body);
      endWhenRead(this.#request, response);
      return;
    }
    response.writeHead(status, list);
    if (body.length > ONE_WRITE_BYTES) response.end(body);
    // As a Latin-1 string, which maps bytes one to one, a small body goes out with its head in one write instead of a vector.
    else response.end(asBuffer(body).toString('latin1'), 'latin1');
  }

  startStream(status: number, headers: readonly string[]): void {
    this.#response.writeHead(status, headers as string[]);
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.isGone) return true;
    if (this.#chunks !== undefined) return this.#chunks.write(chunk);
    const hasRoom = this.#response.write(chunk);
    // The first piece goes out with the head. We frame those after it ourselves, which costs a third less.
    this.#chunks = ChunkWriter.open(this.#response, hasRoom);
    return hasRoom;
  }

  endStream(chunk?: Uint8Array | string): void {
    if (this.isGone) return;
    if (chunk !== undefined && chunk.length > 0) this.write(chunk);
    this.#chunks?.flush();
    this.#response.end();
  }

  breakOff(): void {
    this.#response.destroy();
  }

  onDrain(callback: () => void): void {
    if (this.#chunks !== undefined) {
      this.#chunks.onDrain(callback);
      return;
    }
    if (this.#onDrain === undefined) this.#response.on('drain', () => this.#onDrain?.());
    this.#onDrain = callback;
  }

  onGone(callback: (() => void) | undefined): void {
    this.#onGone = callback;
    if (this.isGone) callback?.();
  }
}

/** Whether a part of the request's body has not arrived yet. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || length !== '0';
}

/** Whether the client waits for our word before it sends the body (`Expect: 100-continue`). */
function isAskingFirst(request: IncomingMessage): boolean {
  return request.headers.expect !== undefined && /^100-continue$/i.test(request.headers.expect.trim());
}

/** How long a client may continue to send a refused request, and for how long it may pause. */
const LINGER_MS = 30_000;
const LINGER_QUIET_MS = 5_000;

/**
 * Ends an answer that was sent before its request was complete. Most clients write all of a request before they read: if the
 * connection closed meanwhile, they would see a broken pipe and not the answer. So the rest is read and discarded first.
 */
function endWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const end = (): void => {
    clearTimeout(atLast);
    clearTimeout(quiet);
    response.end();
  };
  let isQuiet = true;
  const atLast = setTimeout(end, LINGER_MS);
  const quiet = setTimeout(() => {
    isQuiet = true;
    // If the event loop was late, what came meanwhile is read between the timers and this.
    setImmediate(() => {
      if (isQuiet) end();
    });
  }, LINGER_QUIET_MS);
  request.on('data', () => {
    isQuiet = false;
    quiet.refresh();
  });
  request.once('end', end);
  request.once('close', end);
}

const EMPTY = Buffer.alloc(0);
const ONE_WRITE_BYTES = 16_384;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isForm(contentType: string): boolean {
  const type = contentType.toLowerCase();
  return type.startsWith('multipart/') || type.startsWith('application/x-www-form-urlencoded');
}

function notJson(contentType: string): GatewayError {
  const type = contentType.split(';')[0]?.slice(0, 64) ?? '';
  return new GatewayError(
    'unsupported_media_type',
    `The body was sent as \`${type}\`. Send JSON with the header \`Content-Type: application/json\`.`,
  );
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The body is larger than the limit of ${maxBytes} bytes. Send less, or raise \`general_settings.max_request_size_mb\`.`,
  );
}

function tooDense(packedBytes: number, mostBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The compressed body of ${packedBytes} bytes unpacks to more than ${mostBytes} bytes. Send it uncompressed, or raise \`general_settings.max_compression_ratio\`.`,
  );
}
