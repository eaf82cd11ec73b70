/** What a program gets for the network: a proxy that lets nothing out, and writes down who was asked for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The proxy and what it has seen. */
export interface ClosedNetwork {
  /** Environment variables that send every request for another machine to the proxy. */
  readonly env: Readonly<Record<string, string>>;
  /** The hosts that programs asked for and did not get, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Starts a proxy that refuses everything. */
export async function closeNetwork(): Promise<ClosedNetwork> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(403, { connection: 'close' }).end();
  });
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env: Record<string, string> = {};
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
    env[name] = url;
    env[name.toLowerCase()] = url;
  }
  for (const name of ['NO_PROXY', 'no_proxy']) env[name] = '127.0.0.1,localhost';
  return {
    env,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
