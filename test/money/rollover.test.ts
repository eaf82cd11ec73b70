/** What is spent beyond a budget, in its next period. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { openPostgresDatabase } from '../../src/stores/postgres/postgres-database.ts';
import { SqlLedger } from '../../src/stores/sql/ledger/sql-ledger.ts';
import { openSqliteDatabase } from '../../src/stores/sqlite/sqlite-database.ts';
import { hashKey } from '../../src/tenancy/hash-key.ts';
import { ledgerRow } from '../support/ledger-rows.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startTestRedis } from '../support/redis.ts';
import { startReceiver } from './receiver.ts';
import { ask, callIdOf, eventually, manage, messageOf, priced, rowsOf, startMoneyGateway } from './tenants.ts';

const PICO_PER_USD = 1_000_000_000_000n;
const DAY_MS = 86_400_000;

describe('budget_rollover', { timeout: 60_000 }, () => {
  let dataFolder: string;
  before(async () => {
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-rollover-'));
    const database = await openSqliteDatabase({
      path: join(dataFolder, 'sluice.db'),
      makeLedger: (connection) => new SqlLedger(connection),
    });
    const noon = (daysAgo: number): number => Math.floor(Date.now() / DAY_MS) * DAY_MS - daysAgo * DAY_MS + DAY_MS / 2;
    // Two days ago 9 USD, yesterday 7 USD, each against a budget of 5.
    const row = (daysAgo: number, usd: number) =>
      ledgerRow(`call-${daysAgo}`, {
        startedAtMs: noon(daysAgo),
        endedAtMs: noon(daysAgo) + 1_000,
        cost: BigInt(usd) * PICO_PER_USD,
        keyHash: hashKey('carries'),
        accounts: [`key:${hashKey('carries')}`],
      });
    await database.ledger.write([row(2, 9), row(1, 7)]);
    await database.close();
  });
  after(() => rmSync(dataFolder, { recursive: true }));

  const config = (litellm: JsonObject): JsonObject => ({
    user_api_key_list: [{ api_key: 'carries', max_budget: 5, budget_duration: '1d' }],
    litellm_settings: litellm,
  });

  it('counts the excess of the periods before, so that a budget that was overspent is used up', async (context) => {
    const gateway = await startMoneyGateway(config({ budget_rollover: true }), { dataFolder });
    context.after(() => gateway.close());
    const refused = await ask(gateway, 'carries');
    assert.equal(refused.status, 422);
    // 9 - 5 = 4 went into yesterday, 4 + 7 - 5 = 6 into today.
    assert.match(messageOf(refused), /Current cost: 6, Max budget: 5/);
    const { info } = await manage(gateway, `/key/info?key=${hashKey('carries')}`);
    assert.equal((info as JsonObject).spend, 6);
  });

  it('forgives it without the setting', async (context) => {
    const gateway = await startMoneyGateway(config({}), { dataFolder });
    context.after(() => gateway.close());
    assert.equal((await ask(gateway, 'carries')).status, 200);
  });
});

describe('budget_rollover over a shared Redis', { timeout: 120_000 }, () => {
  it('carries the excess once for all instances, which then count together', async (context) => {
    const [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
    context.after(() => Promise.all([postgres.close(), redis.close()]));
    const start = () =>
      startMoneyGateway({
        model_list: [priced('m', 10, { input_cost_per_token: 0.001, output_cost_per_token: 0.04 })],
        user_api_key_list: [{ api_key: 'carries', max_budget: 5, budget_duration: '1d' }],
        litellm_settings: { budget_rollover: true },
        router_settings: { redis_url: redis.url },
        general_settings: { database_url: postgres.url },
      });
    const first = await start();
    context.after(() => first.close());
    const database = await openPostgresDatabase({
      url: postgres.url,
      poolSize: 2,
      makeLedger: (connection) => new SqlLedger(connection),
    });
    const yesterday = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;
    const accounts = [`key:${hashKey('carries')}`];
    const cost = 9n * PICO_PER_USD;
    await database.ledger.write([
      ledgerRow('call-1', {
        startedAtMs: yesterday,
        endedAtMs: yesterday,
        cost,
        keyHash: hashKey('carries'),
        accounts,
      }),
    ]);
    await database.close();
    const second = await start();
    context.after(() => second.close());
    // 9 - 5 = 4 came from yesterday. An answer costs some 0.4, so both together give no more than two.
    const answers = await Promise.all(
      [first, second, first, second].map((gateway) => ask(gateway, 'carries', { max_tokens: 10 })),
    );
    const served = answers.filter(({ status }) => status === 200).length;
    assert.ok(served === 1 || served === 2, answers.map(({ status }) => status).join());
    const again = await Promise.all([first, second].map((gateway) => ask(gateway, 'carries', { max_tokens: 10 })));
    const sum = served + again.filter(({ status }) => status === 200).length;
    assert.equal(sum, 2);
    for (const gateway of [first, second]) {
      const { info } = await manage(gateway, `/key/info?key=${hashKey('carries')}`);
      const spend = Number((info as JsonObject).spend);
      assert.ok(spend > 4.7 && spend < 5, `${spend}`);
    }
    await redis.kill();
    await redis.start();
    await eventually(
      async () => (await ask(second, 'carries', { max_tokens: 10 })).status === 422,
      'an emptied Redis learns it from the ledger',
    );
  });
});

describe('disable_reset_budget and disable_end_user_cost_tracking', { timeout: 60_000 }, () => {
  it('let a budget count all that was spent, and account for no end user', async (context) => {
    const more = {
      user_api_key_list: [{ api_key: 'k', max_budget: 0.6, budget_duration: '2s' }],
      customers: [{ user_id: 'poor', max_budget: 0 }],
      model_list: [priced('m', 10, { input_cost_per_token: 0.01, output_cost_per_token: 0.04 })],
    };
    for (const isOn of [true, false]) {
      const gateway = await startMoneyGateway({
        ...more,
        general_settings: { disable_reset_budget: isOn },
        litellm_settings: { disable_end_user_cost_tracking: isOn },
      });
      context.after(() => gateway.close());
      const asked = { max_tokens: 10 };
      assert.equal((await ask(gateway, 'k', asked)).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      assert.equal(
        (await ask(gateway, 'k', asked)).status,
        isOn ? 422 : 200,
        'most of it is spent, and the period over',
      );
      const byPoor = await ask(gateway, gateway.masterKey, { ...asked, user: 'poor' });
      assert.equal(byPoor.status, isOn ? 200 : 422);
      if (isOn) {
        const [row] = await rowsOf(gateway, callIdOf(byPoor));
        assert.equal(row?.end_user, '');
      }
    }
  });
});

describe('default_soft_budget', { timeout: 60_000 }, () => {
  it('alerts for keys that have no soft budget of their own, and refuses nothing', async (context) => {
    const receiver = await startReceiver();
    context.after(() => receiver.close());
    const gateway = await startMoneyGateway({
      budget_settings: { alert_webhooks: [`${receiver.url}/hook`] },
      litellm_settings: { default_soft_budget: 0.0000001 },
      user_api_key_list: [
        { api_key: 'usual', key_alias: 'usual' },
        { api_key: 'own', key_alias: 'own', soft_budget: 100 },
      ],
    });
    context.after(() => gateway.close());
    for (const key of ['own', 'usual', 'usual', gateway.masterKey]) assert.equal((await ask(gateway, key)).status, 200);
    await eventually(() => receiver.events('soft_budget_crossed').length > 0, 'the alert comes');
    assert.deepEqual(
      receiver.events('soft_budget_crossed').map(({ key_alias: alias }) => alias),
      ['usual'],
    );
  });
});
