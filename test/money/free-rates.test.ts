/** Requests that cost nothing have rate limits of their own, for each key and each kind. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TestGateway } from '../support/gateway.ts';
import { ask, manage, priced, startMoneyGateway } from './tenants.ts';

const LIMIT = 5;
const QUESTION = { model: 'm', messages: [{ role: 'user', content: 'hello world' }] };

describe('free requests', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      model_list: [priced('m', 5)],
      budget_settings: { free_requests_per_minute: LIMIT },
    });
  });
  after(() => gateway.close());

  const newKey = async (): Promise<Readonly<Record<string, string>>> => ({
    authorization: `Bearer ${(await manage(gateway, '/key/generate', { max_budget: 1 })).key}`,
  });

  const KINDS: Readonly<Record<string, (headers: Readonly<Record<string, string>>) => Promise<Response>>> = {
    counting: (headers) => gateway.post('/v1/messages/count_tokens', QUESTION, headers),
    'facts (models)': (headers) => gateway.get('/v1/models', headers),
    'facts (health)': (headers) => gateway.get('/health', headers),
    'facts (model info)': (headers) => gateway.get('/model/info', headers),
    management: (headers) => gateway.get('/key/info', headers),
  };
  for (const [kind, send] of Object.entries(KINDS)) {
    test(`${kind}: a key that made its number gets 429 and when to try again; another key is served`, async () => {
      const [one, other] = [await newKey(), await newKey()];
      for (let count = 0; count < LIMIT; count += 1) assert.equal((await send(one)).status, 200);
      const refused = await send(one);
      assert.equal(refused.status, 429);
      const waitS = Number(refused.headers.get('retry-after'));
      assert.ok(waitS >= 1 && waitS <= 60, `${waitS} s`);
      assert.match(await refused.text(), /cost nothing.*free_requests_per_minute/);
      assert.equal((await send(other)).status, 200);
      // What costs something goes by its own limits.
      const paid = await ask(gateway, String(one.authorization).slice('Bearer '.length));
      assert.equal(paid.status, 200, paid.text);
    });
  }

  test('admins manage and ask without this limit, and liveness is always told', async () => {
    for (let count = 0; count < LIMIT * 3; count += 1) {
      assert.equal((await gateway.get('/v1/models')).status, 200);
      assert.equal((await gateway.get('/key/list')).status, 200);
      assert.equal((await gateway.get('/health/liveliness', {})).status, 200);
    }
  });

  test('the master key counts tokens within the limit too', async () => {
    const statuses: number[] = [];
    for (let count = 0; count <= LIMIT; count += 1) {
      statuses.push((await gateway.post('/v1/messages/count_tokens', QUESTION)).status);
    }
    assert.deepEqual(statuses, [...Array.from({ length: LIMIT }, () => 200), 429]);
  });

  test('/metrics without a key is limited for all its readers together', async () => {
    const open = await startMoneyGateway({
      budget_settings: { free_requests_per_minute: LIMIT },
      litellm_settings: { require_auth_for_metrics_endpoint: false },
    });
    try {
      for (let count = 0; count < LIMIT; count += 1) assert.equal((await open.get('/metrics', {})).status, 200);
      assert.equal((await open.get('/metrics', {})).status, 429);
    } finally {
      await open.close();
    }
  });
});
