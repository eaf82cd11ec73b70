import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { JsonObject } from '../src/core/json.ts';
import type { Operation } from './formats/operation.ts';
import { Framer } from './sending/frame.ts';
import type { Family } from './sending/reply.ts';
import { ownFraming } from './sending/reply.ts';

/**
 * The fast path for benchmarks: models named `bench-TOKENS` or `bench-TOKENS-MS` get answers that were made once. Nothing is
 * parsed, validated or recorded, so that the upstream costs far less than the gateway that is measured.
 */

/** How much of a body's beginning and end is searched for the model and `stream`. */
const SEARCHED_BYTES = 1024;
const BENCH_MODEL = /"model"\s*:\s*"(bench-\d+(?:-\d+)?)"/;
const BENCH_PATH = /\/models\/(bench-\d+(?:-\d+)?):(stream)?/;
const STREAM = /"stream"\s*:\s*true/;
const WANTS_USAGE = /"include_usage"\s*:\s*true/;
const MOST_TOKENS = 20_000;

/** What a benchmark's request asks for. */
interface BenchRequest {
  readonly family: Family;
  readonly model: string;
  readonly isStream: boolean;
  readonly wantsUsage: boolean;
}

/** Tells a benchmark's request by a look at its path and the ends of its body; `undefined` for every other request. */
export function benchRequest(url: string, chunks: readonly Buffer[]): BenchRequest | undefined {
  const inPath = BENCH_PATH.exec(url);
  if (inPath?.[1] !== undefined)
    return { family: 'gemini', model: inPath[1], isStream: inPath[2] !== undefined, wantsUsage: true };
  const first = chunks[0];
  const last = chunks.at(-1);
  if (first === undefined || last === undefined) return undefined;
  let ends = first.toString('latin1', 0, SEARCHED_BYTES);
  if (chunks.length > 1 || first.length > SEARCHED_BYTES) {
    // A member may straddle the last two chunks.
    const tail = last.length < SEARCHED_BYTES && chunks.length > 1 ? Buffer.concat(chunks.slice(-2)) : last;
    ends += `\n${tail.toString('latin1', Math.max(0, tail.length - SEARCHED_BYTES))}`;
  }
  const model = BENCH_MODEL.exec(ends)?.[1];
  if (model === undefined) return undefined;
  const family = url.includes('/messages') ? 'anthropic' : 'openai';
  return { family, model, isStream: STREAM.test(ends), wantsUsage: family === 'anthropic' || WANTS_USAGE.test(ends) };
}

interface Prepared {
  /** Each event as a chunk of the chunked encoding, ready for the socket. */
  readonly chunks: readonly Buffer[];
  readonly whole: Buffer;
  readonly tokenMs: number;
}

/** Answers benchmark requests from buffers that are built once for each model and format. */
export class BenchAnswers {
  readonly #prepared = new Map<string, Prepared>();
  readonly #operations: readonly Operation[];

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
  }

  answer(request: BenchRequest, response: ServerResponse): void {
    const prepared = this.#prepare(request);
    if (request.isStream) new BenchStream(prepared, response).start();
    else {
      response.writeHead(200, ['content-type', 'application/json', 'content-length', String(prepared.whole.length)]);
      response.end(prepared.whole);
    }
  }

  #prepare(request: BenchRequest): Prepared {
    const key = `${request.family}/${request.model}/${request.wantsUsage}`;
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = this.#build(request);
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  #build(request: BenchRequest): Prepared {
    const [, tokens = '1', tokenMs = '0'] = request.model.split('-');
    const count = Math.min(Number(tokens), MOST_TOKENS);
    const operation = this.#operations.find((candidate) => candidate.name === OPERATION_NAMES[request.family]);
    if (operation === undefined) throw new Error(`no operation for ${request.family}`);
    const reading = operation.read({
      path: '/',
      query: new URLSearchParams('alt=sse'),
      headers: { 'anthropic-version': '2023-06-01' },
      body: requestBody(request),
      model: request.model,
      flavour: 'compatible',
      created: 1_767_225_600,
      identity: request.model,
      seed: request.model,
      responses: new Map(),
    });
    if (reading.kind !== 'generate') throw new Error('a benchmark generates');
    const text = Array.from({ length: count }, (_, at) => (at === 0 ? 'The' : at % 12 === 11 ? ' end.' : ' word'));
    const answer = {
      choices: [{ reasoning: [], text, toolCalls: [], ending: 'end' as const }],
      usage: { prompt: 12, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, completion: count, reasoning: 0 },
    };
    const framer = new Framer(ownFraming(request.family));
    const chunks = reading.events(answer).map((event) => chunked(framer.frame(event, false)));
    return { chunks, whole: Buffer.from(JSON.stringify(reading.whole(answer))), tokenMs: Number(tokenMs) };
  }
}

const OPERATION_NAMES: Record<Family, string> = {
  openai: 'openai-chat',
  responses: 'openai-chat',
  anthropic: 'anthropic-messages',
  gemini: 'gemini-stream',
};

function requestBody(request: BenchRequest): JsonObject {
  const { model } = request;
  if (request.family === 'gemini') return { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
  const messages = [{ role: 'user', content: 'hi' }];
  if (request.family === 'anthropic') return { model, messages, max_tokens: MOST_TOKENS };
  return { model, messages, stream: true, ...(request.wantsUsage ? { stream_options: { include_usage: true } } : {}) };
}

const chunked = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** One stream: an event a turn of the event loop, or one every so many milliseconds. */
class BenchStream {
  readonly #prepared: Prepared;
  readonly #response: ServerResponse;
  readonly #socket: Socket | null;
  #next = 0;

  constructor(prepared: Prepared, response: ServerResponse) {
    this.#prepared = prepared;
    this.#response = response;
    this.#socket = response.socket;
  }

  start(): void {
    this.#response.writeHead(200, [
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache',
      'transfer-encoding',
      'chunked',
    ]);
    this.#response.flushHeaders();
    this.#step();
  }

  // Written past `response.write`, which would build each chunk's frame again; the closing chunk is left to `response.end`.
  readonly #step = (): void => {
    const socket = this.#socket;
    if (socket === null || socket.destroyed || !socket.writable) return;
    const chunk = this.#prepared.chunks[this.#next];
    if (chunk === undefined) {
      this.#response.end();
      return;
    }
    this.#next += 1;
    const isFree = socket.write(chunk);
    if (!isFree) socket.once('drain', this.#step);
    else if (this.#prepared.tokenMs > 0) setTimeout(this.#step, this.#prepared.tokenMs);
    else setImmediate(this.#step);
  };
}
