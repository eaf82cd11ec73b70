/** An upstream that answers with given bytes and keeps what it was asked, for answers that the simulator does not give. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/json.ts';

/** What it was asked. */
interface UpstreamRequest {
  readonly path: string;
  readonly text: string;
  readonly body: JsonObject;
}

/** A whole answer, or a stream given as the data of its events, each of which is a write of its own. */
export type ScriptedAnswer =
  | { readonly json: JsonObject; readonly status?: number }
  | { readonly events: readonly (string | JsonObject)[]; readonly isCut?: boolean };

/** A running upstream. */
export interface ScriptedUpstream {
  readonly url: string;
  readonly requests: UpstreamRequest[];
  /** What it answers from now on. */
  answer: (request: UpstreamRequest) => ScriptedAnswer;
  close(): Promise<void>;
}

/** One event as its bytes; an object with a `type` is an event of that name, as Anthropic has it. */
export function eventBytes(event: string | JsonObject): string {
  if (typeof event === 'string') return `data: ${event}\n\n`;
  const name = typeof event.type === 'string' ? `event: ${event.type}\n` : '';
  return `${name}data: ${JSON.stringify(event)}\n\n`;
}

/** Starts one on a free port. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const requests: UpstreamRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const asked = { path: request.url ?? '', text, body: text === '' ? {} : (JSON.parse(text) as JsonObject) };
    requests.push(asked);
    await send(response, upstream.answer(asked));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => ({ json: { error: { message: 'nothing is scripted' } }, status: 500 }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return upstream;
}

async function send(response: ServerResponse, answer: ScriptedAnswer): Promise<void> {
  if ('json' in answer) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.json));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of answer.events) {
    response.write(eventBytes(event));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (answer.isCut === true) response.destroy();
  else response.end();
}
