/** Copies of requests that go to another group (`silent_model`): who pays, and that no client notices. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, eventually, manage, priced, startMoneyGateway } from './tenants.ts';

const asked = (gateway: TestGateway, model: string) =>
  gateway.simulator.requests.filter((request) => request.model === model);

async function gatewayFor(context: TestContext, more: JsonObject): Promise<TestGateway> {
  const gateway = await startMoneyGateway(more);
  context.after(() => gateway.close());
  return gateway;
}

async function rowsOfPlatform(gateway: TestGateway, least: number): Promise<JsonObject[]> {
  let rows: JsonObject[] = [];
  await eventually(async () => {
    const logs = (await (await gateway.get('/spend/logs?summarize=false')).json()) as unknown as JsonObject[];
    rows = logs.filter((row) => row.api_key === 'sluice-platform');
    return rows.length >= least;
  }, 'rows of the platform');
  return rows;
}

describe('silent_model', { timeout: 60_000 }, () => {
  it('sends a copy that the platform pays, whole and streamed, and none of it counts for the client', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [priced('m', 10, { silent_model: 'shadow' }), priced('shadow', 70, { silent_model: ['m'] })],
      user_api_key_list: [{ api_key: 'k', models: ['m'], user_id: 'u', rpm_limit: 2 }],
      customers: [{ user_id: 'customer', max_budget: 1 }],
      tags: [{ name: 'red', max_budget: 1 }],
    });
    const more = { user: 'customer', metadata: { tags: ['red'] }, fallbacks: ['nowhere-at-all'].slice(1) };
    assert.equal((await ask(gateway, 'k', more)).status, 200);
    assert.equal((await ask(gateway, 'k', { ...more, stream: true })).status, 200);
    await eventually(() => asked(gateway, 'sim-tokens-70').length === 2, 'both copies are sent');
    const [whole, streamed] = asked(gateway, 'sim-tokens-70').map(({ rawBody }) => JSON.parse(String(rawBody)));
    assert.deepEqual(whole.messages, [{ role: 'user', content: 'Tell me of rivers.' }]);
    assert.equal(streamed.stream, true);
    const rows = await rowsOfPlatform(gateway, 2);
    assert.equal(rows.length, 2);
    for (const row of rows) {
      assert.ok(isJsonObject(row.sluice) && Number(row.sluice.cost) > 70 * 0.000015, JSON.stringify(row));
      assert.equal(row.completion_tokens, 70);
      assert.equal(row.model_group, 'shadow');
      assert.ok(!row.end_user && !row.user, JSON.stringify(row));
      assert.deepEqual(row.request_tags, []);
    }
    assert.equal(asked(gateway, 'sim-tokens-10').length, 2, 'a copy has no copies');
    const own = (await (
      await gateway.get('/spend/logs?summarize=false', { authorization: 'Bearer k' })
    ).json()) as unknown as JsonObject[];
    assert.deepEqual([...new Set(own.map(({ model_group: group }) => group))], ['m']);
    const { spend } = (await manage(gateway, '/customer/info?end_user_id=customer')) as JsonObject;
    const mine = own.reduce((sum, row) => sum + Number(row.spend), 0);
    assert.ok(Math.abs(Number(spend) - mine) < 1e-9, `${spend} is not ${mine}`);
  });

  it('neither delays nor fails a request when the copy hangs, fails, or has no group', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 10, { silent_model: ['hangs', 'fails', 'not-there'] }),
        priced('hangs', 10, { model: 'openai/sim-tokens-71+fault-hang', timeout: 2 }),
        priced('fails', 10, { model: 'openai/sim-tokens-72+fault-500' }),
      ],
    });
    const began = performance.now();
    for (let number = 0; number < 3; number += 1) {
      const answer = await ask(gateway, gateway.masterKey);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('x-litellm-model-group'), 'm');
    }
    assert.ok(performance.now() - began < 2_000, 'nothing waited for the copy that hangs');
    await eventually(() => asked(gateway, 'sim-tokens-72+fault-500').length >= 3, 'the failing copies are sent');
  });

  it('is bounded: more copies than may be under way are not sent', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 1, { silent_model: 'slow' }),
        priced('slow', 1, { model: 'openai/sim-tokens-73+latency-3000-1' }),
      ],
    });
    await Promise.all(Array.from({ length: 40 }, () => ask(gateway, gateway.masterKey)));
    await eventually(() => asked(gateway, 'sim-tokens-73+latency-3000-1').length > 0, 'copies are sent');
    await wait(500);
    const sent = asked(gateway, 'sim-tokens-73+latency-3000-1').length;
    assert.ok(sent <= 16 && sent > 4, `${sent} copies`);
  });

  it('stays in the region of the request, and within the budget of the gateway', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 10, { silent_model: 'shadow', region_name: 'eu' }),
        priced('shadow', 74, { region_name: 'us' }),
      ],
    });
    assert.equal((await ask(gateway, gateway.masterKey, { allowed_model_region: 'eu' })).status, 200);
    await wait(300);
    assert.equal(asked(gateway, 'sim-tokens-74').length, 0, 'it would leave the region');
    assert.equal((await ask(gateway, gateway.masterKey)).status, 200);
    await eventually(() => asked(gateway, 'sim-tokens-74').length === 1, 'without one it is sent');
    const poor = await gatewayFor(context, {
      model_list: [priced('m', 10, { silent_model: 'shadow' }), priced('shadow', 75)],
      general_settings: { global_max_budget: 0.0004 },
    });
    // The request costs about 0.0002 USD, its copy about 0.0012.
    assert.equal((await ask(poor, poor.masterKey, { max_tokens: 10 })).status, 200);
    await wait(400);
    assert.ok((await rowsOfPlatform(poor, 0)).length <= 1);
    assert.equal((await ask(poor, poor.masterKey, { max_tokens: 10_000 })).status, 422, 'the budget holds');
  });

  it('is sent although the client hung up', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 400, { silent_model: 'shadow', model: 'openai/sim-tokens-400+latency-100-20' }),
        priced('shadow', 76),
      ],
    });
    const leaving = new AbortController();
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      signal: leaving.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.masterKey}` },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await response.body?.getReader().read();
    leaving.abort();
    await eventually(() => asked(gateway, 'sim-tokens-76').length === 1, 'the copy is sent');
    await rowsOfPlatform(gateway, 1);
  });

  it('counts the copies that it does not send: beyond 16 under way, and of requests that are too large', async (context) => {
    const gateway = await gatewayFor(context, {
      model_list: [
        priced('m', 10, { silent_model: 'hangs' }),
        priced('hangs', 10, { model: 'openai/sim-tokens-71+fault-hang', timeout: 30 }),
      ],
      user_api_key_list: [{ api_key: 'k' }],
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'k')));
    assert.ok(answers.every(({ status }) => status === 200));
    const metric = async (name: string): Promise<number> => {
      const text = await (await gateway.get('/metrics')).text();
      return Number(new RegExp(`^sluice_silent_copies_dropped_${name}_total (\\d+)$`, 'm').exec(text)?.[1]);
    };
    await eventually(async () => (await metric('busy')) === 4, 'the four beyond the bound are counted');
    assert.equal(await metric('large'), 0);
    await eventually(() => asked(gateway, 'sim-tokens-71+fault-hang').length === 16, 'the sixteen are sent');
    const content = 'river '.repeat(200_000);
    assert.equal((await ask(gateway, 'k', { messages: [{ role: 'user', content }] })).status, 200);
    await eventually(async () => (await metric('large')) === 1, 'the large one is counted');
    assert.equal(await metric('busy'), 4);
  });
});
