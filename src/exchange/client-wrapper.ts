import type { Client } from './client.ts';

/** A client that hands everything on to another; what looks at answers overrides what it has to. */
export class ClientWrapper implements Client {
  protected readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  get method(): string {
    return this.client.method;
  }
  get headers(): Client['headers'] {
    return this.client.headers;
  }
  get rawHeaders(): Client['rawHeaders'] {
    return this.client.rawHeaders;
  }
  get query(): string | undefined {
    return this.client.query;
  }
  get isGone(): boolean {
    return this.client.isGone;
  }
  get hasStarted(): boolean {
    return this.client.hasStarted;
  }
  readBody(maxBytes: number, owner: string): Promise<Buffer> {
    return this.client.readBody(maxBytes, owner);
  }
  noteAnswer(bytes: number): boolean {
    return this.client.noteAnswer(bytes);
  }
  turnFor(bytes: number): Promise<void> | undefined {
    return this.client.turnFor(bytes);
  }
  sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    this.client.sendWhole(status, headers, body);
  }
  startStream(status: number, headers: readonly string[]): void {
    this.client.startStream(status, headers);
  }
  write(chunk: Uint8Array | string): boolean {
    return this.client.write(chunk);
  }
  endStream(chunk?: Uint8Array | string): void {
    this.client.endStream(chunk);
  }
  breakOff(): void {
    this.client.breakOff();
  }
  onDrain(callback: () => void): void {
    this.client.onDrain(callback);
  }
  onGone(callback: (() => void) | undefined): void {
    this.client.onGone(callback);
  }
}

/** Bytes that a client was sent, as a buffer. */
export function bufferOf(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
