/** Requests that wait, in the order in which they came, until others release what they hold of a budget. */
import { GatewayError } from '../../core/errors.ts';
import type { Client } from '../../exchange/client.ts';

/** How a waiting request asks for its claim: undefined means that it goes on waiting, which `isLast` does not allow. */
type Try<Result> = (isLast: boolean) => Promise<Result | undefined>;

/** A request that waits. */
interface Waiter {
  readonly untilMs: number;
  /** Resolves to whether it is over. Never rejects. */
  readonly attempt: (isLast: boolean) => Promise<boolean>;
  isOver: boolean;
}

interface Line {
  waiters: Waiter[];
  isTrying: boolean;
  /** Something was released while the line was tried. */
  isDueAgain: boolean;
}

/** How long a request waits at most. */
const WAIT_MS = 10_000;
/** How many requests wait at most for one account, and in all. */
const MOST_IN_LINE = 2_000;
const MOST_WAITING = 10_000;
/** Refusals after which the rest of a line is not tried: a few small requests may pass a large one, but not all of them. */
const MOST_REFUSALS = 3;
/** What other instances release is found by asking. Many lines are tried less often each, to spare the shared store. */
const ASK_EVERY_MS = 50;
const ASK_LINE_EVERY_MS = 2;

/** The lines of this process, one for each account that requests wait for. */
export class BudgetQueue {
  readonly #monotonicMs: () => number;
  readonly #lines = new Map<string, Line>();
  #timer: NodeJS.Timeout | undefined;
  #size = 0;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** How many requests wait. */
  get size(): number {
    return this.#size;
  }

  /** How many requests wait for an account. */
  waitingFor(account: string): number {
    return this.#size === 0 ? 0 : (this.#lines.get(account)?.waiters.length ?? 0);
  }

  /** Waits until a try succeeds, fails, or was the last one. Rejects with `client_gone` as soon as the client hangs up. */
  wait<Result>(account: string, client: Client, ask: Try<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      let isTrying = false;
      const waiter: Waiter = {
        untilMs: this.#monotonicMs() + WAIT_MS,
        isOver: true,
        attempt: async (isLast) => {
          isTrying = true;
          const end = await outcomeOf(ask, isLast);
          isTrying = false;
          if (end.kind === 'waits' && !client.isGone) return false;
          client.onGone(undefined);
          this.#leave(account, waiter);
          if (end.kind === 'done') resolve(end.result);
          else reject(end.kind === 'failed' ? end.error : clientGone());
          return true;
        },
      };
      if (!this.#join(account, waiter)) {
        void waiter.attempt(true);
        return;
      }
      client.onGone(() => {
        // What a try is granted is not lost: the request goes on, and finds that its client is gone.
        if (isTrying) return;
        this.#leave(account, waiter);
        reject(clientGone());
      });
    });
  }

  /** Something was released on these accounts: the requests that wait for them are tried. */
  released(accounts: readonly { readonly id: string }[]): void {
    if (this.#size === 0) return;
    for (const { id } of accounts) {
      const line = this.#lines.get(id);
      if (line !== undefined) void this.#tryLine(line);
    }
  }

  #join(account: string, waiter: Waiter): boolean {
    let line = this.#lines.get(account);
    if (this.#size >= MOST_WAITING || (line?.waiters.length ?? 0) >= MOST_IN_LINE) return false;
    if (line === undefined) {
      line = { waiters: [], isTrying: false, isDueAgain: false };
      this.#lines.set(account, line);
    }
    line.waiters.push(waiter);
    waiter.isOver = false;
    this.#size += 1;
    this.#schedule();
    return true;
  }

  #leave(account: string, waiter: Waiter): void {
    if (waiter.isOver) return;
    waiter.isOver = true;
    this.#size -= 1;
    const line = this.#lines.get(account);
    if (line === undefined) return;
    line.waiters = line.waiters.filter((each) => each !== waiter);
    if (line.waiters.length === 0) this.#lines.delete(account);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#size === 0) return;
    const delayMs = Math.max(ASK_EVERY_MS, this.#lines.size * ASK_LINE_EVERY_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const line of [...this.#lines.values()]) void this.#tryLine(line);
      this.#schedule();
    }, delayMs);
  }

  /** Tries a line from its head on, until several in a row are refused. */
  async #tryLine(line: Line): Promise<void> {
    line.isDueAgain = line.isTrying;
    if (line.isTrying) return;
    line.isTrying = true;
    do {
      line.isDueAgain = false;
      // Those who settle in one turn are waited for, and those who are refused for good do not hold up the others.
      await nextTurn();
      await this.#tryOnce(line);
    } while (line.isDueAgain);
    line.isTrying = false;
  }

  async #tryOnce(line: Line): Promise<void> {
    const nowMs = this.#monotonicMs();
    let refusals = 0;
    for (const waiter of line.waiters) {
      if (waiter.isOver) continue;
      const isLast = waiter.untilMs <= nowMs;
      if (refusals >= MOST_REFUSALS && !isLast) return;
      if (!(await waiter.attempt(isLast))) refusals += 1;
    }
  }
}

type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'waits' };

async function outcomeOf<Result>(ask: Try<Result>, isLast: boolean): Promise<Outcome<Result>> {
  try {
    const result = await ask(isLast);
    return result === undefined ? { kind: 'waits' } : { kind: 'done', result };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function clientGone(): GatewayError {
  return new GatewayError('client_gone', 'The client hung up while its request waited for a budget.');
}
