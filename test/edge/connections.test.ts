/** Clients' connections: reused, pipelined, half sent, left waiting. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { faultConfig, metric, startFaultGateway } from '../faults/support.ts';
import { request, sendRaw } from '../security/raw.ts';
import type { TestGateway } from '../support/gateway.ts';

const ASK = JSON.stringify({ model: 'oai/gpt-4o', messages: [{ role: 'user', content: 'hi' }] });

describe('connections', { timeout: 90_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    // Nothing here is about how fast the simulated provider answers on a busy machine.
    const router_settings = { timeout: 60, ttft_timeout: 60, stream_idle_timeout: 60, connect_timeout: 60 };
    gateway = await startFaultGateway({ config: faultConfig([], { router_settings }) });
  });
  after(() => gateway.close());

  const key = (): Record<string, string> => ({ authorization: `Bearer ${gateway.masterKey}` });
  const ask = (headers: Readonly<Record<string, string>> = {}, body = ASK): string =>
    request('POST /v1/chat/completions', { ...key(), ...headers }, body);
  const opened = async (): Promise<Socket> => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };

  test('requests sent one behind the other are answered in order, refusals between them included', async () => {
    const list = request('GET /v1/models', key());
    const unknown = request('GET /v1/nothing', key());
    const wrong = ask({}, JSON.stringify({ model: 'nobody' }));
    const { statuses } = await sendRaw(gateway.port, list + ask() + unknown + wrong + ask() + list);
    assert.deepEqual(statuses, [200, 200, 404, 400, 200, 200]);
  });

  test('a refusal without a body to wait for keeps the connection open', async () => {
    const { statuses, text, ending } = await sendRaw(
      gateway.port,
      request('GET /v1/models', {}) + request('GET /v1/models', key()),
    );
    assert.deepEqual(statuses, [401, 200]);
    assert.equal(ending, 'open');
    assert.doesNotMatch(text, /connection: close/i);
  });

  test('what is left of a refused body is never read as the next request', async () => {
    const smuggled = request('GET /v1/models', key());
    const unread = request('POST /v1/chat/completions', { authorization: 'Bearer unknown' }, smuggled);
    const { statuses, text } = await sendRaw(gateway.port, unread + smuggled);
    assert.equal(statuses[0], 401);
    assert.ok(statuses.length <= 2);
    assert.equal(text.match(/"object":"list"/g)?.length ?? 0, statuses.length - 1);
  });

  test('a client that writes everything before it reads still reads why it was refused', async () => {
    for (const [headers, status] of [
      [{ authorization: 'Bearer unknown' }, 401],
      [key(), 413],
    ] as const) {
      const socket = await opened();
      const size = 24 * 1024 * 1024;
      socket.pause();
      socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n`);
      socket.write(`content-length: ${size}\r\n\r\n`);
      const piece = Buffer.alloc(1024 * 1024, 'x');
      for (let sent = 0; sent < size; sent += piece.length) {
        const isWritten = await new Promise((resolve) => socket.write(piece, (error) => resolve(error == null)));
        assert.ok(isWritten, `the connection was closed after ${sent} bytes`);
      }
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
      });
      socket.resume();
      await once(socket, 'close');
      assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(text, /connection: close/i);
      assert.match(text, /\{"error":\{.*\}\}$/);
    }
  });

  test('Expect: 100-continue is answered, other expectations are refused', async () => {
    const socket = await opened();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    const [head = '', body = ''] = ask({ expect: '100-continue' }).split(/(?<=\r\n\r\n)/);
    socket.write(head);
    while (!text.includes('100 Continue')) await wait(10);
    socket.write(body);
    while (!/HTTP\/1\.1 200/.test(text)) await wait(10);
    socket.destroy();
    const other = await sendRaw(gateway.port, ask({ expect: 'miracles' }));
    assert.deepEqual(other.statuses, [417]);
  });

  test('an upload that is broken off asks nothing of a provider and is booked as the client’s', async () => {
    const before = gateway.simulator.requests.length;
    for (const start of [
      ask().slice(0, -10),
      `${ask()
        .split('\r\n\r\n')[0]
        ?.replace(/content-length: \d+/, 'transfer-encoding: chunked')}\r\n\r\n5\r\n{"mod`,
    ]) {
      const socket = await opened();
      socket.write(start);
      await wait(50);
      socket.destroy();
    }
    await wait(100);
    assert.equal(gateway.simulator.requests.length, before);
    const lines = (await gateway.logLines()).filter((line) => line.includes('"client-gone"'));
    assert.equal(lines.length, 2, lines.join('\n'));
    for (const line of lines) assert.match(line, /"status":499.*"error":"client_gone"/);
    assert.equal(await metric(gateway, 'litellm_in_flight_requests'), 0);
  });

  test('rubbish behind a request whose answer is under way breaks the connection and is not written into the answer', async () => {
    const body = JSON.stringify({ ...JSON.parse(ASK), model: 'oai/gpt-4o+tokens-30+latency-20-20', stream: true });
    const socket = await opened();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.write(ask({}, body));
    while (!text.includes('data: ')) await wait(10);
    socket.write('this is no request\r\n\r\n');
    await once(socket, 'close');
    assert.equal(text.match(/HTTP\/1\.1 /g)?.length, 1, text);
    assert.doesNotMatch(text, /\[DONE\]|not a valid HTTP request/);
  });

  test('three hundred streams stand open at once and all come to their end', async () => {
    const model = 'oai/gpt-4o+tokens-8+latency-400-100';
    const body = { model, stream: true, messages: [{ role: 'user', content: 'hi' }] };
    const texts = await Promise.all(
      Array.from({ length: 300 }, async () => (await gateway.post('/v1/chat/completions', body)).text()),
    );
    for (const text of texts) assert.match(text, /data: \[DONE\]\n\n$/);
    assert.equal(await metric(gateway, 'litellm_in_flight_requests'), 0);
  });
});
