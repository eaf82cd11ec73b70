import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../src/core/clock.ts';
import { BenchAnswers, benchRequest } from './bench-answers.ts';
import type { Engine } from './engine.ts';
import { Refused } from './formats/errors.ts';
import type { OpenRequest, RequestLog } from './request-log.ts';
import { OPERATIONS } from './routes.ts';
import type { Reply } from './sending/reply.ts';
import { send } from './sending/send.ts';

/** The largest body that is read; a provider's own limits are about this. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** Serves requests: reads them, has them answered, sends the answer and writes down what became of it. */
export class Server {
  readonly #engine: Engine;
  readonly #log: RequestLog;
  readonly #clock: Clock;
  readonly #say: (line: string) => void;
  readonly #bench = new BenchAnswers(OPERATIONS);

  constructor(parts: { engine: Engine; log: RequestLog; clock: Clock; say: (line: string) => void }) {
    this.#engine = parts.engine;
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#say = parts.say;
  }

  /** The listener of the HTTP server. */
  readonly serve = (incoming: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LARGEST_BODY) chunks.push(chunk);
      else incoming.destroy();
    });
    // Without a listener an aborted upload would end the process.
    incoming.on('error', () => response.destroy());
    incoming.on('end', () => {
      const bench = benchRequest(incoming.url ?? '/', chunks);
      if (bench !== undefined) {
        this.#log.countBench();
        this.#bench.answer(bench, response);
        return;
      }
      void this.#answer(incoming, Buffer.concat(chunks), response);
    });
  };

  async #answer(incoming: IncomingMessage, rawBody: Buffer, response: ServerResponse): Promise<void> {
    const request = this.#log.open({
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: incoming.headers,
      rawBody,
      receivedAtMs: this.#clock.nowMs(),
    });
    try {
      const reply = this.#replyTo(request);
      request.status = reply.status;
      const sent = await send(reply, response);
      this.#log.close(request, sent, reply.status, reply.usage, this.#clock.nowMs());
    } catch (error) {
      // A fault of the simulator itself must be seen, and must not look like one of its tricks.
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#log.close(request, { outcome: 'cut', bytes: 0, tokens: 0 }, 599, undefined, this.#clock.nowMs());
      if (response.headersSent) response.destroy();
      else response.writeHead(599, { 'content-type': 'text/plain' }).end(`the simulator itself failed: ${told}`);
      this.#say(`simulator failed: ${told}`);
    }
    const tookMs = Math.round((request.endedAtMs ?? request.receivedAtMs) - request.receivedAtMs);
    this.#say(`${request.method} ${request.path} ${request.model} ${request.status} ${request.outcome} ${tookMs} ms`);
  }

  #replyTo(request: OpenRequest): Reply {
    try {
      const understood = this.#engine.understand(request);
      return this.#engine.reply(request, understood, understood.directions.wishes);
    } catch (error) {
      if (error instanceof Refused) return this.#engine.refuse(request, error);
      throw error;
    }
  }
}
