/** The Nginx configuration that we ship, with real gateways behind it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MASTER_KEY, startTestGateway } from '../support/gateway.ts';
import { startTestNginx } from '../support/nginx.ts';
import { freePort } from '../support/redis.ts';

const slow = 'openai/gpt-4o+tokens-20+latency-20-50';

describe('deploy/nginx.conf', { timeout: 60_000 }, () => {
  const ask = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }] }),
    });

  test('passes events on as they come, moves on from a dead instance, and shows no metrics', async (context) => {
    const gateway = await startTestGateway({ models: { m: slow } });
    context.after(() => gateway.close());
    const nginx = await startTestNginx([await freePort(), gateway.port], { movesOn: true });
    context.after(() => nginx.close());

    for (let round = 0; round < 4; round += 1) {
      const answer = await ask(nginx.url);
      assert.equal(answer.status, 200);
      const times: number[] = [];
      for await (const _ of answer.body ?? []) times.push(performance.now());
      assert.ok(times.length >= 10, `${times.length} pieces`);
      assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 300, 'the first came long before the last');
    }
    for (const path of ['/metrics', '/metrics/', '/metrics/x']) {
      const metrics = await fetch(`${nginx.url}${path}`, { headers: { authorization: `Bearer ${MASTER_KEY}` } });
      assert.equal(metrics.status, 404, path);
    }
  });

  test('sends no request twice, whatever the first instance did with it', async (context) => {
    const { createServer } = await import('node:net');
    let connections = 0;
    // It takes the request and hangs up: the provider may have been paid.
    const server = createServer((socket) => {
      connections += 1;
      socket.once('data', () => socket.destroy());
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const nginx = await startTestNginx([address.port, address.port], { movesOn: true });
    context.after(() => nginx.close());
    assert.equal((await ask(nginx.url)).status, 502);
    assert.equal(connections, 1);
  });

  test('says who asks; what a client says of itself is not believed', async (context) => {
    const config = JSON.stringify({
      model_list: [
        {
          model_name: 'm',
          litellm_params: { model: slow, api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' },
        },
      ],
      general_settings: {
        master_key: MASTER_KEY,
        use_x_forwarded_for: true,
        trusted_proxy_ranges: ['127.0.0.0/8'],
        allowed_ips: ['203.0.113.7'],
      },
    });
    const gateway = await startTestGateway({ config });
    context.after(() => gateway.close());
    const nginx = await startTestNginx([gateway.port], { movesOn: true });
    context.after(() => nginx.close());
    // Nginx sees 127.0.0.1, which is no load balancer of a private network.
    assert.equal((await ask(nginx.url, { 'x-forwarded-for': '203.0.113.7' })).status, 403);
  });
});
