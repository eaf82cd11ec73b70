/** Connection parameters in requests: nothing unless the operator names it, and never the operator's secrets to a client's address. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { loadText } from '../config/load-text.ts';
import { ask, callIdOf, manage, messageOf, priced, rowsOf, startMoneyGateway } from '../money/tenants.ts';
import { PROVIDER_KEY, type TestGateway } from '../support/gateway.ts';

const OWN = 'sk-key-of-the-client-0123456789';

describe('configurable_clientside_auth_params', { timeout: 60_000 }, () => {
  /** A provider of the client's: what it was sent, and answers as the simulator does not. */
  const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
  const theirs = createServer((request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => {
      const isWrong = request.headers.authorization?.includes('wrong') === true;
      response.writeHead(isWrong ? 401 : 200, { 'content-type': 'application/json' });
      const error = {
        error: { message: `Incorrect API key provided: ${request.headers.authorization}`, code: 'invalid_api_key' },
      };
      const whole = {
        ...{
          id: 'x',
          object: 'chat.completion',
          model: 'sim',
          usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
        },
        choices: [{ index: 0, message: { role: 'assistant', content: 'Theirs.' }, finish_reason: 'stop' }],
      };
      response.end(JSON.stringify(isWrong ? error : whole));
    });
  });
  let base: string;
  before(async () => {
    await new Promise<void>((resolve) => theirs.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(theirs.address() as AddressInfo).port}`;
  });
  after(() => new Promise((resolve) => theirs.close(resolve)));

  async function gatewayFor(context: TestContext, params: JsonObject, more: JsonObject = {}): Promise<TestGateway> {
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 10, params, { id: 'own' }), priced('closed', 10), priced('spare', 10)],
      user_api_key_list: [{ api_key: 'tenant', max_budget: 1 }],
      router_settings: { fallbacks: [{ m: ['spare'] }] },
      ...more,
    });
    context.after(() => gateway.close());
    return gateway;
  }

  const keyOf = (gateway: TestGateway): unknown => gateway.simulator.requests.at(-1)?.headers.authorization;

  it('takes a key where it is named, books it by a name of its own, and shows it nowhere', async (context) => {
    const gateway = await gatewayFor(context, { configurable_clientside_auth_params: ['api_key'] });
    const answer = await ask(gateway, 'tenant', { api_key: OWN });
    assert.equal(answer.status, 200);
    assert.equal(keyOf(gateway), `Bearer ${OWN}`);
    assert.doesNotMatch(String(gateway.simulator.requests.at(-1)?.rawBody), /api_key/);
    const [row] = await rowsOf(gateway, callIdOf(answer));
    assert.equal(row?.model_id, 'own/client');
    assert.ok(Number(row?.spend) > 0, 'the tenant’s budget counts it');
    assert.equal((await ask(gateway, 'tenant')).status, 200);
    assert.equal(keyOf(gateway), `Bearer ${PROVIDER_KEY}`, 'the next request has the operator’s key');
    const text = `${JSON.stringify(await manage(gateway, '/spend/logs?summarize=false'))}${(await gateway.logLines()).join('')}`;
    assert.ok(!text.includes(OWN));
    const { data } = (await manage(gateway, '/model_group/info')) as unknown as { data: JsonObject[] };
    assert.deepEqual(data.find(({ model_group: name }) => name === 'm')?.configurable_clientside_auth_params, [
      'api_key',
    ]);
  });

  it('refuses what is not named, and ignores it where nothing is', async (context) => {
    const gateway = await gatewayFor(context, { configurable_clientside_auth_params: ['api_key', 'api_base'] });
    for (const [sent, param] of [
      [{ api_key: OWN, api_base: base }, 'api_base'],
      [{ api_base: base }, 'api_base'],
      [{ base_url: base }, 'api_base'],
      [{ organization: 'org' }, 'organization'],
      [{ api_key: 'with\r\nheader: x' }, 'api_key'],
      [{ api_key: { a: 1 } }, 'api_key'],
      [{ api_key: 'x'.repeat(5_000) }, 'api_key'],
    ] as const) {
      const refused = await ask(gateway, 'tenant', sent);
      assert.equal(refused.status, 400, `${JSON.stringify(sent).slice(0, 80)}: ${refused.text}`);
      assert.equal((refused.json.error as JsonObject).param, param);
    }
    assert.equal(gateway.simulator.requests.length, 0);
    assert.equal((await ask(gateway, 'tenant', { model: 'closed', api_key: OWN, api_base: base })).status, 200);
    assert.equal(keyOf(gateway), `Bearer ${PROVIDER_KEY}`);
    assert.equal(seen.length, 0);
  });

  it('calls an address that a pattern fits as a whole, with the client’s key and nothing of the operator’s', async (context) => {
    const gateway = await gatewayFor(context, {
      configurable_clientside_auth_params: ['api_key', { api_base: `http://127\\.0\\.0\\.1:\\d+/v1` }],
      extra_headers: { 'x-operator-token': 'canary-of-the-operator' },
    });
    const answer = await ask(gateway, 'tenant', { api_key: OWN, api_base: `${base}/v1` });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.text, /Theirs\./);
    const [call] = seen.splice(0);
    assert.equal(call?.url, '/v1/chat/completions');
    assert.equal(call?.headers.authorization, `Bearer ${OWN}`);
    assert.ok(!JSON.stringify(call).includes(PROVIDER_KEY) && !JSON.stringify(call).includes('canary'));
    for (const apiBase of [
      `${base}/v1.evil.test`,
      `http://evil.test/?${base}/v1`,
      `${base}/v1#x`,
      'http://169.254.169.254/v1',
      'file:///etc/passwd',
      `http://u:p@127.0.0.1:1/v1`,
    ]) {
      const refused = await ask(gateway, 'tenant', { api_key: OWN, api_base: apiBase });
      assert.equal(refused.status, 400, apiBase);
    }
    const without = await ask(gateway, 'tenant', { api_base: `${base}/v1` });
    assert.match(messageOf(without), /brings the key for it/);
    assert.equal(seen.length, 0);
  });

  it('blocks addresses of clouds even if a pattern fits them', async (context) => {
    const gateway = await gatewayFor(context, { configurable_clientside_auth_params: ['api_key', { api_base: '.*' }] });
    for (const apiBase of ['http://169.254.169.254/v1', 'http://[fd00:ec2::254]/v1', 'http://0xA9FEA9FE/v1'])
      assert.equal((await ask(gateway, 'tenant', { api_key: OWN, api_base: apiBase })).status, 400, apiBase);
  });

  it('lets a wrong key of one client fail for it alone: no fallback, no rest for the others, no key in the error', async (context) => {
    const gateway = await gatewayFor(
      context,
      { configurable_clientside_auth_params: ['api_key', { api_base: 'http://127\\.0\\.0\\.1:\\d+/v1' }] },
      { router_settings: { fallbacks: [{ m: ['spare'] }], allowed_fails: 0 } },
    );
    for (let number = 0; number < 4; number += 1) {
      const refused = await ask(gateway, 'tenant', { api_key: `wrong-${OWN}`, api_base: `${base}/v1` });
      assert.equal(refused.status, 401, refused.text);
      assert.ok(!refused.text.includes(OWN), refused.text);
    }
    assert.equal(gateway.simulator.requests.length, 0, 'nothing fell back to the operator’s key');
    assert.equal((await ask(gateway, 'tenant')).headers.get('x-litellm-model-id'), 'own');
    assert.equal((await ask(gateway, 'tenant', { api_key: OWN, api_base: `${base}/v1` })).status, 200);
    seen.splice(0);
  });

  it('warns when the file is read of what it cannot allow', () => {
    const { findings } = loadText(`
model_list:
  - model_name: m
    litellm_params: { model: openai/gpt-4o, configurable_clientside_auth_params: [api_base, aws_region_name, { api_base: "(" }] }
`);
    const messages = findings.map(({ severity, message }) => `${severity}: ${message}`).join('\n');
    assert.match(messages, /warning: .*names api_base without a pattern/);
    assert.match(messages, /warning: .*"aws_region_name", which clients cannot bring here/);
    assert.match(messages, /error: .*not a pattern: "\("/);
  });
});
