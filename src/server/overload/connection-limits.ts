import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { connectionName } from '../client-time-limits.ts';

/** How many connections may be open. */
interface Limits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** What a connection is one too many of. */
export type Excess = 'address' | 'all';

/**
 * Counts the open connections, of each address and together. A connection beyond a limit is accepted too, and its first request is
 * answered with 503: to close it unread would be a reset, which tells a client nothing.
 */
export class ConnectionLimits {
  readonly #counts = new Map<string, number>();
  /** By name: a request on a TLS connection knows the secured one only. */
  readonly #excess = new Map<string, Excess>();
  readonly #limits: () => Limits;
  #open = 0;

  /** `limits`: as configured now. */
  constructor(server: Server, limits: () => Limits) {
    this.#limits = limits;
    server.on('connection', (socket: Socket) => this.#opened(socket));
  }

  /** What a connection is one too many of; costs a comparison if there are none. */
  excessOf(socket: Socket): Excess | undefined {
    return this.#excess.size > 0 ? this.#excess.get(connectionName(socket)) : undefined;
  }

  #opened(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const name = connectionName(socket);
    const count = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, count);
    this.#open += 1;
    const { maxConnections, maxConnectionsPerAddress } = this.#limits();
    if (count > maxConnectionsPerAddress) this.#excess.set(name, 'address');
    else if (this.#open > maxConnections) this.#excess.set(name, 'all');
    socket.once('close', () => {
      this.#open -= 1;
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left === 0) this.#counts.delete(address);
      else this.#counts.set(address, left);
      this.#excess.delete(name);
    });
  }
}
