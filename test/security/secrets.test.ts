/** Canary secrets: keys, prompts and answers stay where they belong, over good answers and every fault. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { FAULTS } from '../../simulator/faults.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { faultConfig, readAll, startFaultGateway } from '../faults/support.ts';
import { MASTER_KEY, PROVIDER_KEY, type TestGateway } from '../support/gateway.ts';

const TENANT_KEY = 'canary-tenant-key-77aa10';
const PROMPT = 'canary-prompt-e0b1 tell me of rivers';
const ANSWER = 'canary-answer-51cd';
const KEYS = [PROVIDER_KEY, MASTER_KEY, TENANT_KEY];

/** Faults that take long and show nothing more than the others. */
const SKIPPED = /^(?:hang|headers-after|first-token-after|stall-after|drip|infinite|huge-event|gzip-bomb|no-done-open)/;

describe('secrets', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  /** A server that must never be called, and what it saw nevertheless. */
  const canary: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    canary.push(request.headers);
    response.end('{}');
  });
  let canaryUrl = '';
  const answers: string[] = [];

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    canaryUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = faultConfig([], { user_api_key_list: [{ api_key: TENANT_KEY, user_id: 'tenant' }] });
    gateway = await startFaultGateway({ config });
  });
  after(async () => {
    server.close();
    await gateway.close();
  });

  async function send(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string }> {
    const response = await gateway.post(path, body, { 'x-api-key': TENANT_KEY, ...headers });
    const { text } = await readAll(response);
    const head = [...response.headers].map((pair) => pair.join(': ')).join('\n');
    answers.push(head, text);
    return { status: response.status, text };
  }
  const ask = (
    path: string,
    model: string,
    stream: boolean,
    more: JsonObject = {},
    headers: Readonly<Record<string, string>> = {},
  ) => send(path, { model, stream, max_tokens: 50, messages: [{ role: 'user', content: PROMPT }], ...more }, headers);

  test('no fault brings a key, a prompt or an answer into errors, headers or the log', async () => {
    for (const { name } of FAULTS.filter(({ name }) => !SKIPPED.test(name))) {
      for (const [path, model] of [
        ['/v1/chat/completions', 'oai/gpt-4o'],
        ['/v1/messages', 'oai/gpt-4o'],
        ['/v1/messages', 'ant/claude-sonnet-4-5'],
      ] as const) {
        for (const stream of [false, true]) await ask(path, `${model}+tokens-30+fault-${name}`, stream);
      }
    }
    for (const text of answers) for (const key of KEYS) assert.ok(!text.includes(key), text);
  });

  test('what a provider says with our key in it is masked, whole and in a stream', async () => {
    const echo = `Incorrect API key provided: ${PROVIDER_KEY}. Bearer ${PROVIDER_KEY} at https://x/?key=${PROVIDER_KEY}`;
    const json = { error: { message: echo, type: 'invalid_request_error', code: PROVIDER_KEY, param: PROVIDER_KEY } };
    for (const status of [200, 400, 401, 403, 429, 500]) {
      const rule = gateway.simulator.script({ match: { model: 'echo' }, reply: { status, json } });
      for (const stream of [false, true]) {
        for (const path of ['/v1/chat/completions', '/v1/messages']) {
          for (const group of ['oai', 'ant', 'gem']) {
            const { status: got, text } = await ask(path, `${group}/echo`, stream);
            assert.ok(got >= 400, `${got} ${text}`);
            assert.ok(!text.includes(PROVIDER_KEY), `${status} ${group} ${path}: ${text}`);
          }
        }
      }
      rule.remove();
    }
    const event = `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'a' } }] })}\n\ndata: ${JSON.stringify(json)}\n\n`;
    gateway.simulator.script({
      match: { model: 'echo-later' },
      reply: { status: 200, headers: { 'content-type': 'text/event-stream' }, text: event },
    });
    const { text } = await ask('/v1/messages', 'oai/echo-later', true);
    assert.match(text, /"type":"error"/);
    assert.ok(!text.includes(PROVIDER_KEY), text);
  });

  test('members that name an address, a key or headers reach no provider and no other host', async () => {
    const members: JsonObject = {
      api_base: canaryUrl,
      base_url: canaryUrl,
      api_key: 'client-chosen-key',
      custom_llm_provider: 'anthropic',
      api_version: '9',
      organization: 'client-org',
      extra_headers: { 'x-client-chosen': '1', authorization: 'Bearer client-chosen-key' },
      headers: { 'x-client-chosen': '1' },
      user_config: { model_list: [{ model_name: 'x', litellm_params: { model: 'openai/x', api_base: canaryUrl } }] },
      litellm_params: { api_base: canaryUrl },
      litellm_metadata: { api_base: canaryUrl },
      mock_response: 'mocked',
      specific_deployment: canaryUrl,
      model_info: { api_base: canaryUrl },
      proxy_server_request: { url: canaryUrl },
    };
    for (const [name, value] of [...Object.entries(members), ['all', null] as const]) {
      const more = name === 'all' ? members : { [name]: value as JsonObject };
      for (const [path, model] of [
        ['/v1/chat/completions', 'oai/gpt-4o'],
        ['/v1/chat/completions', 'ant/claude-sonnet-4-5'],
        ['/v1/messages', 'ant/claude-sonnet-4-5'],
        ['/v1/messages', 'oai/gpt-4o'],
      ] as const) {
        const before = gateway.simulator.requests.length;
        await ask(path, model, false, more);
        const seen = gateway.simulator.requests.slice(before);
        assert.equal(seen.length, 1, `${name} at ${path}`);
        const sent = `${JSON.stringify(seen[0]?.headers)} ${seen[0]?.rawBody}`;
        for (const trace of [canaryUrl, 'client-chosen', 'client-org', 'mocked'])
          assert.ok(!sent.includes(trace), `${name}: ${sent}`);
        assert.ok(sent.includes(PROVIDER_KEY));
      }
    }
    assert.deepEqual(canary, []);
  });

  test('a provider sees the key of its deployment and no header of the client’s', async () => {
    const headers = {
      cookie: 'session=client-cookie',
      'x-litellm-api-key': TENANT_KEY,
      'x-client': 'client-header',
      'proxy-authorization': 'Basic client-proxy',
      'x-forwarded-for': '203.0.113.9',
      'openai-organization': 'client-org',
      'x-goog-user-project': 'client-project',
      referer: 'https://client.example/',
      te: 'trailers',
      'accept-encoding': 'gzip',
    };
    for (const [path, model] of [
      ['/v1/chat/completions', 'oai/gpt-4o'],
      ['/v1/messages', 'ant/claude-sonnet-4-5'],
      ['/v1/messages', 'gem/gemini-2.5-pro'],
    ] as const) {
      assert.equal((await ask(path, model, false, {}, headers)).status, 200);
      const seen = gateway.simulator.requests.at(-1);
      const sent = JSON.stringify(seen?.headers);
      for (const trace of [TENANT_KEY, 'client', '203.0.113.9']) assert.ok(!sent.includes(trace), sent);
      assert.equal(sent.split(PROVIDER_KEY).length, 2, 'the key stands in one header');
      assert.ok(!(seen?.path ?? '').includes(PROVIDER_KEY), 'and never in the address');
      assert.equal(seen?.headers['accept-encoding'], 'identity');
    }
  });

  test('neither page nor log nor metric knows a secret, a prompt or an answer', async () => {
    const message = { role: 'assistant', content: ANSWER };
    const json = { id: 'x', object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
    gateway.simulator.script({ match: { model: 'answering' }, reply: { status: 200, json } });
    const { text } = await ask('/v1/chat/completions', 'oai/answering', false);
    assert.ok(text.includes(ANSWER));
    for (const path of ['/model/info', '/health', '/health/readiness', '/metrics', '/v1/models']) {
      const page = await (await gateway.get(path)).text();
      for (const secret of [...KEYS, 'canary-']) assert.ok(!page.includes(secret), `${path}: ${page}`);
    }
    const log = (await gateway.logLines()).join('\n');
    assert.ok(log.includes('"msg":"request"'));
    for (const secret of [...KEYS, PROMPT, ANSWER, 'canary-', 'rivers'])
      assert.ok(!log.includes(secret), `${secret} stands in the log`);
  });
});
