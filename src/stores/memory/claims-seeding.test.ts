/** Claims in memory and the ledger behind them: every cost counts once, whenever the ledger is asked and whether it answers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../core/clock.ts';
import { defined } from '../../core/defined.ts';
import { amounts, ever, NOON_MS } from '../contracts/claims.contract.ts';
import type { ClaimAccount, ClaimOutcome, Seed } from '../contracts/claims.ts';
import { MemoryClaims } from './claims.ts';

const account = (whenAway?: ClaimAccount['whenAway'], max = 100n): ClaimAccount => ({
  id: 'key',
  money: [ever(max)],
  ...defined({ whenAway }),
});

/** A ledger that can be unavailable. */
class Ledger {
  isAway = false;
  spent = 0n;
  asked = 0;

  readonly seed: Seed = async () => {
    this.asked += 1;
    if (this.isAway) throw new Error('the database is unavailable');
    return this.spent;
  };
}

function claimsOver(ledger: Ledger): { claims: MemoryClaims; errors: string[] } {
  const errors: string[] = [];
  const onSeedError = (id: string, error: unknown): void => void errors.push(`${id}: ${String(error)}`);
  return { claims: new MemoryClaims({ clock: systemClock, seed: ledger.seed, onSeedError }), errors };
}

async function claim(claims: MemoryClaims, id: string, of: ClaimAccount, hold: bigint): Promise<ClaimOutcome> {
  return await claims.claim({ id, nowMs: NOON_MS, accounts: [of], amounts: amounts({ hold }) });
}

const settlement = (id: string, cost: bigint) =>
  ({ id, nowMs: NOON_MS, cost, inputTokens: 0, outputTokens: 0, charges: [] }) as const;

test('a request is answered at once where the counters are known or the seed is', () => {
  const claims = new MemoryClaims({ clock: systemClock, seed: () => 1n });
  const request = { id: 'a', nowMs: NOON_MS, accounts: [account()], amounts: amounts({ hold: 5n }) };
  assert.ok(!(claims.claim(request) instanceof Promise));
  assert.equal(claims.settle(settlement('a', 5n)), undefined);
});

for (const whenAway of ['open', 'share', undefined] as const) {
  test(`while the ledger is unavailable an account that is ${whenAway ?? 'not configured'} lets requests in`, async () => {
    const ledger = new Ledger();
    ledger.isAway = true;
    const { claims, errors } = claimsOver(ledger);
    assert.equal((await claim(claims, 'a', account(whenAway), 5_000n)).kind, 'granted');
    assert.deepEqual(errors, ['key: Error: the database is unavailable']);
    await claims.settle(settlement('a', 60n));
    // The row of that request reached the ledger meanwhile, so the seed has it.
    [ledger.isAway, ledger.spent] = [false, 60n];
    assert.equal((await claim(claims, 'b', account(whenAway), 40n)).kind, 'granted');
    assert.equal((await claim(claims, 'c', account(whenAway), 1n)).kind, 'refused');
    assert.equal(ledger.asked, 2);
  });
}

test('while the ledger is unavailable an account that is closed refuses, and asks again with the next request', async () => {
  const ledger = new Ledger();
  ledger.isAway = true;
  const { claims } = claimsOver(ledger);
  const outcome = await claim(claims, 'a', account('closed'), 5n);
  assert.ok(outcome.kind === 'refused');
  const { isStoreUnavailable, limit, account: id, isTemporary } = outcome.refusal;
  assert.deepEqual([isStoreUnavailable, limit, id, isTemporary], [true, 'money', 'key', false]);
  assert.equal(claims.open, 0);
  ledger.isAway = false;
  assert.equal((await claim(claims, 'a', account('closed'), 5n)).kind, 'granted');
});

test('rates and slots hold while the ledger is unavailable', async () => {
  const ledger = new Ledger();
  ledger.isAway = true;
  const { claims } = claimsOver(ledger);
  const key = { ...account('open'), parallelRequests: 1 };
  assert.equal((await claim(claims, 'a', key, 5n)).kind, 'granted');
  const outcome = await claim(claims, 'b', key, 5n);
  assert.equal(outcome.kind === 'refused' && outcome.refusal.limit, 'parallel');
});

test('what was let in while the ledger was unavailable is held once it is back', async () => {
  const ledger = new Ledger();
  ledger.isAway = true;
  const { claims } = claimsOver(ledger);
  await claim(claims, 'a', account('open'), 70n);
  ledger.isAway = false;
  const outcome = await claim(claims, 'b', account('open'), 31n);
  assert.equal(outcome.kind === 'refused' && outcome.refusal.held, 70n);
  await claims.settle(settlement('a', 20n));
  assert.deepEqual(await claims.read('key', [ever(0n)]), [{ spent: 20n, held: 0n, exposed: 0n }]);
});

test('a seed that throws at once is like one that fails later', () => {
  const errors: string[] = [];
  const claims = new MemoryClaims({
    clock: systemClock,
    seed: () => {
      throw new Error('closed');
    },
    onSeedError: (id) => void errors.push(id),
  });
  const request = { id: 'a', nowMs: NOON_MS, accounts: [account('closed')], amounts: amounts({ hold: 5n }) };
  const outcome = claims.claim(request);
  assert.ok(!(outcome instanceof Promise) && outcome.kind === 'refused');
  assert.equal(outcome.refusal.isStoreUnavailable, true);
  assert.deepEqual(errors, ['key']);
});

test('a correction is what is known afterwards, whether or not anything was known before', async () => {
  const ledger = new Ledger();
  ledger.spent = 50n;
  const { claims } = claimsOver(ledger);
  await claims.correct('key', 'ever', 90n);
  assert.equal((await claim(claims, 'a', account(), 11n)).kind, 'refused');
  assert.equal(ledger.asked, 0);
  const pending = claim(claims, 'b', { ...account(), id: 'other' }, 60n);
  await claims.correct('other', 'ever', 30n);
  await pending;
  assert.equal((await claims.read('other', [ever(0n)]))[0]?.spent, 30n);
});

test('two requests with one id that both wait for a seed: one is let in, the other is a bug', async () => {
  const { claims } = claimsOver(new Ledger());
  const results = await Promise.allSettled([1, 2].map(() => claim(claims, 'a', account(), 10n)));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal((await claims.read('key', [ever(0n)]))[0]?.held, 10n);
});

test('every cost counts once, however slow, broken or forgetful everything is', async () => {
  const turn = fc.nat(6);
  const request = fc.record({ account: fc.nat(2), charged: fc.nat(2), before: turn, during: turn, cost: fc.nat(9) });
  const seedTurns = fc.infiniteStream(
    fc.record({ turns: fc.integer({ min: 1, max: 5 }), fails: fc.nat(3).map((number) => number === 0) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 30, size: 'max' }), seedTurns, async (requests, seeds) => {
      const rows: { readonly account: string; readonly cost: bigint }[] = [];
      const total = (id: string): bigint => rows.reduce((sum, row) => sum + (row.account === id ? row.cost : 0n), 0n);
      const clock = { ms: 0, nowMs: () => NOON_MS, monotonicMs: () => clock.ms };
      const turns = async (count: number): Promise<void> => {
        for (let passed = 0; passed < count; passed += 1) await new Promise(setImmediate);
      };
      let isStable = false;
      const seed: Seed = async (id) => {
        const { value } = seeds.next();
        await turns(value.turns);
        if (value.fails && !isStable) throw new Error('away');
        const answer = total(id);
        await turns(value.turns);
        return answer;
      };
      const claims = new MemoryClaims({ clock, seed });
      const ids = ['first', 'second', 'third'];
      const named = (index: number): ClaimAccount => ({ id: ids[index] ?? '', money: [ever(1_000_000n)] });
      await Promise.all(
        requests.map(async (one, index) => {
          await turns(one.before);
          const id = `${index}`;
          const claimed = named(one.account);
          // Everything that is idle is forgotten with every second request.
          if (index % 2 === 1) clock.ms += 700_000;
          await claims.claim({ id, nowMs: NOON_MS, accounts: [claimed], amounts: amounts({ hold: 5n }) });
          await turns(one.during);
          const cost = BigInt(one.cost);
          const charge = { account: `${named(one.charged).id}-charged`, window: 'ever', startsAtMs: 0, cost };
          await claims.settle({ ...settlement(id, cost), charges: [charge] });
          rows.push({ account: claimed.id, cost }, { account: charge.account, cost });
        }),
      );
      isStable = true;
      for (const id of ids.flatMap((one) => [one, `${one}-charged`])) {
        assert.deepEqual(await claims.read(id, [ever(0n)]), [{ spent: total(id), held: 0n, exposed: 0n }]);
      }
      assert.equal(claims.open, 0);
    }),
    { numRuns: 300 },
  );
});
