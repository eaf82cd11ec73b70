/** A wire that can be cut: passes bytes on to a port, until a test says otherwise. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A running proxy on a port of its own. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and takes no more. */
  cut(): void;
  /** Holds everything back without closing anything: packets vanish. */
  mute(): void;
  /** Passes everything on this much later. */
  delay(byMs: number): void;
  restore(): void;
  close(): Promise<void>;
}

/** Starts one before `targetPort` of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'mute' = 'open';
  let delayMs = 0;
  const server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (bytes) => {
        if (state !== 'open') return;
        if (delayMs === 0) other.write(bytes);
        else setTimeout(() => other.writable && other.write(bytes), delayMs);
      });
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut() {
      state = 'cut';
      breakAll();
    },
    mute() {
      state = 'mute';
    },
    delay(byMs) {
      delayMs = byMs;
    },
    restore() {
      if (state === 'mute' || delayMs > 0) breakAll();
      delayMs = 0;
      state = 'open';
    },
    async close() {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
