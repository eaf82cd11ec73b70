import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileWildcard } from '../core/wildcard.ts';
import type { PeriodBudget } from '../stores/contracts/directory.ts';
import { beyond, inherit, type Rights } from './delegation.ts';

const NAMES = ['a', 'ab', 'abc', 'b', 'x/a', 'x/b', 'y/a'] as const;
const PATTERNS = [...NAMES, '*', 'a*', '*b', 'x/*', 'x/a*'] as const;

/** Members that are absent as often as not. */
function maybe<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(value, { nil: undefined });
}

const budget: fc.Arbitrary<PeriodBudget> = fc
  .record({ max: fc.bigInt({ min: 0n, max: 5n }), duration: maybe(fc.constantFrom('1d', '30d')) })
  .map(present);
const count = fc.integer({ min: 0, max: 4 });
const perModel = <Value>(value: fc.Arbitrary<Value>) => fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 });

const rights: fc.Arbitrary<Rights> = fc
  .record({
    models: fc.array(fc.constantFrom(...PATTERNS), { maxLength: 3 }),
    maxBudget: maybe(fc.bigInt({ min: 0n, max: 5n })),
    budgetDuration: maybe(fc.constantFrom('1d', '30d')),
    budgetLimits: maybe(fc.array(budget, { maxLength: 2 })),
    modelMaxBudget: maybe(perModel(budget)),
    rpmLimit: maybe(count),
    tpmLimit: maybe(count),
    maxParallelRequests: maybe(count),
    modelRpmLimit: maybe(perModel(count)),
    tempBudgetIncrease: maybe(fc.record({ amount: fc.bigInt({ min: 0n, max: 2n }), untilMs: fc.constant(1) })),
    expiresAtMs: maybe(count),
    allowedRoutes: maybe(fc.array(fc.constantFrom('/a', '/a/b', '/a/*', '/b*', '*'), { maxLength: 2 })),
    keyType: maybe(
      fc.constantFrom('default' as const, 'llm_api' as const, 'management' as const, 'read_only' as const),
    ),
    enforcedParams: maybe(fc.array(fc.constantFrom('user', 'metadata'), { maxLength: 2 })),
    tags: maybe(fc.array(fc.constantFrom('blue', 'red'), { maxLength: 2 })),
  })
  .map(present);

function present<Value extends object>(value: Value): never {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}

/** What a set of models lets through, written down without the code under test. */
function allows(models: readonly string[], name: string): boolean {
  return models.length === 0 || models.some((one) => one === name || compileWildcard(one).match(name) !== undefined);
}

function routeAllowed(routes: readonly string[] | undefined, path: string): boolean {
  if (routes === undefined || routes.length === 0) return true;
  return routes.some((one) => (one.endsWith('*') ? path.startsWith(one.slice(0, -1)) : one === path));
}

/** The most that can be spent in so many days, counted from a moment at which all periods begin. */
function mostIn(days: number, limits: Rights): bigint | undefined {
  const raise = limits.tempBudgetIncrease?.amount ?? 0n;
  const own =
    limits.maxBudget === undefined ? [] : [{ max: limits.maxBudget + raise, duration: limits.budgetDuration }];
  const all = [...own, ...(limits.budgetLimits ?? [])].map(({ max, duration }) => {
    const length = duration === '1d' ? 1 : duration === '30d' ? 30 : days;
    return max * BigInt(Math.ceil(days / length));
  });
  return all.length === 0 ? undefined : all.reduce((least, max) => (max < least ? max : least));
}

describe('What is handed on', () => {
  it('is never more than what is held, wherever that is asked', () => {
    fc.assert(
      fc.property(rights, rights, (grant, held) => {
        const plain = { ...held, tempBudgetIncrease: undefined } as unknown as Rights;
        if (beyond(grant, { rights: plain, isEnforced: false }) !== undefined) return;
        for (const name of NAMES) if (allows(grant.models, name)) assert.ok(allows(plain.models, name), name);
        for (const path of ['/a', '/a/b', '/b', '/bb', '/c']) {
          if (routeAllowed(grant.allowedRoutes, path)) assert.ok(routeAllowed(plain.allowedRoutes, path), path);
        }
        for (const field of ['rpmLimit', 'tpmLimit', 'maxParallelRequests', 'expiresAtMs'] as const) {
          assert.ok((grant[field] ?? Infinity) <= (plain[field] ?? Infinity), field);
        }
        for (const days of [1, 2, 29, 30, 31, 60]) {
          const most = mostIn(days, plain);
          if (most !== undefined) assert.ok((mostIn(days, grant) ?? 1_000_000n) <= most, `${days} days`);
        }
        for (const model of ['a', 'b']) {
          const rpm = plain.modelRpmLimit?.[model];
          if (rpm !== undefined) assert.ok((grant.modelRpmLimit?.[model] ?? Infinity) <= rpm);
        }
        for (const tag of plain.tags ?? []) assert.ok(grant.tags?.includes(tag));
        for (const name of plain.enforcedParams ?? []) assert.ok(grant.enforcedParams?.includes(name));
      }),
      { numRuns: 20_000 },
    );
  });

  it('is a part of itself', () => {
    fc.assert(
      fc.property(rights, fc.boolean(), (all, isEnforced) => {
        const same = { ...all, tempBudgetIncrease: undefined } as unknown as Rights;
        assert.equal(beyond(same, { rights: same, isEnforced }), undefined);
      }),
    );
  });

  it('can be handed on again: a part of a part is a part', () => {
    fc.assert(
      fc.property(rights, rights, rights, (one, two, three) => {
        const plain = [one, two, three].map((all) => ({ ...all, tempBudgetIncrease: undefined }) as unknown as Rights);
        const [a, b, c] = plain as [Rights, Rights, Rights];
        const first = beyond(a, { rights: b, isEnforced: false });
        const second = beyond(b, { rights: c, isEnforced: false });
        if (first === undefined && second === undefined) {
          assert.equal(beyond(a, { rights: c, isEnforced: false }), undefined);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it('is as narrow as its giver where it asks for nothing', () => {
    fc.assert(
      fc.property(rights, (all) => {
        const held = { ...all, tempBudgetIncrease: undefined } as unknown as Rights;
        const grant = inherit({ models: [] }, { rights: held, isEnforced: false });
        assert.equal(beyond(grant, { rights: held, isEnforced: false }), undefined);
      }),
    );
  });

  it('may be left open where its giver’s limits hold for it as well', () => {
    const team: Rights = { models: ['a'], maxBudget: 5n, budgetDuration: '30d', rpmLimit: 3 };
    assert.equal(beyond({ models: [] }, { rights: team, isEnforced: true }), undefined);
    assert.equal(
      beyond({ models: [], maxBudget: 5n, budgetDuration: '1d' }, { rights: team, isEnforced: true }),
      undefined,
    );
    assert.equal(beyond({ models: [], maxBudget: 6n }, { rights: team, isEnforced: true }), 'max_budget');
    assert.equal(beyond({ models: ['b'] }, { rights: team, isEnforced: true }), 'models');
    assert.equal(beyond({ models: ['a'], rpmLimit: 4 }, { rights: team, isEnforced: true }), 'rpm_limit');
  });

  it('does not reach other models by another name', () => {
    const held: Rights = { models: ['cheap'] };
    const grant: Rights = { models: ['cheap'], aliases: { mine: 'dear' } };
    assert.equal(beyond(grant, { rights: held, isEnforced: false }), 'aliases');
  });

  it('has a raise only as far as the giver’s own budget goes', () => {
    const held: Rights = { models: [], maxBudget: 5n };
    const raised: Rights = { models: [], maxBudget: 5n, tempBudgetIncrease: { amount: 1n, untilMs: 1 } };
    assert.equal(beyond(raised, { rights: held, isEnforced: false }), 'max_budget');
    const inPeriods: Rights = { models: [], budgetLimits: [{ max: 5n }] };
    assert.equal(beyond(raised, { rights: inPeriods, isEnforced: false }), 'budget_limits');
  });
});
