/** Tricks with the request's target, host and method: they change neither who is asked for a key nor where a request goes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TENANT_KEY } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { request, sendRaw } from './raw.ts';

const BODY = JSON.stringify({ model: 'claude-sonnet', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] });

describe('targets', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  const targets = [
    '//v1/models',
    '/v1//models',
    '/v1/models/',
    '/v1/models/../model/info',
    '/health/liveliness/../../v1/models',
    '/health/liveliness/..%2f..%2fv1%2fmodels',
    '/health/liveliness%2f..%2f..%2fmodel/info',
    '/health/liveliness;/../../model/info',
    '/health/liveliness/../model/info',
    '/v1/models%2fgpt-4o',
    '/v1%2fmodels',
    '/V1/MODELS',
    '/v1/models.',
    '/v1/models/.',
    '/./v1/models',
    '/%76%31/models',
    '/v1/models%00',
    '/v1/models%zz',
    '/v1/models?x=/health/liveliness',
    '/v1/models#/health/liveliness',
    '/v1/models?/health/liveliness',
    '\\v1\\models',
    'http://evil.example/v1/models',
    'http://evil.example/health/liveliness/../../v1/models',
    '*',
    '/*',
    '/v1/*/x',
    '/:model',
    '/v1/(models',
    '/v1/:a(^[)',
    '/metrics/',
    '//metrics',
    '/metrics?x',
    '/metrics%2f',
    `/${'a/'.repeat(2_000)}`,
    `/v1/models/${'%2e%2e%2f'.repeat(200)}`,
  ];

  test('without a key no spelling of a path gives anything but its refusal', async () => {
    for (const target of targets) {
      for (const method of [
        'GET',
        'POST',
        'HEAD',
        'OPTIONS',
        'PUT',
        'DELETE',
        'PATCH',
        'PURGE',
        'PROPFIND',
        'TRACE',
        'QUERY',
      ]) {
        const { text, statuses } = await sendRaw(gateway.port, request(`${method} ${target}`, { connection: 'close' }));
        const [status = 0] = statuses;
        // The server takes `*` for `/`, a public page that names what is served where.
        const isPublic = /^\/?\/metrics/.test(target) || target === '*';
        if (!isPublic) assert.ok(status >= 400 && status < 500, `${method} ${target}: ${text.slice(0, 300)}`);
        assert.ok(!text.includes('"gpt-4o"'), `${method} ${target} lists models`);
        assert.equal(statuses.length, 1, `${method} ${target}: ${text}`);
      }
    }
    const { statuses } = await sendRaw(gateway.port, request('CONNECT evil.example:443', {}));
    assert.deepEqual(
      statuses.filter((status) => status < 400),
      [],
    );
    assert.equal(gateway.simulator.requests.length, 0);
  });

  const tricks: readonly Readonly<Record<string, string>>[] = [
    { host: 'gateway/health/liveliness?' },
    { host: 'gateway/health/liveliness#' },
    { host: 'gateway:1@evil.example' },
    { host: '127.0.0.1:1' },
    { host: '' },
    { 'x-forwarded-host': 'evil.example/health/liveliness?' },
    { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', forwarded: 'for=127.0.0.1' },
    { 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/health/liveliness' },
    { 'x-original-url': '/health/liveliness', 'x-rewrite-url': '/health/liveliness' },
    { 'x-http-method-override': 'GET', 'x-method-override': 'GET', 'x-http-method': 'GET' },
    { upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABkAAQAAP__' },
    { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': 'x', 'sec-websocket-version': '13' },
    { 'transfer-encoding': 'identity' },
    { 'x-api-key': '', authorization: '' },
  ];

  test('headers that pretend another host, path, method or sender change neither routing nor the question for a key', async () => {
    for (const trick of tricks) {
      const what = JSON.stringify(trick);
      const bare = await sendRaw(gateway.port, request('POST /v1/chat/completions', trick, BODY));
      assert.ok((bare.statuses[0] ?? 0) >= 400 && (bare.statuses[0] ?? 0) < 500, `${what}: ${bare.text.slice(0, 300)}`);
      const denied = await sendRaw(
        gateway.port,
        request('POST /v1/chat/completions', { authorization: `Bearer ${TENANT_KEY}`, ...trick }, BODY),
      );
      assert.ok([400, 401, 403].includes(denied.statuses[0] ?? 0), `${what}: ${denied.text.slice(0, 300)}`);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });

  test('two readings of one request are refused: two lengths, a length beside chunks, folded or broken lines', async () => {
    const key = `authorization: Bearer ${gateway.masterKey}`;
    const start = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n${key}\r\n`;
    const smuggled = `GET /v1/models HTTP/1.1\r\nhost: x\r\n${key}\r\n\r\n`;
    const cases = [
      `${start}content-length: 4\r\ncontent-length: 5\r\n\r\n1234${smuggled}`,
      `${start}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${start}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
      `${start}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${start}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${start}content-length: +4\r\n\r\n1234${smuggled}`,
      `${start}content-length: 4\r\nx: a\r\n\tfolded\r\n y: b\n\r\n1234${smuggled}`,
      `POST /v1/chat/completions HTTP/1.1\nhost: x\n${key}\n\n${smuggled}`,
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nhost: y\r\n${key}\r\n\r\n`,
      `POST /v1/chat/completions HTTP/9.9\r\nhost: x\r\n\r\n`,
      `POST  /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n`,
      `${start}x-nul: a\u0000b\r\ncontent-length: 0\r\n\r\n`,
      `${start.replace('Bearer ', 'Bearer \u0000')}content-length: 0\r\n\r\n`,
      'BREW /pot HTTP/1.1\r\nhost: x\r\n\r\n',
      '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
      '\r\n\r\n\r\nGET',
    ];
    for (const bytes of cases) {
      const { statuses, text } = await sendRaw(gateway.port, Buffer.from(bytes, 'latin1'), 300);
      assert.ok(!text.includes('"object":"list"'), `smuggled through: ${JSON.stringify(bytes)}`);
      for (const status of statuses) assert.ok(status >= 400 && status < 500, `${JSON.stringify(bytes)}: ${text}`);
    }
    assert.equal(gateway.simulator.requests.length, 0);
  });

  test('wrong methods get 405 with the right one, unknown paths 404, all in the envelope', async () => {
    const headers = { authorization: `Bearer ${gateway.masterKey}` };
    for (const [method, path, status] of [
      ['GET', '/v1/chat/completions', 405],
      ['POST', '/v1/models', 405],
      ['PUT', '/v1/chat/completions', 405],
      ['DELETE', '/v1/models', 405],
      ['GET', '/v1/nothing', 404],
      ['POST', '/v1/nothing', 404],
    ] as const) {
      const response = await fetch(gateway.url + path, { method, headers });
      assert.equal(response.status, status, `${method} ${path}`);
      if (status === 405) assert.match(response.headers.get('allow') ?? '', /^(?:GET|POST)$/);
      assert.match(await response.text(), /^\{"error":\{"message":"/);
    }
  });
});
