import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { InterimAnswers } from './interim-answers.ts';

/** undici publishes here which connection a request is written to, right after it called the request's handler. */
const CHANNEL = 'undici:client:sendHeaders';
/** Bounds of a round trip: our own timers are late by the least, and no provider needs more than the most. */
const LEAST_ROUND_TRIP_MS = 20;
const MOST_ROUND_TRIP_MS = 150;

/** How a call was written to its connection. */
export interface Sent {
  readonly socket: Socket;
  /** The connection had carried other calls before. */
  readonly isReused: boolean;
  readonly bytesBefore: number;
  readonly sentMs: number;
}

/** A call that wants to know which connection it is written to. */
export interface Sending {
  sent: Sent | undefined;
}

/** What is known of one connection. */
interface Connection {
  roundTripMs: number;
  readonly interim: InterimAnswers;
  isUsed: boolean;
}

/**
 * Knows the connections: how long a round trip takes on each, and which were used before. The provider may have closed a kept
 * connection a moment before a request is written to it: the request was then never read, and only then may it be sent again.
 * A connection that was dead before says so within a round trip; one that breaks later broke over this request.
 */
export class ConnectionReuse {
  readonly #clock: Clock;
  readonly #connections = new WeakMap<Socket, Connection>();
  #starting: Sending | undefined;
  readonly #onSend = (message: unknown): void => {
    const sending = this.#starting;
    this.#starting = undefined;
    if (sending === undefined) return;
    const { socket } = message as { readonly socket: Socket };
    const connection = this.#connections.get(socket);
    const isReused = connection?.isUsed === true;
    sending.sent = { socket, isReused, bytesBefore: socket.bytesRead, sentMs: this.#clock.monotonicMs() };
    if (connection === undefined) return;
    connection.isUsed = true;
    connection.interim.begin();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    subscribe(CHANNEL, this.#onSend);
  }

  /** A connection is being made: measures its round trip, from the last TCP handshake that was begun to its end. */
  connecting(socket: Socket): void {
    const connection: Connection = { roundTripMs: 0, interim: new InterimAnswers(socket), isUsed: false };
    this.#connections.set(socket, connection);
    let begunMs = this.#clock.monotonicMs();
    const begin = (): void => {
      begunMs = this.#clock.monotonicMs();
    };
    socket.on('lookup', begin).on('connectionAttempt', begin);
    socket.once('connect', () => {
      connection.roundTripMs = this.#clock.monotonicMs() - begunMs;
      socket.off('lookup', begin).off('connectionAttempt', begin);
    });
  }

  /** The call is about to be written; which connection it goes to is heard before anything else happens. */
  starting(sending: Sending): void {
    this.#starting = sending;
  }

  /** Whether a call cannot have been read: its connection broke within a round trip, and no byte came back. */
  wasUnread({ sent }: Sending): boolean {
    if (sent === undefined) return true;
    const { socket, bytesBefore, sentMs } = sent;
    const measuredMs = this.#connections.get(socket)?.roundTripMs ?? 0;
    const roundTripMs = Math.min(MOST_ROUND_TRIP_MS, Math.max(LEAST_ROUND_TRIP_MS, measuredMs));
    return socket.bytesRead === bytesBefore && this.#clock.monotonicMs() - sentMs < roundTripMs;
  }

  close(): void {
    unsubscribe(CHANNEL, this.#onSend);
  }
}
