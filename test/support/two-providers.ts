/** Two addresses that answer as a provider does and remember who called with what: one is meant to get a key, the other is not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call that arrived. */
export interface SeenCall {
  /** The address that got it. */
  readonly url: string;
  /** The key that it came with. */
  readonly key: string;
  /** All headers, as JSON. */
  readonly headers: string;
}

/** The addresses, and the calls so far. */
export interface TwoProviders {
  readonly home: string;
  readonly foreign: string;
  readonly seen: SeenCall[];
  close(): void;
}

export async function startTwoProviders(): Promise<TwoProviders> {
  const seen: SeenCall[] = [];
  const servers: Server[] = [];
  const listen = async (): Promise<string> => {
    const server = createServer((request, response) => {
      const key = String(request.headers.authorization).replace('Bearer ', '');
      seen.push({ url, key, headers: JSON.stringify(request.headers) });
      request.resume();
      const choices = [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm', choices }));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return url;
  };
  const [home, foreign] = [await listen(), await listen()];
  return {
    home,
    foreign,
    seen,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
