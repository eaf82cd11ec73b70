/** TLS before a port of this machine, which speaks plain TCP. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';

/** A running front. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one on a free port; the options say which certificate it shows, and whether it wants one. */
export async function startTlsFront(targetPort: number, options: TlsOptions): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const server = createServer(options, (near) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.pipe(far).pipe(near);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
