/** More than one process can hold: new work is refused in words, other keys and liveness are served. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../src/core/json.ts';
import { faultConfig, metric, onlyLine, startFaultGateway } from '../faults/support.ts';
import { request, sendRaw } from '../security/raw.ts';
import type { TestGateway } from '../support/gateway.ts';

const MEBIBYTE = 1_048_576;
const ALMOST_4_MEBIBYTES = 4_000_000;
const OTHER_KEY = 'the-key-of-another-tenant';

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const CHOICE = { index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' };

const config = (general: JsonObject = {}, models: readonly JsonObject[] = []): string =>
  faultConfig(models, {
    router_settings: { timeout: 60, ttft_timeout: 60, stream_idle_timeout: 60, connect_timeout: 60 },
    user_api_key_list: [{ api_key: OTHER_KEY }],
    general_settings: {
      master_key: 'os.environ/TEST_MASTER_KEY',
      max_request_size_mb: 4,
      max_bytes_under_way_mb: 16,
      max_event_loop_lag: 0,
      ...general,
    },
  });

const ask = (bytes: number, more = ''): string =>
  `{"model":"oai/gpt-4o","messages":[{"role":"user","content":"hi"}],"user":"${'u'.repeat(bytes)}"${more}}`;

describe('bytes under way', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  const sockets: Socket[] = [];
  before(async () => {
    gateway = await startFaultGateway({ config: config() });
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway.close();
  });

  /** Announces a body and sends none of it. */
  async function announce(bytes: number, key = gateway.masterKey): Promise<Socket> {
    const socket = connect(gateway.port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-length: ${bytes}\r\n\r\n`,
    );
    return socket;
  }

  const underWay = (): Promise<number> => metric(gateway, 'sluice_bytes_under_way');

  async function until(isTrue: () => Promise<boolean>): Promise<void> {
    while (!(await isTrue())) await wait(20);
  }

  test('a key that has its share is refused in the format of its client, and others are served', async () => {
    const held = [await announce(3 * MEBIBYTE), await announce(3 * MEBIBYTE)];
    await until(async () => (await underWay()) > 6 * MEBIBYTE);
    for (const [path, shape] of [
      ['/v1/chat/completions', /^\{"error":\{"message":"This instance of the gateway is overloaded/],
      ['/v1/messages', /^\{"type":"error","error":\{"type":"/],
    ] as const) {
      const refused = await gateway.post(path, ask(3 * MEBIBYTE));
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('retry-after'), '1');
      assert.match(await refused.text(), shape);
    }
    assert.equal((await gateway.post('/v1/chat/completions', ask(10))).status, 200, 'a small request of the key');
    const other = await gateway.post('/v1/chat/completions', ask(3 * MEBIBYTE), {
      authorization: `Bearer ${OTHER_KEY}`,
    });
    assert.equal(other.status, 200);
    assert.equal(await metric(gateway, 'sluice_overload_refused_key_share_total'), 2);
    for (const socket of held) socket.destroy();
    await until(async () => (await underWay()) === 0);
    assert.equal((await gateway.post('/v1/chat/completions', ask(3 * MEBIBYTE))).status, 200, 'room again');
  });

  test('when the whole budget is used every key is refused, and liveness and metrics answer', async () => {
    const held = await Promise.all(
      [gateway.masterKey, OTHER_KEY].flatMap((key) => [
        announce(ALMOST_4_MEBIBYTES, key),
        announce(ALMOST_4_MEBIBYTES, key),
      ]),
    );
    await until(async () => (await underWay()) > 4 * ALMOST_4_MEBIBYTES);
    const refused = await gateway.post('/v1/chat/completions', ask(2 * MEBIBYTE));
    assert.equal(refused.status, 503);
    assert.equal((await gateway.get('/health/liveliness', {})).status, 200);
    for (const socket of held) socket.destroy();
    await until(async () => (await underWay()) === 0);
  });

  test('what is unpacked counts, and a body sent in chunks too', async () => {
    const held = [await announce(ALMOST_4_MEBIBYTES), await announce(MEBIBYTE)];
    await until(async () => (await underWay()) > 5_000_000);
    // Hexadecimal digits are packed to half their size: that fits, and all of them do not.
    const packed = gzipSync(ask(10, `,"metadata":{"x":"${randomBytes(1_250_000).toString('hex')}"}`));
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.masterKey}`, 'content-encoding': 'gzip' },
      body: packed,
    });
    assert.equal(response.status, 503, await response.text());
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      const body = Buffer.from(ask(3.7 * MEBIBYTE));
      for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
    };
    const chunked = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.masterKey}` },
      body: ReadableStream.from(chunks()),
      duplex: 'half',
    } as RequestInit);
    assert.equal(chunked.status, 503, await chunked.text());
    for (const socket of held) socket.destroy();
    await until(async () => (await underWay()) === 0);
  });

  test('sixty bombs, broken bodies, refused keys and clients that leave give back what they held', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * MEBIBYTE, ' '), { level: 9 });
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const response = await fetch(`${gateway.url}/v1/messages`, {
          method: 'POST',
          headers: { 'x-api-key': gateway.masterKey, 'content-encoding': 'gzip' },
          body: bomb,
        });
        await response.text();
        return response.status;
      }),
    );
    for (const status of statuses) assert.ok(status === 413 || status === 503, String(status));
    assert.equal((await gateway.post('/v1/chat/completions', '{"model"')).status, 400);
    assert.equal((await gateway.post('/v1/chat/completions', ask(10), { authorization: 'Bearer x' })).status, 401);
    const leaver = await announce(MEBIBYTE);
    await until(async () => (await underWay()) > MEBIBYTE);
    leaver.destroy();
    await until(async () => (await underWay()) === 0);
  });
});

test('large answers that their clients do not read keep new requests out, until they leave', async (context) => {
  const completion = { id: 'x', object: 'chat.completion', created: 1, model: 'm', usage: USAGE, choices: [CHOICE] };
  const provider = createServer((incoming, response) => {
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...completion, padding: 'x'.repeat(9 * MEBIBYTE) }));
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  context.after(() => provider.close());
  const { port } = provider.address() as AddressInfo;
  const large = {
    model_name: 'large',
    litellm_params: { model: 'openai/large', api_base: `http://127.0.0.1:${port}`, api_key: 'os.environ/PROVIDER_KEY' },
  };
  const general = { max_response_size_mb: 50, max_share_of_one_key: 1 };
  const gateway = await startFaultGateway({ config: config(general, [large]) });
  context.after(() => gateway.close());
  const asked = ask(10).replace('oai/gpt-4o', 'large');
  const readers = [1, 2].map(() => {
    const socket = connect(gateway.port, '127.0.0.1').pause();
    socket.write(request('POST /v1/chat/completions', { authorization: `Bearer ${gateway.masterKey}` }, asked));
    return socket;
  });
  while ((await metric(gateway, 'sluice_bytes_under_way')) < 18 * MEBIBYTE) await wait(20);
  assert.equal((await gateway.post('/v1/chat/completions', ask(10))).status, 503);
  for (const socket of readers) socket.destroy();
  while ((await metric(gateway, 'sluice_bytes_under_way')) > 0) await wait(20);
  assert.equal((await gateway.post('/v1/chat/completions', ask(10))).status, 200);
});

test('whole answers that fill twice the budget end, billed as far as they came, and are asked for nowhere else', async (context) => {
  const held: ServerResponse[] = [];
  let asked = 0;
  const provider = createServer((incoming, response) => {
    asked += 1;
    incoming.resume();
    response.setHeader('content-type', 'application/json');
    const choice = {
      index: 0,
      message: { role: 'assistant', content: 'word '.repeat((9 * MEBIBYTE) / 5) },
      finish_reason: 'stop',
    };
    response.write(
      JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', usage: USAGE, choices: [choice] }),
    );
    held.push(response);
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  context.after(() => provider.close());
  const { port } = provider.address() as AddressInfo;
  const large = (model_name: string): JsonObject => ({
    model_name,
    litellm_params: {
      ...{ model: 'openai/large', api_base: `http://127.0.0.1:${port}`, api_key: 'os.environ/PROVIDER_KEY' },
      ...{ input_cost_per_token: 0.001, output_cost_per_token: 0.001 },
    },
  });
  // Another deployment of the group stands ready, and would be asked.
  const general = { max_response_size_mb: 50, max_share_of_one_key: 1 };
  const gateway = await startFaultGateway({ config: config(general, [large('large'), large('large')]) });
  context.after(() => gateway.close());
  const answers = Array.from({ length: 5 }, () =>
    gateway.post('/v1/chat/completions', ask(10).replace('oai/gpt-4o', 'large')),
  );
  // The budget is 16 MiB, and each answer has 9.
  const refused = await Promise.race(answers);
  assert.equal(refused.status, 502);
  assert.equal(refused.headers.get('x-should-retry'), 'false');
  assert.match(await refused.clone().text(), /has room for beside the answers under way/);
  while (held.length < 5) await wait(20);
  for (const response of held) response.end();
  const statuses = await Promise.all(
    answers.map(async (answer) => {
      const response = await answer;
      await response.arrayBuffer();
      return response.status;
    }),
  );
  assert.deepEqual(new Set(statuses), new Set([200, 502]));
  const ended = statuses.filter((status) => status === 502).length;
  assert.equal(await metric(gateway, 'sluice_overload_ended_answers_total'), ended);
  assert.equal(asked, 5, 'each was asked for once');
  const line = await onlyLine(gateway, refused.headers.get('x-litellm-call-id') ?? '');
  // At least a third of the words of the 5 MiB that came before there was no room.
  assert.ok(Number(line.output_tokens) > MEBIBYTE / 3 && Number(line.cost_usd) > 300, JSON.stringify(line));
  while ((await metric(gateway, 'sluice_bytes_under_way')) > 0) await wait(20);
});

test('large whole answers that end together are translated one after the other, with turns for everybody else', async (context) => {
  const held: ServerResponse[] = [];
  const provider = createServer((incoming, response) => {
    incoming.resume();
    const call = {
      id: 'c',
      type: 'function',
      function: { name: 'f', arguments: JSON.stringify({ words: 'word '.repeat(20) }) },
    };
    const message = { role: 'assistant', content: null, tool_calls: new Array(20_000).fill(call) };
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }];
    response.setHeader('content-type', 'application/json');
    response.write(
      JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', usage: USAGE, choices }),
    );
    held.push(response);
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  context.after(() => provider.close());
  const { port } = provider.address() as AddressInfo;
  const params = { model: 'openai/large', api_base: `http://127.0.0.1:${port}`, api_key: 'os.environ/PROVIDER_KEY' };
  const general = { max_response_size_mb: 50, max_bytes_under_way_mb: 200, max_share_of_one_key: 1 };
  const gateway = await startFaultGateway({
    config: config(general, [{ model_name: 'large', litellm_params: params }]),
  });
  context.after(() => gateway.close());
  /** The longest turn of the event loop while so many answers end, in milliseconds of CPU. */
  const longestTurnMs = async (count: number): Promise<number> => {
    held.length = 0;
    const body = { model: 'large', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    const answers = Array.from({ length: count }, () => gateway.post('/v1/messages', body));
    while (held.length < count) await wait(20);
    // All of them but their last bytes have come.
    await wait(200);
    let [longest, before] = [0, process.threadCpuUsage().user];
    let isOver = false;
    const watch = (): void => {
      const now = process.threadCpuUsage().user;
      [longest, before] = [Math.max(longest, now - before), now];
      if (!isOver) setImmediate(watch);
    };
    setImmediate(watch);
    for (const response of held) response.end();
    for (const answer of answers) assert.equal((await answer).status, 200);
    isOver = true;
    await Promise.all(answers.map(async (answer) => (await answer).arrayBuffer()));
    return longest / 1_000;
  };
  await longestTurnMs(1);
  const oneMs = Math.max(await longestTurnMs(1), await longestTurnMs(1));
  const manyMs = await longestTurnMs(8);
  assert.ok(manyMs <= 3 * oneMs + 20, `one answer takes a turn of ${oneMs} ms of CPU, and eight one of ${manyMs} ms`);
});

for (const [limit, words] of [
  ['max_connections_per_address', /Your address has too many connections/],
  ['max_connections', /as many connections open as it may have/],
] as const) {
  test(`a request beyond ${limit} is refused on a connection that is closed and not reset`, async (context) => {
    const gateway = await startFaultGateway({ config: config({ [limit]: 2 }) });
    context.after(() => gateway.close());
    const idle = await Promise.all(
      [1, 2].map(async () => {
        const socket = connect(gateway.port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      }),
    );
    const asked = request('POST /v1/messages', { 'x-api-key': gateway.masterKey }, ask(100_000, ',"max_tokens":5'));
    const { statuses, text, ending } = await sendRaw(gateway.port, asked);
    assert.deepEqual(statuses, [503]);
    assert.match(text, words);
    assert.equal(await metric(gateway, 'sluice_overload_refused_connections_total'), 1);
    assert.match(text, /connection: close/i);
    assert.equal(ending, 'closed');
    const alive = request('GET /health/liveliness', {});
    assert.deepEqual((await sendRaw(gateway.port, alive)).statuses, [200]);
    for (const socket of idle) socket.destroy();
    await wait(50);
    assert.deepEqual((await sendRaw(gateway.port, asked)).statuses, [200]);
  });
}
