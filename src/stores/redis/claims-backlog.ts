/** Updates that Redis has not confirmed yet: endings of claims, and corrections. */
import type { PicoUsd } from '../../core/money.ts';
import type { Charge, Settlement } from '../contracts/claims.ts';
import { inTwo, writeCharges } from './claims-wire.ts';

/** One update for Redis. */
export interface Update {
  readonly key: string;
  readonly kind: 'settle' | 'cancel' | 'correct';
  /** The arguments of its script after the kind. */
  readonly words: readonly string[];
  /** Its caller was released before Redis had it: the ledger may have it by now. */
  isKept: boolean;
  isUnderWay: boolean;
  /** Releases the caller: Redis has it, or it is kept for later. */
  readonly released: PromiseWithResolvers<void>;
}

/** A settlement; `accounts` as the claim wrote them, or undefined for a claim that another process made. */
export function settlementUpdate(settlement: Settlement, accounts: readonly string[] | undefined): Update {
  const { id, nowMs, cost, inputTokens, outputTokens, charges } = settlement;
  return endingUpdate('settle', id, cost, [inputTokens, outputTokens], charges, nowMs, accounts);
}

/** A cancellation. */
export function cancellationUpdate(id: string, nowMs: number, accounts: readonly string[] | undefined): Update {
  return endingUpdate('cancel', id, 0n, [0, 0], [], nowMs, accounts);
}

/** A correction of what was spent. */
export function correctionUpdate(account: string, window: string, spent: PicoUsd): Update {
  return updateOf(`correct ${window} ${account}`, 'correct', [account, window, ...inTwo(spent)]);
}

function endingUpdate(
  kind: 'settle' | 'cancel',
  id: string,
  cost: PicoUsd,
  tokens: readonly [input: number, output: number],
  charges: readonly Charge[],
  nowMs: number,
  accounts: readonly string[] | undefined,
): Update {
  const words = [...inTwo(cost), ...tokens.map(String), ...writeCharges(charges, nowMs), ...(accounts ?? [''])];
  return updateOf(id, kind, words);
}

function updateOf(key: string, kind: Update['kind'], words: readonly string[]): Update {
  return { key, kind, words, isKept: false, isUnderWay: false, released: Promise.withResolvers() };
}

const MOST_CONFIRMED = 50_000;

/** Updates in their order, by claim; and for a while those that were confirmed, in case a failover has lost them. */
export class Backlog {
  readonly #waiting = new Map<string, Update>();
  #confirmed: { readonly update: Update; readonly atMs: number }[] = [];
  readonly #keptMs: number;
  readonly #nowMs: () => number;

  constructor(keptMs: number, nowMs: () => number) {
    this.#keptMs = keptMs;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  waiting(): Update[] {
    return [...this.#waiting.values()];
  }

  /** Resolves when everything that waits now is confirmed or kept. */
  async allReleased(): Promise<void> {
    await Promise.all(this.waiting().map(({ released }) => released.promise));
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  add(update: Update): void {
    this.#waiting.set(update.key, update);
  }

  /** Redis has it. */
  confirm(update: Update): void {
    if (this.#waiting.get(update.key) === update) this.#waiting.delete(update.key);
    update.released.resolve();
    if (update.kind === 'correct') return;
    this.#confirmed.push({ update, atMs: this.#nowMs() });
    if (this.#confirmed.length > MOST_CONFIRMED + 1_000) this.#confirmed = this.#confirmed.slice(-MOST_CONFIRMED);
  }

  /** Keeps an update until Redis is back, and releases its caller. */
  keep(update: Update): void {
    update.isKept = true;
    update.released.resolve();
  }

  /** Forgets what was confirmed long ago. */
  sweep(): void {
    const sinceMs = this.#nowMs() - this.#keptMs;
    const first = this.#confirmed.findIndex(({ atMs }) => atMs >= sinceMs);
    this.#confirmed = first === -1 ? [] : this.#confirmed.slice(first);
  }

  /** Queues again what was confirmed lately: an update that arrives twice counts once. */
  repeatConfirmed(): void {
    this.sweep();
    for (const { update } of this.#confirmed) {
      if (this.#waiting.has(update.key)) continue;
      update.isKept = true;
      this.#waiting.set(update.key, update);
    }
    this.#confirmed = [];
  }

  /** Drops updates that are in the ledger, from which everything will be seeded. */
  drop(updates: readonly Update[]): void {
    for (const update of updates) {
      if (this.#waiting.get(update.key) === update) this.#waiting.delete(update.key);
      update.released.resolve();
    }
    this.#confirmed = [];
  }
}
