import type { Client } from '../exchange/client.ts';

/** The client of a copy of a request: it has the body already, never leaves, and drops the answer. */
export class ShadowClient implements Client {
  readonly method = 'POST';
  readonly headers: Client['headers'];
  readonly rawHeaders: Client['rawHeaders'] = [];
  readonly query = undefined;
  readonly isGone = false;
  readonly #body: Buffer;
  #hasStarted = false;

  constructor({ headers }: Pick<Client, 'headers'>, body: Buffer) {
    // What the client says of its program and of its format's version; not who it is, nor how its request is routed.
    this.headers = Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name)));
    this.#body = body;
  }

  get hasStarted(): boolean {
    return this.#hasStarted;
  }
  readBody(): Promise<Buffer> {
    return Promise.resolve(this.#body);
  }
  noteAnswer(bytes: number): boolean {
    return bytes <= LARGEST_ANSWER_BYTES;
  }
  turnFor(): undefined {
    return undefined;
  }
  sendWhole(): void {
    this.#hasStarted = true;
  }
  startStream(): void {
    this.#hasStarted = true;
  }
  write(): boolean {
    return true;
  }
  endStream(): void {
    // No program reads it.
  }
  breakOff(): void {
    // There is no connection.
  }
  onDrain(): void {
    // There is always room.
  }
  onGone(): void {
    // There is no caller that could leave.
  }
}

const KEPT_HEADERS = /^(?:user-agent|content-type|anthropic-(?:beta|version))$/;
const LARGEST_ANSWER_BYTES = 16_777_216;
