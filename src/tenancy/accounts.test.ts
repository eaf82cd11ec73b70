import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../config/load.ts';
import type { Limits } from '../stores/contracts/directory.ts';
import { Accounts, UNLIMITED } from './accounts.ts';
import { accountOf, limitsOf, type Scope } from './scopes.ts';

const USD = 1_000_000_000_000n;
const NOON = Date.UTC(2026, 10, 27, 12);

function scope(limits: Limits, more: Partial<Scope> = {}): Scope {
  return { kind: 'key', account: accountOf.key('h'), label: 'Key=k', limits, anchorMs: 0, ...more };
}

const { config } = loadConfig({ files: [], env: {}, knownProviders: [] });
if (config === undefined) throw new Error('an empty configuration does not load');
const DEFAULT_BUDGETS = config.budgets;

function accounts(limits: Limits, more: Partial<Scope> = {}, settings = DEFAULT_BUDGETS): Accounts {
  return new Accounts([scope(limits, more)], settings);
}

test('what limits nothing is no account of a claim, but spend counts for it', () => {
  const free = accounts({});
  assert.deepEqual(free.at(NOON, { name: 'm' }), []);
  assert.deepEqual(free.names, ['key:h']);
});

test('a budget stands with the period that holds now, and with the next one once that has ended', () => {
  const daily = accounts({ maxBudget: USD, budgetDuration: '1d' });
  const [today] = daily.at(NOON, { name: 'm' });
  assert.equal(today?.money[0]?.startsAtMs, Date.UTC(2026, 10, 27));
  assert.equal(today?.money[0]?.endsAtMs, Date.UTC(2026, 10, 28));
  assert.equal(daily.at(NOON + 1, { name: 'm' }), daily.at(NOON + 2, { name: 'm' }), 'made once');
  const [tomorrow] = daily.at(Date.UTC(2026, 10, 28), { name: 'm' });
  assert.notEqual(tomorrow?.money[0]?.window, today?.money[0]?.window);
  const [back] = daily.at(NOON, { name: 'm' });
  assert.equal(back?.money[0]?.window, today?.money[0]?.window, 'a clock that is set back finds the old period again');
});

test('periods begin where the time zone says', () => {
  const berlin = accounts(
    { maxBudget: USD, budgetDuration: '1d' },
    {},
    { ...DEFAULT_BUDGETS, timeZone: 'Europe/Berlin' },
  );
  assert.equal(berlin.at(NOON, { name: 'm' })[0]?.money[0]?.startsAtMs, Date.UTC(2026, 10, 26, 23));
});

test('debt is allowed where reserves are learned, and none where they are strict', () => {
  const limits = { maxBudget: 100n * USD };
  assert.equal(accounts(limits).at(NOON, { name: 'm' })[0]?.money[0]?.debt, USD / 2n);
  assert.equal(
    accounts(limits, {}, { ...DEFAULT_BUDGETS, mode: 'strict' }).at(NOON, { name: 'm' })[0]?.money[0]?.debt,
    0n,
  );
});

test('several budgets of one object hold together', () => {
  const [account] = accounts({
    maxBudget: 10n * USD,
    budgetDuration: '1mo',
    budgetLimits: [{ max: USD, duration: '1d' }],
  }).at(NOON, { name: 'm' });
  assert.deepEqual(
    account?.money.map(({ max }) => max),
    [10n * USD, USD],
  );
  assert.notEqual(account?.money[0]?.window, account?.money[1]?.window);
});

test('a raise counts until it ends', () => {
  const raised = accounts({ maxBudget: USD, tempBudgetIncrease: { amount: 2n * USD, untilMs: NOON + 1_000 } });
  assert.equal(raised.at(NOON, { name: 'm' })[0]?.money[0]?.max, 3n * USD);
  assert.equal(raised.at(NOON + 1_000, { name: 'm' })[0]?.money[0]?.max, USD);
});

test('limits by model are accounts of their own, for that model only', () => {
  const byModel = accounts({
    rpmLimit: 9,
    modelMaxBudget: { m: { max: USD, duration: '1d' } },
    modelRpmLimit: { m: 2, other: 3 },
  });
  assert.deepEqual(
    byModel.at(NOON, { name: 'm' }).map(({ id, requestsPerMinute }) => [id, requestsPerMinute]),
    [
      ['key:h', 9],
      ['key:h/model:m', 2],
    ],
  );
  assert.deepEqual(
    byModel.at(NOON, { name: 'constructor' }).map(({ id }) => id),
    ['key:h'],
  );
  assert.equal(byModel.scopeOf('key:h/model:m')?.label, 'Key=k');
});

test('what only counts has a limit that is never reached, and still its rates', () => {
  const [account] = accounts({ maxBudget: USD, rpmLimit: 5 }, { isCountedOnly: true }).at(NOON, { name: 'm' });
  assert.equal(account?.money[0]?.max, UNLIMITED);
  assert.equal(account?.requestsPerMinute, 5);
});

test('a token limit counts what the configuration says it counts', () => {
  for (const [type, name] of [
    ['total', 'tokensPerMinute'],
    ['input', 'inputTokensPerMinute'],
    ['output', 'outputTokensPerMinute'],
  ] as const) {
    const [account] = accounts({ tpmLimit: 7 }, {}, { ...DEFAULT_BUDGETS, tokenRateLimitType: type }).at(NOON, {
      name: 'm',
    });
    assert.equal(account?.[name], 7);
  }
});

test('a named budget fills up what an object does not say itself', () => {
  const limits = limitsOf({ rpmLimit: 1 }, { rpmLimit: 9, maxBudget: USD }, { maxBudget: 5n * USD, tpmLimit: 3 });
  assert.deepEqual({ ...limits }, { rpmLimit: 1, maxBudget: USD, tpmLimit: 3 });
});

test('names that clients make up do not pile up', () => {
  const many = accounts({ modelRpmLimit: { m: 1 } });
  for (let number = 0; number < 3_000; number++) many.at(NOON, { name: `made-up-${number}` });
  assert.equal(many.at(NOON, { name: 'm' })[0]?.id, 'key:h/model:m');
});

test('a model is limited under its own name, without the provider, or under the wildcard that serves it', () => {
  const limited = (rpmOf: Readonly<Record<string, number>>) =>
    accounts({ modelRpmLimit: rpmOf })
      .at(NOON, { name: 'openai/gpt-4o', pattern: 'openai/*' })
      .map(({ id, requestsPerMinute }) => [id, requestsPerMinute]);
  assert.deepEqual(limited({ 'openai/gpt-4o': 1, 'gpt-4o': 2, 'openai/*': 3 }), [['key:h/model:openai/gpt-4o', 1]]);
  assert.deepEqual(limited({ 'gpt-4o': 2, 'openai/*': 3 }), [['key:h/model:gpt-4o', 2]]);
  assert.deepEqual(limited({ 'openai/*': 3 }), [['key:h/model:openai/*', 3]]);
  assert.deepEqual(limited({ 'openai/gpt-4': 1 }), []);
});
