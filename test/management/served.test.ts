/** The management API of a whole gateway: what a request cost stands in spend, and an added model is served at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
after(() => gateway.close());

const messages = [{ role: 'user', content: 'say: hello' }];

async function get(path: string): Promise<JsonObject> {
  const response = await gateway.get(path);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.ok(!text.includes(PROVIDER_KEY), path);
  return JSON.parse(text) as JsonObject;
}

async function post(path: string, body: JsonObject): Promise<JsonObject> {
  const response = await gateway.post(path, body);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.ok(!text.includes(PROVIDER_KEY), path);
  return JSON.parse(text) as JsonObject;
}

/** The rows of one request, once they are in the ledger. */
async function rowsOf(callId: string): Promise<JsonObject[]> {
  for (const until = Date.now() + 5_000; ; await wait(50)) {
    const rows = (await get(`/spend/logs?request_id=${callId}`)) as unknown as JsonObject[];
    if (rows.length > 0) return rows;
    assert.ok(Date.now() < until, 'no row came');
  }
}

describe('A gateway', { timeout: 30_000 }, () => {
  it('books a request to its customer and tags, and tells it by both', async () => {
    const response = await gateway.post('/v1/chat/completions', {
      model: 'gpt-4o',
      messages,
      user: 'carla',
      metadata: { tags: ['shop'] },
    });
    assert.equal(response.status, 200);
    const { usage } = (await response.json()) as { usage: { prompt_tokens: number; completion_tokens: number } };
    const [row] = await rowsOf(response.headers.get('x-litellm-call-id') ?? '');
    assert.equal(row?.end_user, 'carla');
    assert.equal(row?.prompt_tokens, usage.prompt_tokens);
    const { cost } = await post('/spend/calculate', { completion_response: { model: 'gpt-4o', usage } });
    assert.equal(row?.spend, cost);
    assert.deepEqual(row?.request_tags, ['shop']);
    const tags = (await get('/spend/tags')) as unknown as JsonObject[];
    assert.deepEqual(tags, [{ individual_request_tag: 'shop', log_count: 1, total_spend: cost }]);
  });

  it('serves a model that was added, until it is blocked or deleted', async () => {
    const params = { model: 'openai/gpt-4o-mini', api_key: PROVIDER_KEY, api_base: `${gateway.simulator.url}/v1` };
    const model = { model_name: 'added', litellm_params: params, model_info: { id: 'added-1' } };
    const ask = async (): Promise<number> =>
      (await gateway.post('/v1/chat/completions', { model: 'added', messages })).status;
    assert.equal(await ask(), 400);
    await post('/model/new', model);
    assert.equal(await ask(), 200);
    const [group] = (await get('/model_group/info?model_group=added')).data as JsonObject[];
    assert.deepEqual(group?.providers, ['openai']);
    // Of a repeated parameter the last value counts, as FastAPI reads it.
    assert.deepEqual((await get('/model_group/info?model_group=added&model_group=none')).data, []);
    assert.deepEqual((await get('/model_group/info?model_group=none&model_group=added')).data, [group]);
    const deployments = (await get('/model/info')).data as JsonObject[];
    const isStored = (name: string): unknown =>
      (deployments.find(({ model_name }) => model_name === name)?.model_info as JsonObject | undefined)?.db_model;
    assert.deepEqual([isStored('added'), isStored('gpt-4o')], [true, false]);
    await post('/model/block', { model_id: 'added-1' });
    assert.equal(await ask(), 400);
    await post('/model/unblock', { model_id: 'added-1' });
    assert.equal(await ask(), 200);
    const again = await gateway.post('/model/new', model);
    assert.equal(again.status, 409);
    await post('/model/delete', { id: 'added-1' });
    assert.equal(await ask(), 400);
  });

  it('refuses a customer that was blocked', async () => {
    await post('/customer/block', { user_ids: ['mallory'] });
    const ask = () => gateway.post('/v1/chat/completions', { model: 'gpt-4o', messages, user: 'mallory' });
    assert.ok((await ask()).status >= 400);
    await post('/customer/unblock', { user_ids: ['mallory'] });
    assert.equal((await ask()).status, 200);
  });

  it('tells model groups with the dearest price and what one of their deployments can do', async () => {
    const add = (id: string, rpm: number, info: JsonObject) =>
      post('/model/new', {
        model_name: 'pair',
        litellm_params: { model: `openai/${id}`, api_key: PROVIDER_KEY, rpm },
        model_info: { id, ...info },
      });
    await add('small', 10, { input_cost_per_token: 0.000001, max_input_tokens: 1_000, supports_vision: true });
    await add('large', 20, { input_cost_per_token: 0.000003, max_input_tokens: 9_000, supports_vision: false });
    const { data } = await get('/model_group/info?model_group=pair');
    const [group] = data as JsonObject[];
    assert.deepEqual(group?.providers, ['openai']);
    const { input_cost_per_token, max_input_tokens, rpm, tpm, mode, supports_vision, supports_reasoning } = group ?? {};
    assert.deepEqual([input_cost_per_token, max_input_tokens, rpm, tpm], [0.000003, 9_000, 30, null]);
    assert.deepEqual([mode, supports_vision, supports_reasoning], ['chat', true, false]);
  });
});
