import { Worker } from 'node:worker_threads';
import type { CountAnswer, CountQuestion } from './token-worker.ts';

/** How much of a text is really counted; the rest is assumed to be similar. */
const COUNTED_CHARACTERS = 400_000;
/** If more questions than this are under way, further ones get a rough estimate. */
const MOST_WAITING = 256;
const ANSWER_WITHIN_MS = 5_000;

interface Waiting {
  readonly resolve: (tokens: number) => void;
  readonly roughly: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Counts tokens with OpenAI's o200k vocabulary in a thread of its own, which starts at the first question. Other
 * vendors' counts differ by some percent, which is why these counts are marked as estimated. Never rejects: if the
 * thread is busy, slow or dead, the answer is one token for four characters.
 */
export class TokenCounter {
  #worker: Worker | undefined;
  #isClosed = false;
  #nextId = 0;
  readonly #waiting = new Map<number, Waiting>();

  count(text: string): Promise<number> {
    if (text === '') return Promise.resolve(0);
    const counted = text.length > COUNTED_CHARACTERS ? text.slice(0, COUNTED_CHARACTERS) : text;
    const factor = text.length / counted.length;
    const roughly = Math.ceil(text.length / 4);
    if (this.#isClosed || this.#waiting.size >= MOST_WAITING) return Promise.resolve(roughly);
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#answer(id, roughly), ANSWER_WITHIN_MS);
      this.#waiting.set(id, {
        resolve: (tokens) => resolve(Math.round(tokens * factor)),
        roughly: roughly / factor,
        timer,
      });
      const question: CountQuestion = { id, text: counted };
      this.#start().postMessage(question);
    });
  }

  /** Ends the thread. Later questions get a rough estimate. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#giveUp();
    await worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./token-worker.${extension}`, import.meta.url));
    worker.unref();
    worker.on('message', ({ id, tokens }: CountAnswer) => this.#answer(id, tokens));
    worker.on('error', () => this.#giveUp());
    worker.on('exit', () => this.#giveUp());
    this.#worker = worker;
    return worker;
  }

  #answer(id: number, tokens: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(tokens);
  }

  #giveUp(): void {
    this.#worker = undefined;
    for (const [id, { roughly }] of this.#waiting) this.#answer(id, Math.ceil(roughly));
  }
}
