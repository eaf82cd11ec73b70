/** An upstream that answers with given bytes and keeps what it was sent, and a gateway in front of it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/json.ts';
import { ONE_ATTEMPT } from './default-config.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';

/** One answer. Pieces of an array are written one after the other, so that they arrive as chunks of their own. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | readonly string[];
}

/** A request as the upstream got it. */
export interface ReceivedRequest {
  readonly path: string;
  readonly body: JsonObject;
}

export interface ScriptedGateway {
  readonly gateway: TestGateway;
  readonly received: ReceivedRequest[];
  /** What the next requests are answered with; the last answer serves all that follow. */
  script(...answers: readonly ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/** A whole answer in JSON. */
export function whole(value: unknown, status = 200): ScriptedAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** A stream of events; objects are written as data, an event with a `type` under this name. */
export function stream(events: readonly (JsonObject | string)[]): ScriptedAnswer {
  return { headers: { 'content-type': 'text/event-stream' }, body: events.map(eventText) };
}

function eventText(event: JsonObject | string): string {
  if (typeof event === 'string') return event;
  const name = typeof event.type === 'string' ? `event: ${event.type}\n` : '';
  return `${name}data: ${JSON.stringify(event)}\n\n`;
}

/** Starts both. `models` are the groups and the models behind them; `config` is added to the configuration. */
export async function startScripted(
  models: Readonly<Record<string, string>>,
  config: JsonObject = {},
): Promise<ScriptedGateway> {
  let answers: ScriptedAnswer[] = [];
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks).toString('utf8');
    received.push({ path: request.url ?? '', body: (sent === '' ? {} : JSON.parse(sent)) as JsonObject });
    const [answer] = answers;
    if (answers.length > 1) answers = answers.slice(1);
    response.writeHead(answer?.status ?? 200, answer?.headers ?? {});
    for (const piece of typeof answer?.body === 'string' ? [answer.body] : (answer?.body ?? [])) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const modelList = Object.entries(models).map(([group, model]) => ({
    model_name: group,
    litellm_params: { model, api_base: url, api_key: 'os.environ/PROVIDER_KEY' },
  }));
  const gateway = await startTestGateway({
    config: JSON.stringify({
      model_list: modelList,
      router_settings: ONE_ATTEMPT,
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
      ...config,
    }),
  });
  return {
    gateway,
    received,
    script: (...next) => {
      received.length = 0;
      answers = [...next];
    },
    async close() {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
