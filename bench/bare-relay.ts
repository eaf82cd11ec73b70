/**
 * The least that a gateway in Node.js can be: node:http on one side, undici on the other, bytes passed on. It checks no key, reads no
 * body and writes no log. What Sluice costs beyond it is what Sluice does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: 256 });

function relay(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const [body = Buffer.alloc(0)] = chunks.length === 1 ? chunks : [Buffer.concat(chunks)];
    const headers = { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' };
    const call = { path: request.url ?? '/', method: 'POST', headers, body } as const;
    pool
      .stream(call, ({ statusCode, headers: answered }) => {
        const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...passed } = answered;
        return response.writeHead(statusCode, passed);
      })
      .catch(() => response.destroy());
  });
}

const server = createServer((request, response) => {
  if (request.method === 'POST') relay(request, response);
  else response.end();
});
server.keepAliveTimeout = 60_000;
server.listen(port, '127.0.0.1');
