import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BillPage } from '../providers/bill.ts';
import type { LedgerRow } from '../stores/contracts/ledger.ts';
import { keyView } from './key-view.ts';
import { reconcile } from './reconcile.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FROM_MS = Date.UTC(2026, 9, 30);

const row = (number: number, startedAtMs: number): LedgerRow => ({
  ...{
    attemptId: `call-${number}/0`,
    callId: `call-${number}`,
    attempt: 0,
    startedAtMs,
    endedAtMs: startedAtMs + 1_000,
  },
  ...{ keyHash: 'h', tags: [], route: '/v1/chat/completions', callType: 'acompletion', stream: false },
  ...{ requestedModel: 'm', deploymentId: 'd', provider: 'p', model: 'm', status: 'success', isEstimated: false },
  ...{ inputTokens: 100, outputTokens: 10, cost: 300n, accounts: [] },
  price: { source: 'config', rates: { input: '0.000001', output: '0.00002' } },
});

async function* of<Value>(values: readonly Value[]): AsyncGenerator<Value> {
  yield* values;
}

/** Compares four days, the end of a month among them. */
function compared(rows: readonly LedgerRow[], pages: readonly BillPage[], keys = keyView([], [], undefined)) {
  return reconcile({
    ...{
      provider: 'p',
      fromMs: FROM_MS,
      toMs: FROM_MS + 4 * DAY_MS,
      keys,
      aliases: new Map(),
      onProgress: () => undefined,
    },
    bill: { pages: () => of(pages), fine: undefined },
    ledger: {
      rows: (fromMs, toMs) => of(rows.filter(({ startedAtMs }) => startedAtMs >= fromMs && startedAtMs < toMs)),
      sums: async () => [],
    },
  });
}

const day = (dayMs: number, requests: number, keyId?: string): BillPage => ({
  usage: [
    {
      ...{ startMs: dayMs, endMs: dayMs + DAY_MS, model: 'm', keyId, requests },
      tokens: { input: requests * 100, output: requests * 10 },
    },
  ],
});

/** A call each hour, half past. */
const HOURLY = Array.from({ length: 96 }, (_, hour) => row(hour, FROM_MS + (hour + 0.5) * HOUR_MS));
const DAYS = [0, 1, 2, 3].map((number) => FROM_MS + number * DAY_MS);

describe('A comparison', () => {
  it('agrees over the end of a month', async () => {
    const report = await compared(
      HOURLY,
      DAYS.map((each) => day(each, 24)),
    );
    assert.equal(report.matched, 1);
    assert.deepEqual(report.differences, []);
    assert.deepEqual([report.from, report.to], ['2026-10-30', '2026-11-02']);
  });

  it('says so if the days of the bill are of another time zone', async () => {
    // Nine hours of the first day lie in the day before, which is not in the bill.
    const report = await compared(HOURLY, [
      day(DAYS[0] ?? 0, 33),
      day(DAYS[1] ?? 0, 24),
      day(DAYS[2] ?? 0, 24),
      day(DAYS[3] ?? 0, 15),
    ]);
    assert.ok(
      report.matched < 0.9 && report.notes.some((note) => /another time zone/.test(note)),
      JSON.stringify(report),
    );
  });

  it('lets only what lies at midnight count for another day', async () => {
    const late = row(200, (DAYS[1] ?? 0) - 60_000);
    const bill = [day(DAYS[0] ?? 0, 24), day(DAYS[1] ?? 0, 25), day(DAYS[2] ?? 0, 24), day(DAYS[3] ?? 0, 24)];
    assert.equal((await compared([...HOURLY, late], bill)).matched, 1);
    const noon = row(200, (DAYS[1] ?? 0) - 12 * HOUR_MS);
    assert.ok((await compared([...HOURLY, noon], bill)).matched < 1);
  });

  it('leaves out keys that are not ours, and costs that are not in USD', async () => {
    const keys = keyView([{ id: 'd', apiKey: 'sk-abcdef-1234' }], [{ id: 'key_1', hint: 'sk-abc...1234' }], undefined);
    const bill = [...DAYS.map((each) => day(each, 24, 'key_1')), day(DAYS[0] ?? 0, 500, 'key_2')];
    const euro = { startMs: FROM_MS, endMs: FROM_MS + DAY_MS, cost: 5n, currency: 'eur', what: 'm, input' };
    const report = await compared(HOURLY, [...bill, { costs: [euro] }], keys);
    assert.equal(report.matched, 1);
    assert.deepEqual(report.elsewhere, [{ key: 'key_2', requests: 500, tokens: { input: 50_000, output: 5_000 } }]);
    assert.equal(report.provider_usd, null);
    assert.ok(report.notes.some((note) => /EUR/.test(note)));
  });

  it('matches nothing where a side is empty', async () => {
    assert.equal(
      (
        await compared(
          [],
          DAYS.map((each) => day(each, 24)),
        )
      ).matched,
      0,
    );
    assert.equal((await compared(HOURLY, [])).matched, 0);
    assert.equal((await compared([], [])).matched, 1);
  });
});
