/** How long clients may take to send, counted only while the gateway could read what they sent. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { LoopWatch } from './overload/loop-watch.ts';

/** How long clients may take to send, in milliseconds. */
export interface EdgeLimits {
  readonly headersMs: number;
  /** For receiving a whole request; answering may take longer. */
  readonly requestMs: number;
  /** How often connections are checked. */
  readonly checkEveryMs: number;
}

/**
 * Lets the time limits of a server rest while its event loop is late. Node.js checks connections by a timer, and timers run before
 * sockets are read: after a pause it would give up clients whose requests arrived long ago and close their connections unread, which
 * they see as a reset. It reads both limits at each check, so they are made longer by what was lost.
 */
export function restWhileLate(server: Server, limits: EdgeLimits, loop: LoopWatch): void {
  const patient = (limitMs: number): PropertyDescriptor => ({
    configurable: true,
    get: () => limitMs + loop.pausedMs(limitMs),
  });
  Object.defineProperties(server, {
    headersTimeout: patient(limits.headersMs),
    requestTimeout: patient(limits.requestMs),
  });
  // A listener keeps Node.js from closing an idle connection by itself: a request may be waiting to be read.
  server.on('timeout', closeIfQuiet);
}

function closeIfQuiet(socket: Socket): void {
  const { bytesRead } = socket;
  // Between the timers and this, the loop reads whatever has arrived.
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) socket.destroy();
  });
}

/** Closes the connections of a TLS server that do not finish their handshake within the time for headers. */
export function limitHandshakes(server: Server, { headersMs }: EdgeLimits, loop: LoopWatch): void {
  const underWay = new Map<string, NodeJS.Timeout>();
  const end = (name: string): void => {
    clearTimeout(underWay.get(name));
    underWay.delete(name);
  };
  server.on('connection', (socket: Socket) => {
    const name = connectionName(socket);
    const sinceMs = performance.now();
    const wait = (limitMs: number): void => {
      const timer = setTimeout(() => {
        const leftMs = headersMs + loop.pausedMs(headersMs) - (performance.now() - sinceMs);
        if (leftMs > 1) wait(leftMs);
        // Between the timers and this, the loop reads whatever has arrived.
        else setImmediate(() => underWay.get(name) === timer && socket.destroy());
      }, limitMs);
      timer.unref();
      underWay.set(name, timer);
    };
    wait(headersMs);
    socket.once('close', () => end(name));
  });
  server.on('secureConnection', (socket: Socket) => end(connectionName(socket)));
}

/** What a connection and the secured one on it have in common. */
export function connectionName({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
