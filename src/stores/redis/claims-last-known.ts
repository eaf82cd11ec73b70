/** The last known state of accounts in Redis, by which an instance decides while Redis is unavailable. */
import type { ClaimAccount, MoneyState, Remaining } from '../contracts/claims.ts';

/** What was counted of an account in a minute. */
interface Counts {
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  /** When; monotonic. */
  readonly atMs: number;
}

interface Known {
  readonly account: ClaimAccount;
  readonly remaining: Remaining;
  readonly atMs: number;
}

const MOST_ACCOUNTS = 50_000;

/** Accounts in the order of their last answer; the oldest is forgotten first. */
export class LastKnown {
  readonly #accounts = new Map<string, Known>();

  remember(accounts: readonly ClaimAccount[], remaining: readonly Remaining[], atMs: number): void {
    for (let index = 0; index < accounts.length; index += 1) {
      const [account, left] = [accounts[index], remaining[index]];
      if (account === undefined || left === undefined) continue;
      this.#accounts.delete(account.id);
      this.#accounts.set(account.id, { account, remaining: left, atMs });
    }
    while (this.#accounts.size > MOST_ACCOUNTS) {
      const [oldest] = this.#accounts.keys();
      if (oldest === undefined) return;
      this.#accounts.delete(oldest);
    }
  }

  money(account: string, window: string): MoneyState | undefined {
    const known = this.#accounts.get(account);
    const index = known?.account.money.findIndex((limit) => limit.window === window) ?? -1;
    const state = known?.remaining.money[index];
    return state === undefined ? undefined : { ...state, exposed: 0n };
  }

  /** What was counted in the last known minute. */
  rates(account: string): Counts | undefined {
    const known = this.#accounts.get(account);
    if (known === undefined) return undefined;
    const {
      requestsPerMinute = 0,
      tokensPerMinute = 0,
      inputTokensPerMinute = 0,
      outputTokensPerMinute,
    } = known.account;
    const { requests = 0, tokens = 0, inputTokens = 0, outputTokens = 0 } = known.remaining;
    const used = (limit: number, left: number): number => Math.max(0, Math.floor(limit) - left);
    const input = used(inputTokensPerMinute, inputTokens);
    const all = used(tokensPerMinute, tokens);
    const output =
      outputTokensPerMinute === undefined ? Math.max(0, all - input) : used(outputTokensPerMinute, outputTokens);
    return { requests: used(requestsPerMinute, requests), input, output, atMs: known.atMs };
  }
}
