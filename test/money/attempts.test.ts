/** What attempts that fail, break off, lose or are left by their client cost, and that limits hold over all of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, eventually, manage, messageOf, priced, rowsOf, startMoneyGateway } from './tenants.ts';

const OUTPUT = 100;

interface OwnFacts {
  readonly attempt: number;
  readonly cost: string | null;
  readonly estimated: boolean;
}

function own(row: JsonObject | undefined): OwnFacts {
  return row?.sluice as unknown as OwnFacts;
}

async function spendOf(gateway: TestGateway): Promise<number> {
  return Number((await manage(gateway, '/global/spend')).spend);
}

describe('attempts', { timeout: 60_000 }, () => {
  test('a stream that breaks off and is continued elsewhere is paid for at both, and both stand in the ledger', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [
        priced('m', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+fault-reset-after-20`, order: 1 }),
        priced('m', OUTPUT, { order: 2 }),
      ],
      user_api_key_list: [{ api_key: 'k', max_budget: 1 }],
      router_settings: { num_retries: 2, mid_stream: 'continue' },
    });
    context.after(() => gateway.close());
    const answer = await ask(gateway, 'k', { stream: true });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /\[DONE\]/);
    const rows = await rowsOf(gateway, callIdOf(answer), 2);
    assert.equal(rows.length, 2);
    assert.deepEqual(
      rows.map((row) => row.status),
      ['failure', 'success'],
    );
    assert.ok(Number(own(rows[0]).cost) > 0, 'what was written before it broke is paid');
    const sum = rows.reduce((total, row) => total + Number(own(row).cost), 0);
    const info = await manage(gateway, '/global/spend');
    assert.ok(Math.abs(Number(info.spend) - sum) < 1e-12);
  });

  test('a failed attempt that cost nothing leaves the whole budget for the next', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [
        priced('m', OUTPUT, { model: `openai/sim-tokens-${OUTPUT}+fault-500`, order: 1 }),
        priced('m', OUTPUT, { order: 2 }),
      ],
      user_api_key_list: [{ api_key: 'k', max_budget: 0.0018 }],
      router_settings: { num_retries: 2 },
      budget_settings: { mode: 'strict' },
    });
    context.after(() => gateway.close());
    const answer = await ask(gateway, 'k', { max_tokens: OUTPUT });
    assert.equal(answer.status, 200, answer.text);
    const rows = await rowsOf(gateway, callIdOf(answer), 2);
    assert.deepEqual(
      rows.map((row) => Number(own(row).cost ?? 0) > 0),
      [false, true],
    );
  });

  test('a client that leaves a stream pays for what was written, once', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 400, { model: 'openai/sim-tokens-400+latency-5-5' })],
      user_api_key_list: [{ api_key: 'k', max_budget: 1 }],
    });
    context.after(() => gateway.close());
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    const callId = response.headers.get('x-litellm-call-id') ?? '';
    const reader = response.body?.getReader();
    for (let read = 0; read < 20; read++) await reader?.read();
    leaving.abort();
    const [row] = await rowsOf(gateway, callId);
    assert.ok(Number(own(row).cost) > 0);
    assert.equal(own(row).estimated, true);
    await eventually(async () => (await spendOf(gateway)) === Number(own(row).cost), 'the sum is that of the one row');
    const [seen] = gateway.simulator.requests;
    assert.ok(Number(row?.completion_tokens) < 400, 'not the whole answer');
    await eventually(() => seen?.outcome === 'aborted-by-client', 'the call to the provider is ended');
  });

  test('a stream that outgrows what it was admitted with reserves more as it runs', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 3_000, { model: 'openai/sim-tokens-3000' })],
      user_api_key_list: [{ api_key: 'k', max_budget: 1 }],
      budget_settings: { mode: 'learned' },
    });
    context.after(() => gateway.close());
    const answer = await ask(gateway, 'k', { stream: true });
    assert.match(answer.text, /\[DONE\]/);
    const [row] = await rowsOf(gateway, callIdOf(answer));
    assert.ok(row !== undefined);
    const { hold, cost } = row.sluice as unknown as { hold: string; cost: string };
    assert.ok(Number(hold) > 0.0077 + 0.01, `the hold grew: ${hold}`);
    assert.ok(Number(cost) > 0.04);
  });

  test('budgets of deployments and providers steer to who has something left, and name what is used up', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [
        priced('m', OUTPUT, { order: 1, max_budget: 0.001, budget_duration: '1d' }, { id: 'small' }),
        priced('m', OUTPUT, { order: 2 }, { id: 'large' }),
        priced('only', OUTPUT, { max_budget: 0.001 }, { id: 'lonely' }),
      ],
    });
    context.after(() => gateway.close());
    const first = await ask(gateway, gateway.masterKey);
    assert.equal(first.headers.get('x-litellm-model-id'), 'small');
    await eventually(async () => {
      const next = await ask(gateway, gateway.masterKey);
      return next.headers.get('x-litellm-model-id') === 'large';
    }, 'the next goes to the deployment that has something left');
    assert.equal((await ask(gateway, gateway.masterKey, { model: 'only' })).status, 200);
    await eventually(
      async () => (await ask(gateway, gateway.masterKey, { model: 'only' })).status === 429,
      'no deployment is left',
    );
    assert.match(messageOf(await ask(gateway, gateway.masterKey, { model: 'only' })), /budget used up/);
  });

  test('a provider’s budget holds for all its deployments', async (context) => {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', OUTPUT, {}, { id: 'one' }), priced('m', OUTPUT, {}, { id: 'two' })],
      router_settings: { provider_budget_config: { openai: { budget_limit: 0.001, time_period: '1d' } } },
    });
    context.after(() => gateway.close());
    assert.equal((await ask(gateway, gateway.masterKey)).status, 200);
    await eventually(
      async () => (await ask(gateway, gateway.masterKey)).status === 429,
      'no deployment of it is asked',
    );
    const budgets = await manage(gateway, '/provider/budgets');
    assert.ok(JSON.stringify(budgets).includes('openai'));
  });

  test('the whole gateway has a budget that stops everybody, without telling a tenant its figures', async (context) => {
    const gateway = await startMoneyGateway({
      general_settings: { global_max_budget: 0.0018 },
      user_api_key_list: [{ api_key: 'a' }, { api_key: 'b' }],
      budget_settings: { mode: 'strict' },
    });
    context.after(() => gateway.close());
    assert.equal((await ask(gateway, 'a', { max_tokens: OUTPUT })).status, 200);
    const refused = await ask(gateway, 'b', { max_tokens: OUTPUT });
    assert.equal(refused.status, 422);
    assert.match(messageOf(refused), /Gateway/);
    assert.doesNotMatch(messageOf(refused), /0\.001/);
  });

  test('a refusal reaches an Anthropic client in its own envelope', async (context) => {
    const gateway = await startMoneyGateway({ user_api_key_list: [{ api_key: 'k', max_budget: 0 }] });
    context.after(() => gateway.close());
    const response = await gateway.post(
      '/v1/messages',
      { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] },
      { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    );
    assert.equal(response.status, 422);
    const body = (await response.json()) as { type: string; error: { type: string } };
    assert.equal(body.type, 'error');
    assert.equal(body.error.type, 'billing_error');
  });
});
