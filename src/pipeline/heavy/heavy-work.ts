/**
 * Work on large bodies, on a thread of its own: to parse and write 10 MB of small messages takes seconds on a busy machine, in
 * which no other request would be answered.
 */
import { Worker } from 'node:worker_threads';
import type { TextWindows } from '../../costs/token-estimate.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { AnswerPlan } from '../../lanes/answer-plan.ts';
import type { LaneChoice } from '../../lanes/choose-lane.ts';
import type { ReadyAnswer } from '../../lanes/prepared-call.ts';
import type { Written } from '../../lanes/travel.ts';
import type { Deployment } from '../../snapshot/deployment.ts';
import { dataOf } from './deployment-data.ts';
import { doJob } from './do-job.ts';
import { ended, gone, tooLong, tooMuch } from './heavy-errors.ts';
import { type Job, type JobAnswer, type JobQuestion, type Made, type RequestData, thrownBy } from './jobs.ts';

/** Loading the code of all formats takes a fraction of a second. */
const LONGEST_START_MS = 20_000;
/** A thread without work ends after this time, and gives its memory back. */
const IDLE_MS = 10_000;
/** No job takes longer, even on a machine that does much else. */
const LONGEST_JOB_MS = 60_000;
/**
 * What the thread may have of memory, at the least. 10 MB of small messages need less than a fifth of it. A body that needs more is
 * refused, and only the thread ends.
 */
const LEAST_HEAP_MB = 512;
/** Long texts are there several times: as bytes, as they are read, as they are written. */
const HEAP_PER_BYTE = 8;
const YOUNG_HEAP_MB = 48;

/** The bounds of the thread. */
interface HeavyLimits {
  readonly mostHeapMb?: number;
  readonly longestJobMs?: number;
  readonly longestStartMs?: number;
  readonly idleMs?: number;
  /** Hears why there is no thread: large bodies then hold everybody up. */
  readonly onFault?: (what: string, error: unknown) => void;
  /** What the thread runs, in tests of threads that fail. */
  readonly file?: URL;
}

/** What the thread gets of a request, and whose it is. */
export type HeavyRequest = Pick<
  Exchange,
  | 'body'
  | 'callId'
  | 'startedAtMs'
  | 'endpoint'
  | 'envelope'
  | 'model'
  | 'askedModel'
  | 'stream'
  | 'streamUsage'
  | 'servedGroup'
  | 'misfit'
  | 'group'
  | 'identity'
> & { readonly client: Pick<Exchange['client'], 'isGone'> };

interface Waiting {
  readonly job: Job;
  readonly body: Buffer;
  readonly client: HeavyRequest['client'];
  readonly resolve: (made: Made[Job['kind']]) => void;
  readonly reject: (reason: unknown) => void;
}

/** The limits for bodies of up to so many bytes. */
export function limitsFor(mostBytes: number): HeavyLimits {
  return { mostHeapMb: Math.max(LEAST_HEAP_MB, Math.ceil((HEAP_PER_BYTE * mostBytes) / 1_048_576)) };
}

/** Hands jobs to the thread, one at a time and of each key in turn. It starts at the first job, and ends when there are none. */
export class HeavyWork {
  readonly #mostHeapMb: number;
  readonly #longestJobMs: number;
  readonly #longestStartMs: number;
  readonly #idleMs: number;
  readonly #onFault: HeavyLimits['onFault'];
  readonly #file: URL | undefined;
  /** Jobs by owner, the owner whose turn is next first. */
  readonly #queues = new Map<string, Waiting[]>();
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;
  #asked: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: HeavyLimits = {}) {
    const { mostHeapMb = LEAST_HEAP_MB, longestJobMs = LONGEST_JOB_MS, longestStartMs = LONGEST_START_MS } = limits;
    const { idleMs = IDLE_MS, onFault, file } = limits;
    this.#file = file;
    this.#onFault = onFault;
    this.#longestStartMs = longestStartMs;
    this.#mostHeapMb = mostHeapMb;
    this.#longestJobMs = longestJobMs;
    this.#idleMs = idleMs;
  }

  /** The lane of a request to a deployment, and what it writes for it; undefined if no lane leads there. */
  async write(
    exchange: HeavyRequest,
    deployment: Deployment,
  ): Promise<{ readonly choice: LaneChoice; readonly written: Written } | undefined> {
    const job: Job = { kind: 'write', request: dataOfRequest(exchange), deployment: dataOf(deployment) };
    const made = (await this.#do(job, exchange.body, exchange)) as Made['write'];
    if (made.choice === undefined) return undefined;
    const operation = deployment.operation(made.choice.operationName);
    if (operation === undefined) return undefined;
    return { choice: { ...made.choice, operation }, written: { ...made, body: asBuffer(made.body) } };
  }

  /** Reads a whole answer. Rejects with an AnswerProblem if it is not one. */
  async read(exchange: HeavyRequest, plan: AnswerPlan, body: Buffer): Promise<ReadyAnswer> {
    const job: Job = { kind: 'read', plan, isStream: exchange.stream };
    const made = (await this.#do(job, body, exchange)) as Made['read'];
    return { body: asBuffer(made.body), usage: made.usage, text: () => made.text, id: made.id };
  }

  /** The body of a request as `JSON.parse` understands it. */
  async normalize(exchange: HeavyRequest): Promise<Buffer> {
    return asBuffer(((await this.#do({ kind: 'normalize' }, exchange.body, exchange)) as Made['normalize']).body);
  }

  /** What of a request's prompt is counted. A question for a count is checked as well; what is wrong with it rejects. */
  async promptOf(exchange: HeavyRequest, isQuestion = false): Promise<TextWindows> {
    const job: Job = { kind: 'prompt', request: dataOfRequest(exchange), isQuestion };
    return (await this.#do(job, exchange.body, exchange)) as Made['prompt'];
  }

  /** Ends the thread; work that waits for it is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    for (const waiting of [...this.#queues.values()].flat()) waiting.reject(ended());
    this.#asked?.reject(ended());
    this.#queues.clear();
    this.#asked = undefined;
    await worker?.terminate();
  }

  #do(job: Job, body: Buffer, { identity, client }: HeavyRequest): Promise<Made[Job['kind']]> {
    if (this.#isClosed) return Promise.reject(ended());
    const owner = identity?.keyHash ?? '';
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { job, body, client, resolve, reject };
      const queue = this.#queues.get(owner);
      if (queue === undefined) this.#queues.set(owner, [waiting]);
      else queue.push(waiting);
      if (this.#worker === undefined) this.#start();
      else this.#askNext();
    });
  }

  #start(): void {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    let worker: Worker;
    try {
      worker = new Worker(this.#file ?? new URL(`./heavy-worker.${extension}`, import.meta.url), {
        resourceLimits: { maxOldGenerationSizeMb: this.#mostHeapMb, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
      });
    } catch (error) {
      // The system gives this process no further thread.
      this.#doAllHere(error);
      return;
    }
    this.#worker = worker;
    this.#isReady = false;
    this.#timer = setTimeout(() => this.#replace(worker, tooLong()), this.#longestStartMs);
    worker.on('message', (answer: JobAnswer) => {
      if (this.#worker !== worker) return;
      if (answer === 'ready') this.#isReady = true;
      else this.#answered(answer);
      this.#askNext();
    });
    worker.on('error', (error: Error & { readonly code?: string }) => {
      this.#replace(worker, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch(this.#asked?.job.kind) : error);
    });
    worker.on('exit', () => this.#replace(worker, new Error('the thread for large bodies ended')));
  }

  #askNext(): void {
    const worker = this.#worker;
    if (worker === undefined || !this.#isReady || this.#asked !== undefined) return;
    clearTimeout(this.#timer);
    for (const [owner, queue] of this.#queues) {
      const next = queue.shift();
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      if (next === undefined) continue;
      if (isInVain(next)) {
        next.reject(gone());
        continue;
      }
      this.#asked = next;
      this.#timer = setTimeout(() => this.#replace(worker, tooLong()), this.#longestJobMs);
      // Only now: bodies that wait are there once.
      const body = new Uint8Array(next.body);
      const question: JobQuestion = { job: next.job, body };
      worker.ref();
      worker.postMessage(question, [body.buffer]);
      return;
    }
    this.#timer = setTimeout(() => this.#rest(worker), this.#idleMs);
    this.#timer.unref();
    worker.unref();
  }

  #answered(answer: Exclude<JobAnswer, 'ready'>): void {
    clearTimeout(this.#timer);
    const asked = this.#asked;
    this.#asked = undefined;
    if ('made' in answer) asked?.resolve(answer.made);
    else asked?.reject(thrownBy(answer.failure));
  }

  /** Goes on without a thread that died. One that died before it was ready would die again: its work is done here. */
  #replace(worker: Worker, why: unknown): void {
    if (this.#worker !== worker) return;
    clearTimeout(this.#timer);
    this.#worker = undefined;
    void worker.terminate();
    this.#asked?.reject(why);
    this.#asked = undefined;
    if (this.#queues.size === 0) return;
    if (this.#isReady) this.#start();
    else this.#doAllHere(why);
  }

  #doAllHere(why: unknown): void {
    this.#onFault?.('The thread for large bodies does not start', why);
    for (const each of [...this.#queues.values()].flat()) setImmediate(doHere, each);
    this.#queues.clear();
  }

  #rest(worker: Worker): void {
    if (this.#worker !== worker || this.#asked !== undefined || this.#queues.size > 0) return;
    this.#worker = undefined;
    void worker.terminate();
  }
}

/** A request whose client left is not written. An answer is read for the books, and a prompt counted. */
function isInVain({ job, client }: Waiting): boolean {
  return client.isGone && (job.kind === 'write' || job.kind === 'normalize');
}

function doHere({ job, body, resolve, reject }: Waiting): void {
  try {
    resolve(doJob(job, body));
  } catch (thrown) {
    reject(thrown);
  }
}

function dataOfRequest(exchange: HeavyRequest): RequestData {
  const { callId, startedAtMs, envelope, model, askedModel, stream, streamUsage, servedGroup, misfit } = exchange;
  const { endpoint, group } = exchange;
  return {
    ...{ callId, startedAtMs, envelope, model, askedModel, stream, streamUsage, servedGroup, misfit },
    operation: endpoint.operation.id,
    format: endpoint.format,
    groupName: group?.name,
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
