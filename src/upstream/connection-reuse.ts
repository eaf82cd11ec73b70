import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';

/** undici publishes here which connection a request is written to, right after it called the request's handler. */
const CHANNEL = 'undici:client:sendHeaders';
/** A connection that was dead before says so within a round trip; one that breaks later broke over this request. */
const DEAD_WITHIN_MS = 1_000;

/** A call written to a connection that had carried others before. */
export interface SentOnReused {
  readonly socket: Socket;
  readonly bytesBefore: number;
  readonly sentMs: number;
}

/** A call that wants to know whether its connection is a fresh one. */
export interface Sending {
  sentOnReused: SentOnReused | undefined;
}

/**
 * Knows the connections that were used before. A kept connection may have been closed by the provider a moment before a
 * request is written to it: the request was then never read, and only then may it be sent again without asking anyone.
 */
export class ConnectionReuse {
  readonly #clock: Clock;
  readonly #used = new WeakSet<Socket>();
  #starting: Sending | undefined;
  readonly #onSend = (message: unknown): void => {
    const sending = this.#starting;
    this.#starting = undefined;
    if (sending === undefined) return;
    const { socket } = message as { readonly socket: Socket };
    sending.sentOnReused = this.#used.has(socket)
      ? { socket, bytesBefore: socket.bytesRead, sentMs: this.#clock.monotonicMs() }
      : undefined;
    this.#used.add(socket);
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    subscribe(CHANNEL, this.#onSend);
  }

  /** The call is about to be written; which connection it goes to is heard before anything else happens. */
  starting(sending: Sending): void {
    this.#starting = sending;
  }

  /** Whether the connection was dead before the call came: it broke at once, and no byte came back. */
  wasDead({ sentOnReused }: Sending): boolean {
    if (sentOnReused === undefined) return false;
    const { socket, bytesBefore, sentMs } = sentOnReused;
    return socket.bytesRead === bytesBefore && this.#clock.monotonicMs() - sentMs < DEAD_WITHIN_MS;
  }

  close(): void {
    unsubscribe(CHANNEL, this.#onSend);
  }
}
