/** Only some addresses may call: by the connection, or by what a trusted proxy says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { loadText } from '../config/load-text.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

async function withGeneral(general: JsonObject, run: (gateway: TestGateway) => Promise<void>): Promise<void> {
  const config = {
    model_list: [
      {
        model_name: 'm',
        litellm_params: {
          model: 'openai/gpt-4o',
          api_base: 'os.environ/SIMULATOR_URL',
          api_key: 'os.environ/PROVIDER_KEY',
        },
      },
    ],
    general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', ...general },
  };
  const gateway = await startTestGateway({ config: JSON.stringify(config) });
  try {
    await run(gateway);
  } finally {
    await gateway.close();
  }
}

const BODY = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };

async function statusFrom(gateway: TestGateway, forwarded?: string): Promise<number> {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const response = await gateway.post('/v1/chat/completions', BODY, {
    authorization: `Bearer ${gateway.masterKey}`,
    ...headers,
  });
  await response.arrayBuffer();
  return response.status;
}

test('an address that is not listed gets 403 everywhere but for probes, whatever its headers say', async () => {
  await withGeneral({ allowed_ips: ['10.0.0.0/8', '::1'] }, async (gateway) => {
    assert.equal(await statusFrom(gateway), 403);
    assert.equal(await statusFrom(gateway, '10.0.0.1'), 403);
    for (const path of ['/v1/models', '/key/info', '/metrics', '/health', '/no-such-path']) {
      const response = await gateway.get(path);
      assert.equal(response.status, 403, path);
      assert.match(await response.text(), /IP address not allowed/);
    }
    for (const path of ['/health/liveliness', '/health/readiness']) {
      assert.equal((await gateway.get(path)).status, 200, path);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });
  await withGeneral({ allowed_ips: ['127.0.0.1'] }, async (gateway) => assert.equal(await statusFrom(gateway), 200));
  await withGeneral({ allowed_ips: [] }, async (gateway) => assert.equal(await statusFrom(gateway), 200));
});

test('behind trusted proxies the nearest address that is not one of them counts, and what a client wrote before it does not', async () => {
  const general = {
    allowed_ips: ['203.0.113.7', '2001:db8::/32'],
    use_x_forwarded_for: true,
    trusted_proxy_ranges: ['127.0.0.0/8', '10.0.0.0/8'],
  };
  await withGeneral(general, async (gateway) => {
    for (const allowed of [
      '203.0.113.7',
      '203.0.113.7, 10.1.1.1',
      'nonsense, 203.0.113.7:4711,10.1.1.1',
      '[2001:db8::5]:80',
      '2001:db8::5',
      '::ffff:203.0.113.7',
    ]) {
      assert.equal(await statusFrom(gateway, allowed), 200, allowed);
    }
    for (const refused of [
      undefined,
      '198.51.100.1',
      '203.0.113.7, 198.51.100.1',
      '203.0.113.7, nonsense',
      '10.1.1.1',
    ]) {
      assert.equal(await statusFrom(gateway, refused), 403, refused);
    }
  });
  await withGeneral({ ...general, trusted_proxy_ranges: ['10.0.0.0/8'] }, async (gateway) =>
    assert.equal(await statusFrom(gateway, '203.0.113.7'), 403, 'the caller is not a proxy'),
  );
});

test('a list that cannot be read stops the start, and so do headers that anybody could write', () => {
  for (const general of [
    '{ allowed_ips: [10.0.0.300] }',
    '{ allowed_ips: ["10.0.0.0/33"] }',
    '{ allowed_ips: [example.com] }',
    '{ allowed_ips: [10.0.0.1], use_x_forwarded_for: true }',
  ]) {
    const { findings } = loadText(`general_settings: ${general}`);
    assert.ok(
      findings.some(({ severity }) => severity === 'error'),
      general,
    );
  }
  const alone = loadText('general_settings: { use_x_forwarded_for: true }');
  assert.deepEqual(
    alone.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
});
