/** One request, one key: what carries two is refused, however the second is sent. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TENANT_KEY } from '../support/default-config.ts';
import { MASTER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { sendRaw } from './raw.ts';

const CHAT = JSON.stringify({ model: 'gpt-4o', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });

describe('credentials', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  const send = (path: string, headers: readonly string[], method = 'POST') => {
    const body = method === 'POST' ? CHAT : '';
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'host: gateway',
      'connection: close',
      ...(body === '' ? [] : ['content-type: application/json', `content-length: ${body.length}`]),
      ...headers,
    ];
    return sendRaw(gateway.port, `${lines.join('\r\n')}\r\n\r\n${body}`, 2_000);
  };
  const good = `Authorization: Bearer ${TENANT_KEY}`;
  const other = 'wrong-key-0123';

  const conflicts: readonly (readonly string[])[] = [
    [good, `Authorization: Bearer ${other}`],
    [`Authorization: Bearer ${other}`, good],
    [good, `authorization: ${other}`],
    [good, `AUTHORIZATION: Bearer ${MASTER_KEY}`],
    [`x-api-key: ${TENANT_KEY}`, `x-api-key: ${other}`],
    [`api-key: ${TENANT_KEY}`, `Api-Key: ${other}`],
    ...['x-api-key', 'api-key', 'x-goog-api-key', 'x-litellm-api-key', 'Ocp-Apim-Subscription-Key'].flatMap((name) => [
      [good, `${name}: ${other}`],
      [`${name}: ${other}`, good],
    ]),
  ];
  for (const headers of conflicts) {
    test(`two different keys are refused: ${headers.map((line) => line.split(':')[0]).join(' + ')}`, async () => {
      const before = gateway.simulator.requests.length;
      for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/messages/count_tokens']) {
        const { statuses, text } = await send(path, headers);
        assert.deepEqual(statuses, [401], `${path}: ${text}`);
        assert.match(text, /different keys/);
        assert.equal(path.includes('messages'), text.includes('"type":"error"'), text);
      }
      for (const path of ['/v1/models', '/key/info', '/metrics']) {
        assert.deepEqual((await send(path, headers, 'GET')).statuses, [401], path);
      }
      assert.equal(gateway.simulator.requests.length, before);
    });
  }

  test('the same key in several headers, or in one sent twice, is one key', async () => {
    for (const headers of [
      [good, good],
      [good, `authorization: ${TENANT_KEY}`],
      [good, `x-api-key: ${TENANT_KEY}`, `X-Api-Key: ${TENANT_KEY}`],
      [good, 'Authorization: Bearer '],
    ]) {
      assert.deepEqual((await send('/v1/chat/completions', headers)).statuses, [200], headers.join(' '));
    }
  });

  test('a different key in the address of a model is refused; alone it is no key', async () => {
    const chat = '/v1/chat/completions';
    assert.deepEqual((await send(`${chat}?key=${other}`, [good])).statuses, [401]);
    assert.deepEqual((await send(`${chat}?api-version=1&api-key=${other}`, [good])).statuses, [401]);
    assert.deepEqual((await send(`${chat}?key=${TENANT_KEY}`, [good])).statuses, [200]);
    assert.deepEqual((await send(`${chat}?api-version=1`, [good])).statuses, [200]);
    assert.deepEqual((await send(`${chat}?key=${TENANT_KEY}`, [])).statuses, [401]);
  });

  test('a client that asks before it sends its body is answered after its key was checked', async () => {
    const asking = (headers: readonly string[]) => {
      const lines = [
        'POST /v1/chat/completions HTTP/1.1',
        'host: gateway',
        'content-type: application/json',
        `content-length: ${CHAT.length}`,
        'Expect: 100-continue',
        ...headers,
      ];
      return sendRaw(gateway.port, `${lines.join('\r\n')}\r\n\r\n`, 300);
    };
    const refused = await asking([`Authorization: Bearer ${other}`]);
    assert.match(refused.text, /^HTTP\/1\.1 401 /);
    assert.match((await asking([good])).text, /^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    assert.match((await asking([`Authorization: Bearer ${MASTER_KEY}`])).text, /^HTTP\/1\.1 100 /);
    const whole = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TENANT_KEY}`, 'content-type': 'application/json' },
      body: CHAT,
    });
    assert.equal(whole.status, 200);
  });

  test('only valid keys learn the version', async () => {
    const ask = async (headers: Record<string, string>): Promise<Record<string, unknown>> => {
      const response = await fetch(`${gateway.url}/health/readiness`, { headers });
      assert.equal(response.status, 200);
      return (await response.json()) as Record<string, unknown>;
    };
    assert.equal((await ask({})).litellm_version, undefined);
    assert.equal((await ask({ authorization: `Bearer ${other}` })).litellm_version, undefined);
    assert.equal((await ask({ authorization: `Bearer ${TENANT_KEY}` })).litellm_version, '0.0.0-test');
  });
});
