/** `GET /health/drain`, for hooks that run before an instance is stopped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const TENANT = 'a-key-of-a-tenant';
const TOKEN = 'the-token-of-the-hook';
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
const BASE = '${SIMULATOR_URL}/v1';

async function withGateway(general: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const params = { model: 'openai/gpt-4o+tokens-20+latency-20-30', api_base: BASE, api_key: 'os.environ/PROVIDER_KEY' };
  const config = {
    model_list: [{ model_name: 'm', litellm_params: params }],
    user_api_key_list: [{ api_key: TENANT }],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

const bare = async (gateway: TestGateway, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${gateway.url}${path}`, { headers });
  return { status: response.status, text: await response.text() };
};
const isReady = async (gateway: TestGateway): Promise<boolean> =>
  (await bare(gateway, '/health/readiness')).status === 200;

test('it is off unless it is switched on, and then wants the token, and no key', async () => {
  await withGateway({}, async (gateway) => {
    const asAdmin = { authorization: `Bearer ${gateway.masterKey}` };
    assert.equal((await bare(gateway, '/health/drain', asAdmin)).status, 404);
  });
  await withGateway({ enable_drain_endpoint: true, drain_endpoint_token: TOKEN }, async (gateway) => {
    const refused: Record<string, string>[] = [
      {},
      { 'x-drain-token': '' },
      { 'x-drain-token': `${TOKEN}x` },
      { authorization: `Bearer ${TOKEN}` },
      { authorization: `Bearer ${TENANT}` },
    ];
    for (const headers of refused) {
      const { status, text } = await bare(gateway, '/health/drain', headers);
      assert.equal(status, 401);
      assert.doesNotMatch(text, new RegExp(TOKEN));
    }
    assert.ok(await isReady(gateway));
    assert.equal((await bare(gateway, '/health/drain', { 'x-drain-token': TOKEN })).status, 200);
    assert.equal(await isReady(gateway), false);
  });
});

test('without a token only an admin may drain', async () => {
  await withGateway({ enable_drain_endpoint: true }, async (gateway) => {
    assert.equal((await bare(gateway, '/health/drain')).status, 401);
    assert.equal((await bare(gateway, '/health/drain', { authorization: `Bearer ${TENANT}` })).status, 401);
    assert.ok(await isReady(gateway));
    const asAdmin = { authorization: `Bearer ${gateway.masterKey}` };
    assert.equal((await bare(gateway, '/health/drain', asAdmin)).status, 200);
    assert.equal(await isReady(gateway), false);
  });
});

test('it answers when the requests under way have ended, is served meanwhile, and may be asked twice', async () => {
  await withGateway({ enable_drain_endpoint: true, drain_endpoint_token: TOKEN }, async (gateway) => {
    const body = { model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello' }] };
    const stream = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${TENANT}` });
    let hasEnded = false;
    const whole = stream.text().then((text) => {
      hasEnded = true;
      return text;
    });
    const drained = [1, 2].map(() => bare(gateway, '/health/drain', { 'x-drain-token': TOKEN }));
    await wait(50);
    assert.equal(await isReady(gateway), false);
    assert.equal(hasEnded, false);
    for (const { status, text } of await Promise.all(drained)) {
      assert.deepEqual([status, JSON.parse(text)], [200, { status: 'drained', in_flight_requests: 0 }]);
    }
    assert.match(await whole, /\[DONE\]/);
    const late = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${TENANT}` });
    assert.equal(late.status, 200);
    assert.match(await late.text(), /\[DONE\]/);
  });
});
