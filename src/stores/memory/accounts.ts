/** The counters of accounts, made on first use and dropped after a while without use. */
import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import type { MoneyLimit, Seed } from '../contracts/claims.ts';
import type { RateWindow } from '../limits/rate-window.ts';
import { MoneyCounter } from './money-counter.ts';

/**
 * Counters are dropped after this time without use: by then the ledger has whatever was settled, and is asked again.
 */
const IDLE_MS = 600_000;
/**
 * Ids that clients make up (customers, tags) must not fill the memory: if there are more accounts than this, those
 * unused for a minute are dropped. Rates look back no further, and the ledger has everything sooner.
 */
const MANY_ACCOUNTS = 100_000;
const IDLE_OF_MANY_MS = 60_000;

/** A period of a budget. */
export type Period = Pick<MoneyLimit, 'window' | 'startsAtMs' | 'endsAtMs'>;

/** What is counted of one account. */
export class AccountCounters {
  readonly id: string;
  /** The newest last. */
  money: MoneyCounter[] = [];
  /** Undefined until it has a rate limit. */
  window: RateWindow | undefined;
  /** Claims under way. */
  open = 0;
  usedAtMs = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** The counter of a period, if there is one. */
  find(window: string): MoneyCounter | undefined {
    for (let index = this.money.length - 1; index >= 0; index -= 1) {
      const counter = this.money[index];
      if (counter?.window === window) return counter;
    }
    return undefined;
  }
}

/** All accounts that were used lately. */
export class Accounts {
  readonly #clock: Clock;
  readonly #ask: Seed;
  readonly #onSeedError: (account: string, error: unknown) => void;
  readonly #byId = new Map<string, AccountCounters>();
  #cursor = this.#byId.values();

  constructor(clock: Clock, ask: Seed, onSeedError: (account: string, error: unknown) => void) {
    this.#clock = clock;
    this.#ask = ask;
    this.#onSeedError = onSeedError;
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * The counters of an account, new ones if it has none. Each new account checks two others for idleness, which bounds
   * them.
   */
  of(id: string, nowMs: number): AccountCounters {
    let account = this.#byId.get(id);
    if (account === undefined) {
      this.sweep(2, nowMs);
      account = new AccountCounters(id);
      this.#byId.set(id, account);
    }
    account.usedAtMs = nowMs;
    return account;
  }

  /** The counter of an account's period; asks for its seed if that is unknown, unless `mayAsk` is false. */
  counter(account: AccountCounters, period: Period, nowMs: number, mayAsk = true): MoneyCounter {
    let counter = account.find(period.window);
    if (counter === undefined) {
      this.#dropIdleMoney(account, nowMs);
      counter = new MoneyCounter(period.window);
      account.money.push(counter);
    }
    counter.usedAtMs = nowMs;
    if (mayAsk && !counter.isSeeded && counter.seeding === undefined) this.#seed(account.id, counter, period);
    return counter;
  }

  /** Checks the next few accounts and drops those that are idle. */
  sweep(count: number, nowMs: number): void {
    for (let looked = 0; looked < count; looked += 1) {
      const { value: account, done } = this.#cursor.next();
      if (done === true) {
        this.#cursor = this.#byId.values();
        return;
      }
      if (nowMs - account.usedAtMs < this.#idleMs || account.open > 0) continue;
      this.#dropIdleMoney(account, nowMs);
      if (account.money.length === 0) this.#byId.delete(account.id);
    }
  }

  clear(): void {
    this.#byId.clear();
  }

  get #idleMs(): number {
    return this.#byId.size > MANY_ACCOUNTS ? IDLE_OF_MANY_MS : IDLE_MS;
  }

  #dropIdleMoney(account: AccountCounters, nowMs: number): void {
    const idleMs = this.#idleMs;
    const isIdle = (counter: MoneyCounter): boolean =>
      counter.users === 0 && counter.seeding === undefined && nowMs - counter.usedAtMs >= idleMs;
    if (account.money.some(isIdle)) account.money = account.money.filter((counter) => !isIdle(counter));
  }

  #seed(account: string, counter: MoneyCounter, period: Period): void {
    const learn = (spent: PicoUsd): void => {
      counter.seeding = undefined;
      counter.usedAtMs = this.#clock.monotonicMs();
      counter.learn(spent);
    };
    const fail = (error: unknown): void => {
      counter.seeding = undefined;
      this.#onSeedError(account, error);
    };
    try {
      const answer = this.#ask(account, period);
      if (typeof answer === 'bigint') learn(answer);
      else counter.seeding = answer.then(learn, fail);
    } catch (error) {
      fail(error);
    }
  }
}
