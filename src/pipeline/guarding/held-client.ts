import type { Client } from '../../exchange/client.ts';
import { bufferOf, ClientWrapper } from '../../exchange/client-wrapper.ts';
import type { AnswerView } from '../../exchange/slots.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { viewOf } from './answer-text.ts';

/** Holds an answer back until somebody has judged it. Its size is bounded by what a provider may send. */
export class HeldClient extends ClientWrapper {
  readonly #chunks: Buffer[] = [];
  #head: { readonly status: number; readonly headers: readonly string[]; readonly isStream: boolean } | undefined;

  /** Whether anything was sent, as the stages before see it. */
  override get hasStarted(): boolean {
    return this.#head !== undefined;
  }

  override sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    this.#head = { status, headers, isStream: false };
    this.#chunks.push(bufferOf(body));
  }

  override startStream(status: number, headers: readonly string[]): void {
    this.#head = { status, headers, isStream: true };
  }

  override write(chunk: Uint8Array | string): boolean {
    this.#chunks.push(bufferOf(chunk));
    return true;
  }

  override endStream(chunk?: Uint8Array | string): void {
    if (chunk !== undefined) this.write(chunk);
  }

  override onDrain(): void {
    // There is always room.
  }

  view(format: FormatId): AnswerView {
    return viewOf(format, Buffer.concat(this.#chunks), this.#head?.isStream === true);
  }

  /** What was sent, as it was sent. */
  held(): { readonly status: number; readonly body: Buffer } {
    return { status: this.#head?.status ?? 0, body: Buffer.concat(this.#chunks) };
  }

  /** Sends what was held to a client, or another body in its place. */
  replay(client: Client, body: Buffer): void {
    if (this.#head === undefined) return;
    const { status, headers, isStream } = this.#head;
    if (!isStream) {
      client.sendWhole(status, headers, body);
      return;
    }
    client.startStream(status, headers);
    client.endStream(body);
  }
}
