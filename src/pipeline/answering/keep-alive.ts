/**
 * Keeps connections open while a model thinks: proxies close those that look idle. Only if an interval is configured
 * (LiteLLM's `sse_keepalive_ping_interval_seconds`; docs.litellm.ai, timeout, 2026-10).
 */
import { asGatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { clientErrorOf, requestIdHeader } from '../../formats/client-error.ts';
import { formatParts } from '../../formats/index.ts';
import { STREAM_HEADERS } from './answer-headers.ts';

/**
 * Answers a streamed request, with a ping whenever the client has heard nothing for the interval. Before the answer that
 * opens the stream under 200, so an error after it is an event of the stream.
 */
export async function keepAlive(exchange: Exchange, intervalMs: number, answer: () => Promise<void>): Promise<void> {
  const { client, endpoint, callId } = exchange;
  const { ping, openFailureWriter } = formatParts(endpoint.format);
  if (ping === undefined) return answer();
  const headers = [...STREAM_HEADERS, 'x-litellm-call-id', callId, requestIdHeader(endpoint.format), callId];
  const kept = new KeptAlive(client, ping, headers, intervalMs);
  exchange.client = kept;
  try {
    await answer();
  } catch (thrown) {
    if (kept.wasOpenedEarly && !kept.hasStarted && !client.isGone) {
      exchange.status = 200;
      client.endStream(openFailureWriter().fail(clientErrorOf(asGatewayError(thrown))));
    }
    throw thrown;
  } finally {
    kept.stop();
    exchange.client = client;
  }
}

/** The client with pings between the events that it is sent. */
class KeptAlive implements Client {
  readonly method: string;
  readonly headers: Client['headers'];
  readonly rawHeaders: readonly string[];
  readonly query: string | undefined;
  wasOpenedEarly = false;
  /** Whether the answer itself has begun. */
  hasStarted = false;
  readonly #client: Client;
  readonly #ping: string;
  readonly #openHeaders: readonly string[];
  readonly #timer: NodeJS.Timeout;
  /** A ping inside an event would become part of it. */
  #isBetweenEvents = true;
  #hasRoom = true;

  constructor(client: Client, ping: string, openHeaders: readonly string[], intervalMs: number) {
    this.#client = client;
    this.#ping = ping;
    this.#openHeaders = openHeaders;
    this.method = client.method;
    this.headers = client.headers;
    this.rawHeaders = client.rawHeaders;
    this.query = client.query;
    this.#timer = setInterval(() => this.#tick(), intervalMs);
  }

  get isGone(): boolean {
    return this.#client.isGone;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  readBody(maxBytes: number, owner: string): Promise<Buffer> {
    return this.#client.readBody(maxBytes, owner);
  }

  noteAnswer(bytes: number): boolean {
    return this.#client.noteAnswer(bytes);
  }

  turnFor(bytes: number): Promise<void> | undefined {
    return this.#client.turnFor(bytes);
  }

  sendWhole(status: number, headers: readonly string[], body: Uint8Array): void {
    this.hasStarted = true;
    this.stop();
    if (this.wasOpenedEarly) this.#client.endStream(body);
    else this.#client.sendWhole(status, headers, body);
  }

  startStream(status: number, headers: readonly string[]): void {
    this.hasStarted = true;
    if (!this.wasOpenedEarly) this.#client.startStream(status, headers);
  }

  write(chunk: Uint8Array | string): boolean {
    this.#timer.refresh();
    this.#isBetweenEvents = endsEvent(chunk);
    this.#hasRoom = this.#client.write(chunk);
    return this.#hasRoom;
  }

  endStream(chunk?: Uint8Array | string): void {
    this.stop();
    this.#client.endStream(chunk);
  }

  breakOff(): void {
    this.stop();
    this.#client.breakOff();
  }

  onDrain(callback: () => void): void {
    this.#client.onDrain(() => {
      this.#hasRoom = true;
      callback();
    });
  }

  onGone(callback: (() => void) | undefined): void {
    this.#client.onGone(callback);
  }

  #tick(): void {
    if (!this.#isBetweenEvents || !this.#hasRoom || this.#client.isGone) return;
    if (!this.hasStarted && !this.wasOpenedEarly) {
      this.wasOpenedEarly = true;
      this.#client.startStream(200, this.#openHeaders);
    }
    this.#client.write(this.#ping);
  }
}

const LINE_FEED = 0x0a;

function endsEvent(chunk: Uint8Array | string): boolean {
  if (typeof chunk === 'string') return chunk.endsWith('\n\n');
  const { length } = chunk;
  if (chunk[length - 1] !== LINE_FEED) return false;
  return chunk[length - 2] === LINE_FEED || (chunk[length - 3] === LINE_FEED && chunk[length - 2] === 0x0d);
}
