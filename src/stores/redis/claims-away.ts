/**
 * What an instance grants by itself while the Redis that it shares is away: an equal part of what was left when it was last heard of.
 * One object lasts as long as one outage.
 */
import { defined } from '../../core/defined.ts';
import type { PicoUsd } from '../../core/money.ts';
import type {
  ClaimAccount,
  ClaimAmounts,
  ClaimOutcome,
  MoneyLimit,
  MoneyState,
  Refusal,
  Remaining,
  Seed,
} from '../contracts/claims.ts';
import type { LastKnown } from './claims-known.ts';
import { countRefusal, moneyRefusal, type Reserve, reservesOf } from './claims-wire.ts';
import { LocalMinute } from './local-minute.ts';

/** What it goes by. */
export interface AwayOptions {
  readonly known: LastKnown;
  readonly seed: Seed;
  /** How many instances share what is left, when they were last counted. */
  readonly instances: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** How many claims on an account are open here. */
  readonly openOn: (account: string) => number;
}

/** Our part of a budget. */
interface Part {
  /** What was spent and held when we last knew. */
  readonly before: MoneyState;
  readonly share: PicoUsd;
  readonly debt: PicoUsd;
  spent: PicoUsd;
  held: PicoUsd;
  exposed: PicoUsd;
}

/** A claim that was granted here. */
export interface AloneClaim {
  readonly accounts: readonly ClaimAccount[];
  readonly hold: PicoUsd;
  readonly exposure: PicoUsd;
}

const OPEN_END = 1n << 100n;

/** Decides alone. */
export class AwayClaims {
  readonly #options: AwayOptions;
  readonly #parts = new Map<string, Part | Promise<Part | undefined> | undefined>();
  readonly #minutes = new Map<string, LocalMinute>();

  constructor(options: AwayOptions) {
    this.#options = options;
  }

  /** Decides on a claim; waits only where the ledger has to be asked about an account that was never seen. */
  claim(accounts: readonly ClaimAccount[], amounts: ClaimAmounts, nowMs: number): ClaimOutcome | Promise<ClaimOutcome> {
    const closed = accounts.find(({ whenAway }) => whenAway === 'closed');
    if (closed !== undefined) return { kind: 'refused', refusal: awayRefusal(closed) };
    const waits: Promise<unknown>[] = [];
    for (const account of accounts) {
      for (const limit of account.money) {
        const part = this.#part(account, limit);
        if (part instanceof Promise) waits.push(part);
      }
    }
    if (waits.length === 0) return this.#decide(accounts, amounts, nowMs);
    return Promise.all(waits).then(() => this.#decide(accounts, amounts, nowMs));
  }

  /** Changes what an open claim reserves, where the difference fits. */
  extend(claim: AloneClaim, to: Reserve, nowMs: number): ClaimOutcome {
    const more = { hold: to.hold - claim.hold, exposure: to.exposure - claim.exposure };
    for (const account of claim.accounts) {
      for (const limit of account.money) {
        const part = this.#known(account, limit);
        if (part !== undefined && grows(more) && !takes(part, more, more)) {
          return { kind: 'refused', refusal: refusalOf(account, limit, part, [to], nowMs) };
        }
      }
    }
    this.#hold(claim.accounts, more.hold, more.exposure);
    return { kind: 'granted', ...to, remaining: this.#remaining(claim.accounts) };
  }

  /** A claim is over. Where it was granted before the outage, its hold is among what was known before. */
  end(claim: AloneClaim, cost: PicoUsd, wasGrantedHere: boolean): void {
    if (wasGrantedHere) this.#hold(claim.accounts, -claim.hold, -claim.exposure);
    for (const account of claim.accounts) {
      for (const limit of new Set(account.money.map(({ window }) => window))) {
        const part = this.#parts.get(keyOf(account.id, limit));
        if (part !== undefined && !(part instanceof Promise)) part.spent += wasGrantedHere ? cost : cost - claim.hold;
      }
    }
  }

  /** What is known of a budget here; undefined: nothing. */
  state(account: string, window: string): MoneyState | undefined {
    const part = this.#parts.get(keyOf(account, window));
    if (part === undefined || part instanceof Promise) return this.#options.known.money(account, window);
    const { before, spent, held, exposed } = part;
    return { spent: before.spent + spent, held: before.held + held, exposed: before.exposed + exposed };
  }

  #decide(accounts: readonly ClaimAccount[], amounts: ClaimAmounts, nowMs: number): ClaimOutcome {
    const wanted = reservesOf(amounts);
    const granted = this.#fitting(accounts, amounts);
    for (const account of accounts) {
      if (granted === undefined) {
        for (const limit of account.money) {
          const part = this.#known(account, limit);
          if (part === undefined) return { kind: 'refused', refusal: awayRefusal(account, limit) };
          const least = wanted.at(-1) ?? amounts;
          if (!takes(part, least, least)) {
            return { kind: 'refused', refusal: refusalOf(account, limit, part, wanted, nowMs) };
          }
        }
      }
      const refusal = account.whenAway === 'open' ? undefined : this.#overRate(account, amounts);
      if (refusal !== undefined) return { kind: 'refused', refusal };
    }
    const { hold, exposure, cap } = granted ?? { ...amounts, cap: undefined };
    this.#hold(accounts, hold, exposure);
    for (const account of accounts) this.#minute(account).count(this.#options.nowMs(), 1, amounts);
    return { kind: 'granted', hold, exposure, ...defined({ cap }), remaining: this.#remaining(accounts) };
  }

  /** What may be reserved on every budget; undefined: nothing that would do. */
  #fitting(
    accounts: readonly ClaimAccount[],
    amounts: ClaimAmounts,
  ): (Reserve & { readonly cap?: number }) | undefined {
    const parts = accounts.flatMap((account) => account.money.map((limit) => this.#known(account, limit)));
    if (parts.every((part) => part !== undefined && takes(part, amounts, amounts))) {
      return { hold: amounts.hold, exposure: amounts.exposure };
    }
    const { cap } = amounts;
    if (cap === undefined || cap.minTokens > cap.maxTokens) return undefined;
    let free = OPEN_END;
    for (const part of parts) {
      const left = part === undefined ? -1n : freeIn(part);
      if (left < free) free = left;
    }
    const tokens = cap.perToken <= 0n ? cap.maxTokens : Number((free - cap.fixed) / cap.perToken);
    const granted = Math.min(tokens, cap.maxTokens);
    const hold = cap.fixed + cap.perToken * BigInt(Math.max(0, granted));
    if (granted < cap.minTokens || hold > free || free <= 0n) return undefined;
    return { hold, exposure: 0n, cap: granted };
  }

  #overRate(account: ClaimAccount, { inputTokens, outputTokens }: ClaimAmounts): Refusal | undefined {
    const nowMs = this.#options.nowMs();
    const minute = this.#minute(account);
    const used = minute.used(nowMs);
    const over = (kind: Refusal['limit'], limit: number | undefined, inUse: number, wanted: number, least: number) => {
      if (limit === undefined) return undefined;
      const share = Math.max(Math.min(least, limit), Math.floor(limit / this.#options.instances));
      return inUse + wanted > share ? countRefusal(account, kind, inUse, minute.resetMs(nowMs)) : undefined;
    };
    const { requests, input, output } = used;
    return (
      over('requests', account.requestsPerMinute, requests, 1, 1) ??
      over('tokens', account.tokensPerMinute, input + output, inputTokens + outputTokens, 0) ??
      over('input-tokens', account.inputTokensPerMinute, input, inputTokens, 0) ??
      over('output-tokens', account.outputTokensPerMinute, output, outputTokens, 0) ??
      (account.parallelRequests === undefined
        ? undefined
        : over('parallel', account.parallelRequests, this.#options.openOn(account.id), 1, 1))
    );
  }

  #minute(account: ClaimAccount): LocalMinute {
    let minute = this.#minutes.get(account.id);
    if (minute === undefined) {
      minute = new LocalMinute();
      const known = this.#options.known.rates(account.id);
      if (known !== undefined) minute.begin(known.atMs, known, this.#options.instances);
      this.#minutes.set(account.id, minute);
    }
    return minute;
  }

  #part(account: ClaimAccount, limit: MoneyLimit): Part | Promise<Part | undefined> | undefined {
    const key = keyOf(account.id, limit.window);
    if (this.#parts.has(key)) return this.#parts.get(key);
    const make = (before: MoneyState): Part => {
      const instances = account.whenAway === 'open' ? 0n : BigInt(this.#options.instances);
      const left = limit.max - before.spent - before.held;
      const share = instances === 0n ? OPEN_END : left <= 0n ? 0n : left / instances;
      const debt = instances === 0n ? 0n : (limit.debt - before.exposed) / instances;
      const part = { before, share, debt: debt < 0n ? 0n : debt, spent: 0n, held: 0n, exposed: 0n };
      this.#parts.set(key, part);
      return part;
    };
    const before = this.#options.known.money(account.id, limit.window);
    if (before !== undefined) return make(before);
    const fromSpent = (spent: PicoUsd): Part => make({ spent, held: 0n, exposed: 0n });
    if (account.whenAway === 'open') return fromSpent(0n);
    const asked = Promise.resolve()
      .then(() => this.#options.seed(account.id, limit))
      .then(fromSpent, () => {
        // The ledger is away as well: it is asked again with the next request.
        this.#parts.delete(key);
        return undefined;
      });
    this.#parts.set(key, asked);
    return asked;
  }

  #known(account: ClaimAccount, { window }: MoneyLimit): Part | undefined {
    const part = this.#parts.get(keyOf(account.id, window));
    return part instanceof Promise ? undefined : part;
  }

  #hold(accounts: readonly ClaimAccount[], hold: PicoUsd, exposure: PicoUsd): void {
    for (const account of accounts) {
      for (const window of new Set(account.money.map((limit) => limit.window))) {
        const part = this.#parts.get(keyOf(account.id, window));
        if (part === undefined || part instanceof Promise) continue;
        part.held += hold;
        part.exposed += exposure;
      }
    }
  }

  #remaining(accounts: readonly ClaimAccount[]): readonly Remaining[] {
    return accounts.map((account) => ({
      resetMs: this.#minute(account).resetMs(this.#options.nowMs()),
      money: account.money.map(({ window }) => {
        const { spent, held } = this.state(account.id, window) ?? { spent: 0n, held: 0n };
        return { spent, held };
      }),
    }));
  }
}

const keyOf = (account: string, window: string): string => `${window}:${account}`;

const grows = ({ hold, exposure }: Reserve): boolean => hold > 0n || hold + exposure > 0n;

/** `hold` against our part, and with what may come on top against our part and its debt. */
function takes(part: Part, { hold }: Reserve, { exposure }: Reserve): boolean {
  const committed = part.spent + part.held;
  return (
    committed < part.share &&
    committed + hold <= part.share &&
    committed + part.exposed + hold + exposure <= part.share + part.debt
  );
}

function freeIn(part: Part): PicoUsd {
  const ofShare = part.share - part.spent - part.held;
  const withDebt = ofShare + part.debt - part.exposed;
  return withDebt < ofShare ? withDebt : ofShare;
}

function refusalOf(
  account: ClaimAccount,
  limit: MoneyLimit,
  { before, spent, held }: Part,
  wanted: readonly Reserve[],
  nowMs: number,
): Refusal {
  return moneyRefusal(account.id, limit, before.spent + spent, before.held + held, wanted, nowMs);
}

/** Nobody knows what was spent, or the operator wants a no rather than a guess. */
function awayRefusal(account: ClaimAccount, limit: MoneyLimit | undefined = account.money[0]): Refusal {
  const kind = limit === undefined ? firstKind(account) : 'money';
  return {
    account: account.id,
    limit: kind,
    max: limit?.max ?? 0n,
    used: 0n,
    held: 0n,
    ...(limit !== undefined && { window: limit.window }),
    isTemporary: false,
    isAway: true,
  };
}

function firstKind(account: ClaimAccount): Refusal['limit'] {
  if (account.requestsPerMinute !== undefined) return 'requests';
  if (account.tokensPerMinute !== undefined) return 'tokens';
  if (account.inputTokensPerMinute !== undefined) return 'input-tokens';
  return account.outputTokensPerMinute !== undefined ? 'output-tokens' : 'parallel';
}
