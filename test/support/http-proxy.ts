/** A forward proxy: makes tunnels (CONNECT), and passes on requests with absolute addresses. It alone knows the hosts. */
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A running proxy. */
export interface HttpProxy {
  readonly port: number;
  /** What it was asked for: `CONNECT provider.test:443`, `POST http://provider.test/v1/chat/completions`. */
  readonly asked: string[];
  close(): Promise<void>;
}

interface HttpProxyOptions {
  /** The ports of this machine at which hosts answer. */
  readonly hosts: Readonly<Record<string, number>>;
  /** What clients must show, as `user:password`. */
  readonly credentials?: string;
  /** Its own certificate: then it is an `https:` proxy. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts one on a free port. */
export async function startHttpProxy({ hosts, credentials, tls }: HttpProxyOptions): Promise<HttpProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server: Server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on('request', (incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { 'proxy-authorization': shown, ...headers } = incoming.headers;
    const url = URL.parse(incoming.url ?? '');
    const port = url === null ? undefined : hosts[url.hostname];
    if (wanted !== undefined && shown !== wanted) outgoing.writeHead(407).end();
    else if (url === null || port === undefined) outgoing.writeHead(502).end();
    else {
      const path = url.pathname + url.search;
      const onward = request({ host: '127.0.0.1', port, path, method: incoming.method ?? 'GET', headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    }
  });
  server.on('connect', (incoming, near: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    const [host = ''] = (incoming.url ?? '').split(':');
    const port = hosts[host];
    near.on('error', () => undefined);
    if (wanted !== undefined && incoming.headers['proxy-authorization'] !== wanted) {
      near.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    if (port === undefined) {
      near.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const far = connect(port, '127.0.0.1', () => near.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    sockets.add(far);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
