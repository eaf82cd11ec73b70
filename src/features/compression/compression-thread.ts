import { Worker } from 'node:worker_threads';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import type { World } from '../feature.ts';
import type { Compressed, NewTexts, Wish } from './compress-prompt.ts';

/** Larger bodies are compressed on a thread of their own: they take longer than other requests may wait. */
const MOST_HERE_BYTES = 32_768;
const MOST_WAITING = 64;
const MOST_MS = 5_000;

/** A question to the thread. */
export interface ThreadQuestion {
  readonly body: Uint8Array;
  readonly format: FormatId;
  readonly ratio: number;
  readonly of: Wish['of'];
  readonly frozen: ReadonlyMap<number, NewTexts>;
}

/** Its answer. */
export interface ThreadAnswer {
  /** Absent: nothing changed. */
  readonly body?: Uint8Array;
  readonly turns: ReadonlyMap<number, NewTexts>;
  readonly backedOff?: Compressed['backedOff'] | undefined;
}

interface Waiting {
  readonly question: ThreadQuestion;
  readonly original: Buffer;
  readonly resolve: (made: Compressed | undefined) => void;
}

/** Compresses: small bodies at once, larger ones on a thread, one after the other. If that is busy or fails, a body stays as it is. */
export class CompressionThread {
  readonly #onFault: World['onFault'];
  readonly #waiting: Waiting[] = [];
  #asked: Waiting | undefined;
  #worker: Worker | undefined;
  #overdue: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(onFault: World['onFault']) {
    this.#onFault = onFault;
  }

  /** Undefined: there is no time for it. */
  compress(body: Buffer, format: FormatId, wish: Required<Wish>): Promise<Compressed | undefined> {
    if (body.length <= MOST_HERE_BYTES) return this.#here(body, format, wish);
    if (this.#isClosed || this.#waiting.length >= MOST_WAITING) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push({ question: { body, format, ...wish }, original: body, resolve });
      this.#askNext();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
    this.#answer(undefined);
    await this.#worker?.terminate();
  }

  async #here(body: Buffer, format: FormatId, wish: Wish): Promise<Compressed | undefined> {
    try {
      // What compresses takes memory that a gateway which never does should not need.
      const { compressBody } = await import('./compress-body.ts');
      return compressBody(body, format, wish);
    } catch (error) {
      this.#onFault('a prompt could not be compressed', error);
      return undefined;
    }
  }

  #askNext(): void {
    if (this.#asked !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#asked = next;
    this.#worker ??= this.#start();
    this.#overdue = setTimeout(() => this.#replace('took too long'), MOST_MS);
    this.#worker.postMessage(next.question);
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./compression-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', (answer: ThreadAnswer | 'failed') => {
      if (this.#worker !== worker) return;
      const original = this.#asked?.original;
      if (answer === 'failed' || original === undefined) this.#answer(undefined);
      else this.#answer({ ...answer, body: answer.body === undefined ? original : Buffer.from(answer.body) });
    });
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#replace(error);
    });
    return worker;
  }

  #replace(why: unknown): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#onFault('the thread that compresses prompts ended', why);
    void worker?.terminate();
    this.#answer(undefined);
  }

  #answer(made: Compressed | undefined): void {
    clearTimeout(this.#overdue);
    this.#asked?.resolve(made);
    this.#asked = undefined;
    if (!this.#isClosed) this.#askNext();
  }
}
