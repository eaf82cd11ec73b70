import { Worker } from 'node:worker_threads';
import type { CompiledQuery, QueryResult } from 'kysely';
import { DatabaseUnavailableError } from '../contracts/directory.ts';
import { sqliteError } from './sqlite-errors.ts';
import { OPENED, type Statement, type StatementAnswer, type ThreadOptions } from './thread-messages.ts';

/** If a statement takes longer than this, it is given up and the thread is ended. */
const ANSWER_WITHIN_MS = 120_000;

/** What a thread opens, and how long a statement may take. */
interface SqliteThreadOptions extends ThreadOptions {
  readonly answerWithinMs?: number;
}

interface Waiting {
  readonly resolve: (answer: QueryResult<unknown>) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to an SQLite file, in a thread of its own. It keeps the process alive only while an answer is awaited.
 * If the thread dies, a new one is started for the next transaction, except for a database in memory, which is lost.
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

  constructor({ path, isReadOnly, answerWithinMs }: SqliteThreadOptions) {
    this.#options = { path, isReadOnly };
    this.#answerWithinMs = answerWithinMs ?? ANSWER_WITHIN_MS;
  }

  /** Resolves when the file is open. */
  async open(): Promise<void> {
    await this.#await(OPENED, this.#start());
  }

  /** Starts a new thread if the last one died. */
  async revive(): Promise<void> {
    if (this.#isClosed) throw new DatabaseUnavailableError('closed', 'The database is closed.');
    if (this.#worker !== undefined) return;
    if (this.#options.path === ':memory:')
      throw new DatabaseUnavailableError('broken', 'The database in memory is gone.');
    await this.open();
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
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage('close');
    await ended;
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
