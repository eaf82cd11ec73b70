/** A client that leaves: the call to its provider ends within 100 ms, and what it used is booked once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/core/json.ts';
import { metric, startFaultGateway } from '../faults/support.ts';
import { request } from '../security/raw.ts';
import type { TestGateway } from '../support/gateway.ts';

const ABORTED_WITHIN_MS = 100;
/** Loopback and a busy machine. */
const ALLOWANCE_MS = 150;

const LANES = [
  ['relayed', '/v1/chat/completions', 'oai/gpt-4o'],
  ['relayed to Anthropic', '/v1/messages', 'ant/claude-sonnet-4-5'],
  ['translated', '/v1/chat/completions', 'ant/claude-sonnet-4-5'],
  ['translated from Anthropic', '/v1/messages', 'oai/gpt-4o'],
] as const;

describe('a client that leaves', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startFaultGateway();
  });
  after(() => gateway.close());

  /** Asks on a socket of its own and gathers what comes. */
  async function asking(path: string, model: string, stream: boolean): Promise<{ socket: Socket; text: () => string }> {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    const body = {
      model,
      stream,
      max_tokens: 500,
      messages: [{ role: 'user', content: 'Tell me of rivers and lakes.' }],
    };
    socket.write(request(`POST ${path}`, { authorization: `Bearer ${gateway.masterKey}` }, JSON.stringify(body)));
    return { socket, text: () => text };
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!holds()) {
      assert.ok(Date.now() < deadline, what);
      await wait(5);
    }
  }

  /** Leaves, and asserts that the provider noticed in time. */
  async function leave(socket: Socket): Promise<void> {
    const seen = gateway.simulator.requests.at(-1);
    assert.ok(seen !== undefined);
    const leftAtMs = Date.now();
    socket.destroy();
    await until('the call to the provider ends', () => seen.endedAtMs !== undefined);
    assert.equal(seen.outcome, 'aborted-by-client');
    const tookMs = (seen.endedAtMs ?? 0) - leftAtMs;
    assert.ok(tookMs < ABORTED_WITHIN_MS + ALLOWANCE_MS, `${tookMs} ms`);
  }

  async function lines(count: number): Promise<JsonObject[]> {
    let found: string[] = [];
    const deadline = Date.now() + 6_000;
    do {
      await wait(20);
      found = (await gateway.logLines()).filter((line) => line.includes('"msg":"request"'));
    } while (found.length < count && Date.now() < deadline);
    assert.equal(found.length, count);
    return found.map((line) => JSON.parse(line) as JsonObject);
  }

  let asked = 0;
  for (const [what, path, model] of LANES) {
    for (const stream of [false, true]) {
      test(`before the provider answers: ${what}, ${stream ? 'stream' : 'whole'}`, async () => {
        const { socket } = await asking(path, `${model}+fault-hang`, stream);
        await until('the provider is asked', () => gateway.simulator.requests.at(-1)?.outcome === 'pending');
        await leave(socket);
        asked += 1;
        const line = (await lines(asked)).at(-1);
        assert.equal(line?.outcome, 'client-gone');
        assert.equal(line?.status, 499);
        assert.equal(line?.usage_estimated, true, 'the prompt was read by the provider and is billed by it');
        assert.ok(Number(line?.input_tokens) > 0);
        assert.equal(line?.output_tokens, 0);
      });
    }

    test(`in the middle of a stream: ${what}`, async () => {
      const { socket, text } = await asking(path, `${model}+tokens-400+latency-10-20`, true);
      await until('some of the answer is there', () => text().split('data: ').length > 8);
      await leave(socket);
      asked += 1;
      const line = (await lines(asked)).at(-1);
      assert.equal(line?.outcome, 'client-gone');
      assert.equal(line?.usage_estimated, true);
      assert.ok(Number(line?.input_tokens) > 0);
      const tokens = Number(line?.output_tokens);
      const sent = gateway.simulator.requests.at(-1)?.tokensSent ?? 0;
      assert.ok(tokens > 0 && tokens <= sent * 3 + 5, `${tokens} tokens booked, ${sent} sent`);
    });

    test(`at the last byte: ${what}`, async () => {
      const { socket, text } = await asking(path, `${model}+tokens-20`, true);
      await until('the end mark is there', () => /\[DONE\]|message_stop/.test(text()));
      socket.destroy();
      asked += 1;
      const line = (await lines(asked)).at(-1);
      assert.match(String(line?.outcome), /^(?:success|client-gone)$/);
      assert.ok(Number(line?.output_tokens) > 0, 'what was used is booked');
      if (line?.outcome === 'success') assert.equal(line.usage_estimated, undefined);
    });
  }

  test('each was booked once, and nothing is left open', async () => {
    const booked = await lines(asked);
    assert.equal(new Set(booked.map(({ call_id }) => call_id)).size, asked);
    assert.equal(await metric(gateway, 'litellm_proxy_total_requests_metric_total'), asked);
    assert.equal(await metric(gateway, 'litellm_in_flight_requests'), 0);
    const tokens = booked.reduce(
      (sum, line) => sum + Number(line.input_tokens ?? 0) + Number(line.output_tokens ?? 0),
      0,
    );
    assert.equal(await metric(gateway, 'litellm_total_tokens_metric_total'), tokens);
    assert.deepEqual(
      gateway.simulator.requests.filter(({ outcome }) => outcome === 'pending'),
      [],
    );
  });
});
