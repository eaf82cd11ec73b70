/**
 * Random claims, extensions, settlements and cancellations on a store and on a model that is too slow and too plain to
 * be wrong: it keeps every open claim and every counted request in a list, and adds them up again for each question.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defined } from '../../core/defined.ts';
import { amounts, daily, ever, type MakeClaims, MIDNIGHT_MS, NOON_MS } from './claims.contract.ts';
import type {
  ClaimAccount,
  ClaimAmounts,
  ClaimOutcome,
  ClaimRequest,
  Claims,
  LimitKind,
  MoneyLimit,
  MoneyState,
  Remaining,
  Settlement,
} from './claims.ts';

interface Reserve {
  readonly hold: bigint;
  readonly exposure: bigint;
}

interface OpenInModel extends Reserve {
  readonly request: ClaimRequest;
}

/** One request as the minute counts it. */
interface CountedRequest {
  readonly id: string;
  readonly accounts: readonly string[];
  readonly second: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What was answered, without the times that a store's own clock says. */
export interface PlainOutcome {
  readonly kind: 'granted' | 'refused';
  readonly [fact: string]: unknown;
}

const SPAN_SECONDS = 60;

/** The plain model of a store of claims. Time is a parameter. */
export class ModelOfClaims {
  readonly #seed: (account: string, window: string) => bigint;
  readonly #settled: { readonly account: string; readonly window: string; readonly cost: bigint }[] = [];
  readonly open = new Map<string, OpenInModel>();
  #counted: readonly CountedRequest[] = [];
  /** Monotonic milliseconds. */
  nowMs = 0;

  constructor(seed: (account: string, window: string) => bigint) {
    this.#seed = seed;
  }

  claim(request: ClaimRequest): PlainOutcome {
    const { accounts } = request;
    const asked = request.amounts;
    const takes = (account: ClaimAccount, limit: MoneyLimit, reserve: Reserve): boolean =>
      this.#takes(this.state(account.id, limit.window), limit, reserve);
    const allTake = (reserve: Reserve): boolean =>
      accounts.every((account) => account.money.every((limit) => takes(account, limit, reserve)));
    const tried = triedBy(asked);
    const hasRoom = accounts.every((account) =>
      account.money.every((limit) => takes(account, limit, this.#leastWanted(account.id, limit, asked))),
    );
    const granted = tried.find(
      (reserve) =>
        allTake(reserve) &&
        (reserve.cap === undefined || hasRoom) &&
        accounts.every(({ id, money }) => money.every((limit) => this.#isFair(id, limit, asked, reserve))),
    );
    const leastWanted = tried.at(-1);
    for (const account of accounts) {
      for (const limit of account.money) {
        if (granted !== undefined || leastWanted === undefined) continue;
        if (takes(account, limit, this.#leastWanted(account.id, limit, asked))) continue;
        return this.#moneyRefusal(
          account.id,
          limit,
          asked.cap === undefined ? [asked] : [asked, leastWanted],
          request.nowMs,
        );
      }
      const refusal = this.#rateRefusal(account, asked);
      if (refusal !== undefined) return refusal;
    }
    assert.ok(granted !== undefined, 'money that is short is short somewhere');
    const { hold, exposure, cap } = granted;
    this.open.set(request.id, { request, hold, exposure });
    const { inputTokens, outputTokens } = asked;
    this.#counted = [
      ...this.#counted,
      { id: request.id, accounts: accounts.map(({ id }) => id), second: this.#second(), inputTokens, outputTokens },
    ];
    return { kind: 'granted', hold, exposure, cap, remaining: this.#remaining(accounts) };
  }

  /** The least that is granted on a budget: while others hold on it, a claim with a share waits for that. */
  #leastWanted(account: string, { window }: MoneyLimit, asked: ClaimAmounts): Reserve {
    const { held, exposed } = this.state(account, window);
    const ofShare = triedBy(asked).find(({ cap }) => cap !== undefined && cap === asked.cap?.share?.tokens);
    return (held + exposed > 0n ? ofShare : undefined) ?? triedBy(asked).at(-1) ?? asked;
  }

  /** Whether eight such reserves would fit, where a claim with a share is not alone and asks for more than that. */
  #isFair(account: string, limit: MoneyLimit, { cap }: ClaimAmounts, { hold, exposure }: Reserve): boolean {
    const state = this.state(account, limit.window);
    if (cap?.share === undefined || cap.minTokens > cap.maxTokens) return true;
    if (state.held + state.exposed === 0n && !cap.share.doOthersWait) return true;
    const cost = hold + exposure;
    if (cost <= cap.fixed + cap.perToken * BigInt(cap.share.tokens)) return true;
    return this.#takes(state, limit, { hold: cost * 8n, exposure: 0n });
  }

  extend(id: string, reserve: Reserve & { readonly nowMs: number }): PlainOutcome {
    const claim = this.open.get(id);
    assert.ok(claim !== undefined);
    const { accounts } = claim.request;
    const { hold, exposure } = reserve;
    const isMoreHold = hold > claim.hold;
    const isMore = hold + exposure > claim.hold + claim.exposure;
    for (const account of accounts) {
      for (const limit of account.money) {
        const { spent, held, exposed } = this.state(account.id, limit.window);
        const others = { spent, held: held - claim.hold, exposed: exposed - claim.exposure };
        const isOver =
          (isMoreHold && spent + others.held + hold > limit.max) ||
          (isMore && spent + others.held + others.exposed + hold + exposure > limit.max + limit.debt);
        if (isOver) return this.#moneyRefusal(account.id, limit, [reserve], reserve.nowMs);
      }
    }
    this.open.set(id, { ...claim, hold, exposure });
    return { kind: 'granted', hold, exposure, cap: undefined, remaining: this.#remaining(accounts) };
  }

  settle({ id, cost, inputTokens, outputTokens, charges }: Settlement): void {
    const claim = this.open.get(id);
    if (claim === undefined) return;
    this.open.delete(id);
    for (const account of claim.request.accounts) {
      for (const window of new Set(account.money.map((limit) => limit.window))) {
        this.#settled.push({ account: account.id, window, cost });
      }
    }
    for (const { account, window, cost: charged } of charges) this.#settled.push({ account, window, cost: charged });
    this.#counted = this.#counted.map((one) => (one.id === id ? { ...one, inputTokens, outputTokens } : one));
  }

  cancel(id: string): void {
    if (this.open.delete(id)) this.#counted = this.#counted.filter((one) => one.id !== id);
  }

  state(account: string, window: string): MoneyState {
    const holding = [...this.open.values()].filter(({ request }) =>
      request.accounts.some(({ id, money }) => id === account && money.some((limit) => limit.window === window)),
    );
    const costs = this.#settled.filter((one) => one.account === account && one.window === window);
    return {
      spent: costs.reduce((sum, { cost }) => sum + cost, this.#seed(account, window)),
      held: holding.reduce((sum, { hold }) => sum + hold, 0n),
      exposed: holding.reduce((sum, { exposure }) => sum + exposure, 0n),
    };
  }

  #takes({ spent, held, exposed }: MoneyState, { max, debt }: MoneyLimit, { hold, exposure }: Reserve): boolean {
    const isUsedUp = spent + held >= max;
    return !isUsedUp && spent + held + hold <= max && spent + held + exposed + hold + exposure <= max + debt;
  }

  #moneyRefusal(account: string, limit: MoneyLimit, wanted: readonly Reserve[], nowMs: number): PlainOutcome {
    const { spent, held } = this.state(account, limit.window);
    const alone = { spent, held: 0n, exposed: 0n };
    const isTemporary = wanted.some((reserve) => this.#takes(alone, limit, reserve));
    const untilNext = limit.endsAtMs === undefined ? undefined : limit.endsAtMs - nowMs;
    const { window, max } = limit;
    const retryAfterMs = isTemporary ? 1_000 : untilNext;
    return refused({ account, limit: 'money', max, used: spent, held, window, retryAfterMs, isTemporary });
  }

  #rateRefusal(account: ClaimAccount, { inputTokens, outputTokens }: ClaimAmounts): PlainOutcome | undefined {
    const rates: readonly (readonly [LimitKind, number | undefined, number])[] = [
      ['requests', account.requestsPerMinute, 1],
      ['tokens', account.tokensPerMinute, inputTokens + outputTokens],
      ['input-tokens', account.inputTokensPerMinute, inputTokens],
      ['output-tokens', account.outputTokensPerMinute, outputTokens],
    ];
    for (const [limit, max, wanted] of rates) {
      const used = this.#used(account.id, limit);
      if (max === undefined || used + wanted <= max) continue;
      const retryAfterMs = wanted > max ? undefined : this.#untilAtMost(account.id, limit, max - wanted);
      const counts = { max: BigInt(max), used: BigInt(used), held: 0n, window: undefined };
      return refused({ account: account.id, limit, ...counts, retryAfterMs, isTemporary: false });
    }
    const slots = account.parallelRequests;
    const under = this.#underWay(account.id);
    if (slots === undefined || under < slots) return undefined;
    const counts = { max: BigInt(slots), used: BigInt(under), held: 0n, window: undefined };
    const retryAfterMs = slots > 0 ? 1_000 : undefined;
    return refused({ account: account.id, limit: 'parallel', ...counts, retryAfterMs, isTemporary: slots > 0 });
  }

  #remaining(accounts: readonly ClaimAccount[]): unknown {
    return accounts.map((account) => {
      const left = (limit: number | undefined, used: number): number | undefined =>
        limit === undefined ? undefined : Math.max(0, limit - used);
      return {
        requests: left(account.requestsPerMinute, this.#used(account.id, 'requests')),
        tokens: left(account.tokensPerMinute, this.#used(account.id, 'tokens')),
        inputTokens: left(account.inputTokensPerMinute, this.#used(account.id, 'input-tokens')),
        outputTokens: left(account.outputTokensPerMinute, this.#used(account.id, 'output-tokens')),
        parallel: left(account.parallelRequests, this.#underWay(account.id)),
        money: account.money.map(({ window }) => {
          const { spent, held } = this.state(account.id, window);
          return { spent, held };
        }),
      };
    });
  }

  #second(): number {
    return Math.floor(this.nowMs / 1_000);
  }

  #underWay(account: string): number {
    return [...this.open.values()].filter(({ request }) => request.accounts.some(({ id }) => id === account)).length;
  }

  /** What is in the minute at a moment. */
  #used(account: string, limit: LimitKind, atMs = this.nowMs): number {
    return this.#counted
      .filter(({ accounts, second }) => accounts.includes(account) && (second + 1 + SPAN_SECONDS) * 1_000 > atMs)
      .reduce((sum, { inputTokens, outputTokens }) => {
        if (limit === 'requests') return sum + 1;
        if (limit === 'tokens') return sum + inputTokens + outputTokens;
        return sum + (limit === 'input-tokens' ? inputTokens : outputTokens);
      }, 0);
  }

  /** Something only changes when a second leaves: each of those moments is tried. */
  #untilAtMost(account: string, limit: LimitKind, most: number): number | undefined {
    const moments = this.#counted.map(({ second }) => Math.ceil((second + 1 + SPAN_SECONDS) * 1_000 - this.nowMs));
    return moments
      .sort((left, right) => left - right)
      .find((inMs) => inMs >= 0 && this.#used(account, limit, this.nowMs + inMs) <= most);
  }
}

/** The reserves that would do, the one asked for first; of a cap every number of tokens, the most first. */
function triedBy({ hold, exposure, cap }: ClaimAmounts): readonly (Reserve & { readonly cap: number | undefined })[] {
  const tried: (Reserve & { readonly cap: number | undefined })[] = [{ hold, exposure, cap: undefined }];
  if (cap === undefined) return tried;
  for (let tokens = cap.maxTokens; tokens >= cap.minTokens; tokens -= 1) {
    tried.push({ hold: cap.fixed + cap.perToken * BigInt(tokens), exposure: 0n, cap: tokens });
  }
  return tried;
}

const refused = (refusal: Readonly<Record<string, unknown>>): PlainOutcome => ({ kind: 'refused', ...refusal });

/** A store's answer in the model's form. */
export function plainOutcome(outcome: ClaimOutcome): PlainOutcome {
  if (outcome.kind === 'refused') {
    const { account, limit, max, used, held, window, retryAfterMs, isTemporary } = outcome.refusal;
    return refused({ account, limit, max, used, held, window, retryAfterMs, isTemporary });
  }
  const { kind, hold, exposure, cap, remaining } = outcome;
  const plain = ({ requests, tokens, inputTokens, outputTokens, parallel, money }: Remaining): unknown => ({
    requests,
    tokens,
    inputTokens,
    outputTokens,
    parallel,
    money,
  });
  return { kind, hold, exposure, cap, remaining: remaining.map(plain) };
}

/** The same without the time to wait for a rate, which a store's own clock decides; whether there is one stays. */
function withoutRateTimes(outcome: PlainOutcome): PlainOutcome {
  const { kind, limit, retryAfterMs } = outcome;
  if (kind === 'granted' || limit === 'money' || limit === 'parallel') return outcome;
  return { ...outcome, retryAfterMs: retryAfterMs === undefined ? undefined : 'some' };
}

/** One thing that is done to a store; numbers choose among what there is. */
export type Step =
  | { readonly does: 'claim'; readonly accounts: readonly number[]; readonly amounts: ClaimAmounts }
  | { readonly does: 'extend'; readonly which: number; readonly hold: bigint; readonly exposure: bigint }
  | {
      readonly does: 'settle';
      readonly which: number;
      readonly cost: bigint;
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly charge: number | undefined;
    }
  | { readonly does: 'cancel' | 'settle-again'; readonly which: number }
  | { readonly does: 'wait'; readonly ms: number };

/**
 * Sizes at which a store that splits or rounds amounts would go wrong. All amounts of a run are of one size, so that
 * they meet.
 */
const UNITS = [1n, 333_333n, 999_999n, 1_000_000n, 1_000_000_000_000_001n];

const someTokens = fc.integer({ min: 0, max: 12 });

/** Most limits are not set, or hardly any claim would pass all of them. */
const rate = (most: number): fc.Arbitrary<number | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max: most }));

const which = fc.nat({ max: 30 });

/** What is done to which accounts, and what those had spent before. */
export interface RandomRun {
  readonly accounts: readonly Omit<ClaimAccount, 'id'>[];
  readonly spentBefore: readonly bigint[];
  readonly steps: readonly Step[];
}

/** Runs with few enough of everything that limits are often reached. */
export function anyRun(options: { readonly mostSteps: number; readonly hasWaits: boolean }): fc.Arbitrary<RandomRun> {
  return fc.constantFrom(...UNITS).chain((unit) => {
    const money = (most: number): fc.Arbitrary<bigint> =>
      fc
        .tuple(fc.integer({ min: 0, max: most }), fc.constantFrom(0n, 0n, 1n))
        .map(([count, odd]) => unit * BigInt(count) + odd);
    return fc.record({
      accounts: fc.array(anyAccount(money), { minLength: 3, maxLength: 3 }),
      spentBefore: fc.array(fc.oneof(fc.constant(0n), money(20)), { minLength: 3, maxLength: 3 }),
      steps: fc.array(options.hasWaits ? fc.oneof({ weight: 5, arbitrary: anyStep(money) }, anyWait) : anyStep(money), {
        maxLength: options.mostSteps,
        size: 'max',
      }),
    });
  });
}

type MoneyUpTo = (most: number) => fc.Arbitrary<bigint>;

function anyAccount(money: MoneyUpTo): fc.Arbitrary<Omit<ClaimAccount, 'id'>> {
  const limit = fc
    .tuple(fc.constantFrom(ever, daily), money(120), fc.oneof(fc.constant(0n), money(30)))
    .map(([period, max, debt]) => period(max, debt));
  return fc
    .record({
      money: fc.array(limit, { maxLength: 2 }),
      requestsPerMinute: rate(12),
      tokensPerMinute: rate(150),
      inputTokensPerMinute: rate(90),
      outputTokensPerMinute: rate(90),
      parallelRequests: rate(6),
    })
    .map(({ money: limits, ...rates }) => {
      const given = Object.entries(rates).filter(([, most]) => most !== undefined);
      return { money: limits, ...Object.fromEntries(given) };
    });
}

function anyAmounts(money: MoneyUpTo): fc.Arbitrary<ClaimAmounts> {
  const cap = fc.record({
    fixed: money(3),
    perToken: money(2),
    minTokens: fc.integer({ min: 1, max: 3 }),
    maxTokens: fc.integer({ min: 5, max: 12 }),
    share: fc.option(fc.record({ tokens: fc.integer({ min: 3, max: 5 }), doOthersWait: fc.boolean() }), {
      nil: undefined,
    }),
  });
  return fc
    .record({
      inputTokens: someTokens,
      outputTokens: someTokens,
      hold: money(15),
      exposure: fc.oneof(fc.constant(0n), money(10)),
      cap: fc.option(cap, { nil: undefined, freq: 2 }),
    })
    .map(({ cap: least, ...given }) => amounts(least === undefined ? given : { ...given, cap: defined(least) }));
}

const anyWait: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('wait' as const),
  ms: fc.oneof(fc.integer({ min: 1, max: 2_500 }), fc.integer({ min: 2_500, max: 130_000 })),
});

function anyStep(money: MoneyUpTo): fc.Arbitrary<Step> {
  const claim = fc.record({
    does: fc.constant('claim' as const),
    accounts: fc.shuffledSubarray([0, 1, 2]),
    amounts: anyAmounts(money),
  });
  const extend = fc.record({ does: fc.constant('extend' as const), which, hold: money(20), exposure: money(10) });
  const settle = fc.record({
    does: fc.constant('settle' as const),
    which,
    cost: money(12),
    inputTokens: someTokens,
    outputTokens: someTokens,
    charge: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  });
  const end = fc.record({ does: fc.constantFrom('cancel' as const, 'settle-again' as const), which });
  return fc.oneof(
    { weight: 6, arbitrary: claim },
    { weight: 2, arbitrary: extend },
    { weight: 3, arbitrary: settle },
    { weight: 1, arbitrary: end },
  );
}

/** What a run of steps is done to. */
export interface ModelRun {
  readonly claims: Claims;
  readonly model: ModelOfClaims;
  readonly accounts: readonly ClaimAccount[];
  /** Goes before the ids of claims. */
  readonly prefix: string;
  /** Whether times to wait for a rate are compared too. */
  readonly isTimed: boolean;
  /** Leaves out of both answers what this store does not say. */
  adjust?(outcome: PlainOutcome): PlainOutcome;
  arrived?(): Promise<void>;
  advance?(ms: number): void;
}

/**
 * Does the steps to store and model and asserts after each that both say and know the same; then ends whatever is open.
 */
export async function runSteps(run: ModelRun, steps: readonly Step[]): Promise<void> {
  const { claims, model, accounts, prefix, isTimed } = run;
  const compare = (outcome: ClaimOutcome, expected: PlainOutcome): void => {
    const timed = (plain: PlainOutcome): PlainOutcome => (isTimed ? plain : withoutRateTimes(plain));
    const adjust = run.adjust ?? ((plain: PlainOutcome) => plain);
    assert.deepEqual(adjust(timed(plainOutcome(outcome))), adjust(timed(expected)));
  };
  const choose = (index: number): string | undefined => {
    const ids = [...model.open.keys()];
    return ids.length === 0 ? undefined : ids[index % ids.length];
  };
  const ended: string[] = [];
  let lastNumber = 0;
  for (const step of steps) {
    switch (step.does) {
      case 'claim': {
        const chosen = step.accounts.flatMap((index) => accounts[index] ?? []);
        const id = `${prefix}-${++lastNumber}`;
        const request = { id, nowMs: NOON_MS, accounts: chosen, amounts: step.amounts };
        compare(await claims.claim(request), model.claim(request));
        break;
      }
      case 'extend': {
        const id = choose(step.which);
        if (id === undefined) break;
        const reserve = { hold: step.hold, exposure: step.exposure, nowMs: NOON_MS + 1 };
        compare(await claims.extend(id, reserve), model.extend(id, reserve));
        break;
      }
      case 'settle': {
        const id = choose(step.which);
        if (id === undefined) break;
        const { cost, inputTokens, outputTokens, charge } = step;
        const account = charge === undefined ? undefined : (accounts[charge]?.id ?? `${prefix}:never-claimed`);
        const charges = account === undefined ? [] : [{ account, window: 'ever', startsAtMs: 0, cost }];
        const settlement = { id, nowMs: MIDNIGHT_MS + 1, cost, inputTokens, outputTokens, charges };
        await claims.settle(settlement);
        model.settle(settlement);
        ended.push(id);
        break;
      }
      case 'cancel': {
        const id = choose(step.which);
        if (id === undefined) break;
        await claims.cancel(id, NOON_MS);
        model.cancel(id);
        ended.push(id);
        break;
      }
      case 'settle-again': {
        const id = ended[step.which % Math.max(1, ended.length)];
        if (id === undefined) break;
        await claims.settle({ id, nowMs: NOON_MS, cost: 7n, inputTokens: 1, outputTokens: 1, charges: [] });
        await claims.cancel(id, NOON_MS);
        break;
      }
      case 'wait':
        model.nowMs += step.ms;
        run.advance?.(step.ms);
        break;
    }
    await run.arrived?.();
    assert.equal(claims.open, model.open.size);
  }
  await assertMoney(run);
  for (const id of [...model.open.keys()]) {
    const settlement = { id, nowMs: NOON_MS, cost: 1n, inputTokens: 0, outputTokens: 0, charges: [] };
    await claims.settle(settlement);
    model.settle(settlement);
  }
  await run.arrived?.();
  await assertMoney(run);
  assert.equal(claims.open, 0);
}

/** Asserts that the store knows the same of each budget as the model, and nothing held where nothing is open. */
async function assertMoney({ claims, model, accounts, prefix }: ModelRun): Promise<void> {
  for (const { id } of [...accounts, { id: `${prefix}:never-claimed` }]) {
    const periods = [ever(0n), daily(0n)];
    const known = await claims.read(id, periods);
    assert.deepEqual(
      known,
      periods.map(({ window }) => model.state(id, window)),
    );
    if (model.open.size === 0) assert.ok(known.every(({ held, exposed }) => held === 0n && exposed === 0n));
  }
}

/** Declares random tests of a store, of steps that need no time to pass. */
export function testClaimsAgainstModel(
  name: string,
  makeClaims: MakeClaims,
  options: { readonly runs: number; readonly timeoutMs?: number },
): void {
  const salt = Math.random().toString(36).slice(2, 10);
  let lastRun = 0;

  test(`${name}: says and knows the same as a plain model, whatever is done in whatever order`, {
    timeout: options.timeoutMs ?? 120_000,
  }, async () => {
    const before = new Map<string, bigint>();
    const asked = new Map<string, number>();
    const seedOf = (account: string, window: string): bigint => (window === 'ever' ? (before.get(account) ?? 0n) : 0n);
    const store = await makeClaims((account, { window }) => {
      const counter = `${account} ${window}`;
      asked.set(counter, (asked.get(counter) ?? 0) + 1);
      const answer = seedOf(account, window);
      return account.endsWith('0') ? answer : Promise.resolve(answer);
    });
    try {
      await fc.assert(
        fc.asyncProperty(
          anyRun({ mostSteps: 40, hasWaits: false }),
          async ({ accounts: limits, spentBefore, steps }) => {
            const prefix = `${salt}-model-${++lastRun}`;
            const accounts = limits.map((limit, index) => ({ ...limit, id: `${prefix}:account-${index}` }));
            for (const [index, { id }] of accounts.entries()) before.set(id, spentBefore[index] ?? 0n);
            const { claims } = store;
            const arrived = store.arrived === undefined ? {} : { arrived: store.arrived.bind(store) };
            await runSteps(
              { claims, model: new ModelOfClaims(seedOf), accounts, prefix, isTimed: false, ...arrived },
              steps,
            );
          },
        ),
        { numRuns: options.runs },
      );
      assert.deepEqual(
        [...asked].filter(([, count]) => count > 1),
        [],
      );
    } finally {
      await store.close();
    }
  });

  test(`${name}: strict claims never overshoot, however they interleave`, {
    timeout: options.timeoutMs ?? 120_000,
  }, async () => {
    const store = await makeClaims(async () => 3n);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 0, max: 200 }),
          fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(4)), {
            maxLength: 60,
            size: 'max',
          }),
          async (max, requests) => {
            const prefix = `${salt}-strict-${++lastRun}`;
            const account: ClaimAccount = { id: prefix, money: [ever(BigInt(max))] };
            const { claims } = store;
            await Promise.all(
              requests.map(async ([hold, share, turns], index) => {
                const id = `${prefix}-${index}`;
                const request = { id, nowMs: NOON_MS, accounts: [account], amounts: amounts({ hold: BigInt(hold) }) };
                const outcome = await claims.claim(request);
                if (outcome.kind === 'refused') return;
                const [after] = outcome.remaining[0]?.money ?? [];
                assert.ok(after !== undefined && after.spent + after.held <= BigInt(max));
                for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
                const cost = BigInt(Math.floor(hold * share));
                await claims.settle({ id, nowMs: NOON_MS, cost, inputTokens: 0, outputTokens: 0, charges: [] });
              }),
            );
            await store.arrived?.();
            const [state] = await claims.read(account.id, account.money);
            assert.ok(state !== undefined && state.held === 0n && state.exposed === 0n);
            assert.ok(state.spent <= (max < 3 ? 3n : BigInt(max)), `${state.spent} of ${max}`);
          },
        ),
        { numRuns: options.runs },
      );
    } finally {
      await store.close();
    }
  });
}
