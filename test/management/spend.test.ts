/** What the routes of spend answer: LiteLLM's shapes, exact sums, dates. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { litellmJudge } from './openapi-schemas.ts';
import { keyOf, type ManagementServer, NOW_MS, spendRow, startManagement } from './sqlite-server.ts';

const DAY_MS = 86_400_000;
const judge = litellmJudge();

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  await server.context.ledger.write([
    spendRow('ivan', {
      callId: 'two-tries',
      attempt: 0,
      status: 'failure',
      httpStatus: 503,
      error: 'upstream_overloaded',
      cost: 0n,
      outputTokens: 0,
    }),
    spendRow('ivan', {
      callId: 'two-tries',
      attempt: 1,
      provider: 'deepseek',
      model: 'deepseek-chat',
      cost: 1_000_001n,
      tags: ['a', 'b'],
      customerId: 'c1',
    }),
    spendRow('tom', { callId: 'yesterday', startedAtMs: NOW_MS - DAY_MS, endedAtMs: NOW_MS - DAY_MS, tags: ['a'] }),
    spendRow('bare', { callId: 'cached', status: 'cache-hit', cost: 0n, cachedInputTokens: 900 }),
    // In a month that nothing asks for unless it says so.
    spendRow('tom', {
      callId: 'long-ago',
      startedAtMs: Date.parse('2025-12-31T23:59:59Z'),
      endedAtMs: Date.parse('2026-01-01T00:00:02Z'),
      sessionId: 's1',
    }),
  ]);
});
after(() => server.close());

async function ok(path: string, as?: string): Promise<JsonValue> {
  const { status, body } = await server.get(path, as);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

const list = async (path: string): Promise<JsonObject[]> => (await ok(path)) as JsonObject[];

function valid(schema: string, body: JsonValue): void {
  assert.equal(judge?.(schema, body), undefined, JSON.stringify(body));
}

describe('/spend/logs', () => {
  it("gives each attempt in LiteLLM's shape, with what it cost exactly and why", async () => {
    const rows = await list('/spend/logs?request_id=two-tries');
    valid('LiteLLM_SpendLogs[]', rows);
    const [second, first] = rows.sort((one, other) => (Number(one.spend) < Number(other.spend) ? 1 : -1));
    assert.equal(first?.status, 'failure');
    assert.equal((first?.sluice as JsonObject | undefined)?.error, 'upstream_overloaded');
    assert.equal(second?.spend, 0.000001000001);
    assert.equal(second?.custom_llm_provider, 'deepseek');
    assert.equal(second?.end_user, 'c1');
    assert.deepEqual(second?.request_tags, ['a', 'b']);
    assert.deepEqual(second?.sluice, {
      call_id: 'two-tries',
      attempt_id: 'two-tries/1',
      attempt: 1,
      status: 'success',
      request_started_at: second?.startTime,
      request_ended_at: second?.endTime,
      http_status: 200,
      error: null,
      route: '/v1/chat/completions',
      stream: false,
      requested_model: 'gpt-4o',
      served_group: 'gpt-4o',
      estimated: false,
      cost: '0.000001000001',
      requested_cost: '0.006',
      saved: '0.005998999999',
      savings: {},
      expected_quality: null,
      hold: '0.009',
      price: { source: 'openai 2026-01-01', rates: { input: '0.0000025', output: '0.00001' } },
      usage: {
        input_tokens: 1000,
        output_tokens: 200,
        cached_input_tokens: null,
        cache_write_tokens: null,
        reasoning_tokens: null,
      },
    });
  });

  it('sums by day between two dates, days without spend included', async () => {
    const days = await list('/spend/logs?start_date=2026-03-08&end_date=2026-03-10');
    assert.deepEqual(
      days.map(({ startTime, spend }) => [startTime, spend]),
      [
        ['2026-03-08', 0],
        ['2026-03-09', 0.0045],
        ['2026-03-10', 0.000001000001],
      ],
    );
    assert.equal(days[1]?.[hashKey(keyOf('tom'))], 0.0045);
    assert.deepEqual(days[1]?.users, { tom: 0.0045 });
    assert.deepEqual(days[1]?.models, { 'gpt-4o': 0.0045 });
  });

  it('gives rows between two dates if no sums are asked for', async () => {
    const ids = async (query: string) =>
      (await list(`/spend/logs?summarize=false&${query}`)).map((row) => row.request_id);
    assert.deepEqual(await ids('start_date=2026-03-09&end_date=2026-03-09'), ['yesterday']);
    assert.deepEqual(await ids('start_date=2025-12-31%2023:59:59&end_date=2025-12-31%2023:59:59'), ['long-ago']);
    assert.deepEqual(await ids('start_date=2026-01-01&end_date=2026-01-31'), []);
  });

  it('refuses what is no date and says the form', async () => {
    for (const date of [
      'yesterday',
      '2026-02-30',
      '2026-13-01',
      '10.03.2026',
      '2026-03-10T25:00:00',
      "2026-03-10' or 1=1",
    ]) {
      const { status, body } = await server.get(`/spend/logs?start_date=${encodeURIComponent(date)}`);
      assert.equal(status, 400, date);
      assert.match(String(((body as JsonObject).error as JsonObject).message), /YYYY-MM-DD or YYYY-MM-DD HH:MM:SS/);
    }
    assert.equal((await server.get('/spend/logs?start_date=2026-03-10&end_date=2026-03-09')).status, 400);
  });
});

describe('/spend/logs/v2', () => {
  const page = async (query: string) => (await ok(`/spend/logs/v2?${query}`)) as JsonObject & { data: JsonObject[] };

  it('pages through everything, newest first', async () => {
    const first = await page('page_size=2');
    assert.deepEqual([first.total, first.page, first.page_size, first.total_pages], [5, 1, 2, 3]);
    assert.equal(first.data.length, 2);
    const last = await page('page_size=2&page=3');
    assert.deepEqual(
      last.data.map((row) => row.request_id),
      ['long-ago'],
    );
    const oldest = await page('sort_order=asc&page_size=1');
    assert.deepEqual(
      oldest.data.map((row) => row.request_id),
      ['long-ago'],
    );
  });

  it('filters by all that it is given', async () => {
    assert.equal((await page('user_id=tom')).total, 2);
    assert.equal((await page('user_id=tom&start_date=2026-01-01')).total, 1);
    assert.equal((await page('status_filter=failure')).total, 1);
    assert.equal((await page('model=deepseek-chat')).total, 1);
    assert.equal((await page('end_user=c1')).total, 1);
    assert.equal((await page('key_alias=key%20of%20tom')).total, 2);
    assert.equal((await page('key_alias=nobody')).total, 0);
    assert.equal((await page('min_spend=0.001')).total, 2);
    assert.equal((await page('max_spend=0.001')).total, 3);
    assert.equal((await page('min_spend=0.000001000002')).total, 2);
    assert.equal((await page(`api_key=${keyOf('bare')}`)).total, 1);
    const costliest = await page('sort_by=spend');
    assert.equal(costliest.data[0]?.spend, 0.0045);
  });

  it('refuses what it cannot filter or sort by, and pages beyond all bounds', async () => {
    for (const query of [
      'page_size=1001',
      'page=0',
      'page=x',
      'status_filter=maybe',
      'sort_by=model',
      'session_id=s1',
      'min_spend=-1',
    ]) {
      assert.equal((await server.get(`/spend/logs/v2?${query}`)).status, 422, query);
    }
  });

  it('is the same under the name that the page of LiteLLM asks', async () => {
    assert.deepEqual(await ok('/spend/logs/ui?page_size=2'), await ok('/spend/logs/v2?page_size=2'));
  });
});

describe('Sums', () => {
  it('by tag count a request under each of its tags', async () => {
    assert.deepEqual(await ok('/spend/tags?start_date=2026-03-01&end_date=2026-03-10'), [
      { individual_request_tag: 'a', log_count: 2, total_spend: 0.004501000001 },
      { individual_request_tag: 'b', log_count: 1, total_spend: 0.000001000001 },
    ]);
    assert.deepEqual(await ok('/global/spend/tags?tags=b'), {
      spend_per_tag: [{ name: 'b', spend: 0.000001000001, log_count: 1 }],
    });
    assert.deepEqual(await ok('/global/spend/all_tag_names'), { tag_names: ['a', 'b'] });
  });

  it('by key and user name them, costliest first', async () => {
    const keys = await list('/spend/keys?limit=1');
    assert.equal(keys.length, 1);
    assert.equal(keys[0]?.key_alias, 'key of tom');
    assert.equal(keys[0]?.spend, 0.009);
    const users = await list('/spend/users');
    assert.deepEqual(
      users.map(({ user_id, spend }) => [user_id, spend]),
      [
        ['tom', 0.009],
        ['ivan', 0.000001000001],
      ],
    );
    const [top] = await list('/global/spend/keys?limit=1');
    assert.equal(top?.total_spend, 0.0045);
  });

  it('by team, model, provider, customer and day', async () => {
    const teams = (await ok('/global/spend/teams')) as JsonObject;
    assert.deepEqual(teams.teams, ['Team t2', 'Team t1']);
    assert.deepEqual(teams.daily_spend, [
      { 'Team t2': 0.0045, date: '2026-03-09' },
      { 'Team t1': 0.000001000001, date: '2026-03-10' },
    ]);
    assert.deepEqual(await ok('/global/spend/models'), [
      { model: 'gpt-4o-2024-08-06', total_spend: 0.0045 },
      { model: 'deepseek-chat', total_spend: 0.000001000001 },
    ]);
    assert.deepEqual(await ok('/global/spend/provider'), [
      { provider: 'openai', spend: 0.0045 },
      { provider: 'deepseek', spend: 0.000001000001 },
    ]);
    assert.deepEqual(await ok('/global/spend/logs'), [
      { date: '2026-03-09', spend: 0.0045 },
      { date: '2026-03-10', spend: 0.000001000001 },
    ]);
    const customers = await server.post('/global/spend/end_users', { startTime: '2026-03-10', endTime: '2026-03-10' });
    assert.deepEqual(customers.body, [{ end_user: 'c1', total_count: 1, total_spend: 0.000001000001 }]);
  });

  it('of activity count attempts and tokens', async () => {
    assert.deepEqual(await ok('/global/activity'), {
      daily_data: [
        { date: '2026-03-09', api_requests: 1, total_tokens: 1200 },
        { date: '2026-03-10', api_requests: 3, total_tokens: 3400 },
      ],
      sum_api_requests: 4,
      sum_total_tokens: 4600,
    });
  });

  it('of everything are those since ever', async () => {
    assert.deepEqual(await ok('/global/spend'), { spend: 0.009001000001, max_budget: 0 });
  });

  it('in exact decimals, with what the models asked for would have cost', async () => {
    const summary = (await ok('/spend/summary?group_by=provider&start_date=2026-03-10')) as JsonObject;
    assert.deepEqual(
      (summary.results as JsonObject[]).map(({ name, cost, saved }) => [name, cost, saved]),
      [
        ['deepseek', '0.000001000001', '0.005998999999'],
        ['openai', '0', '0.012'],
      ],
    );
    assert.equal((summary.total as JsonObject).requested_cost, '0.018');
    const tags = (await ok('/spend/summary?group_by=tag&start_date=2026-03-10')) as JsonObject;
    // What two tags share is counted once.
    assert.equal((tags.total as JsonObject).cost, '0.000001000001');
  });
});

describe('/global/spend/report', () => {
  const span = 'start_date=2026-03-01&end_date=2026-03-10';
  it('tells teams by day with models and keys', async () => {
    const [day] = (await list(`/global/spend/report?${span}`)) as JsonObject[];
    assert.equal(day?.group_by_day, '2026-03-09');
    assert.deepEqual(day?.teams, [
      {
        team_id: 't2',
        team_name: 'Team t2',
        total_spend: 0.0045,
        metadata: [{ model: 'gpt-4o-2024-08-06', spend: 0.0045, total_tokens: 1200, api_key: hashKey(keyOf('tom')) }],
      },
    ]);
  });

  it('tells customers and keys', async () => {
    const customers = await list(`/global/spend/report?${span}&group_by=customer&customer_id=c1`);
    assert.deepEqual(
      customers.map((day) => (day.customers as JsonObject[]).map(({ customer }) => customer)),
      [['c1']],
    );
    const keys = await list(`/global/spend/report?${span}&group_by=api_key&api_key=${hashKey(keyOf('tom'))}`);
    assert.deepEqual(
      keys.map(({ total_cost, total_input_tokens }) => [total_cost, total_input_tokens]),
      [[0.0045, 1000]],
    );
  });

  it('needs its dates', async () => {
    assert.equal((await server.get('/global/spend/report')).status, 422);
  });
});

describe('What an answer would cost', () => {
  it('is given for an answer and for a prompt', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 10 };
    const whole = await server.post('/spend/calculate', { completion_response: { model: 'gpt-4o', usage } });
    assert.deepEqual(whole.body, { cost: 0.00035 });
    const prompt = await server.post('/spend/calculate', {
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'x'.repeat(400) }],
    });
    assert.deepEqual(prompt.body, { cost: 0.00026 });
  });

  it('is given by day and by month', async () => {
    const { body } = await server.post('/cost/estimate', {
      model: 'gpt-4o',
      input_tokens: 1000,
      output_tokens: 100,
      num_requests_per_day: 1000,
    });
    valid('CostEstimateResponse', body);
    const { cost_per_request, daily_cost, monthly_cost } = body as JsonObject;
    assert.deepEqual([cost_per_request, daily_cost, monthly_cost], [0.0035, 3.5, null]);
  });

  it('is refused for what has no price, and for half a question', async () => {
    const bodies: JsonObject[] = [
      { model: 'unheard-of', messages: [] },
      { model: 'gpt-4o' },
      { completion_response: { model: 'gpt-4o' } },
      { completion_response: { model: 'gpt-4o', usage: { prompt_tokens: 1.5 } } },
    ];
    for (const body of bodies)
      assert.equal((await server.post('/spend/calculate', body)).status, 422, JSON.stringify(body));
  });
});

describe('/provider/budgets', () => {
  it('tells what was spent in the period that holds now', async () => {
    const { claims } = server.context;
    const amounts = { inputTokens: 0, outputTokens: 0, hold: 0n, exposure: 0n };
    await claims.claim({ id: 'charged', nowMs: NOW_MS, accounts: [], amounts });
    await claims.settle({
      id: 'charged',
      nowMs: NOW_MS,
      cost: 0n,
      inputTokens: 0,
      outputTokens: 0,
      charges: [
        {
          account: 'provider:openai',
          window: `1d@${Date.parse('2026-03-10')}`,
          startsAtMs: Date.parse('2026-03-10'),
          endsAtMs: Date.parse('2026-03-11'),
          cost: 2_500_000_000_000n,
        },
      ],
    });
    const body = await ok('/provider/budgets');
    valid('ProviderBudgetResponse', body);
    assert.deepEqual(body, {
      providers: {
        openai: { budget_limit: 100, time_period: '1d', spend: 2.5, budget_reset_at: '2026-03-11T00:00:00.000Z' },
      },
    });
  });
});
