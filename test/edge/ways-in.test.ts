/** Requests that the edge takes before the framework sees them are answered as those are that go through it. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { startTestGateway } from '../support/gateway.ts';

const CONFIG = JSON.stringify({
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
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
});

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
}

test('a request is answered alike whichever way it takes into the gateway', async () => {
  const gateway = await startTestGateway({ config: CONFIG });
  try {
    const ask = ({ method = 'POST', path = '/v1/chat/completions', type }: Sent) =>
      new Promise<{ status: number; headers: readonly string[]; body: string }>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${gateway.masterKey}`,
          ...(type !== undefined && { 'content-type': type }),
        };
        const asked = request(new URL(path, gateway.url), { method, headers }, async (response) => {
          let body = '';
          for await (const piece of response) body += piece;
          resolve({ status: response.statusCode ?? 0, headers: Object.keys(response.headers).sort(), body });
        });
        asked.on('error', reject);
        asked.end(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }));
      });

    const first = await ask({ type: 'application/json' });
    assert.equal(first.status, 200);
    const others: readonly Sent[] = [
      { type: 'application/json; charset=utf-8' },
      { type: 'Application/JSON' },
      {},
      { type: 'application/json', path: '/v1/chat/completions/' },
      { type: 'application/json', path: '/v1/chat/completions?trace=1' },
      { type: 'application/json', path: '/openai/deployments/m/chat/completions' },
    ];
    for (const other of others) {
      const { status, headers, body } = await ask(other);
      assert.deepEqual({ status, headers }, { status: 200, headers: first.headers }, JSON.stringify(other));
      assert.deepEqual(Object.keys(JSON.parse(body)), Object.keys(JSON.parse(first.body)));
    }
    assert.equal((await ask({ type: 'application/json', method: 'PUT' })).status, 405);
    assert.equal((await ask({ type: 'multipart/form-data; boundary=x' })).status, 415);
    assert.equal((await ask({ type: 'application/json', path: '/v1/chat/completion' })).status, 404);
  } finally {
    await gateway.close();
  }
});
