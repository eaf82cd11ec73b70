/** Names that clients choose: whatever stands in them, no header, log line, metric or other request suffers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, errorOf, faultConfig, onlyLine, startFaultGateway } from '../faults/support.ts';
import type { TestGateway } from '../support/gateway.ts';

const INJECTION = '\r\nx-sluice-injected: yes\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
const NAMES: Readonly<Record<string, string>> = {
  'a line break': `gpt-4o${INJECTION}`,
  'a line feed': 'gpt-4o\nx-sluice-injected: yes',
  'NUL and escape': 'gpt-4o\u0000\u001b[2J\u0007',
  'letters beyond Latin-1': 'gpt-4o-モデル-🌊',
  'a lone surrogate': 'gpt-4o-\ud800',
  'quotes and braces': 'gpt-4o"} 999\nlitellm_fake_metric{x="',
  markup: '<script>alert(1)</script>',
  'path steps': '../../../../etc/passwd',
  'a prototype': '__proto__',
  'a constructor': 'constructor',
  nothing: '',
};

describe('hostile model names', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  before(async () => {
    const anything = { model: 'openai/*', api_base: 'os.environ/SIMULATOR_URL', api_key: 'os.environ/PROVIDER_KEY' };
    gateway = await startFaultGateway({ config: faultConfig([{ model_name: 'any/*', litellm_params: anything }]) });
  });
  after(() => gateway.close());

  for (const [what, name] of Object.entries(NAMES)) {
    for (const client of ['openai', 'anthropic'] as const) {
      test(`${what}: answered or refused, ${client} client, whole and streamed, known group or not`, async () => {
        for (const model of [name, `any/${name}`]) {
          for (const stream of [false, true]) {
            const seen = await ask(gateway, client, model, stream);
            assert.ok(seen.status < 500, `${seen.status} ${seen.text}`);
            if (seen.status !== 200) assert.ok(errorOf(seen) !== undefined, seen.text);
            assert.equal(seen.headers.get('x-sluice-injected'), null);
            assert.equal(seen.headers.get('x-sluice-lane'), null, 'no explanation was asked for');
            await onlyLine(gateway, seen.callId);
          }
        }
      });
    }
  }

  test('a name of 10 kB is cut in errors, headers, log and metrics', async () => {
    const long = 'x'.repeat(10_240);
    for (const model of [long, `any/${long}`]) {
      const seen = await ask(gateway, 'openai', model, false);
      assert.equal(seen.status, 400);
      assert.ok(seen.text.length < 1_000);
      const line = await onlyLine(gateway, seen.callId);
      assert.ok(JSON.stringify(line).length < 2_000);
    }
    const metrics = await (await gateway.get('/metrics')).text();
    assert.ok(!metrics.includes('x'.repeat(300)));
  });

  test('metrics count names that clients made up under the pattern of their group, or under other', async () => {
    for (let index = 0; index < 5; index++) {
      await ask(gateway, 'openai', `any/made-up-${index}`, index % 2 === 0);
      await ask(gateway, 'openai', `made-up-${index}`, false);
    }
    const metrics = await (await gateway.get('/metrics')).text();
    assert.ok(
      !metrics.includes('made-up'),
      metrics.split('\n').find((line) => line.includes('made-up')),
    );
    assert.match(metrics, /^litellm_requests_metric_total\{.*model="any\/\*"/m);
    assert.match(metrics, /^litellm_proxy_total_requests_metric_total\{.*requested_model="other"/m);
  });

  test('names stand in the log and in the metrics as data, never as lines of their own', async () => {
    for (const line of await gateway.logLines()) assert.doesNotThrow(() => JSON.parse(line), line);
    const metrics = await (await gateway.get('/metrics')).text();
    for (const line of metrics.split('\n')) {
      assert.match(
        line,
        /^(?:$|#|[a-z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? [\d.eE+-]+|.* [+-]?(?:nan|inf))/i,
      );
      assert.ok(!line.startsWith('litellm_fake_metric'), line);
    }
  });

  test('a model in the path may hold anything too', async () => {
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    for (const name of Object.values(NAMES)) {
      const encoded = encodeURIComponent(`any/${name.toWellFormed()}`);
      const response = await gateway.post(`/openai/deployments/${encoded}/chat/completions`, body);
      assert.ok(response.status < 500, `${name}: ${response.status} ${await response.text()}`);
      const shown = await gateway.get(`/v1/models/${encoded}`);
      assert.ok(shown.status < 500, `${name}: ${shown.status}`);
    }
    assert.ok((await gateway.post(`/openai/deployments/${'x'.repeat(3_000)}/chat/completions`, body)).status < 500);
  });

  test('ids and headers of a provider that no header can carry do not fail the answer', async () => {
    gateway.simulator.script({
      match: { model: 'header-model' },
      reply: {
        status: 200,
        headers: { 'x-request-id': Buffer.from('réq→1', 'utf8').toString('latin1'), 'set-cookie': 'a=b', server: 'x' },
        json: {
          id: 'x',
          object: 'chat.completion',
          choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        },
      },
    });
    const seen = await ask(gateway, 'openai', 'any/header-model', false);
    assert.equal(seen.status, 200, seen.text);
    assert.match(seen.headers.get('llm_provider-x-request-id') ?? '', /^r\?*q\?+1$/);
    for (const name of ['set-cookie', 'server', 'llm_provider-set-cookie', 'llm_provider-server']) {
      assert.equal(seen.headers.get(name), null, name);
    }
  });
});
