import { Worker } from 'node:worker_threads';
import { roughTokens, type TextWindows, windowsOf } from './token-estimate.ts';
import type { CountAnswer, CountQuestion } from './token-worker.ts';

/** If more questions than this wait, of one owner or in all, further ones get a rough estimate. */
const MOST_WAITING_OF_ONE = 64;
const MOST_WAITING = 1_024;
/** Who waited so long in the queue gets a rough estimate. */
const ANSWER_WITHIN_MS = 5_000;

/** The limits of one count. */
interface CountLimits {
  /** Computing time after which the rest of a text is estimated. */
  readonly computingMs?: number;
  /** The thread ends if one count takes longer, and a new one goes on with the other questions. */
  readonly mostMs?: number;
}

interface Question {
  readonly text: string | TextWindows;
  readonly resolve: (tokens: number) => void;
  readonly timer: NodeJS.Timeout;
}

/** Counts the tokens of a text, for owners in turn; the tokenizer behind it is loaded when it is first used. */
export type CountTokens = (text: string | TextWindows, owner?: string) => Promise<number>;

/**
 * Counts tokens with OpenAI's o200k vocabulary in a thread of its own, which starts at the first question. Other
 * vendors' counts differ by some percent, which is why these counts are marked as estimated. Questions are asked one at a
 * time, of each owner in turn. Never rejects: if the thread is busy, slow or dead, the answer is one token for three bytes.
 */
export class TokenCounter {
  readonly #computingMs: number;
  readonly #mostMs: number;
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;
  #waitingCount = 0;
  /** Questions by owner, the owner whose turn is next first. */
  readonly #queues = new Map<string, Question[]>();
  #asked: Question | undefined;
  #overdue: NodeJS.Timeout | undefined;

  constructor({ computingMs = 50, mostMs = 2_000 }: CountLimits = {}) {
    this.#computingMs = computingMs;
    this.#mostMs = mostMs;
  }

  /** The tokens of a text. Owners, such as the hash of a key, take turns. */
  count(text: string | TextWindows, owner = ''): Promise<number> {
    if (text === '' || (typeof text !== 'string' && text.characters === 0)) return Promise.resolve(0);
    const queue = this.#queues.get(owner) ?? [];
    if (this.#isClosed || this.#waitingCount >= MOST_WAITING || queue.length >= MOST_WAITING_OF_ONE) {
      return Promise.resolve(roughTokens(text));
    }
    return new Promise((resolve) => {
      const question: Question = {
        text,
        resolve,
        timer: setTimeout(() => this.#tooLate(owner, question), ANSWER_WITHIN_MS),
      };
      queue.push(question);
      this.#queues.set(owner, queue);
      this.#waitingCount++;
      if (this.#worker === undefined) this.#start();
      else this.#askNext();
    });
  }

  /** Ends the thread. Later questions get a rough estimate. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#answerAllRoughly();
    await worker?.terminate();
  }

  #start(): void {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./token-worker.${extension}`, import.meta.url));
    this.#worker = worker;
    this.#isReady = false;
    worker.unref();
    worker.on('message', (answer: CountAnswer) => {
      if (this.#worker !== worker) return;
      if (answer === 'ready') this.#isReady = true;
      else this.#answer(answer.tokens);
      this.#askNext();
    });
    worker.on('error', () => this.#replace(worker));
    worker.on('exit', () => this.#replace(worker));
  }

  #askNext(): void {
    const worker = this.#worker;
    if (worker === undefined || !this.#isReady || this.#asked !== undefined) return;
    for (const [owner, queue] of this.#queues) {
      const question = queue.shift();
      this.#queues.delete(owner);
      if (queue.length > 0) this.#queues.set(owner, queue);
      if (question === undefined) continue;
      this.#waitingCount--;
      clearTimeout(question.timer);
      this.#asked = question;
      this.#overdue = setTimeout(() => this.#replace(worker), this.#mostMs);
      const { text } = question;
      const windows = typeof text === 'string' ? windowsOf(text, Math.random) : text;
      const message: CountQuestion = { ...windows, limitMs: this.#computingMs };
      worker.postMessage(message);
      return;
    }
  }

  #answer(tokens: number): void {
    clearTimeout(this.#overdue);
    this.#asked?.resolve(tokens);
    this.#asked = undefined;
  }

  #tooLate(owner: string, question: Question): void {
    const queue = this.#queues.get(owner);
    const index = queue?.indexOf(question) ?? -1;
    if (queue === undefined || index < 0) return;
    clearTimeout(question.timer);
    queue.splice(index, 1);
    this.#waitingCount--;
    if (queue.length === 0) this.#queues.delete(owner);
    question.resolve(roughTokens(question.text));
  }

  /** Goes on without a thread that died or takes too long. One that died before it was ready would die again. */
  #replace(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    void worker.terminate();
    if (!this.#isReady) this.#answerAllRoughly();
    if (this.#asked !== undefined) this.#answer(roughTokens(this.#asked.text));
    if (this.#waitingCount > 0) this.#start();
  }

  #answerAllRoughly(): void {
    this.#worker = undefined;
    if (this.#asked !== undefined) this.#answer(roughTokens(this.#asked.text));
    for (const [owner, queue] of this.#queues) for (const question of [...queue]) this.#tooLate(owner, question);
  }
}
