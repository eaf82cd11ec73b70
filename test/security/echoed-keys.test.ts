/** A provider that echoes the key it was sent: in errors with a status, in streams, in any encoding, cut anywhere. */
import assert from 'node:assert/strict';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

const HEADER_SECRET = 'second-canary/9911+aa55"x';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** How a key is written, and what must not come back. */
const WRITTEN: readonly (readonly [name: string, write: (key: string) => string])[] = [
  ['plain', (key) => `Incorrect API key provided: ${key}.`],
  ['base64', (key) => `bad credential ${base64(key)}`],
  ['base64 of the header', (key) => `bad header ${base64(`Authorization: Bearer ${key}`)}`],
  ['base64url', (key) => `bad credential ${Buffer.from(key).toString('base64url')}`],
  ['percent', (key) => `see https://x/?q=${encodeURIComponent(key)}`],
  ['all percent', (key) => [...Buffer.from(key)].map((byte) => `%${byte.toString(16)}`).join('')],
  ['hex', (key) => `hash ${Buffer.from(key).toString('hex')}`],
  ['json', (key) => `request: ${JSON.stringify({ headers: { authorization: `Bearer ${key}` } })}`],
  ['unicode', (key) => [...key].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
];

const delta = (content: string): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content } }] })}\n\n`;
const messageStart = `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } })}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"begun "}}\n\n`;

describe('keys that a provider echoes', { timeout: 180_000 }, () => {
  let gateway: TestGateway;
  let provider: Server;
  let answer: (response: ServerResponse, path: string) => void = () => {};

  before(async () => {
    provider = createServer((request, response) => {
      request.resume();
      request.on('end', () => answer(response, request.url ?? ''));
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const params = { api_key: 'os.environ/PROVIDER_KEY', extra_headers: { 'x-tenant-token': HEADER_SECRET } };
    gateway = await startTestGateway({
      config: JSON.stringify({
        model_list: [
          { model_name: 'oai', litellm_params: { ...params, model: 'openai/m', api_base: `${url}/v1` } },
          { model_name: 'ant', litellm_params: { ...params, model: 'anthropic/m', api_base: url } },
        ],
        router_settings: { num_retries: 0, disable_cooldowns: true, mid_stream: 'error' },
      }),
    });
  });
  after(async () => {
    await gateway.close();
    provider.closeAllConnections();
    provider.close();
  });

  const ask = async (path: string, model: string, stream: boolean): Promise<string> => {
    const body = { model, stream, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    const response = await gateway.post(path, body);
    return `${[...response.headers].join('\n')}\n${await response.text()}`;
  };
  const decoded = (text: string): string =>
    `${text} ${text.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))}`;
  const check = (text: string, written: string, key: string): void => {
    const seen = decoded(text);
    for (const form of [key, written, written.split(' ').at(-1) ?? '', JSON.stringify(written).slice(1, -1)])
      assert.ok(form.length < 12 || !seen.includes(form), `${form} is in ${text}`);
    for (const [run] of seen.matchAll(/[A-Za-z0-9+/_-]{16,}/g)) {
      const bytes = Buffer.from(run, 'base64').toString('latin1');
      assert.ok(!bytes.includes(key.slice(0, 12)), `${run} holds the key`);
      assert.ok(!Buffer.from(run, 'hex').toString('latin1').includes(key.slice(0, 12)), `${run} holds the key`);
    }
  };
  const places = [
    ['/v1/chat/completions', 'oai'],
    ['/v1/messages', 'ant'],
    ['/v1/messages', 'oai'],
    ['/v1/chat/completions', 'ant'],
  ] as const;

  for (const [name, write] of WRITTEN) {
    test(`stay here: ${name}`, async () => {
      for (const key of [PROVIDER_KEY, HEADER_SECRET]) {
        const written = write(key);
        const error = { type: 'error', error: { message: written, type: 'invalid_request_error', code: written } };
        // With a status, compressed although identity was asked for, and with what names the account in headers.
        answer = (response) => {
          const bytes = gzipSync(JSON.stringify(error));
          response.writeHead(400, {
            'content-type': 'application/json',
            'content-encoding': 'gzip',
            'x-request-id': key,
          });
          response.end(bytes);
        };
        for (const [path, model] of places)
          for (const stream of [false, true]) check(await ask(path, model, stream), written, key);
        // In a stream that has begun, cut every few bytes.
        answer = (response, url) => {
          const isMessages = url.includes('messages');
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const event = `${isMessages ? 'event: error\n' : ''}data: ${JSON.stringify(error)}\n\n`;
          const text = `${isMessages ? messageStart : delta('begun ')}${event}`;
          void (async () => {
            for (let start = 0; start < text.length; start += 97) {
              response.write(text.slice(start, start + 97));
              await wait(1);
            }
            response.end();
          })();
        };
        for (const [path, model] of places) {
          const text = await ask(path, model, true);
          assert.match(text, /begun/);
          assert.match(text, /"error"/);
          check(text, written, key);
        }
      }
    });
  }

  for (const [kind, message] of [
    ['one long message', 'word '.repeat(800_000)],
    ['a message behind long members', 'the model is overloaded'],
    ['a message among very many', 'the model is overloaded'],
  ] as const) {
    for (const stream of [false, true]) {
      test(`an error in a successful answer is searched only as far as messages go: ${kind}${stream ? ', streamed' : ''}`, async () => {
        const many =
          kind === 'a message among very many' ? new Array(200_000).fill('a word') : ['word '.repeat(800_000)];
        const error = { message: `${message} ${PROVIDER_KEY}`, type: 'server_error' };
        const json = JSON.stringify({ error, ...(message.length < 100 && { many }) });
        answer = (response) => {
          response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
          response.end(stream ? `data: ${json}\n\n` : json);
        };
        const startedAt = process.cpuUsage();
        JSON.parse(JSON.stringify(JSON.parse(json)));
        const plain = process.cpuUsage(startedAt);
        const before = process.cpuUsage();
        const seen = await ask('/v1/messages', 'oai', stream);
        const spent = process.cpuUsage(before);
        check(seen, PROVIDER_KEY, PROVIDER_KEY);
        assert.match(seen, message.length > 100 ? /withheld, because it is too long/ : /the model is overloaded/);
        // Each megabyte that is searched takes a third of a second.
        const [mostMs, tookMs] = [(20 * plain.user) / 1_000 + 500, spent.user / 1_000];
        assert.ok(tookMs <= mostMs, `${tookMs} ms of CPU, at most ${mostMs} were expected`);
      });
    }
  }

  for (const [where, before, after] of [
    ['behind 300 KiB', 300_000, 10],
    ['behind 300 KiB, with more of the event after it', 300_000, 400_000],
    ['in front of 300 KiB', 10, 300_000],
    ['behind 2 MiB', 2_000_000, 10],
  ] as const) {
    test(`an error event that is too large to be held is searched: ${where}`, async () => {
      for (const write of WRITTEN.map(([, form]) => form)) {
        const written = write(PROVIDER_KEY);
        const padding = (length: number): string => '~ '.repeat(length / 2);
        const error = {
          note: padding(before),
          error: { message: `${written} ${padding(after)}`, type: 'server_error' },
        };
        answer = (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const text = `${delta('begun ')}data: ${JSON.stringify(error)}\n\n`;
          // One cut is in the middle of the key.
          const middle = text.indexOf(JSON.stringify(written).slice(1, -1)) + 9;
          response.write(text.slice(0, 1_000));
          response.write(text.slice(1_000, middle));
          setTimeout(() => response.end(text.slice(middle)), 20);
        };
        const text = await ask('/v1/chat/completions', 'oai', true);
        assert.match(text, /begun/);
        check(text.replaceAll('~ ', ''), written, PROVIDER_KEY);
        assert.ok(!text.includes(PROVIDER_KEY.slice(0, 14)), 'nor half of it');
        assert.match(text, /"error"/);
      }
    });
  }

  test('a large event without a key is handed on byte by byte as it came', async () => {
    const event = `data: ${JSON.stringify({ id: 'x', note: 'error '.repeat(120_000), choices: [] })}\n\n`;
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${delta('begun ')}${event.slice(0, 400_001)}`);
      setTimeout(() => response.end(`${event.slice(400_001)}${delta('ended')}data: [DONE]\n\n`), 20);
    };
    const text = await ask('/v1/chat/completions', 'oai', true);
    assert.ok(text.includes(`${event}data: {"id":"x"`));
    assert.match(text, /"ended".*\n\ndata: \[DONE\]\n\n$/);
  });

  test('an error event without a key is handed on as it came', async () => {
    const event = 'data: {"error":{"message":"The server had an error","type":"server_error","odd":[1,2]}}\n\n';
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${delta('begun ')}${event}`);
    };
    assert.ok((await ask('/v1/chat/completions', 'oai', true)).includes(event));
  });

  test('headers that name the account are not handed on, the others are', async () => {
    answer = (response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'openai-organization': 'org-canary',
        'openai-project': 'proj-canary',
        'x-goog-user-project': 'proj-canary',
        'openai-processing-ms': '12',
        'x-request-id': 'req-1',
        'x-ratelimit-remaining-requests': '7',
        'x-ratelimit-account': 'org-canary',
        'cf-ray': PROVIDER_KEY,
      });
      const choices = [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }];
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm', choices }));
    };
    const text = await ask('/v1/chat/completions', 'oai', false);
    assert.ok(!text.includes('canary'), text);
    assert.match(text, /llm_provider-openai-processing-ms,12/);
    assert.match(text, /llm_provider-x-request-id,req-1/);
    assert.match(text, /llm_provider-x-ratelimit-remaining-requests,7/);
  });

  test('addresses of deployments are in the spend logs of admins only', async () => {
    const { key } = (await (await gateway.post('/key/generate', { user_id: 'u1' })).json()) as { key: string };
    const tenant = { authorization: `Bearer ${key}` };
    const body = { model: 'oai', messages: [{ role: 'user', content: 'hi' }] };
    const asked = await gateway.post('/v1/chat/completions', body, tenant);
    await asked.text();
    const path = `/spend/logs?request_id=${asked.headers.get('x-litellm-call-id')}`;
    const logs = async (headers?: Record<string, string>): Promise<{ api_base: string }[]> => {
      for (let round = 0; round < 50; round++) {
        const found = (await (await gateway.get(path, headers)).json()) as { api_base: string }[];
        if (found.length > 0) return found;
        await wait(100);
      }
      throw new Error('the row never came');
    };
    assert.match((await logs())[0]?.api_base ?? '', /^http:\/\/127/);
    assert.equal((await logs(tenant))[0]?.api_base, '');
  });
});
