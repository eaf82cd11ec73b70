/**
 * What an instance grants by itself while Redis is unavailable: an equal share of what was left when Redis last
 * answered. One object lasts as long as one outage.
 */
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type {
  ClaimAccount,
  ClaimAmounts,
  ClaimOutcome,
  MoneyLimit,
  MoneyState,
  Remaining,
  Reserve,
  Seed,
} from '../contracts/claims.ts';
import { type Allowance, fits, grantOf, leastIn, mayGrow, reservesOf } from '../limits/budget.ts';
import { RateWindow } from '../limits/rate-window.ts';
import { hasRate, rateRefusal } from '../limits/rates.ts';
import { moneyRefusal, unavailableRefusal } from '../limits/refusals.ts';
import type { LastKnown } from './claims-last-known.ts';

/** What an outage needs. */
interface OutageOptions {
  readonly known: LastKnown;
  readonly seed: Seed;
  /** How many instances share what is left, when they were last counted. */
  readonly instances: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** How many claims on an account are open here. */
  readonly openOn: (account: string) => number;
}

/** What this instance used during the outage of one account's money in one period. Budgets of one period share it. */
interface Use {
  /** What all had used before the outage. */
  readonly before: MoneyState;
  spent: PicoUsd;
  held: PicoUsd;
  exposed: PicoUsd;
}

/** A claim as an outage needs to know it. */
export interface ReservedClaim {
  readonly accounts: readonly ClaimAccount[];
  readonly hold: PicoUsd;
  readonly exposure: PicoUsd;
}

/** More than any budget. */
const UNLIMITED = 1n << 100n;

/** Decides on claims without Redis. */
export class OutageClaims {
  readonly #options: OutageOptions;
  /** By account and period. A promise: the ledger is being asked. */
  readonly #uses = new Map<string, Use | Promise<void>>();
  readonly #windows = new Map<string, RateWindow>();

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Decides on a claim; waits only if the ledger has to be asked about an account that was never seen. */
  claim(accounts: readonly ClaimAccount[], amounts: ClaimAmounts, nowMs: number): ClaimOutcome | Promise<ClaimOutcome> {
    const closed = accounts.find(({ whenAway }) => whenAway === 'closed');
    if (closed !== undefined) return { kind: 'refused', refusal: unavailableRefusal(closed) };
    const seeding: Promise<void>[] = [];
    for (const account of accounts) {
      for (const limit of account.money) {
        const use = this.#useOf(account, limit);
        if (use instanceof Promise) seeding.push(use);
      }
    }
    if (seeding.length === 0) return this.#decide(accounts, amounts, nowMs);
    return Promise.all(seeding).then(() => this.#decide(accounts, amounts, nowMs));
  }

  /** Changes what an open claim reserves, if the difference fits. */
  extend(claim: ReservedClaim, to: Reserve, nowMs: number): ClaimOutcome {
    const growth = { hold: to.hold - claim.hold, exposure: to.exposure - claim.exposure };
    for (const account of claim.accounts) {
      for (const limit of account.money) {
        const use = this.#known(account.id, limit.window);
        if (use !== undefined && !mayGrow(this.#shareOf(account, limit, use), use, growth)) {
          return { kind: 'refused', refusal: moneyRefusal(account.id, limit, totalOf(use), [to], nowMs) };
        }
      }
    }
    this.#reserve(claim.accounts, growth.hold, growth.exposure);
    return { kind: 'granted', ...to, remaining: this.#remaining(claim.accounts) };
  }

  /** Ends a claim. If it was granted before the outage, its hold is part of what was held before. */
  end(claim: ReservedClaim, cost: PicoUsd, wasGrantedHere: boolean): void {
    const [hold, exposure] = wasGrantedHere ? [-claim.hold, -claim.exposure] : [0n, 0n];
    this.#reserve(claim.accounts, hold, exposure, wasGrantedHere ? cost : cost - claim.hold);
  }

  /** What is known of a budget here; undefined: nothing. */
  state(account: string, window: string): MoneyState | undefined {
    const use = this.#known(account, window);
    return use === undefined ? this.#options.known.money(account, window) : totalOf(use);
  }

  #decide(accounts: readonly ClaimAccount[], amounts: ClaimAmounts, nowMs: number): ClaimOutcome {
    const budgets = accounts.flatMap((account) =>
      account.money.map((limit) => {
        const use = this.#known(account.id, limit.window);
        return use === undefined ? undefined : { use, share: this.#shareOf(account, limit, use) };
      }),
    );
    const grant = grantOf(amounts, (holds) =>
      budgets.every((budget) => budget !== undefined && holds(budget.share, budget.use)),
    );
    const { instances } = this.#options;
    const monotonicMs = this.#options.nowMs();
    for (const account of accounts) {
      if (grant === undefined) {
        for (const limit of account.money) {
          const use = this.#known(account.id, limit.window);
          if (use === undefined) return { kind: 'refused', refusal: unavailableRefusal(account, limit) };
          if (fits(this.#shareOf(account, limit, use), use, leastIn(amounts, use))) continue;
          const refusal = moneyRefusal(account.id, limit, totalOf(use), reservesOf(amounts), nowMs);
          return { kind: 'refused', refusal };
        }
      }
      if (account.whenAway === 'open') continue;
      const counted = { window: this.#windowOf(account), open: this.#options.openOn(account.id) };
      const refusal = rateRefusal(account, counted, amounts, monotonicMs, instances);
      if (refusal !== undefined) return { kind: 'refused', refusal };
    }
    const { hold, exposure, cap } = grant ?? { ...amounts, cap: undefined };
    this.#reserve(accounts, hold, exposure);
    const { inputTokens, outputTokens } = amounts;
    for (const account of accounts) {
      this.#windowOf(account)?.add(RateWindow.secondAt(monotonicMs), 1, inputTokens, outputTokens);
    }
    return { kind: 'granted', hold, exposure, ...defined({ cap }), remaining: this.#remaining(accounts) };
  }

  /** What this instance counts of an account, our part of what all had counted included; undefined: it has no rate. */
  #windowOf(account: ClaimAccount): RateWindow | undefined {
    if (!hasRate(account)) return undefined;
    let window = this.#windows.get(account.id);
    if (window === undefined) {
      window = new RateWindow();
      this.#windows.set(account.id, window);
      const known = this.#options.known.rates(account.id);
      const part = (counted: number): number => Math.ceil(counted / this.#options.instances);
      if (known !== undefined) {
        const { requests, input, output, atMs } = known;
        window.add(RateWindow.secondAt(atMs), part(requests), part(input), part(output));
      }
    }
    window.advance(this.#options.nowMs());
    return window;
  }

  #useOf(account: ClaimAccount, limit: MoneyLimit): Use | Promise<void> {
    const key = keyOf(account.id, limit.window);
    const found = this.#uses.get(key);
    if (found !== undefined) return found;
    const begin = (before: MoneyState): Use => {
      const use = { before, spent: 0n, held: 0n, exposed: 0n };
      this.#uses.set(key, use);
      return use;
    };
    const before = this.#options.known.money(account.id, limit.window);
    if (before !== undefined) return begin(before);
    if (account.whenAway === 'open') return begin({ spent: 0n, held: 0n, exposed: 0n });
    const asked = Promise.resolve()
      .then(() => this.#options.seed(account.id, limit))
      .then(
        (spent) => void begin({ spent, held: 0n, exposed: 0n }),
        // The ledger is unavailable as well: the next request asks it again.
        () => void this.#uses.delete(key),
      );
    this.#uses.set(key, asked);
    return asked;
  }

  /** An equal share of what was left of a budget and of its debt. */
  #shareOf({ whenAway }: ClaimAccount, { max, debt }: MoneyLimit, { before }: Use): Allowance {
    if (whenAway === 'open') return { max: UNLIMITED, debt: 0n };
    const part = (left: bigint): bigint => (left <= 0n ? 0n : left / BigInt(this.#options.instances));
    return { max: part(max - before.spent - before.held), debt: part(debt - before.exposed) };
  }

  #known(account: string, window: string): Use | undefined {
    const use = this.#uses.get(keyOf(account, window));
    return use instanceof Promise ? undefined : use;
  }

  /** Adds to what is held, exposed and spent on the accounts, once in each period. */
  #reserve(accounts: readonly ClaimAccount[], hold: PicoUsd, exposure: PicoUsd, cost = 0n): void {
    for (const { id, money } of accounts) {
      for (const window of new Set(money.map((limit) => limit.window))) {
        const use = this.#known(id, window);
        if (use === undefined) continue;
        use.held += hold;
        use.exposed += exposure;
        use.spent += cost;
      }
    }
  }

  #remaining(accounts: readonly ClaimAccount[]): readonly Remaining[] {
    return accounts.map((account) => ({
      resetMs: this.#windowOf(account)?.resetMs(this.#options.nowMs()) ?? 0,
      money: account.money.map(({ window }) => {
        const { spent, held } = this.state(account.id, window) ?? { spent: 0n, held: 0n };
        return { spent, held };
      }),
    }));
  }
}

const keyOf = (account: string, window: string): string => `${window}:${account}`;

/** What all instances used before the outage and this one since. */
function totalOf({ before, spent, held, exposed }: Use): MoneyState {
  return { spent: before.spent + spent, held: before.held + held, exposed: before.exposed + exposed };
}
