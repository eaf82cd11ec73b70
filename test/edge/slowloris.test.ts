/** Clients that send a little now and then to hold connections: each phase of a request has its time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { metric, startFaultGateway } from '../faults/support.ts';
import { request } from '../security/raw.ts';
import type { TestGateway } from '../support/gateway.ts';

describe('slow senders', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway({ limits: { headersMs: 600, requestMs: 1_200, checkEveryMs: 100 } });
  });
  after(() => gateway.close());

  /** Sends the start at once and then a byte every 50 ms; how long the gateway bears it, and what it says. */
  async function drip(start: string, more: string): Promise<{ ms: number; text: string }> {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    await once(socket, 'connect');
    const since = performance.now();
    socket.write(start);
    let at = 0;
    const timer = setInterval(() => socket.write(more[at++ % more.length] ?? 'x'), 50);
    await once(socket, 'close');
    clearInterval(timer);
    return { ms: performance.now() - since, text };
  }

  const key = (): { authorization: string } => ({ authorization: `Bearer ${gateway.masterKey}` });

  test('headers that never end', async () => {
    const attacks = Array.from({ length: 50 }, () =>
      drip('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-slow: ', 'abc'),
    );
    for (const { ms, text } of await Promise.all(attacks)) {
      assert.ok(ms > 300 && ms < 5_000, `${ms} ms`);
      assert.match(text, /^(?:HTTP\/1\.1 408 .*|)$/s);
    }
  });

  test('a body that never ends, announced and in chunks, with a valid key and with none', async () => {
    const whole = request('POST /v1/chat/completions', { ...key(), 'content-length': '100000' });
    const chunked = `${request('POST /v1/messages', { ...key(), 'transfer-encoding': 'chunked' })}fffff\r\n`;
    const unknown = request('POST /v1/chat/completions', { 'content-length': '100000' });
    const attacks = [whole, chunked, unknown].flatMap((start) => Array.from({ length: 20 }, () => drip(start, ' ')));
    for (const { ms, text } of await Promise.all(attacks)) {
      assert.ok(ms > 500 && ms < 8_000, `${ms} ms`);
      assert.match(text, /^(?:HTTP\/1\.1 4(?:08|01) .*|)$/s);
    }
    assert.equal(gateway.simulator.requests.length, 0);
    assert.equal(await metric(gateway, 'litellm_in_flight_requests'), 0);
  });

  test('an answer may take longer than a request', async () => {
    const body = {
      model: 'oai/gpt-4o+tokens-20+latency-500-100',
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    };
    const response = await gateway.post('/v1/chat/completions', body);
    assert.match(await response.text(), /\[DONE\]\n\n$/);
  });
});
