import type { ToPrimary, ToWorker } from './worker-messages.ts';

/** A worker that does not answer (busy, or dying) is left out after this long: a scrape must not wait for it. */
const GATHER_TIMEOUT_MS = 2000;

/** One worker as the primary sees it. */
export interface WorkerLine {
  readonly id: number;
  send(message: ToWorker): void;
}

/** The primary's side: asks every worker for its metrics on behalf of the one that was scraped. */
export class MetricsGathering {
  readonly #workers: () => readonly WorkerLine[];
  readonly #open = new Map<number, { readonly waiting: Set<number>; readonly snapshots: unknown[]; done(): void }>();
  #lastId = 0;

  constructor(workers: () => readonly WorkerLine[]) {
    this.#workers = workers;
  }

  /** Answers `asker` with the metrics of all workers that tell theirs in time. */
  gather(asker: WorkerLine, askerId: number): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const workers = this.#workers();
    const snapshots: unknown[] = [];
    const done = (): void => {
      clearTimeout(timer);
      if (this.#open.delete(id)) asker.send({ kind: 'all-metrics', id: askerId, snapshots });
    };
    const timer = setTimeout(done, GATHER_TIMEOUT_MS);
    this.#open.set(id, { waiting: new Set(workers.map((worker) => worker.id)), snapshots, done });
    for (const worker of workers) worker.send({ kind: 'take-metrics', id });
  }

  /** Takes one worker's metrics. */
  take(worker: number, id: number, snapshot: unknown): void {
    const round = this.#open.get(id);
    if (round === undefined || !round.waiting.delete(worker)) return;
    round.snapshots.push(snapshot);
    if (round.waiting.size === 0) round.done();
  }

  /** A worker is gone and will not answer. */
  forget(worker: number): void {
    for (const round of this.#open.values()) {
      if (round.waiting.delete(worker) && round.waiting.size === 0) round.done();
    }
  }
}

/** A worker's side: the metrics of all workers, through the primary. */
export class MetricsRequest {
  readonly #send: (message: ToPrimary) => void;
  readonly #open = new Map<number, (snapshots: readonly unknown[]) => void>();
  #lastId = 0;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  /** The metrics of every worker, this one included; none where the primary does not answer. */
  all(): Promise<readonly unknown[]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const done = (snapshots: readonly unknown[]): void => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(snapshots);
      };
      const timer = setTimeout(() => done([]), 2 * GATHER_TIMEOUT_MS);
      this.#open.set(id, done);
      this.#send({ kind: 'gather-metrics', id });
    });
  }

  /** Takes the primary's answer. */
  answer(id: number, snapshots: readonly unknown[]): void {
    this.#open.get(id)?.(snapshots);
  }
}
