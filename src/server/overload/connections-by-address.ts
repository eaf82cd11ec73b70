import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionName } from '../client-time-limits.ts';

/**
 * Counts the open connections of each address. A connection beyond the limit is accepted too, and its first request is
 * answered with 503: to close it unread would be a reset, which tells a client nothing.
 */
export class ConnectionsByAddress {
  readonly #counts = new Map<string, number>();
  /** By name: a request on a TLS connection knows the secured one only. */
  readonly #excess = new Set<string>();
  readonly #limit: () => number;

  /** `limit`: connections of one address, as configured now. */
  constructor(server: Server, limit: () => number) {
    this.#limit = limit;
    server.on('connection', (socket: Socket) => this.#opened(socket));
  }

  /** Whether a connection is one too many of its address; costs a comparison if there are none. */
  isExcess(socket: Socket): boolean {
    return this.#excess.size > 0 && this.#excess.has(connectionName(socket));
  }

  #opened(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const name = connectionName(socket);
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    if (count > this.#limit()) this.#excess.add(name);
    socket.once('close', () => {
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
      this.#excess.delete(name);
    });
  }
}
