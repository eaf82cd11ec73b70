import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defined } from '../../core/defined.ts';
import { amounts, ever, NOON_MS } from '../contracts/claims.contract.ts';
import { anyRun, ModelOfClaims, type PlainOutcome, runSteps } from '../contracts/claims.model.contract.ts';
import type { ClaimAccount, ClaimOutcome, ClaimRequest, Claims, Remaining } from '../contracts/claims.ts';
import { LastKnown } from './claims-last-known.ts';
import { OutageClaims, type ReservedClaim } from './claims-outage.ts';

/** Claims during an outage as one instance keeps them: with a list of what is open. */
class OneInstance implements Claims {
  readonly isUp = false;
  readonly #seed: (account: string, window: string) => bigint;
  readonly #outage: OutageClaims;
  readonly #open = new Map<string, ReservedClaim>();

  constructor(seed: (account: string, window: string) => bigint, instances = 1) {
    this.#seed = seed;
    this.#outage = new OutageClaims({
      known: new LastKnown(),
      seed: (account, { window }) => seed(account, window),
      instances,
      nowMs: () => 0,
      openOn: (account) =>
        [...this.#open.values()].filter(({ accounts }) => accounts.some(({ id }) => id === account)).length,
    });
  }

  get open(): number {
    return this.#open.size;
  }

  async claim({ id, accounts, amounts: asked, nowMs }: ClaimRequest): Promise<ClaimOutcome> {
    const outcome = await this.#outage.claim(accounts, asked, nowMs);
    if (outcome.kind === 'granted') {
      this.#open.set(id, { accounts, hold: outcome.hold, exposure: outcome.exposure });
    }
    return outcome;
  }

  extend(id: string, { nowMs, ...to }: Parameters<Claims['extend']>[1]): ClaimOutcome {
    const claim = this.#open.get(id);
    assert.ok(claim !== undefined);
    const outcome = this.#outage.extend(claim, to, nowMs);
    if (outcome.kind === 'granted') this.#open.set(id, { ...claim, ...to });
    return outcome;
  }

  leave(): void {}

  async grantFree(): Promise<undefined> {}

  sent(): void {}

  aboutToSend(): undefined {}

  settle({ id, cost }: { readonly id: string; readonly cost: bigint }): void {
    const claim = this.#open.get(id);
    this.#open.delete(id);
    if (claim !== undefined) this.#outage.end(claim, cost, true);
  }

  cancel(id: string): void {
    this.settle({ id, cost: 0n });
  }

  async read(account: string, limits: Parameters<Claims['read']>[1]): ReturnType<Claims['read']> {
    return limits.map(
      ({ window }) =>
        this.#outage.state(account, window) ?? { spent: this.#seed(account, window), held: 0n, exposed: 0n },
    );
  }

  async correct(): Promise<void> {}
  async close(): Promise<void> {}
}

/** Rates are corrected once Redis is back, and only money is said to remain: neither is compared. */
const withoutRates = (outcome: PlainOutcome): PlainOutcome =>
  outcome.kind === 'refused'
    ? outcome
    : { ...outcome, remaining: (outcome.remaining as Remaining[]).map(({ money }) => money) };

test('an instance that is alone during an outage says and knows the same as a plain model', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun({ mostSteps: 40, hasWaits: false }), async ({ accounts: limits, spentBefore, steps }) => {
      const accounts = limits.map(({ money, parallelRequests }, index) => ({
        id: `account-${index}`,
        money,
        ...defined({ parallelRequests }),
      }));
      const seed = (account: string, window: string): bigint =>
        window === 'ever' ? (spentBefore[accounts.findIndex(({ id }) => id === account)] ?? 0n) : 0n;
      const run = { claims: new OneInstance(seed), model: new ModelOfClaims(seed), accounts, prefix: 'run' };
      // What a deployment is charged for is booked by Redis.
      const known = steps.map((step) => (step.does === 'settle' ? { ...step, charge: undefined } : step));
      await runSteps({ ...run, isTimed: true, adjust: withoutRates }, known);
    }),
    { numRuns: 1_000 },
  );
});

test('two budgets of one period are each shared out by their own maximum', async () => {
  const claims = new OneInstance(() => 0n, 2);
  const account: ClaimAccount = { id: 'key', money: [ever(1_000n), ever(10n)] };
  const claim = (id: string, hold: bigint) =>
    claims.claim({ id, nowMs: NOON_MS, accounts: [account], amounts: amounts({ hold }) });
  assert.equal((await claim('half', 5n)).kind, 'granted');
  const over = await claim('over', 1n);
  assert.deepEqual(over.kind === 'refused' && [over.refusal.limit, over.refusal.max], ['money', 10n]);
});
