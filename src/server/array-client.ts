import type { Client } from '../exchange/client.ts';
import { bufferOf, ClientWrapper } from '../exchange/client-wrapper.ts';
import { SseSplitter } from '../wire/sse.ts';
import type { ModelRoute } from './routes.ts';

/** Whether a client of Google's gets its stream as a growing JSON array: without `alt=sse` that is what it asks for. */
export function wantsArray({ endpoint }: ModelRoute, query: string | undefined): boolean {
  if (endpoint.stream !== true) return false;
  return query === undefined || new URLSearchParams(query).get('alt') !== 'sse';
}

/** A client that gets the events of a stream as the items of one JSON array. */
export class ArrayClient extends ClientWrapper {
  readonly #splitter: SseSplitter;
  #pending = '';
  #hasItems = false;

  constructor(client: Client) {
    super(client);
    this.#splitter = new SseSplitter((data) => {
      this.#pending += `${this.#hasItems ? ',\r\n' : '['}${data}`;
      this.#hasItems = true;
    });
  }

  override startStream(status: number, headers: readonly string[]): void {
    const named = headers.map((value, index) =>
      headers[index - 1]?.toLowerCase() === 'content-type' && index % 2 === 1
        ? 'application/json; charset=utf-8'
        : value,
    );
    this.client.startStream(status, named);
  }

  override write(chunk: Uint8Array | string): boolean {
    this.#splitter.push(bufferOf(chunk));
    const items = this.#take();
    return items === '' ? true : this.client.write(items);
  }

  override endStream(chunk?: Uint8Array | string): void {
    if (chunk !== undefined) this.#splitter.push(bufferOf(chunk));
    this.#splitter.end();
    this.client.endStream(`${this.#take()}${this.#hasItems ? ']' : '[]'}`);
  }

  #take(): string {
    const items = this.#pending;
    this.#pending = '';
    return items;
  }
}
