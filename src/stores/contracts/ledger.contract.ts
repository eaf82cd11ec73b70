/** What every ledger must do, as tests: `testLedger('sqlite', …)`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ledgerRow } from '../../../test/support/ledger-rows.ts';
import type { ActivityDimension, Ledger, LedgerRow, SavingsDimension } from './ledger.ts';

/** An empty ledger for one test, which several instances may write. */
export interface TestLedger {
  join(options?: { readonly withoutRows: boolean }): Promise<Ledger>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const NOON_MS = Date.UTC(2025, 11, 1, 12);
const PAGE = { limit: 100, offset: 0 };

/** A row that has only what every row has. */
function bareRow(callId: string, change: Partial<LedgerRow> = {}): LedgerRow {
  return {
    attemptId: `${callId}/0`,
    callId,
    attempt: 0,
    startedAtMs: NOON_MS,
    endedAtMs: NOON_MS + 1_000,
    keyHash: 'a'.repeat(64),
    tags: [],
    route: '/v1/chat/completions',
    callType: 'acompletion',
    stream: false,
    requestedModel: 'fast',
    status: 'success',
    inputTokens: 10,
    outputTokens: 5,
    isEstimated: false,
    accounts: [],
    ...change,
  };
}

const idsOf = (rows: readonly LedgerRow[]): string[] => rows.map(({ callId }) => callId);

/** Declares the tests. */
export function testLedger(name: string, makeLedger: () => Promise<TestLedger>): void {
  const behaves = (does: string, body: (ledger: Ledger, all: TestLedger) => Promise<void>): void => {
    test(`${name}: ${does}`, { timeout: 60_000 }, async () => {
      const all = await makeLedger();
      try {
        await body(await all.join(), all);
      } finally {
        await all.close();
      }
    });
  };

  behaves('a row is read as it was written, with all that it may hold and with the least', async (ledger) => {
    const full = ledgerRow('full', { startedAtMs: NOON_MS + 1, firstByteAtMs: NOON_MS + 2, error: 'timeout' });
    const bare = bareRow('bare');
    await ledger.write([full, bare]);
    assert.deepEqual(await ledger.find({}, PAGE), [full, bare]);
    await ledger.write([]);
  });

  behaves('an attempt is written once, even if it is sent again', async (ledger) => {
    const row = ledgerRow('a', { cost: 5n, accounts: ['team:t', 'team:t'] });
    await ledger.write([row, row]);
    await ledger.write([{ ...row, cost: 7n }, ledgerRow('b', { cost: 1n, accounts: ['team:t'] })]);
    assert.deepEqual((await ledger.find({ callId: 'a' }, PAGE))[0]?.cost, 5n);
    assert.deepEqual(await ledger.totals(['team:t', 'team:other']), new Map([['team:t', 6n]]));
    assert.equal((await ledger.activity({}, []))[0]?.attempts, 2);
    assert.equal((await ledger.activity({ tag: 'blue' }, []))[0]?.cost, 6n);
  });

  behaves('a true row takes the place of an orphan, and all sums are corrected by the difference', async (ledger) => {
    const orphan = ledgerRow('a', { status: 'orphan', cost: 100n, accounts: ['team:t', 'key:k'], tags: ['red'] });
    const truth = ledgerRow('a', { cost: 30n, accounts: ['team:t', 'provider:p'], tags: ['blue'], outputTokens: 7 });
    await ledger.write([orphan]);
    assert.equal((await ledger.activity({}, []))[0]?.failed, 1);
    await ledger.write([truth]);
    await ledger.write([orphan]);
    assert.deepEqual(await ledger.find({}, PAGE), [truth]);
    const totals = await ledger.totals(['team:t', 'provider:p', 'key:k']);
    assert.equal(totals.get('team:t'), 30n);
    assert.equal(totals.get('provider:p'), 30n);
    assert.equal(totals.get('key:k') ?? 0n, 0n);
    assert.equal(await ledger.spent('team:t', 0), 30n);
    const [day, ...others] = await ledger.activity({}, []);
    assert.deepEqual(others, []);
    assert.deepEqual([day?.attempts, day?.succeeded, day?.failed, day?.outputTokens], [1, 1, 0, 7]);
    assert.deepEqual(
      (await ledger.activity({}, ['tag'])).map(({ by }) => by),
      [{ tag: 'blue' }],
    );
    assert.deepEqual(await ledger.find({ tag: 'red' }, PAGE), []);
  });

  behaves('an orphan and its true row in one write count as the true one', async (ledger) => {
    await ledger.write([
      ledgerRow('a', { status: 'orphan', cost: 100n, accounts: ['team:t'] }),
      ledgerRow('a', { cost: 30n, accounts: ['team:t'] }),
    ]);
    assert.equal(await ledger.spent('team:t', 0), 30n);
  });

  behaves('without rows too, an attempt and its orphan in one write count as the true one', async (_, all) => {
    const ledger = await all.join({ withoutRows: true });
    const truth = ledgerRow('a', { cost: 30n, accounts: ['team:t'] });
    const orphan = ledgerRow('a', { status: 'orphan', cost: 100n, accounts: ['team:t'] });
    await ledger.write([truth, orphan]);
    assert.equal(await ledger.spent('team:t', 0), 30n);
    assert.deepEqual(await ledger.find({}, PAGE), []);
    assert.equal((await ledger.activity({}, []))[0]?.attempts, 1);
  });

  behaves('rows are found by each thing they may be searched by, and by all at once', async (ledger) => {
    const one = ledgerRow('one', { startedAtMs: NOON_MS });
    const other = ledgerRow('other', {
      startedAtMs: NOON_MS + 1,
      keyHash: 'b'.repeat(64),
      userId: 'user-2',
      teamId: 'team-2',
      organizationId: 'organization-2',
      customerId: 'customer-2',
      tags: ['grey'],
      modelGroup: 'slow',
      model: 'model-2',
      provider: 'another',
      status: 'failure',
      cost: 10n,
    });
    await ledger.write([one, other]);
    const filters = [
      { callId: 'other' },
      { requestId: 'other' },
      { requestId: 'chatcmpl-other' },
      { keyHash: 'b'.repeat(64) },
      { userId: 'user-2' },
      { teamId: 'team-2' },
      { teamIds: ['team-2', 'team-3'] },
      { organizationId: 'organization-2' },
      { organizationIds: ['organization-2'] },
      { customerId: 'customer-2' },
      { tag: 'grey' },
      { modelGroup: 'slow' },
      { model: 'model-2' },
      { provider: 'another' },
      { status: 'failure' },
      { fromMs: NOON_MS + 1 },
      { maxCost: 10n },
    ] as const;
    for (const filter of [...filters, Object.assign({}, ...filters)]) {
      assert.deepEqual(idsOf(await ledger.find(filter, PAGE)), ['other'], JSON.stringify(Object.keys(filter)));
      assert.equal(await ledger.count(filter), 1);
    }
    assert.deepEqual(idsOf(await ledger.find({ minCost: 11n, toMs: NOON_MS + 1 }, PAGE)), ['one']);
    assert.deepEqual(await ledger.find({ teamIds: [] }, PAGE), []);
    assert.equal(await ledger.count({ toMs: NOON_MS }), 0);
    assert.equal(await ledger.count({}), 2);
  });

  behaves('a call is found by its id alone, not by the beginning of another', async (ledger) => {
    await ledger.write(
      ['a', 'ab', 'a/b', 'a%'].flatMap((callId) => [
        bareRow(callId),
        bareRow(callId, { attemptId: `${callId}/1`, attempt: 1 }),
      ]),
    );
    assert.deepEqual(
      (await ledger.find({ callId: 'ab' }, PAGE)).map(({ attemptId }) => attemptId),
      ['ab/1', 'ab/0'],
    );
    assert.deepEqual(idsOf(await ledger.find({ callId: 'a%' }, PAGE)), ['a%', 'a%']);
  });

  behaves('a request is found by its own id or by that of its answer, within what else is asked', async (ledger) => {
    const answerId = 'msg_"1\u2028%';
    const tries = (callId: string, change: Partial<LedgerRow>): LedgerRow[] =>
      [0, 1].map((attempt) => bareRow(callId, { attempt, attemptId: `${callId}/${attempt}`, ...change }));
    await ledger.write([
      ...tries('mine', { answerId, teamId: 'team-1', tags: ['t'] }),
      ...tries('theirs', { answerId, teamId: 'team-2' }),
      // An id that a provider copied from a call.
      bareRow('copy', { answerId: 'mine', teamId: 'team-2' }),
    ]);
    const found = async (filter: Parameters<Ledger['find']>[0]): Promise<string[]> => {
      const ids = (await ledger.find(filter, PAGE)).map(({ attemptId }) => attemptId);
      assert.equal(await ledger.count(filter), ids.length);
      return ids;
    };
    assert.deepEqual(await found({ requestId: answerId, teamId: 'team-1' }), ['mine/1', 'mine/0']);
    assert.deepEqual(await found({ requestId: answerId, teamIds: ['team-1', 'team-3'] }), ['mine/1', 'mine/0']);
    assert.deepEqual(await found({ requestId: answerId, tag: 't' }), ['mine/1', 'mine/0']);
    assert.deepEqual(await found({ requestId: answerId }), ['theirs/1', 'theirs/0', 'mine/1', 'mine/0']);
    assert.deepEqual(await found({ requestId: 'mine' }), ['mine/1', 'mine/0', 'copy/0']);
    assert.deepEqual(await found({ requestId: 'mine', teamId: 'team-1' }), ['mine/1', 'mine/0']);
    assert.deepEqual(await found({ requestId: 'msg_' }), []);
  });

  behaves('pages are in order and leave nothing out', async (ledger) => {
    await ledger.write(
      Array.from({ length: 25 }, (_, index) =>
        bareRow(`call-${String(index).padStart(2, '0')}`, {
          startedAtMs: NOON_MS + Math.floor(index / 2),
          tags: ['t'],
          teamId: `team-${index % 3}`,
          organizationId: `organization-${index % 2}`,
          ...(index % 5 !== 0 && { cost: BigInt((index * 7) % 25) }),
        }),
      ),
    );
    const teamIds = ['team-0', 'team-1', 'team-2', 'team-0', 'team-none'];
    const organizationIds = ['organization-0', 'organization-1'];
    for (const filter of [
      {},
      { tag: 't' },
      { teamIds },
      { organizationIds, status: 'success' },
      { teamIds, organizationIds },
    ] as const) {
      const newest = await ledger.find(filter, PAGE);
      assert.deepEqual(
        idsOf(newest),
        Array.from({ length: 25 }, (_, index) => `call-${String(24 - index).padStart(2, '0')}`),
      );
      const pages = await Promise.all([0, 10, 20].map((offset) => ledger.find(filter, { limit: 10, offset })));
      assert.deepEqual(pages.flat(), newest);
      assert.deepEqual(await ledger.find(filter, { ...PAGE, order: 'oldest' }), newest.toReversed());
      const costs = (await ledger.find(filter, { ...PAGE, order: 'costliest' })).map(({ cost }) => Number(cost ?? -1));
      assert.deepEqual(
        costs,
        costs.toSorted((left, right) => right - left),
      );
      const cheapest = await ledger.find(filter, { ...PAGE, order: 'cheapest' });
      assert.deepEqual(
        cheapest.map(({ cost }) => Number(cost ?? -1)),
        costs.toReversed(),
      );
      assert.deepEqual(await ledger.find({ ...filter, statuses: ['failure', 'orphan'] }, PAGE), []);
    }
  });

  behaves('spend in any span of time is exact', async (ledger) => {
    const base = NOON_MS - (NOON_MS % HOUR_MS);
    const key = `key:${'a'.repeat(64)}`;
    const team = ['team:t', 'team:t/model:fast', 'team_member:t/u', 'tag:t'];
    const accounts = ['platform', 'provider:"quoted"', 'provider:quoted', key, `${key}/model:fast`, ...team];
    const offset = fc.integer({ min: 0, max: 2 * HOUR_MS });
    const given = fc.array(
      fc.record({ offset, cost: fc.bigInt({ min: 0n, max: 10n ** 15n }), accounts: fc.subarray(accounts) }),
      { minLength: 60, maxLength: 60 },
    );
    const [sample = []] = fc.sample(given, 1);
    const rows = sample.map((one, index) =>
      bareRow(`call-${index}`, {
        startedAtMs: base + one.offset,
        cost: one.cost,
        accounts: one.accounts,
        teamId: 't',
      }),
    );
    await ledger.write(rows);
    await fc.assert(
      fc.asyncProperty(
        offset,
        offset,
        fc.constantFrom(...accounts),
        fc.boolean(),
        async (one, two, account, isOpen) => {
          const from = base + Math.min(one, two);
          const to = isOpen ? undefined : base + Math.max(one, two);
          const expected = rows
            .filter((row) => row.accounts.includes(account))
            .filter((row) => row.startedAtMs >= from && (to === undefined || row.startedAtMs < to))
            .reduce((sum, row) => sum + (row.cost ?? 0n), 0n);
          assert.equal(await ledger.spent(account, from, to), expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  behaves('an account that rows name nowhere else is held to whole quarters at the ends of a span', async (ledger) => {
    const at = (minutes: number) =>
      bareRow(`call-${minutes}`, { startedAtMs: NOON_MS + minutes * 60_000, cost: 1n, accounts: ['team:elsewhere'] });
    await ledger.write([at(1), at(14), at(16)]);
    assert.equal(await ledger.spent('team:elsewhere', NOON_MS + 5 * 60_000), 3n);
  });

  behaves('sums hold more than an integer of 64 bits does', async (ledger) => {
    const most = 2n ** 63n - 1n;
    for (const callId of ['a', 'b', 'c', 'd']) {
      await ledger.write([ledgerRow(callId, { cost: most, requestedCost: most, accounts: ['platform'] })]);
    }
    assert.equal(await ledger.spent('platform', 0), most * 4n);
    assert.equal((await ledger.totals(['platform'])).get('platform'), most * 4n);
    assert.equal((await ledger.activity({}, []))[0]?.cost, most * 4n);
    assert.equal((await ledger.find({ minCost: most }, PAGE))[0]?.cost, most);
  });

  behaves('a write that fails leaves nothing of itself', async (ledger) => {
    const good = ledgerRow('good', { cost: 1n, accounts: ['platform'] });
    await assert.rejects(ledger.write([good, ledgerRow('bad', { cost: 2n ** 63n, accounts: ['platform'] })]));
    assert.equal(await ledger.count({}), 0);
    assert.equal(await ledger.spent('platform', 0), 0n);
    assert.deepEqual(await ledger.activity({}, []), []);
  });

  behaves('after a reset an account has spent what it was set to, and what came after', async (ledger) => {
    const at = (minutes: number, cost: bigint) =>
      ledgerRow(`call-${minutes}`, {
        startedAtMs: NOON_MS + minutes * 60_000,
        cost,
        keyHash: 'k',
        teamId: 't',
        accounts: ['key:k', 'team:t'],
      });
    await ledger.write([at(1, 100n), at(31, 200n)]);
    await ledger.resetTotal('key:k', 7n, NOON_MS + 40 * 60_000);
    await ledger.write([at(41, 1_000n), at(61, 2_000n)]);
    assert.deepEqual(
      await ledger.totals(['key:k', 'team:t']),
      new Map([
        ['key:k', 3_007n],
        ['team:t', 3_300n],
      ]),
    );
    assert.equal(await ledger.spent('key:k', NOON_MS), 3_007n);
    assert.equal(await ledger.spent('key:k', NOON_MS, NOON_MS + HOUR_MS), 1_007n);
    assert.equal(await ledger.spent('key:k', NOON_MS, NOON_MS + 20 * 60_000), 100n, 'a period before the reset');
    assert.equal(await ledger.spent('key:k', NOON_MS + HOUR_MS), 2_000n, 'a period after it');
    assert.equal(await ledger.spent('team:t', NOON_MS), 3_300n);
    await ledger.resetTotal('key:k', 0n, NOON_MS + 2 * HOUR_MS);
    assert.equal(await ledger.spent('key:k', 0), 0n);
    await ledger.resetTotal('key:new', 5n, NOON_MS);
    assert.equal((await ledger.totals(['key:new'])).get('key:new'), 5n);
  });

  behaves('activity is summed by what is asked for, in whole days of UTC', async (ledger) => {
    const night = Date.UTC(2025, 11, 1, 23, 59, 59, 999);
    await ledger.write([
      ledgerRow('a', { startedAtMs: night, cost: 1n, requestedCost: 3n, tags: ['x', 'y'] }),
      ledgerRow('b', { startedAtMs: night + 1, cost: 10n, requestedCost: 30n, tags: ['x'], teamId: 'team-2' }),
      bareRow('c', { startedAtMs: night + 1, cost: 100n, status: 'failure' }),
      bareRow('d', { startedAtMs: night + 1, status: 'client-gone' }),
    ]);
    const sums = async (by: readonly ActivityDimension[], filter: Parameters<Ledger['activity']>[0] = {}) =>
      (await ledger.activity(filter, by)).map((row) => [...by.map((dimension) => row.by[dimension]), row.cost]);
    assert.deepEqual(await sums(['date']), [
      ['2025-12-01', 1n],
      ['2025-12-02', 110n],
    ]);
    assert.deepEqual(await sums(['team']), [
      [undefined, 100n],
      ['team-1', 1n],
      ['team-2', 10n],
    ]);
    assert.deepEqual(await sums(['tag']), [
      ['x', 11n],
      ['y', 1n],
    ]);
    assert.deepEqual(await sums(['tag', 'date'], { tag: 'x', toDate: '2025-12-01' }), [['x', '2025-12-01', 1n]]);
    assert.deepEqual(await sums([], { teamIds: ['team-1', 'team-2'], fromDate: '2025-12-01' }), [[11n]]);
    assert.deepEqual(await sums([], { fromDate: '2025-12-03' }), []);
    assert.deepEqual(await sums([], { keyHashes: [] }), []);
    assert.deepEqual(
      await sums(['key', 'user', 'organization', 'customer', 'model', 'modelGroup', 'provider'], {
        userIds: ['user-1'],
      }),
      [[ledgerRow('a').keyHash, 'user-1', 'organization-1', 'customer-1', 'model-1', 'fast', 'maker', 11n]],
    );
    const [whole] = await ledger.activity({}, []);
    assert.deepEqual(whole, {
      by: {},
      inputTokens: 2_020,
      outputTokens: 610,
      cachedInputTokens: 200,
      cacheWriteTokens: 100,
      cost: 111n,
      // What is not known to have cost more counts as what it cost.
      requestedCost: 133n,
      attempts: 4,
      succeeded: 2,
      failed: 1,
    });
  });

  behaves('savings are summed by mechanism and day, and counted once for each attempt', async (ledger) => {
    const night = Date.UTC(2025, 11, 1, 23, 59, 59, 999);
    const [a, b] = [
      ledgerRow('a', { startedAtMs: night, savings: { model: 7n, prompt_cache: -3n }, expectedQuality: 0.9 }),
      ledgerRow('b', { startedAtMs: night + 1, savings: { model: 10n ** 17n }, expectedQuality: undefined }),
    ];
    const orphan = ledgerRow('c', { startedAtMs: night, status: 'orphan', savings: undefined });
    await ledger.write([a, b, orphan, bareRow('d')]);
    const truth = ledgerRow('c', { startedAtMs: night, savings: { answer_cache: 5n }, teamId: 'team-2' });
    await ledger.write([a, truth, orphan]);
    const sums = async (by: readonly SavingsDimension[], filter: Parameters<Ledger['savings']>[0] = {}) =>
      (await ledger.savings(filter, by)).map((row) => [...by.map((dimension) => row.by[dimension]), row.saved]);
    assert.deepEqual(await sums(['mechanism', 'date']), [
      ['answer_cache', '2025-12-01', 5n],
      ['model', '2025-12-01', 7n],
      ['model', '2025-12-02', 10n ** 17n],
      ['prompt_cache', '2025-12-01', -3n],
    ]);
    assert.deepEqual(await sums(['mechanism'], { teamIds: ['team-2'] }), [['answer_cache', 5n]]);
    assert.deepEqual(await sums([], { keyHashes: [] }), []);
    assert.deepEqual(await sums(['team'], { toDate: '2025-12-01' }), [
      ['team-1', 4n],
      ['team-2', 5n],
    ]);
    const [model] = await ledger.savings({ toDate: '2025-12-01' }, ['mechanism', 'model']);
    assert.deepEqual(model, {
      by: { mechanism: 'answer_cache', model: 'model-1' },
      attempts: 1,
      saved: 5n,
      rated: 1,
      quality: 0.97,
    });
    const rows = await ledger.find({}, PAGE);
    const again = rows.reduce(
      (sum, { savings = {} }) => sum + Object.values(savings).reduce((all, saved) => all + saved, 0n),
      0n,
    );
    assert.deepEqual(await sums([]), [[again]], 'the sums are those of the rows');
  });

  behaves(
    'pruning takes old rows and leaves every sum; spans that need lost rows count whole quarters',
    async (ledger) => {
      const at = (index: number) =>
        ledgerRow(`call-${index}`, {
          startedAtMs: NOON_MS + index * 1_000,
          endedAtMs: NOON_MS + index * 1_000,
          cost: 1n,
        });
      const account = 'team:team-1';
      for (let from = 0; from < 2_400; from += 600) {
        await ledger.write(Array.from({ length: 600 }, (_, index) => at(from + index)));
      }
      assert.equal(await ledger.spent(account, NOON_MS + 100_000, NOON_MS + 1_000_000), 900n);
      assert.equal(await ledger.prune(NOON_MS + 2_000_000), 2_000);
      assert.equal(await ledger.prune(NOON_MS + 2_000_000), 0);
      assert.equal(await ledger.count({}), 400);
      assert.equal(await ledger.count({ tag: 'blue' }), 400);
      assert.equal(await ledger.spent(account, 0), 2_400n);
      assert.equal(await ledger.spent(account, NOON_MS + 100_000, NOON_MS + 1_000_000), 1_800n);
      assert.equal((await ledger.activity({}, []))[0]?.attempts, 2_400);
    },
  );

  behaves(
    'without rows only sums are kept, each attempt once, and orphans until they are known',
    async (_ledger, all) => {
      const ledger = await all.join({ withoutRows: true });
      const row = ledgerRow('a', { cost: 5n, accounts: ['team:t'] });
      const orphan = ledgerRow('b', { status: 'orphan', cost: 100n, accounts: ['team:t'] });
      await ledger.write([row, orphan]);
      await ledger.write([row]);
      assert.deepEqual(idsOf(await ledger.find({}, PAGE)), ['b']);
      assert.equal(await ledger.spent('team:t', 0), 105n);
      await ledger.write([ledgerRow('b', { cost: 7n, accounts: ['team:t'] })]);
      await ledger.write([orphan]);
      assert.deepEqual(await ledger.find({}, PAGE), []);
      assert.equal(await ledger.spent('team:t', 0), 12n);
      assert.equal(await ledger.spent('team:t', row.startedAtMs + 1), 12n, 'a span with a lost edge');
      const withRows = await all.join({ withoutRows: false });
      await withRows.write([row]);
      assert.equal(await ledger.spent('team:t', 0), 12n);
      assert.equal(await ledger.prune(row.endedAtMs + 1), 0);
    },
  );

  behaves('instances that write the same attempts at once count each once', async (ledger, all) => {
    const other = await all.join();
    const accounts = ['platform', 'team:a', 'team:b', 'team:c'];
    const row = (index: number) => ledgerRow(`call-${index}`, { cost: 1n, accounts: [...accounts].reverse() });
    await Promise.all(
      Array.from({ length: 20 }, (_, round) => {
        const rows = Array.from({ length: 50 }, (__, index) => row(((round >> 1) * 50 + index * 7) % 500));
        return (round % 2 === 0 ? ledger : other).write(round % 3 === 0 ? rows.toReversed() : rows);
      }),
    );
    const written = await ledger.count({});
    assert.ok(written > 100);
    for (const account of accounts) assert.equal(await other.spent(account, 0), BigInt(written));
    assert.equal((await other.activity({}, []))[0]?.attempts, written);
  });

  behaves('any order of rows, orphans and repetitions comes to the same sums', async (ledger) => {
    const told = fc.record({
      call: fc.integer({ min: 0, max: 40 }),
      isOrphan: fc.boolean(),
      cost: fc.bigInt({ min: 0n, max: 10n ** 13n }),
    });
    const [batches = []] = fc.sample(fc.array(fc.array(told, { maxLength: 12 }), { minLength: 25, maxLength: 25 }), 1);
    const truth = new Map<number, { readonly isOrphan: boolean; readonly cost: bigint }>();
    for (const batch of batches) {
      await ledger.write(
        batch.map(({ call, isOrphan, cost }) =>
          ledgerRow(`call-${call}`, {
            status: isOrphan ? 'orphan' : 'success',
            cost,
            accounts: ['platform', `team:${call % 3}`],
            teamId: `${call % 3}`,
            startedAtMs: NOON_MS + call * 60_000,
          }),
        ),
      );
      const inBatch = new Map<number, { readonly isOrphan: boolean; readonly cost: bigint }>();
      for (const one of batch)
        if (inBatch.get(one.call)?.isOrphan ?? true) {
          if (!inBatch.has(one.call) || !one.isOrphan) inBatch.set(one.call, one);
        }
      for (const [call, one] of inBatch) {
        const known = truth.get(call);
        if (known === undefined || (known.isOrphan && !one.isOrphan)) truth.set(call, one);
      }
    }
    const total = (calls: (call: number) => boolean) =>
      [...truth].filter(([call]) => calls(call)).reduce((sum, [, { cost }]) => sum + cost, 0n);
    assert.equal(
      await ledger.spent('platform', 0),
      total(() => true),
    );
    for (const team of [0, 1, 2]) {
      const expected = total((call) => call % 3 === team);
      assert.equal((await ledger.totals([`team:${team}`])).get(`team:${team}`) ?? 0n, expected);
      assert.equal((await ledger.activity({ teamId: `${team}` }, []))[0]?.cost ?? 0n, expected);
    }
    assert.equal(await ledger.count({}), truth.size);
    assert.equal(
      await ledger.count({ status: 'orphan' }),
      [...truth.values()].filter(({ isOrphan }) => isOrphan).length,
    );
  });

  behaves('text of any kind is kept, and none of it is read as SQL', async (ledger) => {
    const texts = [`'; drop table ledger; --`, '"', '\\', '%_', '{}', '$1', '?', 'ü 漢 🙂', 'line\nend', `['a']`];
    await ledger.write(
      texts.map((text, index) =>
        ledgerRow(`${text}-${index}`, {
          startedAtMs: NOON_MS - index,
          userId: text,
          teamId: text,
          tags: [text],
          modelGroup: text,
          error: text,
          metadata: { [text]: text },
          cost: 1n,
          accounts: [`user:${text}`],
        }),
      ),
    );
    for (const [index, text] of texts.entries()) {
      for (const filter of [{ userId: text }, { tag: text }, { modelGroup: text }, { callId: `${text}-${index}` }]) {
        const [row] = await ledger.find(filter, PAGE);
        assert.equal(row?.userId, text);
        assert.deepEqual(row?.metadata, { [text]: text });
      }
      assert.equal(await ledger.spent(`user:${text}`, NOON_MS - 20), 1n);
      assert.equal((await ledger.activity({ teamIds: [text] }, ['team']))[0]?.by.team, text);
    }
  });

  behaves('text that no database keeps is repaired, and holds nothing up', async (ledger) => {
    await ledger.write([
      ledgerRow('a', {
        userId: 'nul\0',
        tags: ['half \ud800'],
        metadata: { 'n\0': '\udc00' },
        accounts: ['user:nul\0'],
      }),
    ]);
    const [row] = await ledger.find({}, PAGE);
    assert.equal(row?.userId, 'nul\ufffd');
    assert.deepEqual(row?.tags, ['half \ufffd']);
  });
}
