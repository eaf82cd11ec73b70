import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../src/core/clock.ts';
import { ADMIN_PREFIX, serveAdmin } from './admin.ts';
import { BenchAnswers, benchRequest } from './bench-answers.ts';
import type { Book } from './billing/book.ts';
import type { SimulatedBilling } from './billing/options.ts';
import { isReport, report } from './billing/reports.ts';
import type { ScriptRule, Simulator } from './contract.ts';
import type { Engine, Understood } from './engine.ts';
import type { Faults } from './faults/apply.ts';
import { Refused } from './formats/errors.ts';
import { replayReply } from './replay.ts';
import type { OpenRequest, RequestLog } from './request-log.ts';
import { OPERATIONS } from './routes.ts';
import type { Script } from './script.ts';
import { bodyReply, type Reply, wholeReply } from './sending/reply.ts';
import { send } from './sending/send.ts';

/** The largest body that is read; a provider's own limits are about this. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** What a server is made of. */
interface ServerParts {
  readonly engine: Engine;
  readonly log: RequestLog;
  readonly book: Book;
  readonly billing: SimulatedBilling;
  readonly script: Script;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** What admin requests act on. */
  readonly control: Pick<Simulator, 'requests' | 'script' | 'reset' | 'stats'>;
}

/** Serves requests: reads them, has them answered, sends the answer and writes down what became of it. */
export class Server {
  readonly #parts: ServerParts;
  readonly #bench = new BenchAnswers(OPERATIONS);
  /** Connections that look alive and are not. */
  readonly #stale = new WeakSet<Socket>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** The listener of the HTTP server. */
  readonly serve = (incoming: IncomingMessage, response: ServerResponse): void => {
    if (this.#stale.has(incoming.socket)) {
      incoming.socket.resetAndDestroy();
      return;
    }
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
      const url = incoming.url ?? '/';
      const bench = benchRequest(url, chunks);
      if (bench !== undefined) {
        this.#parts.log.countBench();
        this.#bench.answer(bench, response);
      } else if (url.startsWith(ADMIN_PREFIX)) {
        serveAdmin(this.#parts.control, incoming, Buffer.concat(chunks), response);
      } else {
        void this.#answer(incoming, Buffer.concat(chunks), response);
      }
    });
  };

  async #answer(incoming: IncomingMessage, rawBody: Buffer, response: ServerResponse): Promise<void> {
    const { log, clock, say } = this.#parts;
    const request = log.open({
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: incoming.headers,
      rawBody,
      receivedAtMs: clock.nowMs(),
    });
    try {
      const reply = this.#replyTo(request, incoming.socket.localPort ?? 0);
      request.status = reply.status;
      if (reply.after === 'reset-when-reused') this.#stale.add(incoming.socket);
      const sent = await send(reply, response);
      log.close(request, sent, reply.status, reply.usage, clock.nowMs());
      this.#parts.book.add(request);
    } catch (error) {
      // A fault of the simulator itself must be seen, and must not look like one of its tricks.
      const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.close(request, { outcome: 'cut', bytes: 0, tokens: 0 }, 599, undefined, clock.nowMs());
      if (response.headersSent) response.destroy();
      else response.writeHead(599, { 'content-type': 'text/plain' }).end(`the simulator itself failed: ${told}`);
      say(`simulator failed: ${told}`);
    }
    const tookMs = Math.round((request.endedAtMs ?? request.receivedAtMs) - request.receivedAtMs);
    const faults = request.faults.length === 0 ? '' : ` [${request.faults.join(', ')}]`;
    say(
      `${request.method} ${request.path} ${request.model} ${request.status} ${request.outcome} ${tookMs} ms${faults}`,
    );
  }

  #replyTo(request: OpenRequest, port: number): Reply {
    const { engine } = this.#parts;
    try {
      if (isReport(request.path)) return this.#report(request);
      const understood = engine.understand(request);
      const rule = this.#parts.script.take({
        model: understood.model,
        path: request.path,
        deployment: request.deployment,
        operation: request.operation,
        isStream: understood.isStream,
      });
      return this.#faultyReply(request, understood, rule, port);
    } catch (error) {
      if (error instanceof Refused) return engine.refuse(request, error);
      throw error;
    }
  }

  /** A report, or what a script says in its place. */
  #report(request: OpenRequest): Reply {
    const { book, billing, clock, script } = this.#parts;
    const { method, path, headers, body } = request;
    request.operation = 'bill';
    const rule = script.take({ model: '', path, deployment: '', operation: 'bill', isStream: false });
    const { status = 200, headers: extra = {}, json, text } = rule?.reply ?? {};
    if (text !== undefined) return bodyReply('openai', text, { status, headers: { ...extra } });
    if (json !== undefined) return wholeReply('openai', json, { status, headers: { ...extra } });
    const url = new URL(path, 'http://simulator');
    const answer = report({ method, url, headers, body, nowMs: clock.nowMs() }, book, billing);
    return wholeReply('openai', answer.json, { status: answer.status, headers: {} });
  }

  #faultyReply(request: OpenRequest, understood: Understood, rule: ScriptRule | undefined, port: number): Reply {
    const { engine, faults } = this.#parts;
    const spellings =
      rule?.fault === undefined ? understood.directions.faults : [rule.fault, ...understood.directions.faults];
    const chosen = faults.choose(spellings, understood, port);
    request.faults = chosen.names;
    const scripted = rule === undefined ? undefined : scriptedReply(rule, understood);
    if (scripted !== undefined) return chosen.alter(scripted);
    const { instead } = chosen;
    if (instead !== undefined) return chosen.alter(engine.withHeaders(instead, understood));
    return chosen.alter(engine.reply(request, understood, chosen.wishes(understood.directions.wishes)));
  }
}

function scriptedReply(rule: ScriptRule, understood: Understood): Reply | undefined {
  if (rule.replay !== undefined) return replayReply(rule.replay);
  if (rule.reply === undefined) return undefined;
  const { status, headers = {}, json, text } = rule.reply;
  if (json !== undefined) return wholeReply(understood.family, json, { status, headers: { ...headers } });
  return bodyReply(understood.family, text ?? '', { status, headers: { ...headers } });
}
