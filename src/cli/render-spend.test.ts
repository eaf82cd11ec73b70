import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderAttempts, renderSummary, type SpendAttempt, type SpendSums } from './render-spend.ts';

const sums = (cost: string, changes: Partial<SpendSums> = {}): SpendSums => ({
  attempts: 1_234,
  failed: 0,
  input_tokens: 1_000_000,
  output_tokens: 20,
  cost,
  requested_cost: cost,
  saved: '0',
  ...changes,
});
const summary = { group_by: 'key', start_date: '2026-03-01', end_date: '2026-03-10', is_complete: true };

describe('A table of spend', () => {
  it('shows exact amounts with their points in one line, and the total', () => {
    const text = renderSummary({
      ...summary,
      results: [
        { name: 'a'.repeat(64), alias: 'Shop', ...sums('12.5') },
        { name: 'b'.repeat(64), alias: null, ...sums('0.000000000001', { attempts: 1, saved: '-0.25' }) },
        { name: '', ...sums('3') },
      ],
      total: sums('15.500000000001'),
    });
    const [title, , head = '', ...rows] = text.trimEnd().split('\n');
    assert.equal(title, 'Spend by key, 2026-03-01 to 2026-03-10 (UTC), USD');
    assert.match(head, /^key +attempts +failed +input +output +cost +as requested +saved$/);
    assert.deepEqual(
      rows.map((row) => row.split(/ {2,}/)),
      [
        ['Shop (aaaaaaaa…)', '1,234', '0', '1,000,000', '20', '12.5', '12.5', '0'],
        ['b'.repeat(64), '1', '0', '1,000,000', '20', '0.000000000001', '0.000000000001', '-0.25'],
        ['(none)', '1,234', '0', '1,000,000', '20', '3', '3', '0'],
        ['total', '1,234', '0', '1,000,000', '20', '15.500000000001', '15.500000000001', '0'],
      ],
    );
    const at = (row: string | undefined, amount: string): number => (row ?? '').indexOf(amount) + amount.indexOf('.');
    assert.equal(at(rows[0], '12.5'), at(rows[1], '0.000000000001'));
    assert.equal(at(rows[3], '15.500000000001'), at(rows[1], '0.000000000001'));
  });

  it('says where it is not whole, and where there is nothing', () => {
    const cut = renderSummary({
      ...summary,
      is_complete: false,
      results: [{ name: 'x', ...sums('1') }],
      total: sums('2'),
    });
    assert.match(cut, /Only the costliest are listed; the total is of all\./);
    assert.equal(
      renderSummary({ ...summary, results: [], total: sums('0') }),
      'No spend from 2026-03-01 to 2026-03-10 (UTC), USD.\n',
    );
  });
});

describe('The attempts of a request', () => {
  const attempt = (number: number, sluice: Partial<SpendAttempt['sluice']>): SpendAttempt => ({
    request_id: 'r1',
    model: 'gpt-4o',
    custom_llm_provider: 'openai',
    model_id: 'd1',
    startTime: '2026-03-10T11:00:00.000Z',
    request_duration_ms: 1_500,
    prompt_tokens: 10,
    completion_tokens: 5,
    sluice: {
      call_id: 'r1',
      attempt: number,
      request_started_at: '2026-03-10T11:00:00.000Z',
      status: 'success',
      error: null,
      estimated: false,
      cost: '0.001',
      requested_cost: null,
      hold: null,
      price: { source: 'list 2026-01-01', rates: { input: '0.0000025' } },
      ...sluice,
    },
  });

  it('are shown with outcome, cost and the price they were calculated by', () => {
    const text = renderAttempts([
      attempt(0, { status: 'failure', error: 'upstream_timeout', price: null, estimated: true, hold: '0.01' }),
      attempt(1, {}),
    ]);
    assert.match(text, /^Request r1, begun 2026-03-10T11:00:00\.000Z, USD\n/);
    assert.match(text, /0 {2}d1 +openai\/gpt-4o {2}failure: upstream_timeout +1,500 +10 \(counted\)/);
    assert.match(text, /Prices by attempt:\n {2}0: none\n {2}1: list 2026-01-01 \(input "0\.0000025"\)\n/);
    assert.match(text, /Held when it was settled: 0\.01 USD\n$/);
  });

  it('of an unknown request are empty', () => {
    assert.equal(renderAttempts([]), 'No request with this id is in the ledger.\n');
  });
});
