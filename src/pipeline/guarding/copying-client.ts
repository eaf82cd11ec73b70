import type { Client } from '../../exchange/client.ts';
import { bufferOf, ClientWrapper } from '../../exchange/client-wrapper.ts';

const OK = 200;

/** Copies what a client gets, up to a size. */
export class CopyingClient extends ClientWrapper {
  readonly #maxBytes: number;
  #chunks: Buffer[] | undefined = [];
  #bytes = 0;
  #isStream = false;
  #isWhole = false;

  constructor(client: Client, maxBytes: number) {
    super(client);
    this.#maxBytes = maxBytes;
  }

  /** What the client got, once it got all of an answer; undefined: too large, or not a whole answer. */
  get copy(): { readonly body: Buffer; readonly isStream: boolean } | undefined {
    if (!this.#isWhole || this.#chunks === undefined) return undefined;
    return { body: Buffer.concat(this.#chunks), isStream: this.#isStream };
  }

  override sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    if (status === OK) this.#take(body);
    this.#isWhole = status === OK;
    this.client.sendWhole(status, headers, body);
  }

  override startStream(status: number, headers: readonly string[]): void {
    this.#isStream = true;
    this.client.startStream(status, headers);
  }

  override write(chunk: Uint8Array | string): boolean {
    this.#take(chunk);
    return this.client.write(chunk);
  }

  override endStream(chunk?: Uint8Array | string): void {
    if (chunk !== undefined) this.#take(chunk);
    this.#isWhole = !this.client.isGone;
    this.client.endStream(chunk);
  }

  override breakOff(): void {
    this.#chunks = undefined;
    this.client.breakOff();
  }

  #take(chunk: Uint8Array | string): void {
    if (this.#chunks === undefined) return;
    const bytes = bufferOf(chunk);
    this.#bytes += bytes.length;
    // A copy of its own: what the writer does with its bytes later is not ours to know.
    if (this.#bytes <= this.#maxBytes) this.#chunks.push(Buffer.from(bytes));
    else this.#chunks = undefined;
  }
}
