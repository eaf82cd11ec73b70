import type { ToPrimary, ToWorker, Wanted } from './worker-messages.ts';

/** A worker that does not answer (busy, or dying) is left out after this long: who asks must not wait for it. */
const GATHER_TIMEOUT_MS = 2000;

/** One worker as the primary sees it. */
export interface WorkerLine {
  readonly id: number;
  send(message: ToWorker): void;
}

/** The primary's side: asks every worker for its share on behalf of the one that was asked. */
export class Gathering {
  readonly #workers: () => readonly WorkerLine[];
  readonly #open = new Map<number, { readonly waiting: Set<number>; readonly shares: unknown[]; done(): void }>();
  #lastId = 0;

  constructor(workers: () => readonly WorkerLine[]) {
    this.#workers = workers;
  }

  /** Answers `asker` with the shares of all workers that tell theirs in time. */
  gather(asker: WorkerLine, askerId: number, wanted: Wanted): void {
    this.#lastId += 1;
    const id = this.#lastId;
    const workers = this.#workers();
    const shares: unknown[] = [];
    const done = (): void => {
      clearTimeout(timer);
      if (this.#open.delete(id)) asker.send({ kind: 'gathered', id: askerId, shares });
    };
    const timer = setTimeout(done, GATHER_TIMEOUT_MS);
    this.#open.set(id, { waiting: new Set(workers.map((worker) => worker.id)), shares, done });
    for (const worker of workers) worker.send({ kind: 'tell', id, wanted });
  }

  /** Takes one worker's share. */
  take(worker: number, id: number, share: unknown): void {
    const round = this.#open.get(id);
    if (round === undefined || !round.waiting.delete(worker)) return;
    round.shares.push(share);
    if (round.waiting.size === 0) round.done();
  }

  /** A worker is gone and will not answer. */
  forget(worker: number): void {
    for (const round of this.#open.values()) {
      if (round.waiting.delete(worker) && round.waiting.size === 0) round.done();
    }
  }
}

/** A worker's side: the shares of all workers, through the primary. */
export class GatherRequests {
  readonly #send: (message: ToPrimary) => void;
  readonly #open = new Map<number, (shares: readonly unknown[]) => void>();
  #lastId = 0;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  /** The share of every worker, this one included; none where the primary does not answer. */
  all(wanted: Wanted): Promise<readonly unknown[]> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const done = (shares: readonly unknown[]): void => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(shares);
      };
      const timer = setTimeout(() => done([]), 2 * GATHER_TIMEOUT_MS);
      this.#open.set(id, done);
      this.#send({ kind: 'gather', id, wanted });
    });
  }

  /** Takes the primary's answer. */
  answer(id: number, shares: readonly unknown[]): void {
    this.#open.get(id)?.(shares);
  }
}
