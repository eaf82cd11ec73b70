/** Claims of a single gateway: counters in this process, seeded from the ledger. */
import type { Clock } from '../../core/clock.ts';
import type { PicoUsd } from '../../core/money.ts';
import type {
  ClaimAccount,
  ClaimOutcome,
  ClaimRequest,
  Claims,
  MoneyState,
  Reserve,
  Seed,
  Settlement,
} from '../contracts/claims.ts';
import { RateWindow } from '../limits/rate-window.ts';
import { hasRate } from '../limits/rates.ts';
import { type AccountCounters, Accounts, type Period } from './accounts.ts';
import { extensionRefusal, firstRefusal, grantFor, remainingOf, type Touched } from './decision.ts';
import { type Booking, book, type MoneyCounter } from './money-counter.ts';

/** What claims in memory are made with. */
interface MemoryClaimsOptions {
  /** Rates and idleness go by its monotonic time, budgets by what requests say. */
  readonly clock: Clock;
  readonly seed: Seed;
  /** Called if a seed could not be read; the account's `whenAway` decides then, with `share` as `open`. */
  readonly onSeedError?: (account: string, error: unknown) => void;
}

interface OpenClaim extends Touched {
  readonly second: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The windows in which it was counted. */
  readonly windows: readonly RateWindow[];
  hold: PicoUsd;
  exposure: PicoUsd;
  /** Its slots are free again. */
  hasLeft: boolean;
}

/** Claims with counters in this process. Each decision is made in one turn of the event loop, which makes it atomic. */
export class MemoryClaims implements Claims {
  readonly isUp = undefined;
  readonly #clock: Clock;
  readonly #accounts: Accounts;
  readonly #open = new Map<string, OpenClaim>();

  constructor({ clock, seed, onSeedError }: MemoryClaimsOptions) {
    this.#clock = clock;
    this.#accounts = new Accounts(clock, seed, onSeedError ?? (() => undefined));
  }

  get open(): number {
    return this.#open.size;
  }

  /** How many accounts have counters. */
  get known(): number {
    return this.#accounts.size;
  }

  claim(request: ClaimRequest): ClaimOutcome | Promise<ClaimOutcome> {
    const nowMs = this.#clock.monotonicMs();
    const touched = this.#touch(request.accounts, nowMs, true);
    for (const { seeding } of touched.money) {
      if (seeding !== undefined) return this.#claimWhenSeeded(request, touched);
    }
    return this.#decide(request, touched, nowMs);
  }

  extend(id: string, reserve: Reserve & { readonly nowMs: number }): ClaimOutcome {
    const claim = this.#open.get(id);
    if (claim === undefined) throw new RangeError('a claim that is not open cannot be extended');
    const refusal = extensionRefusal(claim, reserve);
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const { hold, exposure } = reserve;
    changeHeld(claim, hold - claim.hold, exposure - claim.exposure);
    claim.hold = hold;
    claim.exposure = exposure;
    const nowMs = this.#clock.monotonicMs();
    for (const window of claim.windows) window.advance(nowMs);
    return { kind: 'granted', hold, exposure, remaining: remainingOf(claim, nowMs) };
  }

  settle(settlement: Settlement): void | Promise<void> {
    const claim = this.#release(settlement.id);
    if (claim === undefined) return;
    const { cost, inputTokens, outputTokens } = settlement;
    for (const window of claim.windows) {
      window.correct(claim.second, 0, inputTokens - claim.inputTokens, outputTokens - claim.outputTokens);
    }
    const nowMs = this.#clock.monotonicMs();
    const bookings: Booking[] = [];
    for (let index = 0; index < claim.money.length; index += 1) {
      const counter = claim.money[index];
      if (counter === undefined || !isFirst(claim.money, index)) continue;
      counter.usedAtMs = nowMs;
      bookings.push({ counter, cost });
    }
    for (const charge of settlement.charges) {
      const account = this.#accounts.of(charge.account, nowMs);
      if (charge.isIfCounted === true && account.find(charge.window) === undefined) continue;
      bookings.push({ counter: this.#accounts.counter(account, charge, nowMs), cost: charge.cost });
    }
    return book(bookings);
  }

  async grantFree(): Promise<undefined> {}

  sent(): void {}

  aboutToSend(): undefined {}

  leave(id: string): void {
    const claim = this.#open.get(id);
    if (claim !== undefined) freeSlots(claim);
  }

  cancel(id: string): void {
    const claim = this.#release(id);
    if (claim === undefined) return;
    for (const window of claim.windows) {
      window.correct(claim.second, -1, -claim.inputTokens, -claim.outputTokens);
    }
  }

  async read(id: string, periods: readonly Period[]): Promise<MoneyState[]> {
    const nowMs = this.#clock.monotonicMs();
    const account = this.#accounts.of(id, nowMs);
    const counters = periods.map((period) => this.#accounts.counter(account, period, nowMs));
    await Promise.all(counters.map(({ seeding }) => seeding));
    return counters.map(({ spent, held, exposed }) => ({ spent, held, exposed }));
  }

  async correct(id: string, window: string, spent: PicoUsd): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const account = this.#accounts.of(id, nowMs);
    const counter = this.#accounts.counter(account, { window, startsAtMs: 0 }, nowMs, false);
    await counter.seeding;
    counter.learn(spent);
  }

  async close(): Promise<void> {
    this.#open.clear();
    this.#accounts.clear();
  }

  /** Finds the counters of a request, and asks for the seeds that are missing. */
  #touch(accounts: readonly ClaimAccount[], nowMs: number, mayAsk: boolean): Touched {
    const counters: AccountCounters[] = [];
    const money: MoneyCounter[] = [];
    for (const account of accounts) {
      const found = this.#accounts.of(account.id, nowMs);
      counters.push(found);
      if (found.window === undefined && hasRate(account)) found.window = new RateWindow();
      found.window?.advance(nowMs);
      for (const limit of account.money) money.push(this.#accounts.counter(found, limit, nowMs, mayAsk));
    }
    this.#accounts.sweep(1, nowMs);
    return { accounts, counters, money };
  }

  async #claimWhenSeeded(request: ClaimRequest, touched: Touched): Promise<ClaimOutcome> {
    await Promise.all(touched.money.map(({ seeding }) => seeding));
    const nowMs = this.#clock.monotonicMs();
    return this.#decide(request, this.#touch(request.accounts, nowMs, false), nowMs);
  }

  #decide(request: ClaimRequest, touched: Touched, nowMs: number): ClaimOutcome {
    if (this.#open.has(request.id)) throw new RangeError('a claim with this id is open already');
    const { amounts } = request;
    const grant = grantFor(amounts, touched);
    const refusal = firstRefusal(amounts, touched, { isMoneyShort: grant === undefined, wallMs: request.nowMs, nowMs });
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const { hold, exposure, cap } = grant ?? { ...amounts, cap: undefined };
    const claim = this.#reserve(request, touched, { hold, exposure }, nowMs);
    const remaining = remainingOf(claim, nowMs);
    return cap === undefined
      ? { kind: 'granted', hold, exposure, remaining }
      : { kind: 'granted', hold, exposure, cap, remaining };
  }

  #reserve(request: ClaimRequest, touched: Touched, { hold, exposure }: Reserve, nowMs: number): OpenClaim {
    const { accounts, counters, money } = touched;
    const { inputTokens, outputTokens } = request.amounts;
    const second = RateWindow.secondAt(nowMs);
    const windows: RateWindow[] = [];
    for (let index = 0; index < counters.length; index += 1) {
      const found = counters[index];
      if (found === undefined || !isFirst(counters, index)) continue;
      found.open += 1;
      if (found.window === undefined) continue;
      found.window.add(second, 1, inputTokens, outputTokens);
      windows.push(found.window);
    }
    const claim = {
      accounts,
      counters,
      money,
      second,
      inputTokens,
      outputTokens,
      windows,
      hold,
      exposure,
      hasLeft: false,
    };
    changeHeld(claim, hold, exposure);
    for (const counter of money) counter.users += 1;
    this.#open.set(request.id, claim);
    return claim;
  }

  /** Takes a claim off all counters except its windows. */
  #release(id: string): OpenClaim | undefined {
    const claim = this.#open.get(id);
    if (claim === undefined) return undefined;
    this.#open.delete(id);
    freeSlots(claim);
    changeHeld(claim, -claim.hold, -claim.exposure);
    for (const counter of claim.money) counter.users -= 1;
    return claim;
  }
}

/**
 * Whether this is the first place of an element in a list: budgets of one period share a counter, which must count
 * once.
 */
function isFirst<T>(list: readonly T[], index: number): boolean {
  const element = list[index];
  for (let before = 0; before < index; before += 1) if (list[before] === element) return false;
  return true;
}

function freeSlots(claim: OpenClaim): void {
  if (claim.hasLeft) return;
  claim.hasLeft = true;
  for (let index = 0; index < claim.counters.length; index += 1) {
    const found = claim.counters[index];
    if (found !== undefined && isFirst(claim.counters, index)) found.open -= 1;
  }
}

/** Changes what a claim has reserved in all its budgets. */
function changeHeld({ money }: Touched, hold: PicoUsd, exposure: PicoUsd): void {
  for (let index = 0; index < money.length; index += 1) {
    const counter = money[index];
    if (counter === undefined || !isFirst(money, index)) continue;
    counter.held += hold;
    counter.exposed += exposure;
  }
}
