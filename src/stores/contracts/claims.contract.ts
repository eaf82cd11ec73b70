/**
 * What every store of claims must do, as tests: `testClaims('memory', …)`. `claims.model.contract.ts` adds random ones.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimAccount, ClaimAmounts, ClaimOutcome, Claims, MoneyLimit, Refusal, Seed } from './claims.ts';

/** A store for one test, with nothing open in it. */
export interface TestClaims {
  readonly claims: Claims;
  /** Waits until everything that was sent has arrived, if `settle` and `cancel` deliver later. */
  arrived?(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a store that asks `seed` for what it does not know. */
export type MakeClaims = (seed: Seed) => Promise<TestClaims>;

/**
 * What requests of these tests say the time is: near the truth, because a store that lasts forgets periods that are
 * long over.
 */
export const NOON_MS = Date.now();

/** When the window of `daily` ends. */
export const MIDNIGHT_MS = NOON_MS + 43_200_000;

/** A budget that never resets. */
export const ever = (max: bigint, debt = 0n): MoneyLimit => ({ max, window: 'ever', startsAtMs: 0, debt });

/** A budget of this day. */
export const daily = (max: bigint, debt = 0n): MoneyLimit => ({
  max,
  window: `1d@${MIDNIGHT_MS - 86_400_000}`,
  startsAtMs: MIDNIGHT_MS - 86_400_000,
  endsAtMs: MIDNIGHT_MS,
  debt,
});

/** Amounts of a claim; what a test does not say is 0. */
export const amounts = (given: Partial<ClaimAmounts>): ClaimAmounts => ({
  inputTokens: 0,
  outputTokens: 0,
  hold: 0n,
  exposure: 0n,
  ...given,
});

/** A store, and short words for what tests ask of it. Accounts and claims are named afresh for each test. */
class Bench {
  readonly claims: Claims;
  readonly #store: TestClaims;
  readonly #name: string;

  constructor(store: TestClaims, name: string) {
    this.claims = store.claims;
    this.#store = store;
    this.#name = name;
  }

  id(name: string): string {
    return `${this.#name}:${name}`;
  }

  account(name: string, limits: Partial<ClaimAccount> = {}): ClaimAccount {
    return { money: [], ...limits, id: this.id(name) };
  }

  async claim(id: string, accounts: readonly ClaimAccount[], given: Partial<ClaimAmounts> = {}): Promise<ClaimOutcome> {
    return await this.claims.claim({ id: this.id(id), nowMs: NOON_MS, accounts, amounts: amounts(given) });
  }

  async grant(id: string, accounts: readonly ClaimAccount[], given: Partial<ClaimAmounts> = {}): Promise<Granted> {
    const outcome = await this.claim(id, accounts, given);
    if (outcome.kind !== 'granted') assert.fail(`${id} was refused by ${outcome.refusal.account}`);
    return outcome;
  }

  async refuse(id: string, accounts: readonly ClaimAccount[], given: Partial<ClaimAmounts> = {}): Promise<Refusal> {
    return refusalOf(await this.claim(id, accounts, given));
  }

  async extend(id: string, hold: bigint, exposure = 0n): Promise<ClaimOutcome> {
    return await this.claims.extend(this.id(id), { hold, exposure, nowMs: NOON_MS });
  }

  async settle(id: string, cost: bigint, further: Partial<Parameters<Claims['settle']>[0]> = {}): Promise<void> {
    const none = { inputTokens: 0, outputTokens: 0, charges: [] };
    await this.claims.settle({ ...none, ...further, id: this.id(id), nowMs: NOON_MS, cost });
    await this.#store.arrived?.();
  }

  async leave(id: string): Promise<void> {
    await this.claims.leave(this.id(id));
  }

  async cancel(id: string): Promise<void> {
    await this.claims.cancel(this.id(id), NOON_MS);
    await this.#store.arrived?.();
  }

  async money(account: ClaimAccount): Promise<readonly (readonly [spent: bigint, held: bigint, exposed: bigint])[]> {
    const states = await this.claims.read(account.id, account.money);
    return states.map(({ spent, held, exposed }) => [spent, held, exposed] as const);
  }
}

type Granted = Extract<ClaimOutcome, { readonly kind: 'granted' }>;

function refusalOf(outcome: ClaimOutcome): Refusal {
  if (outcome.kind !== 'refused') assert.fail('it was granted');
  return outcome.refusal;
}

/** Declares the tests. Ids are new in each of them, so that a store may be kept between tests. */
export function testClaims(name: string, makeClaims: MakeClaims): void {
  const run = Math.random().toString(36).slice(2, 10);
  let lastNumber = 0;
  const behaves = (does: string, body: (bench: Bench) => Promise<void>, seed: Seed = () => 0n): void => {
    test(`${name}: ${does}`, { timeout: 30_000 }, async () => {
      const store = await makeClaims(seed);
      try {
        await body(new Bench(store, `${run}-${++lastNumber}`));
      } finally {
        await store.close();
      }
    });
  };

  testMoney(behaves);
  testCaps(behaves);
  testExtending(behaves);
  testMovingReserves(behaves);
  testRates(behaves);
  testAtomicity(behaves);
  testSettling(behaves);
  testSeeding(behaves);
}

type Behaves = (does: string, body: (bench: Bench) => Promise<void>, seed?: Seed) => void;

function testMoney(behaves: Behaves): void {
  behaves('a hold may fill a budget to its last unit and not beyond', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)] });
    const granted = await bench.grant('a', [key], { hold: 60n });
    assert.deepEqual([granted.hold, granted.exposure, granted.cap], [60n, 0n, undefined]);
    assert.deepEqual(granted.remaining[0]?.money, [{ spent: 0n, held: 60n }]);
    const refusal = await bench.refuse('b', [key], { hold: 41n });
    assert.deepEqual(refusal, {
      account: key.id,
      limit: 'money',
      max: 100n,
      used: 0n,
      held: 60n,
      window: 'ever',
      retryAfterMs: 1_000,
      isTemporary: true,
    });
    await bench.grant('c', [key], { hold: 40n });
    assert.deepEqual(await bench.money(key), [[0n, 100n, 0n]]);
  });

  behaves('amounts stay exact at every size', async (bench) => {
    const dear = 9_007_199_254_740_993_000_001n;
    const key = bench.account('key', { money: [ever(dear)] });
    await bench.grant('a', [key], { hold: dear - 1_000_000n });
    assert.equal((await bench.refuse('b', [key], { hold: 1_000_001n })).held, dear - 1_000_000n);
    await bench.grant('c', [key], { hold: 999_999n });
    await bench.grant('d', [key], { hold: 1n });
    await bench.settle('a', dear - 1_000_001n);
    await bench.settle('c', 1n);
    assert.deepEqual(await bench.money(key), [[dear - 1_000_000n, 1n, 0n]]);
    assert.equal((await bench.refuse('e', [key], { hold: 1_000_000n })).used, dear - 1_000_000n);
    await bench.grant('f', [key], { hold: 999_999n });
  });

  behaves('what open claims may cost beyond their holds runs into the debt and no further', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 30n)] });
    await bench.grant('a', [key], { hold: 40n, exposure: 50n });
    const refusal = await bench.refuse('b', [key], { hold: 20n, exposure: 21n });
    assert.equal(refusal.isTemporary, true);
    await bench.grant('c', [key], { hold: 20n, exposure: 20n });
    assert.deepEqual(await bench.money(key), [[0n, 60n, 70n]]);
    // Debt is for what may come on top: holds themselves end at the budget.
    await bench.settle('a', 40n);
    assert.equal((await bench.refuse('d', [key], { hold: 41n })).used, 40n);
    await bench.grant('e', [key], { hold: 40n });
  });

  behaves('a request that costs nothing is refused by a budget that is used up, and by one of zero', async (bench) => {
    const spent = bench.account('spent', { money: [ever(50n)] });
    await bench.grant('a', [spent], { hold: 50n });
    const whileHeld = await bench.refuse('b', [spent]);
    assert.deepEqual([whileHeld.isTemporary, whileHeld.retryAfterMs], [true, 1_000]);
    await bench.settle('a', 50n);
    const afterwards = await bench.refuse('c', [spent]);
    assert.deepEqual([afterwards.isTemporary, afterwards.retryAfterMs], [false, undefined]);
    const zero = await bench.refuse('d', [bench.account('zero', { money: [ever(0n)] })]);
    assert.deepEqual([zero.limit, zero.max, zero.isTemporary], ['money', 0n, false]);
  });

  behaves('what is spent frees nothing until the period ends, and the refusal says when that is', async (bench) => {
    const key = bench.account('key', { money: [daily(100n)] });
    await bench.grant('a', [key], { hold: 70n });
    await bench.settle('a', 90n);
    const refusal = await bench.refuse('b', [key], { hold: 11n });
    assert.deepEqual(
      [refusal.used, refusal.held, refusal.isTemporary, refusal.retryAfterMs, refusal.window],
      [90n, 0n, false, MIDNIGHT_MS - NOON_MS, daily(0n).window],
    );
  });

  behaves('several budgets of one account count apart, and each may refuse', async (bench) => {
    const key = bench.account('key', { money: [ever(1_000n), daily(100n)] });
    await bench.grant('a', [key], { hold: 100n });
    assert.equal((await bench.refuse('b', [key], { hold: 1n })).window, daily(0n).window);
    await bench.settle('a', 80n);
    assert.deepEqual(await bench.money(key), [
      [80n, 0n, 0n],
      [80n, 0n, 0n],
    ]);
  });

  behaves('two limits on one period share its counter, and the smaller refuses', async (bench) => {
    const key = bench.account('key', { money: [ever(1_000n), ever(100n)] });
    await bench.grant('a', [key], { hold: 60n });
    assert.deepEqual(await bench.money(key), [
      [0n, 60n, 0n],
      [0n, 60n, 0n],
    ]);
    assert.equal((await bench.refuse('b', [key], { hold: 60n })).max, 100n);
    await bench.settle('a', 10n);
    assert.deepEqual(await bench.money({ ...key, money: [ever(100n)] }), [[10n, 0n, 0n]]);
  });
}

function testCaps(behaves: Behaves): void {
  const cap = { fixed: 10n, perToken: 3n, minTokens: 5, maxTokens: 50 };

  behaves('where the amounts do not fit, as many tokens are granted as do', async (bench) => {
    const [wide, narrow] = [
      bench.account('wide', { money: [ever(1_000n)] }),
      bench.account('narrow', { money: [ever(60n)] }),
    ];
    const granted = await bench.grant('a', [wide, narrow], { hold: 100n, exposure: 100n, cap });
    assert.deepEqual([granted.cap, granted.hold, granted.exposure], [16, 58n, 0n]);
    assert.deepEqual([await bench.money(wide), await bench.money(narrow)], [[[0n, 58n, 0n]], [[0n, 58n, 0n]]]);
  });

  behaves('a cap is not used where the amounts fit, and never exceeds what was asked for', async (bench) => {
    const key = bench.account('key', { money: [ever(500n)] });
    const fits = await bench.grant('a', [key], { hold: 20n, cap });
    assert.deepEqual([fits.cap, fits.hold], [undefined, 20n]);
    const capped = await bench.grant('b', [key], { hold: 481n, cap });
    assert.deepEqual([capped.cap, capped.hold], [50, 160n]);
  });

  behaves('a cap leaves room for what other claims may cost beyond their holds', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 20n)] });
    await bench.grant('a', [key], { hold: 10n, exposure: 70n });
    // 100 − 10 are left of the budget, but only 120 − 10 − 70 = 40 of budget and debt.
    const granted = await bench.grant('b', [key], { hold: 90n, exposure: 1n, cap });
    assert.deepEqual([granted.cap, granted.hold], [10, 40n]);
  });

  behaves('below the least tokens a cap is refused by the account in which they do not fit', async (bench) => {
    const [wide, narrow] = [
      bench.account('wide', { money: [ever(30n)] }),
      bench.account('narrow', { money: [ever(24n)] }),
    ];
    const refusal = await bench.refuse('a', [wide, narrow], { hold: 100n, cap });
    assert.deepEqual([refusal.account, refusal.isTemporary], [narrow.id, false]);
    await bench.grant('b', [narrow], { hold: 0n });
    assert.deepEqual(await bench.money(wide), [[0n, 0n, 0n]]);
    const least = bench.account('least', { money: [ever(25n)] });
    assert.equal((await bench.grant('c', [least], { hold: 26n, cap })).cap, 5);
    const full = await bench.refuse('d', [least], { hold: 26n, cap });
    assert.deepEqual([full.isTemporary, full.retryAfterMs], [true, 1_000]);
  });

  behaves('a cap that could never be granted is as good as none', async (bench) => {
    const key = bench.account('key', { money: [ever(1_000n)] });
    await bench.refuse('a', [key], { hold: 2_000n, cap: { ...cap, maxTokens: 4 } });
  });

  behaves('with a share, a claim that is not alone takes an eighth of what is free, or its share', async (bench) => {
    const shared = { ...cap, share: { tokens: 8, doOthersWait: false } };
    const key = bench.account('key', { money: [ever(1_000n)] });
    const alone = await bench.grant('a', [key], { hold: 1_001n, cap: { ...shared, maxTokens: 200 } });
    assert.deepEqual([alone.cap, alone.hold], [200, 610n]);
    // An eighth of 390 is 48: 12 tokens.
    const second = await bench.grant('b', [key], { hold: 300n, cap: shared });
    assert.deepEqual([second.cap, second.hold], [12, 46n]);
    // An eighth of 344 would be more than its share.
    const third = await bench.grant('c', [key], { hold: 34n, exposure: 300n, cap: shared });
    assert.deepEqual([third.cap, third.exposure], [11, 0n]);
    const small = await bench.grant('d', [key], { hold: 34n, cap: shared });
    assert.deepEqual([small.cap, small.hold], [undefined, 34n]);
  });

  behaves('below its share a claim waits for others, and takes what is left if there are none', async (bench) => {
    const shared = { ...cap, share: { tokens: 10, doOthersWait: true } };
    const key = bench.account('key', { money: [ever(60n)] });
    const first = await bench.grant('a', [key], { hold: 100n, cap: shared });
    assert.deepEqual([first.cap, first.hold], [10, 40n]);
    const refusal = await bench.refuse('b', [key], { hold: 100n, cap: { ...shared, minTokens: 3 } });
    assert.deepEqual([refusal.account, refusal.isTemporary], [key.id, true]);
    await bench.settle('a', 35n);
    const last = await bench.grant('c', [key], { hold: 100n, cap: shared });
    assert.deepEqual([last.cap, last.hold], [5, 25n]);
  });

  behaves('tokens that cost nothing are granted to the most that was asked for', async (bench) => {
    const key = bench.account('key', { money: [ever(15n)] });
    const granted = await bench.grant('a', [key], { hold: 16n, cap: { ...cap, perToken: 0n } });
    assert.deepEqual([granted.cap, granted.hold], [50, 10n]);
  });
}

function testExtending(behaves: Behaves): void {
  behaves('an open claim grows while it fits, and a refused one stays as it was', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 10n)], parallelRequests: 1, requestsPerMinute: 1 });
    await bench.grant('a', [key], { hold: 40n });
    const grown = await bench.extend('a', 70n, 20n);
    assert.ok(grown.kind === 'granted');
    assert.deepEqual([grown.hold, grown.exposure, grown.remaining[0]?.money], [70n, 20n, [{ spent: 0n, held: 70n }]]);
    const refusal = refusalOf(await bench.extend('a', 101n));
    assert.deepEqual([refusal.account, refusal.held, refusal.isTemporary], [key.id, 70n, false]);
    assert.equal(refusalOf(await bench.extend('a', 80n, 31n)).limit, 'money');
    assert.deepEqual(await bench.money(key), [[0n, 70n, 20n]]);
    assert.equal((await bench.extend('a', 100n, 10n)).kind, 'granted');
    await bench.settle('a', 99n);
    assert.deepEqual(await bench.money(key), [[99n, 0n, 0n]]);
  });

  behaves('what others hold is in the way of growing only for a time', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)] });
    await bench.grant('a', [key], { hold: 50n });
    await bench.grant('b', [key], { hold: 50n });
    assert.equal(refusalOf(await bench.extend('a', 60n)).isTemporary, true);
    await bench.settle('b', 10n);
    assert.equal((await bench.extend('a', 60n)).kind, 'granted');
  });

  behaves('a claim may always shrink, also where the budget is overdrawn', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 50n)] });
    await bench.grant('a', [key], { hold: 50n, exposure: 50n });
    await bench.grant('b', [key], { hold: 50n });
    await bench.settle('b', 400n);
    assert.equal((await bench.extend('a', 50n, 20n)).kind, 'granted');
    assert.equal((await bench.extend('a', 30n, 20n)).kind, 'granted');
    assert.deepEqual(await bench.money(key), [[400n, 30n, 20n]]);
    assert.equal(refusalOf(await bench.extend('a', 31n, 0n)).isTemporary, false);
  });
}

function testMovingReserves(behaves: Behaves): void {
  behaves('a hold may move into exposure where holds are over the budget already', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 100n)] });
    await bench.grant('a', [key], { hold: 50n });
    await bench.grant('b', [key], { hold: 50n });
    await bench.settle('b', 80n);
    assert.equal((await bench.extend('a', 40n, 20n)).kind, 'granted');
    assert.equal((await bench.extend('a', 41n, 0n)).kind, 'refused');
  });

  behaves('exposure may move into the hold where the debt is overdrawn already', async (bench) => {
    const key = bench.account('key', { money: [ever(100n, 50n)] });
    await bench.grant('a', [key], { hold: 50n, exposure: 50n });
    await bench.grant('b', [key], { hold: 1n, exposure: 40n });
    await bench.grant('c', [key], { hold: 5n });
    await bench.settle('c', 20n);
    assert.equal((await bench.extend('a', 55n, 40n)).kind, 'granted');
    assert.equal((await bench.extend('a', 55n, 41n)).kind, 'refused');
    assert.deepEqual(await bench.money(key), [[20n, 56n, 80n]]);
  });
}

function testRates(behaves: Behaves): void {
  behaves('requests are limited by the minute, and a refusal says when to come back', async (bench) => {
    const key = bench.account('key', { requestsPerMinute: 2 });
    const first = await bench.grant('a', [key]);
    assert.equal(first.remaining[0]?.requests, 1);
    const resetMs = first.remaining[0]?.resetMs ?? 0;
    assert.ok(resetMs > 55_000 && resetMs <= 61_000, `${resetMs} ms`);
    await bench.settle('a', 0n);
    assert.equal((await bench.grant('b', [key])).remaining[0]?.requests, 0);
    const { retryAfterMs = 0, ...refusal } = await bench.refuse('c', [key]);
    assert.deepEqual(refusal, {
      account: key.id,
      limit: 'requests',
      max: 2n,
      used: 2n,
      held: 0n,
      isTemporary: false,
    });
    assert.ok(retryAfterMs > 50_000 && retryAfterMs <= 61_000, `${retryAfterMs} ms`);
  });

  behaves('tokens are counted as claimed and corrected when settled, upwards too', async (bench) => {
    const key = bench.account('key', { tokensPerMinute: 100 });
    const granted = await bench.grant('a', [key], { inputTokens: 30, outputTokens: 50 });
    assert.equal(granted.remaining[0]?.tokens, 20);
    assert.equal((await bench.refuse('b', [key], { inputTokens: 21 })).limit, 'tokens');
    await bench.settle('a', 0n, { inputTokens: 30, outputTokens: 10 });
    assert.equal((await bench.grant('c', [key], { inputTokens: 50, outputTokens: 10 })).remaining[0]?.tokens, 0);
    await bench.settle('c', 0n, { inputTokens: 50, outputTokens: 70 });
    assert.deepEqual([(await bench.refuse('d', [key], { inputTokens: 1 })).used], [160n]);
  });

  behaves('tokens of the question and of the answer have limits of their own', async (bench) => {
    const key = bench.account('key', { inputTokensPerMinute: 100, outputTokensPerMinute: 10 });
    const granted = await bench.grant('a', [key], { inputTokens: 90, outputTokens: 4 });
    assert.deepEqual([granted.remaining[0]?.inputTokens, granted.remaining[0]?.outputTokens], [10, 6]);
    assert.equal((await bench.refuse('b', [key], { inputTokens: 11, outputTokens: 1 })).limit, 'input-tokens');
    assert.equal((await bench.refuse('c', [key], { inputTokens: 10, outputTokens: 7 })).limit, 'output-tokens');
    await bench.grant('d', [key], { inputTokens: 10, outputTokens: 6 });
  });

  behaves('a request that no minute could hold is never told to come back', async (bench) => {
    const key = bench.account('key', { tokensPerMinute: 100 });
    const tooBig = await bench.refuse('a', [key], { inputTokens: 101 });
    assert.deepEqual([tooBig.retryAfterMs, tooBig.isTemporary, tooBig.used], [undefined, false, 0n]);
    const none = await bench.refuse('b', [bench.account('none', { requestsPerMinute: 0 })]);
    assert.deepEqual([none.limit, none.retryAfterMs], ['requests', undefined]);
  });

  behaves('requests under way are limited, and their slots come back on every ending', async (bench) => {
    const key = bench.account('key', { parallelRequests: 2 });
    assert.equal((await bench.grant('a', [key])).remaining[0]?.parallel, 1);
    await bench.grant('b', [key]);
    const full = { account: key.id, limit: 'parallel', max: 2n, used: 2n, held: 0n, isTemporary: true };
    assert.deepEqual(await bench.refuse('c', [key]), { ...full, retryAfterMs: 1_000 });
    await bench.settle('a', 0n);
    await bench.grant('d', [key]);
    await bench.cancel('b');
    assert.equal((await bench.grant('e', [key])).remaining[0]?.parallel, 0);
    const closed = await bench.refuse('f', [bench.account('closed', { parallelRequests: 0 })]);
    assert.deepEqual([closed.isTemporary, closed.retryAfterMs], [false, undefined]);
  });

  behaves('a request that is over frees its slot once, and holds its money until it is settled', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)], parallelRequests: 1 });
    await bench.grant('a', [key], { hold: 60n });
    await bench.leave('a');
    await bench.leave('a');
    assert.equal((await bench.refuse('b', [key], { hold: 50n })).limit, 'money');
    await bench.grant('c', [key], { hold: 10n });
    assert.equal((await bench.refuse('d', [key])).limit, 'parallel');
    await bench.settle('a', 5n);
    assert.equal((await bench.refuse('e', [key])).limit, 'parallel');
    await bench.settle('c', 5n);
    assert.equal((await bench.grant('f', [key], { hold: 90n })).remaining[0]?.parallel, 0);
  });

  behaves('refused requests are not counted', async (bench) => {
    const key = bench.account('key', { requestsPerMinute: 2, tokensPerMinute: 100 });
    for (const id of ['a', 'b', 'c']) await bench.refuse(id, [key], { inputTokens: 101 });
    assert.deepEqual((await bench.grant('d', [key], { inputTokens: 1 })).remaining[0]?.requests, 1);
  });
}

function testAtomicity(behaves: Behaves): void {
  behaves('a claim that one account refuses leaves all others as they were', async (bench) => {
    const open = bench.account('open', {
      money: [ever(100n)],
      requestsPerMinute: 1,
      tokensPerMinute: 10,
      parallelRequests: 1,
    });
    const shut = bench.account('shut', { money: [ever(5n)] });
    const asks = { hold: 6n, inputTokens: 10 };
    assert.equal((await bench.refuse('a', [open, shut], asks)).account, shut.id);
    assert.equal((await bench.refuse('a', [shut, open], asks)).account, shut.id);
    assert.deepEqual(await bench.money(open), [[0n, 0n, 0n]]);
    assert.equal(bench.claims.open, 0);
    await bench.grant('a', [open], asks);
  });

  behaves('the first account that says no is named, whatever kind of limit it is', async (bench) => {
    const poor = bench.account('poor', { money: [ever(1n)] });
    const slow = bench.account('slow', { requestsPerMinute: 0 });
    const narrow = bench.account('narrow', { parallelRequests: 0 });
    const named = async (...accounts: ClaimAccount[]): Promise<string> =>
      (await bench.refuse('a', accounts, { hold: 2n })).limit;
    assert.equal(await named(poor, slow, narrow), 'money');
    assert.equal(await named(slow, poor, narrow), 'requests');
    assert.equal(await named(narrow, slow, poor), 'parallel');
    const all = bench.account('all', { money: [ever(1n)], requestsPerMinute: 0, parallelRequests: 0 });
    assert.equal(await named(all), 'money');
  });

  behaves('of many claims at once exactly those are granted that fit, on every account', async (bench) => {
    const team = bench.account('team', { money: [ever(5_000n)] });
    const keys = [0, 1, 2, 3].map((number) => bench.account(`key-${number}`, { money: [daily(2_000n)] }));
    const outcomes = await Promise.all(
      Array.from({ length: 2_000 }, async (_, index) => {
        const key = keys[index % 4] ?? team;
        const { kind } = await bench.claim(`${index}`, [key, team], { hold: 10n });
        if (kind === 'granted') await bench.settle(`${index}`, 10n);
        return kind;
      }),
    );
    assert.equal(outcomes.filter((kind) => kind === 'granted').length, 500);
    assert.deepEqual(await bench.money(team), [[5_000n, 0n, 0n]]);
    assert.equal(bench.claims.open, 0);
  });

  behaves('an account that is named twice counts once', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)], requestsPerMinute: 2, parallelRequests: 2 });
    await bench.grant('a', [key, key], { hold: 40n });
    assert.deepEqual(await bench.money(key), [[0n, 40n, 0n]]);
    await bench.grant('b', [key], { hold: 60n });
    await bench.settle('a', 30n);
    await bench.settle('b', 60n);
    assert.deepEqual(await bench.money(key), [[90n, 0n, 0n]]);
    assert.equal((await bench.refuse('c', [key], { hold: 1n })).used, 2n);
  });

  behaves('an id that is open may not be claimed again', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)] });
    await bench.grant('a', [key], { hold: 10n });
    await assert.rejects(bench.claim('a', [key], { hold: 10n }), RangeError);
    assert.deepEqual(await bench.money(key), [[0n, 10n, 0n]]);
    await bench.settle('a', 10n);
  });
}

function testSettling(behaves: Behaves): void {
  behaves('the cost counts once, even if it is sent again', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)], parallelRequests: 1 });
    await bench.grant('a', [key], { hold: 50n, exposure: 0n });
    assert.equal(bench.claims.open, 1);
    await bench.settle('a', 30n);
    await bench.settle('a', 30n);
    await bench.cancel('a');
    assert.deepEqual(await bench.money(key), [[30n, 0n, 0n]]);
    assert.equal(bench.claims.open, 0);
    await bench.grant('b', [key], { hold: 70n });
    await bench.refuse('c', [key]);
  });

  behaves('a cost beyond the hold is booked in full', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)] });
    await bench.grant('a', [key], { hold: 10n });
    await bench.settle('a', 250n);
    assert.deepEqual(await bench.money(key), [[250n, 0n, 0n]]);
  });

  behaves('a cancelled claim leaves nothing behind', async (bench) => {
    const key = bench.account('key', {
      money: [ever(100n, 100n)],
      requestsPerMinute: 1,
      tokensPerMinute: 10,
      parallelRequests: 1,
    });
    const asks = { hold: 100n, exposure: 100n, inputTokens: 4, outputTokens: 6 };
    await bench.grant('a', [key], asks);
    await bench.cancel('a');
    assert.deepEqual(await bench.money(key), [[0n, 0n, 0n]]);
    await bench.settle('a', 50n);
    assert.deepEqual(await bench.money(key), [[0n, 0n, 0n]]);
    await bench.grant('b', [key], asks);
  });

  behaves('the cost goes to the period of the claim, though the next has begun', async (bench) => {
    const today = bench.account('key', { money: [daily(100n)] });
    const tomorrow = {
      ...today,
      money: [{ ...daily(100n), window: '1d@next', startsAtMs: MIDNIGHT_MS, endsAtMs: MIDNIGHT_MS + 86_400_000 }],
    };
    await bench.grant('a', [today], { hold: 90n });
    await bench.grant('b', [tomorrow], { hold: 90n });
    await bench.settle('a', 80n, { nowMs: MIDNIGHT_MS + 5_000 });
    assert.deepEqual([await bench.money(today), await bench.money(tomorrow)], [[[80n, 0n, 0n]], [[0n, 90n, 0n]]]);
  });

  behaves('what hangs on who answered is charged to its account', async (bench) => {
    const deployment = bench.account('deployment', { money: [ever(100n)] });
    const charge = { account: deployment.id, window: 'ever', startsAtMs: 0 };
    await bench.grant('a', []);
    await bench.settle('a', 40n, { charges: [{ ...charge, cost: 40n }] });
    await bench.settle('a', 40n, { charges: [{ ...charge, cost: 40n }] });
    assert.deepEqual(await bench.money(deployment), [[40n, 0n, 0n]]);
    await bench.grant('b', [deployment], { hold: 60n });
    await bench.settle('b', 20n, { charges: [{ ...charge, account: bench.id('provider'), cost: 20n }] });
    assert.deepEqual(await bench.money({ ...deployment, id: bench.id('provider') }), [[20n, 0n, 0n]]);
  });

  behaves('a charge is taken off again, and where it asks so made only if the account is counted', async (bench) => {
    const deployment = bench.account('deployment', { money: [ever(100n)] });
    const other = bench.account('other', { money: [ever(100n)] });
    const charge = { account: deployment.id, window: 'ever', startsAtMs: 0, isIfCounted: true };
    await bench.grant('a', []);
    await bench.settle('a', 0n, { charges: [{ ...charge, cost: 7n }] });
    assert.deepEqual(await bench.money(deployment), [[0n, 0n, 0n]], 'no instance counts it yet');
    await bench.grant('b', []);
    await bench.settle('b', 0n, {
      charges: [
        { ...charge, cost: 40n },
        { ...charge, account: other.id, cost: 3n },
      ],
    });
    assert.deepEqual([await bench.money(deployment), await bench.money(other)], [[[40n, 0n, 0n]], [[0n, 0n, 0n]]]);
    await bench.grant('c', []);
    await bench.settle('c', 0n, { charges: [{ ...charge, cost: -25n }] });
    assert.deepEqual(await bench.money(deployment), [[15n, 0n, 0n]]);
  });

  behaves('a correction sets what was spent and leaves what is held', async (bench) => {
    const key = bench.account('key', { money: [ever(100n)] });
    await bench.grant('a', [key], { hold: 60n });
    await bench.settle('a', 60n);
    await bench.grant('b', [key], { hold: 30n });
    await bench.claims.correct(key.id, 'ever', 0n);
    assert.deepEqual(await bench.money(key), [[0n, 30n, 0n]]);
    await bench.grant('c', [key], { hold: 70n });
    await bench.settle('b', 5n);
    assert.deepEqual(await bench.money(key), [[5n, 70n, 0n]]);
  });
}

function testSeeding(behaves: Behaves): void {
  const asked: string[] = [];
  const count = (account: string): number => asked.filter((one) => one === account).length;
  const slowly: Seed = async (account) => {
    asked.push(account);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 70n;
  };

  behaves(
    'what was spent before counts, and is asked for once for any number of requests',
    async (bench) => {
      const key = bench.account('key', { money: [ever(100n)] });
      const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((id) => bench.claim(id, [key], { hold: 10n })));
      assert.equal(outcomes.filter(({ kind }) => kind === 'granted').length, 3);
      assert.deepEqual(await bench.money(key), [[70n, 30n, 0n]]);
      assert.equal(count(key.id), 1);
    },
    slowly,
  );

  behaves(
    'a charge to an account that is not known yet comes on top of what was spent before',
    async (bench) => {
      const deployment = bench.account('deployment', { money: [ever(1_000n)] });
      const charge = { account: deployment.id, window: 'ever', startsAtMs: 0, cost: 5n };
      await bench.grant('a', []);
      await bench.grant('b', []);
      const [, , claimed] = await Promise.all([
        bench.settle('a', 5n, { charges: [charge] }),
        bench.settle('b', 5n, { charges: [charge] }),
        bench.grant('c', [deployment], { hold: 7n }),
      ]);
      assert.equal(claimed.hold, 7n);
      assert.deepEqual(await bench.money(deployment), [[80n, 7n, 0n]]);
      assert.equal(count(deployment.id), 1);
    },
    slowly,
  );

  const given: Parameters<Seed>[1][] = [];
  behaves(
    'the ledger learns which period it is asked about',
    async (bench) => {
      await bench.grant('a', [bench.account('key', { money: [daily(10n), ever(10n)] })], { hold: 1n });
      const [{ window, startsAtMs, endsAtMs }, further] = [daily(10n), ever(10n)];
      const bare = given.map((limit) => [limit.window, limit.startsAtMs, limit.endsAtMs]);
      assert.deepEqual(
        bare.sort(),
        [
          [window, startsAtMs, endsAtMs],
          [further.window, 0, undefined],
        ].sort(),
      );
    },
    (_, limit) => {
      given.push(limit);
      return 0n;
    },
  );

  behaves(
    'a page that reads an account without a claim sees what was spent before',
    async (bench) => {
      assert.deepEqual(await bench.money(bench.account('key', { money: [ever(1n)] })), [[70n, 0n, 0n]]);
    },
    slowly,
  );
}
