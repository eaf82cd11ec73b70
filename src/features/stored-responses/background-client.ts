import type { Client } from '../../exchange/client.ts';

/** In the place of a client that has its answer already: takes everything, and leaves only if the response is cancelled. */
export class BackgroundClient implements Client {
  readonly method: string;
  readonly headers: Client['headers'];
  readonly rawHeaders: readonly string[];
  readonly query: string | undefined;
  #isGone = false;
  #hasStarted = false;
  #onGone: (() => void) | undefined;

  constructor({ method, headers, rawHeaders, query }: Client) {
    this.method = method;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.query = query;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** Ends the work, as if a client hung up. */
  leave(): void {
    this.#isGone = true;
    this.#onGone?.();
  }

  readBody(): Promise<Buffer> {
    throw new RangeError('the body was read before the response went on in the background');
  }

  /** Its size is bounded by what is stored. */
  noteAnswer(): boolean {
    return true;
  }

  turnFor(): undefined {
    return undefined;
  }

  sendWhole(_status: number, _headers: readonly string[], _body: Uint8Array): void {
    this.#hasStarted = true;
  }

  startStream(): void {
    this.#hasStarted = true;
  }

  write(_chunk: Uint8Array | string): boolean {
    return true;
  }

  endStream(_chunk?: Uint8Array | string): void {
    this.#hasStarted = true;
  }

  breakOff(): void {
    this.leave();
  }

  onDrain(_callback: () => void): void {
    // There is always room.
  }

  onGone(callback: (() => void) | undefined): void {
    this.#onGone = callback;
    if (this.#isGone) callback?.();
  }
}
