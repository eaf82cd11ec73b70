/** A real HTTP server that takes alerts, or does not: as a test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/json.ts';

/** A post as it came. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: JsonObject;
}

/** A running receiver. */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** The posts of one event, as JSON. */
  events(event: string): readonly JsonObject[];
  close(): Promise<void>;
}

/** Starts a receiver; it answers 200 unless `answer` says otherwise. */
export async function startReceiver(
  answer: (response: ServerResponse, count: number) => void = (response) => response.end('ok'),
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body, json: JSON.parse(body) as JsonObject });
      answer(response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    events: (event) => received.map(({ json }) => json).filter((json) => json.event === event),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
