/** What Redis has still to be told: endings and corrections, until it has confirmed them. */
import type { PicoUsd } from '../../core/money.ts';
import type { Charge, Settlement } from '../contracts/claims.ts';
import { inTwo, writeCharges } from './claims-wire.ts';

/** One thing to tell. */
export interface Telling {
  readonly key: string;
  readonly kind: 'settle' | 'cancel' | 'correct';
  /** The words of its script after the kind. */
  readonly words: readonly string[];
  /** Its caller was let go before Redis knew: the ledger may have it since. */
  isKept: boolean;
  isUnderWay: boolean;
  /** Resolves for the caller: Redis has it, or it is kept. */
  readonly told: PromiseWithResolvers<void>;
}

/** A settlement's words; `accounts` as the claim wrote them, or undefined for a claim that another process made. */
export function settling(settlement: Settlement, accounts: readonly string[] | undefined): Telling {
  const { id, nowMs, cost, inputTokens, outputTokens, charges } = settlement;
  return ending('settle', id, cost, [inputTokens, outputTokens], charges, nowMs, accounts);
}

/** A cancellation's words. */
export function cancelling(id: string, nowMs: number, accounts: readonly string[] | undefined): Telling {
  return ending('cancel', id, 0n, [0, 0], [], nowMs, accounts);
}

/** A correction's words. */
export function correcting(account: string, window: string, spent: PicoUsd): Telling {
  return telling(`correct ${window} ${account}`, 'correct', [account, window, ...inTwo(spent)]);
}

function ending(
  kind: 'settle' | 'cancel',
  id: string,
  cost: PicoUsd,
  tokens: readonly [input: number, output: number],
  charges: readonly Charge[],
  nowMs: number,
  accounts: readonly string[] | undefined,
): Telling {
  const words = [...inTwo(cost), ...tokens.map(String), ...writeCharges(charges, nowMs), ...(accounts ?? [''])];
  return telling(id, kind, words);
}

function telling(key: string, kind: Telling['kind'], words: readonly string[]): Telling {
  return { key, kind, words, isKept: false, isUnderWay: false, told: Promise.withResolvers() };
}

const MOST_CONFIRMED = 50_000;

/** Tellings in their order, by claim; and for a while those that were confirmed, should a failover have lost them. */
export class Backlog {
  readonly #waiting = new Map<string, Telling>();
  #confirmed: { readonly telling: Telling; readonly atMs: number }[] = [];
  readonly #keptMs: number;
  readonly #nowMs: () => number;

  constructor(keptMs: number, nowMs: () => number) {
    this.#keptMs = keptMs;
    this.#nowMs = nowMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  waiting(): Telling[] {
    return [...this.#waiting.values()];
  }

  /** Resolves when everything that waits now has been told or kept. */
  async allTold(): Promise<void> {
    await Promise.all(this.waiting().map(({ told }) => told.promise));
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  add(telling: Telling): void {
    this.#waiting.set(telling.key, telling);
  }

  /** Redis has it. */
  confirm(telling: Telling): void {
    if (this.#waiting.get(telling.key) === telling) this.#waiting.delete(telling.key);
    telling.told.resolve();
    if (telling.kind === 'correct') return;
    this.#confirmed.push({ telling, atMs: this.#nowMs() });
    if (this.#confirmed.length > MOST_CONFIRMED + 1_000) this.#confirmed = this.#confirmed.slice(-MOST_CONFIRMED);
  }

  /** It waits for Redis, and its caller no longer. */
  keep(telling: Telling): void {
    telling.isKept = true;
    telling.told.resolve();
  }

  /** Forgets what was confirmed long ago. */
  sweep(): void {
    const sinceMs = this.#nowMs() - this.#keptMs;
    const first = this.#confirmed.findIndex(({ atMs }) => atMs >= sinceMs);
    this.#confirmed = first === -1 ? [] : this.#confirmed.slice(first);
  }

  /** What was confirmed lately is to be told again: once more is as once. */
  repeatConfirmed(): void {
    this.sweep();
    for (const { telling } of this.#confirmed) {
      if (this.#waiting.has(telling.key)) continue;
      telling.isKept = true;
      this.#waiting.set(telling.key, telling);
    }
    this.#confirmed = [];
  }

  /** All of these are in the ledger, from which everything will be seeded. */
  drop(tellings: readonly Telling[]): void {
    for (const telling of tellings) {
      if (this.#waiting.get(telling.key) === telling) this.#waiting.delete(telling.key);
      telling.told.resolve();
    }
    this.#confirmed = [];
  }
}
