/** A provider whose host swallows every connection: the connect limit ends the wait, and a client that leaves ends it too. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type BlackHole, NO_BLACK_HOLES, startBlackHole } from '../support/black-hole.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, assertClearFailure, faultConfig, onlyLine, startFaultGateway } from './support.ts';

describe('a black hole', { timeout: 40_000, skip: NO_BLACK_HOLES }, () => {
  let gateway: TestGateway;
  let nowhere: BlackHole;
  before(async () => {
    nowhere = await startBlackHole();
    const hole = { model: 'openai/m', api_base: nowhere.url, api_key: 'os.environ/PROVIDER_KEY' };
    const settings = { router_settings: { timeout: 20, connect_timeout: 1 } };
    gateway = await startFaultGateway({
      config: faultConfig([{ model_name: 'hole', litellm_params: hole }], settings),
    });
  });
  after(async () => {
    nowhere.close();
    await gateway.close();
  });

  test('the connect limit ends the wait long before any other limit', async () => {
    for (const [client, stream] of [
      ['openai', false],
      ['anthropic', true],
    ] as const) {
      const since = performance.now();
      const seen = await ask(gateway, client, 'hole', stream);
      const tookMs = performance.now() - since;
      assertClearFailure(seen);
      assert.ok(tookMs > 800 && tookMs < 4_000, `${tookMs} ms`);
      const line = await onlyLine(gateway, seen.callId);
      assert.equal(line.error, 'upstream_timeout');
      assert.equal(line.input_tokens, undefined, 'nothing reached a model');
    }
  });

  test('a client that leaves while we connect is booked at once', async () => {
    const leaving = new AbortController();
    const body = JSON.stringify({ model: 'hole', messages: [{ role: 'user', content: 'hi' }] });
    const headers = { authorization: `Bearer ${gateway.masterKey}` };
    const sent = fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body, signal: leaving.signal });
    await wait(150);
    leaving.abort();
    await assert.rejects(sent);
    const deadline = Date.now() + 3_000;
    let lines: string[] = [];
    while (lines.length === 0 && Date.now() < deadline) {
      await wait(20);
      lines = (await gateway.logLines()).filter((line) => line.includes('"client-gone"'));
    }
    assert.equal(lines.length, 1);
  });
});
