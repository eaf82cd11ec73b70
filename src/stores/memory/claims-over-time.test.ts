/** Claims in memory by a clock that tests move: what a minute counts, and what is forgotten when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { amounts, daily, ever, NOON_MS } from '../contracts/claims.contract.ts';
import { anyRun, ModelOfClaims, runSteps } from '../contracts/claims.model.contract.ts';
import type { ClaimAccount, ClaimAmounts, ClaimOutcome, Seed } from '../contracts/claims.ts';
import { MemoryClaims } from './claims.ts';

class MovedClock {
  ms = 50_000.25;
  wallMs = NOON_MS;

  nowMs(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.ms;
  }
}

class Bench {
  readonly clock = new MovedClock();
  readonly errors: [string, unknown][] = [];
  readonly claims: MemoryClaims;
  #lastNumber = 0;

  constructor(seed: Seed = () => 0n) {
    const onSeedError = (account: string, error: unknown): void => void this.errors.push([account, error]);
    this.claims = new MemoryClaims({ clock: this.clock, seed, onSeedError });
  }

  claim(account: ClaimAccount, given: Partial<ClaimAmounts> = {}, id = `${++this.#lastNumber}`): ClaimOutcome {
    const request = { id, nowMs: this.clock.wallMs, accounts: [account], amounts: amounts(given) };
    const outcome = this.claims.claim(request);
    if (outcome instanceof Promise) assert.fail('it had to wait');
    return outcome;
  }

  settle(id: string, cost: bigint, tokens = 0): void | Promise<void> {
    const nowMs = this.clock.wallMs;
    return this.claims.settle({ id, nowMs, cost, inputTokens: tokens, outputTokens: 0, charges: [] });
  }
}

test('claims that come over time are answered as by a plain model, waits included', async () => {
  let lastRun = 0;
  await fc.assert(
    fc.asyncProperty(anyRun({ mostSteps: 80, hasWaits: true }), async ({ accounts: limits, steps }) => {
      const prefix = `run-${++lastRun}`;
      const model = new ModelOfClaims(() => 0n);
      // What is forgotten comes back from the ledger, which has all that was settled.
      const { claims, clock } = new Bench((account, { window }) => model.state(account, window).spent);
      model.nowMs = clock.ms;
      const accounts = limits.map((account, index) => ({ ...account, id: `${prefix}:${index}` }));
      const advance = (ms: number): void => {
        clock.ms += ms;
      };
      await runSteps({ claims, model, accounts, prefix, isTimed: true, advance }, steps);
    }),
    { numRuns: 1_000 },
  );
});

test('no span of 60 seconds holds more requests than the limit, and each refusal says exactly when one is free', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 30_000 })), {
        maxLength: 120,
        size: 'max',
      }),
      (limit, gapsMs) => {
        const bench = new Bench();
        const account: ClaimAccount = { id: 'key', money: [], requestsPerMinute: limit };
        const grantedAtMs: number[] = [];
        const grants = (): boolean => {
          const outcome = bench.claim(account);
          if (outcome.kind === 'granted') grantedAtMs.push(bench.clock.ms);
          return outcome.kind === 'granted';
        };
        for (const gapMs of gapsMs) {
          bench.clock.ms += gapMs;
          const outcome = bench.claim(account);
          if (outcome.kind === 'granted') {
            grantedAtMs.push(bench.clock.ms);
            continue;
          }
          const { retryAfterMs } = outcome.refusal;
          assert.ok(retryAfterMs !== undefined && retryAfterMs > 0);
          bench.clock.ms += retryAfterMs - 1;
          assert.equal(grants(), false);
          bench.clock.ms += 1;
          assert.equal(grants(), true);
        }
        for (const endMs of grantedAtMs) {
          const inSpan = grantedAtMs.filter((atMs) => atMs > endMs - 60_000 && atMs <= endMs);
          assert.ok(inSpan.length <= limit, `${inSpan.length} of ${limit}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a wall clock that jumps by an hour changes nothing about rates', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], requestsPerMinute: 1 };
  assert.equal(bench.claim(key).kind, 'granted');
  for (const jumpMs of [3_600_000, -7_200_000]) {
    bench.clock.wallMs += jumpMs;
    assert.equal(bench.claim(key).kind, 'refused');
  }
  bench.clock.ms += 61_000;
  assert.equal(bench.claim(key).kind, 'granted');
});

test('tokens are corrected in the second that they were counted in, and not once that has left', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], tokensPerMinute: 100 };
  bench.claim(key, { inputTokens: 60 }, 'early');
  bench.clock.ms += 30_000;
  bench.claim(key, { inputTokens: 30 }, 'late');
  bench.settle('early', 0n, 90);
  assert.equal(bench.claim(key).kind, 'refused');
  bench.clock.ms += 31_000;
  // The 90 have left with their second; the 30 stay.
  assert.equal(bench.claim(key, { inputTokens: 70 }, 'full').kind, 'granted');
  bench.clock.ms += 61_000;
  bench.settle('late', 0n, 1_000);
  bench.settle('full', 0n, 1_000);
  assert.equal(bench.claim(key, { inputTokens: 100 }).kind, 'granted');
});

test('a request with no room now learns when enough of what was counted leaves', () => {
  const bench = new Bench();
  bench.clock.ms = 100_000;
  const key: ClaimAccount = { id: 'key', money: [], tokensPerMinute: 100 };
  bench.claim(key, { inputTokens: 40 });
  bench.clock.ms += 10_000;
  bench.claim(key, { inputTokens: 60 });
  const waitOf = (inputTokens: number): number | undefined => {
    const outcome = bench.claim(key, { inputTokens });
    return outcome.kind === 'refused' ? outcome.refusal.retryAfterMs : 0;
  };
  assert.deepEqual([waitOf(40), waitOf(41), waitOf(100), waitOf(101)], [51_000, 61_000, 61_000, undefined]);
});

test('an extension says what is left by then', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], requestsPerMinute: 3 };
  bench.claim(key, {}, 'long');
  bench.clock.ms += 100_000;
  const outcome = bench.claims.extend('long', { hold: 1n, exposure: 0n, nowMs: NOON_MS });
  assert.ok(outcome.kind === 'granted');
  assert.deepEqual([outcome.remaining[0]?.requests, outcome.remaining[0]?.resetMs], [3, 0]);
});

test('a usage below nothing frees no more than was counted', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], tokensPerMinute: 100 };
  bench.claim(key, { inputTokens: 50 }, 'odd');
  bench.settle('odd', 0n, -1_000);
  bench.claim(key, { inputTokens: 100 });
  assert.equal(bench.claim(key, { inputTokens: 1 }).kind, 'refused');
});

test('limits that are removed and restored find what was counted meanwhile', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], requestsPerMinute: 3 };
  bench.claim(key);
  for (let second = 0; second < 200; second += 1) {
    bench.clock.ms += 1_000;
    bench.claim({ id: 'key', money: [] });
  }
  const outcome = bench.claim(key);
  assert.equal(outcome.kind === 'refused' && outcome.refusal.used, 61n);
});

test('accounts that come and go are forgotten, and what is open is not', () => {
  const bench = new Bench();
  const account = (id: string): ClaimAccount => ({
    id,
    money: [ever(10n), daily(10n)],
    requestsPerMinute: 5,
  });
  bench.claim(account('open'), { hold: 4n }, 'stays-open');
  let most = 0;
  for (let number = 0; number < 100_000; number += 1) {
    bench.clock.ms += 60;
    bench.claim(account(`key-${number}`), { hold: 3n }, `request-${number}`);
    bench.settle(`request-${number}`, 2n);
    most = Math.max(most, bench.claims.known);
  }
  // In ten minutes, after which they are forgotten, there are 10,000 of them.
  assert.ok(most < 25_000, `${most} accounts`);
  bench.clock.ms += 600_000;
  for (let number = 0; number < 60_000; number += 1)
    bench.settle(`${number + 1}`, 0n, Number(bench.claim(account('one'))));
  assert.equal(bench.claims.known, 2);
  const outcome = bench.claim(account('open'), { hold: 7n });
  assert.equal(outcome.kind === 'refused' && outcome.refusal.held, 4n);
});

test('made-up accounts are forgotten after a minute where there are very many, and rates of that minute are not', () => {
  const bench = new Bench();
  const { claims, clock } = bench;
  const once: ClaimAccount = { id: 'once', money: [ever(100n)], requestsPerMinute: 1 };
  assert.equal(bench.claim(once).kind, 'granted');
  for (let number = 0; number < 100_000; number += 1) {
    bench.claim({ id: `customer:${number}`, money: [ever(0n)], requestsPerMinute: 1 });
  }
  clock.ms += 59_000;
  for (let number = 0; number < 100_000; number += 1) bench.claim({ id: `late:${number}`, money: [ever(0n)] });
  assert.equal(bench.claim(once).kind, 'refused');
  clock.ms += 59_000;
  for (let number = 0; number < 100_000; number += 1) bench.claim({ id: `later:${number}`, money: [ever(0n)] });
  assert.ok(claims.known <= 200_001, `${claims.known} are known`);
});

test('a request that takes an hour keeps its slot', () => {
  const bench = new Bench();
  const key: ClaimAccount = { id: 'key', money: [], parallelRequests: 1 };
  bench.claim(key, {}, 'long');
  bench.clock.ms += 3_600_000;
  for (let number = 0; number < 10; number += 1) bench.claim({ id: `other-${number}`, money: [] });
  assert.equal(bench.claim(key).kind, 'refused');
  bench.settle('long', 0n);
  assert.equal(bench.claim(key).kind, 'granted');
});

test('the ledger is not asked again about an account that is used at least every ten minutes', () => {
  const asked: string[] = [];
  const bench = new Bench((account) => {
    asked.push(account);
    return 0n;
  });
  const key: ClaimAccount = { id: 'key', money: [ever(1_000n)] };
  for (let number = 0; number < 20; number += 1) {
    bench.claim(key, { hold: 1n }, `used-${number}`);
    bench.settle(`used-${number}`, 1n);
    for (let other = 0; other < 5; other += 1) bench.claim({ id: `other-${number}-${other}`, money: [] });
    bench.claim({ ...key, money: [{ ...ever(1_000n), window: `period-${number}` }] });
    bench.clock.ms += 599_000;
  }
  assert.equal(asked.length, 21);
});

test('periods that are over are forgotten by an account that lives on', async () => {
  const asked: string[] = [];
  const bench = new Bench((_, { window }) => {
    asked.push(window);
    return 0n;
  });
  const inHour = (hour: number): ClaimAccount => ({
    id: 'key',
    money: [{ max: 10n, debt: 0n, window: `1h@${hour}`, startsAtMs: hour }],
  });
  for (let hour = 0; hour < 4; hour += 1) {
    bench.claim(inHour(hour), { hold: 1n }, `${hour}`);
    bench.settle(`${hour}`, 1n);
    bench.clock.ms += 3_600_000;
  }
  await bench.claims.read('key', inHour(0).money);
  assert.deepEqual(asked, ['1h@0', '1h@1', '1h@2', '1h@3', '1h@0']);
});
