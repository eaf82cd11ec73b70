/** Keys of a whole gateway: made, used for models, held to their limits, rotated under load, deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway();
});
after(() => gateway.close());

interface Answered {
  readonly status: number;
  readonly body: JsonObject;
}

async function post(path: string, body: JsonObject, key?: string): Promise<Answered> {
  const response = await (key === undefined
    ? gateway.post(path, body)
    : gateway.post(path, body, { authorization: `Bearer ${key}` }));
  return { status: response.status, body: (await response.json()) as JsonObject };
}

async function make(body: JsonObject): Promise<string> {
  const made = await post('/key/generate', body);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return String(made.body.key);
}

const chat = (key: string, model = 'gpt-4o') =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'say: hello' }], max_tokens: 50 }, key);

describe('A key of a gateway', { timeout: 60_000 }, () => {
  it('calls the models that it may, and no others', async () => {
    const key = await make({ models: ['gpt-4o'] });
    assert.equal((await chat(key)).status, 200);
    assert.equal((await chat(key, 'claude-sonnet')).status, 403);
    await post('/key/update', { key, models: ['claude-sonnet'] });
    assert.equal((await chat(key, 'claude-sonnet')).status, 200, 'a change holds at once');
    assert.equal((await chat(key)).status, 403);
  });

  it('is shown with what it spent', async () => {
    const key = await make({ max_budget: 1, budget_duration: '1d' });
    assert.equal((await chat(key)).status, 200);
    const response = await gateway.get(`/key/info?key=${key}`);
    const { info } = (await response.json()) as { info: JsonObject };
    assert.ok(Number(info.spend) > 0, JSON.stringify(info));
    assert.ok(Date.parse(String(info.budget_reset_at)) > Date.now());
  });

  it('is held to a budget that a rotation does not renew', async () => {
    const key = await make({ max_budget: 0.01 });
    assert.equal((await chat(key)).status, 200);
    await post('/key/update', { key, spend: 0.01 });
    assert.equal((await chat(key)).status, 422);
    const rotated = await post(`/key/${key}/regenerate`, {});
    const next = String(rotated.body.key);
    assert.equal((await chat(next)).status, 422, 'a new text is no new money');
    await post(`/key/${rotated.body.token}/reset_spend`, { reset_to: 0 });
    assert.equal((await chat(next)).status, 200);
    assert.equal((await chat(key)).status, 401);
  });

  it('ends at once when it is blocked or deleted', async () => {
    const key = await make({});
    assert.equal((await chat(key)).status, 200);
    await post('/key/block', { key });
    assert.equal((await chat(key)).status, 401);
    await post('/key/unblock', { key });
    assert.equal((await chat(key)).status, 200);
    await post('/key/delete', { keys: [key] });
    assert.equal((await chat(key)).status, 401);
  });

  it('goes on in its grace period, under both texts', async () => {
    const key = await make({});
    const { body } = await post('/key/regenerate', { key, grace_period: '1h' });
    assert.equal((await chat(key)).status, 200);
    assert.equal((await chat(String(body.key))).status, 200);
  });

  it('of another type reaches only what its type says', async () => {
    const forModels = await make({ key_type: 'llm_api' });
    assert.equal((await chat(forModels)).status, 200);
    assert.equal((await post('/key/generate', {}, forModels)).status, 403);
    const forManagement = await make({ key_type: 'management' });
    assert.equal((await chat(forManagement)).status, 403);
  });

  it('is the master key for who has it, and shows nothing of it', async () => {
    const response = await gateway.get('/key/info');
    const body = (await response.json()) as { info: JsonObject };
    assert.equal(response.status, 200);
    assert.equal(body.info.user_role, 'proxy_admin');
  });
});
