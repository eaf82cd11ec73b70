/** What a killed gateway had under way is listed, and corrected in the ledger and in every budget that counts it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { keyOf, type ManagementServer, NOW_MS, spendRow, startManagement } from './sqlite-server.ts';

const DAY_MS = 86_400_000;
const USD = 1_000_000_000_000n;
const KEY = `key:${hashKey(keyOf('ivan'))}`;

let server: ManagementServer;
before(async () => {
  server = await startManagement();
  const orphan = { status: 'orphan', cost: 4n * USD, hold: 6n * USD, accounts: [KEY, 'team:t1', 'user:ivan'] } as const;
  await server.context.ledger.write([
    spendRow('ivan', { callId: 'cut', ...orphan }),
    spendRow('ivan', { callId: 'freed', ...orphan, cost: 1n * USD }),
    spendRow('ivan', { callId: 'old', ...orphan, startedAtMs: NOW_MS - 3 * DAY_MS, endedAtMs: NOW_MS - 3 * DAY_MS }),
    spendRow('ivan', { callId: 'whole', cost: 1n * USD, accounts: [KEY, 'team:t1', 'user:ivan'] }),
  ]);
  const budget = { max_budget: 10, budget_duration: '1d' };
  assert.equal((await server.post('/team/update', { team_id: 't1', ...budget })).status, 200);
  assert.equal((await server.post('/user/update', { user_id: 'ivan', max_budget: 10 })).status, 200);
});
after(() => server.close());

async function correct(body: JsonValue, as?: string) {
  return await server.post('/spend/orphans/correct', body, as);
}

/** What the budgets count: of the team today, of the user since ever. */
async function spent(): Promise<{ team: unknown; user: unknown; key: unknown }> {
  const team = (await server.get('/team/info?team_id=t1')).body as { team_info: { spend: number } };
  const user = (await server.get('/user/info?user_id=ivan')).body as { user_info: { spend: number } };
  const totals = await server.context.ledger.totals([KEY]);
  return { team: team.team_info.spend, user: user.user_info.spend, key: totals.get(KEY) };
}

describe('orphans', () => {
  it('are listed for admins with what they are booked at and what they may have cost', async () => {
    const { status, body } = await server.get('/spend/orphans', 'pia');
    assert.equal(status, 200);
    const { data, total } = body as { data: { sluice: JsonObject }[]; total: number };
    assert.equal(total, 3);
    const cut = data.find(({ sluice }) => sluice.attempt_id === 'cut/0')?.sluice;
    assert.deepEqual([cut?.cost, cut?.hold, cut?.status], ['4', '6', 'orphan']);
    assert.equal((await server.get('/spend/orphans', 'ivan')).status, 403);
  });

  it('are corrected in the ledger and in the budgets of the periods that go on', async () => {
    assert.deepEqual(await spent(), { team: 6, user: 10, key: 10n * USD });

    const corrected = await correct({ attempt_id: 'cut/0', spend: 0.25 });
    assert.equal(corrected.status, 200, JSON.stringify(corrected.body));
    assert.deepEqual(await spent(), { team: 2.25, user: 6.25, key: (USD * 25n) / 4n });

    const released = await correct({ attempt_id: 'freed/0', spend: 0 });
    assert.equal(released.status, 200, JSON.stringify(released.body));
    // The day of this one is over: its team's budget of today does not change.
    assert.equal((await correct({ attempt_id: 'old/0', spend: 1 })).status, 200);
    assert.deepEqual(await spent(), { team: 1.25, user: 2.25, key: (USD * 9n) / 4n });

    const { body } = await server.get('/spend/logs?request_id=cut');
    const [row] = body as { status: string; spend: number; sluice: JsonObject }[];
    assert.deepEqual([row?.status, row?.spend, row?.sluice.error], ['failure', 0.25, 'orphan_corrected']);
    const audit = (await server.get('/audit?object_id=cut/0')).body as { audit_logs: JsonObject[] };
    assert.equal(audit.audit_logs.length, 1);
  });

  it('are corrected once, and nothing else is', async () => {
    const counted = await spent();
    for (const attempt of ['cut/0', 'whole/0', 'unknown/0', 'cut']) {
      const { status, body } = await correct({ attempt_id: attempt, spend: 0 });
      assert.equal(status, 422, JSON.stringify(body));
      assert.match(JSON.stringify(body), /`attempt_id` names no orphaned request/);
    }
    assert.deepEqual(await spent(), counted);
  });

  it('that are corrected twice at one time are counted once', async () => {
    await server.context.ledger.write([
      spendRow('ivan', { callId: 'twice', status: 'orphan', cost: USD, accounts: [KEY, 'team:t1', 'user:ivan'] }),
    ]);
    // The counter of the user exists already and knows nothing of the row that was written behind its back.
    const before = await spent();
    const both = await Promise.all([1, 2].map(() => correct({ attempt_id: 'twice/0', spend: 0.5 })));
    assert.ok(
      both.some(({ status }) => status === 200),
      JSON.stringify(both),
    );
    const now = await spent();
    assert.equal(now.key, (USD * 9n) / 4n + USD / 2n);
    assert.equal(now.team, Number(before.team) - 0.5);
  });

  it('need an amount, and only admins may correct them', async () => {
    for (const body of [
      { attempt_id: 'cut/0' },
      { attempt_id: 'cut/0', spend: -1 },
      { spend: 1 },
      { attempt_id: 'cut/0', spend: 1, more: 1 },
    ]) {
      assert.equal((await correct(body)).status, 422, JSON.stringify(body));
    }
    for (const person of ['pia', 'olga', 'tina', 'ivan', 'bare']) {
      assert.equal((await correct({ attempt_id: 'cut/0', spend: 1 }, person)).status, 403, person);
    }
  });
});
