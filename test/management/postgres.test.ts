/** Every answer of spend is the same over Postgres as over SQLite. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openPostgresDatabase } from '../../src/stores/postgres/postgres-database.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { CONFIG, type ManagementServer, NOW_MS, spendRow, startManagement } from './sqlite-server.ts';

let postgres: TestPostgres;
let servers: readonly [ManagementServer, ManagementServer];
before(async () => {
  postgres = await startTestPostgres();
  const url = await postgres.makeDatabase();
  servers = [
    await startManagement(CONFIG, (options) => openPostgresDatabase({ url, poolSize: 4, ...options })),
    await startManagement(),
  ];
  const rows = (['ivan', 'tina', 'tom', 'bare', 'vera'] as const).flatMap((person, index) => [
    spendRow(person, {
      cost: 123_456_789_012n + BigInt(index),
      tags: ['a', `of ${person}`],
      customerId: `c${index % 2}`,
    }),
    spendRow(person, {
      startedAtMs: NOW_MS - index * 86_400_000,
      status: 'failure',
      error: "it's '%' and \\",
      cost: 0n,
    }),
    spendRow(person, {
      model: 'deepseek-chat',
      provider: 'deepseek',
      modelGroup: 'cheap',
      cost: 9_007_199_254_740_993n,
    }),
  ]);
  for (const { context } of servers) await context.ledger.write(rows);
});
after(async () => {
  for (const server of servers ?? []) await server.close();
  await postgres?.close();
});

const PATHS = [
  '/spend/logs?start_date=2026-03-01&end_date=2026-03-10',
  '/spend/logs?request_id=call-1',
  '/spend/logs/v2?sort_by=spend&page_size=1',
  '/spend/logs/v2?min_spend=1&status_filter=success&model=deepseek-chat&end_user=c1&page_size=1',
  '/spend/logs/v2?tag=of%20tom',
  '/spend/tags',
  '/spend/keys',
  '/spend/users',
  '/spend/summary?group_by=key',
  '/spend/summary?group_by=tag',
  '/spend/summary?group_by=day',
  '/global/spend',
  '/global/spend/logs',
  '/global/spend/teams',
  '/global/spend/models',
  '/global/spend/report?start_date=2026-03-01&end_date=2026-03-10',
  '/global/spend/report?start_date=2026-03-01&end_date=2026-03-10&group_by=customer',
  '/global/activity/model',
  '/customer/daily/activity?end_user_ids=c0,c1',
  '/organization/daily/activity',
  '/tag/daily/activity?tags=a',
  '/tag/summary',
  '/tag/list',
  '/organization/list',
  '/user/list?sort_by=spend&sort_order=desc',
  '/user/list?sort_by=max_budget&search=i',
  '/v2/team/list?sort_by=spend&search=T',
  '/key/list?sort_by=spend&return_full_object=true',
  '/key/list?sort_by=max_budget&sort_order=asc',
];

describe('Over Postgres', { timeout: 60_000 }, () => {
  for (const path of PATHS) {
    it(`${path} answers as over SQLite, to each its own`, async () => {
      for (const as of ['master', 'olga', 'tina', 'ivan', 'bare']) {
        const [one, other] = await Promise.all(servers.map((server) => server.get(path, as)));
        assert.deepEqual(one, other, as);
        if (as === 'master') assert.equal(one?.status, 200);
      }
    });
  }

  it('teams that name the same new user at once are all made', async () => {
    for (const server of servers) {
      for (const who of [{ user_id: 'at-once' }, { user_email: 'at-once-too@example.com' }]) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, () =>
            server.post('/team/new', { members_with_roles: [{ ...who, role: 'user' }] }),
          ),
        );
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      }
    }
  });

  it('objects are made, shown and deleted alike', async () => {
    const answers = await Promise.all(
      servers.map(async (server) => [
        await server.post('/budget/new', { budget_id: 'b1', max_budget: 1.25, budget_duration: '1mo' }),
        await server.post('/customer/new', { user_id: "c'1", budget_id: 'b1' }),
        await server.post('/budget/delete', { id: 'b1' }),
        await server.post('/tag/new', { name: 'ü', max_budget: 0.000000000001 }),
        await server.post('/organization/member_add', {
          organization_id: 'o1',
          member: { user_id: 'n', role: 'internal_user' },
        }),
        await server.get("/customer/info?end_user_id=c'1"),
        await server.post('/customer/delete', { user_ids: ["c'1"] }),
        await server.post('/global/spend/reset', {}),
        await server.get('/global/spend'),
      ]),
    );
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(
      answers[0]?.map(({ status }) => status),
      [200, 200, 400, 200, 200, 200, 200, 200, 200],
    );
  });
});
