import { Worker } from 'node:worker_threads';
import type { CompiledQuery, QueryResult } from 'kysely';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import { sqliteError } from './sqlite-errors.ts';
import { OPENED, type Statement, type StatementAnswer, type ThreadOptions } from './thread-messages.ts';

/** If a statement takes longer than this, it is given up and the thread is ended. */
const ANSWER_WITHIN_MS = 120_000;
/**
 * A thread takes 10 MB, so it ends if it has nothing to do: soon after the start, which looks into the file once; later only after
 * a time that tells of a gateway without requests, because the next statement waits some 50 ms for a new thread.
 */
const FIRST_REST_AFTER_MS = 1_000;
const REST_AFTER_MS = 60_000;

/** What a thread opens, and how long a statement may take. */
export interface SqliteThreadOptions extends ThreadOptions {
  readonly answerWithinMs?: number;
  readonly restAfterMs?: number;
}

interface Waiting {
  readonly resolve: (answer: QueryResult<unknown>) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to an SQLite file, in a thread of its own. It keeps the process alive only while an answer is awaited.
 * If the thread dies, a new one is started for the next transaction, except for a database in memory, which is lost. A thread
 * without work ends, and the next transaction starts a new one.
 */
export class SqliteThread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #isClosed = false;
  #nextId = 0;
  readonly #waiting = new Map<number, Waiting>();
  /** The number of threads so far: a transaction that began in an earlier one is lost. */
  generation = 0;

  readonly #answerWithinMs: number;
  readonly #restAfterMs: number | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  /** Resolves when the thread that rests has closed the file. */
  #ended: Promise<void> | undefined;

  constructor({ path, isReadOnly, answerWithinMs, restAfterMs }: SqliteThreadOptions) {
    this.#options = { path, isReadOnly };
    this.#answerWithinMs = answerWithinMs ?? ANSWER_WITHIN_MS;
    this.#restAfterMs = restAfterMs;
  }

  /** Whether the thread ended because it had nothing to do. */
  get isAtRest(): boolean {
    return this.#ended !== undefined && !this.#isClosed;
  }

  /** Resolves when the file is open. */
  async open(): Promise<void> {
    await this.#await(OPENED, this.#start());
  }

  /** Starts a new thread if the last one died or rests; until `rest` is called it does not rest. */
  async revive(): Promise<void> {
    clearTimeout(this.#restTimer);
    if (this.#isClosed) throw new DatabaseUnavailableError('closed', 'The database is closed.');
    if (this.#worker !== undefined) return;
    await this.#ended;
    this.#ended = undefined;
    if (this.#options.path === ':memory:')
      throw new DatabaseUnavailableError('broken', 'The database in memory is gone.');
    await this.open();
  }

  /** No transaction uses the thread now: it ends after a while. A database in memory would be lost with it. */
  rest(): void {
    if (this.#isClosed || this.#worker === undefined || this.#options.path === ':memory:') return;
    clearTimeout(this.#restTimer);
    const afterMs = this.#restAfterMs ?? (this.generation === 1 ? FIRST_REST_AFTER_MS : REST_AFTER_MS);
    this.#restTimer = setTimeout(() => this.#end(), afterMs);
    this.#restTimer.unref();
  }

  /** Runs a statement after all earlier ones; rejects if the thread is not that of this generation. */
  execute(query: CompiledQuery, generation: number): Promise<QueryResult<unknown>> {
    const worker = this.#worker;
    if (worker === undefined || generation !== this.generation) {
      return Promise.reject(new DatabaseUnavailableError('broken', 'The connection to the database was lost.'));
    }
    const statement: Statement = { id: this.#nextId++, sql: query.sql, parameters: query.parameters };
    return this.#await(statement.id, worker, statement);
  }

  /** Waits for the statements that were sent, closes the file and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restTimer);
    this.#end();
    await this.#ended;
  }

  /** Lets the thread close the file once its statements are done. */
  #end(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    worker.postMessage('close');
    // Those that wait get their answers before the thread ends.
    if (this.#waiting.size === 0) this.#worker = undefined;
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./sqlite-worker.${extension}`, import.meta.url), { workerData: this.#options });
    this.generation++;
    this.#worker = worker;
    worker.on('message', (answer: StatementAnswer) => this.#take(answer));
    worker.on('error', () => this.#lose(worker, 'broken', 'The database thread failed.'));
    worker.on('exit', () => this.#lose(worker, 'closed', 'The database is closed.'));
    return worker;
  }

  #await(id: number, worker: Worker, statement?: Statement): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#lose(worker, 'timeout', `A statement took longer than ${this.#answerWithinMs} ms.`);
        void worker.terminate();
      }, this.#answerWithinMs);
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, { resolve, reject, timer });
      if (statement === undefined) return;
      try {
        worker.postMessage(statement);
      } catch (error) {
        // A parameter that cannot be sent to a thread is a bug of the caller, which gets the error.
        this.#settle(id)?.reject(error as Error);
      }
    });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (this.#waiting.size === 0) this.#worker?.unref();
    return waiting;
  }

  #take(answer: StatementAnswer): void {
    const waiting = this.#settle(answer.id);
    if (waiting === undefined) return;
    if ('errorCode' in answer) waiting.reject(sqliteError(answer.errorCode, answer.message));
    else if (answer.changes === undefined) waiting.resolve({ rows: answer.rows });
    else waiting.resolve({ rows: answer.rows, numAffectedRows: answer.changes });
  }

  #lose(worker: Worker, reason: 'broken' | 'closed' | 'timeout', message: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new DatabaseUnavailableError(reason, message));
  }
}
