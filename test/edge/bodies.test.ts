/** Bodies of every kind and size: understood, refused in words, and never more than the limit in memory. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { faultConfig, startFaultGateway } from '../faults/support.ts';
import { request, sendRaw } from '../security/raw.ts';
import type { TestGateway } from '../support/gateway.ts';

const MESSAGES = '[{"role":"user","content":"hi"}]';
const plain = (more = ''): string => `{"model":"oai/gpt-4o","messages":${MESSAGES}${more}}`;
const sized = (bytes: number): string => plain(`,"user":"${'u'.repeat(bytes)}"`);
const MEGABYTE = 1_048_576;

describe('bodies', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    const config = faultConfig([], {
      general_settings: { master_key: 'os.environ/TEST_MASTER_KEY', max_request_size_mb: 12 },
    });
    gateway = await startFaultGateway({ config });
  });
  after(() => gateway.close());

  const send = (
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
    path = '/v1/chat/completions',
  ): Promise<Response> =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.masterKey}`, 'content-type': 'application/json', ...headers },
      body,
    });
  const lastBody = (): Buffer => gateway.simulator.requests.at(-1)?.rawBody ?? Buffer.alloc(0);

  const refused: Readonly<Record<string, string | Buffer>> = {
    'no body': '',
    'only spaces': '   \n ',
    'an array': `[${plain()}]`,
    'a string': '"model"',
    'a number': '42',
    null: 'null',
    'half an object': plain().slice(0, -1),
    'something behind it': `${plain()}{"model":"x"}`,
    'two objects': `${plain()}\n${plain()}`,
    'a trailing comma': plain(',').replace(',}', ',}'),
    'single quotes': "{'model':'oai/gpt-4o'}",
    'bare NaN': plain(',"temperature":NaN'),
    'a control character in a string': plain(',"user":"a\u0001b"'),
    'a bad escape': plain(',"user":"\\x41"'),
    'invalid UTF-8': Buffer.concat([
      Buffer.from(plain(',"user":"').slice(0, -1)),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]),
    'invalid UTF-8 behind an escaped name': Buffer.concat([
      Buffer.from(`{"mod\\u0065l":"oai/gpt-4o","messages":${MESSAGES},"user":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]),
    'UTF-16': Buffer.from(plain(), 'utf16le'),
    '65 levels': plain(`,"deep":${'['.repeat(64)}${']'.repeat(64)}`),
    '100,000 levels': plain(`,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    '100,000 levels behind an escaped name': `{"mod\\u0065l":"oai/gpt-4o","messages":${MESSAGES},"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    '100,000 levels behind a name that stands twice': `{"model":"x","model":"oai/gpt-4o","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    'rubbish behind an escaped name': '{"mod\\u0065l":"oai/gpt-4o", rubbish',
    '257 members': plain(Array.from({ length: 256 }, (_, at) => `,"m${at}":1`).join('')),
    '100,000 messages': plain().replace(MESSAGES, `[${Array.from({ length: 100_000 }, () => MESSAGES.slice(1, -1))}]`),
    'a million small arrays behind an escaped name': `{"mod\\u0065l":"oai/gpt-4o","messages":${MESSAGES},"deep":[${Array.from({ length: 1_000_000 }, () => '[]')}]}`,
    '200,001 strings': plain(`,"metadata":[${Array.from({ length: 200_001 }, () => '""')}]`),
    '200,001 names': plain(`,"metadata":{${Array.from({ length: 200_001 }, (_, at) => `"${at}":1`)}}`),
    'a model that is a list': `{"model":["oai/gpt-4o"],"messages":${MESSAGES}}`,
    'a model that is an object': `{"model":{"a":1},"messages":${MESSAGES}}`,
    'no model': `{"messages":${MESSAGES}}`,
    'a stream flag in words': plain(',"stream":"true"'),
  };
  for (const [what, body] of Object.entries(refused)) {
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      test(`${what} is refused with 400 at ${path}`, async () => {
        const before = gateway.simulator.requests.length;
        const response = await send(body, {}, path);
        const text = await response.text();
        assert.equal(response.status, 400, text);
        assert.match(
          text,
          path === '/v1/messages' ? /^\{"type":"error","error":\{"type":"/ : /^\{"error":\{"message":"/,
        );
        assert.equal(gateway.simulator.requests.length, before, 'nothing was asked of a provider');
      });
    }
  }

  const taken: Readonly<Record<string, string>> = {
    'numbers beyond 2^53 and long fractions': plain(',"seed":9007199254740993,"temperature":0.30000000000000004000001'),
    'lone surrogates as escapes': plain(',"user":"\\ud800x"'),
    'prototype members': plain(',"__proto__":{"isAdmin":true},"constructor":{"prototype":{}}'),
    'unusual spacing': plain(' ,\r\n\t"user" : "x" '),
    '500,000 numbers in a list': plain(`,"deep":[${Array.from({ length: 500_000 }, () => '1')}]`),
    '20,000 messages': plain().replace(MESSAGES, `[${Array.from({ length: 20_000 }, () => MESSAGES.slice(1, -1))}]`),
    '64 levels': plain(`,"deep":${'['.repeat(63)}${']'.repeat(63)}`),
    '256 members': plain(Array.from({ length: 254 }, (_, at) => `,"m${at}":1`).join('')),
    'characters beyond the first plane': plain(',"user":"🌊é\\u00e9"'),
  };
  for (const [what, body] of Object.entries(taken)) {
    test(`${what}: relayed byte for byte but for the model's name`, async () => {
      const before = gateway.simulator.requests.length;
      // The simulated provider may refuse what it does not know; what counts is what it was sent.
      await (await send(body)).text();
      assert.equal(gateway.simulator.requests.length, before + 1);
      assert.equal(lastBody().toString(), body.replace('"oai/gpt-4o"', '"gpt-4o"'));
      assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined);
    });
  }

  test('a name that stands twice or is escaped means to the provider what it means to us', async () => {
    for (const body of [
      `{"model":"ant/claude-sonnet-4-5","messages":${MESSAGES},"model":"oai/gpt-4o"}`,
      `{"mod\\u0065l":"oai/gpt-4o","messages":${MESSAGES}}`,
      `{"model":"ant/claude-sonnet-4-5","mod\\u0065l":"oai/gpt-4o","messages":${MESSAGES}}`,
    ]) {
      const response = await send(body);
      assert.equal(response.status, 200, await response.text());
      const sent = lastBody().toString();
      assert.equal(sent.match(/mod(?:e|\\u0065)l"/g)?.length, 1, sent);
      assert.equal((JSON.parse(sent) as { model: string }).model, 'gpt-4o');
    }
  });

  test('a byte order mark is refused or read, and never reaches the provider', async () => {
    const response = await send(`\ufeff${plain()}`);
    assert.ok([200, 400].includes(response.status));
    if (response.status === 200) assert.equal(lastBody()[0], 0x7b);
  });

  test('1 MB and 10 MB are carried, also in chunks and compressed', async () => {
    for (const size of [MEGABYTE, 10 * MEGABYTE]) {
      const body = plain(`,"user":"${randomBytes(size * 0.75).toString('base64')}"`);
      assert.equal((await send(body)).status, 200);
      assert.equal(lastBody().length, body.length - 'oai/'.length);
      for (const [encoding, pack] of Object.entries({
        gzip: gzipSync,
        deflate: deflateSync,
        br: brotliCompressSync,
        zstd: zstdCompressSync,
      })) {
        if (size > MEGABYTE && encoding === 'br') continue;
        const response = await send(pack(Buffer.from(body)), { 'content-encoding': encoding });
        assert.equal(response.status, 200, `${encoding}: ${await response.text()}`);
        assert.equal(lastBody().length, body.length - 'oai/'.length);
      }
    }
  });

  test('more than the limit is refused with 413 that the client can read, however it is announced', async () => {
    const body = sized(40 * MEGABYTE);
    const announced = await send(body);
    assert.equal(announced.status, 413);
    assert.match(await announced.text(), /max_request_size_mb/);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += 65_536) yield Buffer.from(body.slice(at, at + 65_536));
    };
    const chunked = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': gateway.masterKey, 'content-type': 'application/json' },
      body: ReadableStream.from(chunks()),
      duplex: 'half',
    } as RequestInit);
    assert.equal(chunked.status, 413);
    assert.match(await chunked.text(), /request_too_large/);
  });

  test('a large body without a valid key is refused with 401 that the client can read', async () => {
    for (let round = 0; round < 5; round += 1) {
      const response = await send(sized(8 * MEGABYTE), { authorization: 'Bearer unknown' });
      assert.equal(response.status, 401);
      assert.match(await response.text(), /not known here/);
    }
  });

  test('bombs and broken packing are refused', async () => {
    const before = process.memoryUsage().rss;
    const bomb = gzipSync(Buffer.alloc(200 * MEGABYTE, ' '), { level: 9 });
    assert.equal((await send(bomb, { 'content-encoding': 'gzip' })).status, 413);
    const packed = gzipSync(plain());
    assert.equal((await send(packed.subarray(0, 30), { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await send(plain(), { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await send(gzipSync(packed), { 'content-encoding': 'gzip, gzip' })).status, 415);
    assert.equal((await send(plain(), { 'content-encoding': 'compress' })).status, 415);
    assert.equal((await send(plain(), { 'content-encoding': '__proto__' })).status, 415);
    assert.ok(process.memoryUsage().rss - before < 300 * MEGABYTE, 'the bomb was not unpacked');
  });

  test('a body that unpacks to more than a hundred times its size is refused, unless it is small', async () => {
    for (const [encoding, pack] of Object.entries({
      gzip: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
    })) {
      const headers = { 'content-encoding': encoding };
      const dense = await send(pack(Buffer.from(sized(8 * MEGABYTE))), headers);
      assert.equal(dense.status, 413);
      assert.match(await dense.text(), /unpacks to more than 1048576 bytes.*max_compression_ratio/);
      assert.equal((await send(pack(Buffer.from(sized(MEGABYTE / 2))), headers)).status, 200);
    }
  });

  test('content types: JSON under any name is read, forms are refused with 415', async () => {
    for (const type of [
      'application/json; charset=utf-8',
      'APPLICATION/JSON',
      'text/plain',
      'application/vnd.x+json',
      ' application/json',
    ]) {
      assert.equal((await send(plain(), { 'content-type': type })).status, 200, type);
    }
    for (const type of [
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      'Multipart/Mixed',
      'x',
    ]) {
      assert.equal((await send(plain(), { 'content-type': type })).status, 415, type);
    }
    const bare = request('POST /v1/chat/completions', { authorization: `Bearer ${gateway.masterKey}` }, plain());
    assert.deepEqual((await sendRaw(gateway.port, bare)).statuses, [200]);
  });

  test('headers beyond 16 kB are refused with 431, many small ones are taken', async () => {
    const big = request('GET /v1/models', { 'x-big': 'x'.repeat(20_000) });
    assert.deepEqual((await sendRaw(gateway.port, big)).statuses, [431]);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x-${at}`, '1']));
    const { statuses } = await sendRaw(
      gateway.port,
      request('GET /v1/models', { ...many, authorization: `Bearer ${gateway.masterKey}` }),
    );
    assert.deepEqual(statuses, [200]);
  });
});
