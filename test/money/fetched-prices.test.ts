/** A file of prices at an address of the operator's. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, eventually, moneyConfig, startMoneyGateway } from './tenants.ts';

const pricesOf = (output: number): string =>
  JSON.stringify({
    'openai/sim-tokens-100': {
      litellm_provider: 'openai',
      mode: 'chat',
      input_cost_per_token: 0,
      output_cost_per_token: output,
    },
  });

describe('model_cost_map_url with an address', { timeout: 90_000 }, () => {
  let answer: RequestListener;
  let calls: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    calls.push(request.headers.authorization);
    answer(request, response);
  });
  let address: string;
  let dataFolder: string;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://reader:secret-of-the-file@127.0.0.1:${(server.address() as AddressInfo).port}/prices.json?token=canary-token`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach((context) => {
    calls = [];
    dataFolder = mkdtempSync(join(tmpdir(), 'sluice-fetched-'));
    if ('after' in context) context.after(() => rmSync(dataFolder, { recursive: true, force: true }));
  });

  const serving =
    (text: string): RequestListener =>
    (_request, response) =>
      response.end(text);
  const model = {
    model_name: 'm',
    litellm_params: {
      model: 'openai/sim-tokens-100',
      api_base: 'os.environ/SIMULATOR_URL',
      api_key: 'os.environ/PROVIDER_KEY',
    },
  };
  const config = (more: JsonObject = {}): JsonObject => ({
    model_list: [model],
    litellm_settings: { model_cost_map_url: address, ...more },
  });
  const costOf = async (gateway: TestGateway): Promise<number> =>
    Number((await ask(gateway, gateway.masterKey)).headers.get('x-litellm-response-cost') ?? Number.NaN);

  it('is fetched before the first request, and again at a reload', async (context) => {
    answer = serving(pricesOf(1e-6));
    const gateway = await startMoneyGateway(config(), { dataFolder });
    context.after(() => gateway.close());
    assert.equal(await costOf(gateway), 100e-6);
    answer = (_request, response) => setTimeout(() => response.end(pricesOf(3e-6)), 1_000);
    gateway.reload(moneyConfig(config()));
    assert.equal(await costOf(gateway), 100e-6, 'what was fetched last counts until the new ones are there');
    await eventually(async () => (await costOf(gateway)) === 300e-6, 'the new prices count');
    assert.equal(calls[0], `Basic ${Buffer.from('reader:secret-of-the-file').toString('base64')}`);
    const info = await (await gateway.get('/model/info')).text();
    const text = info + (await gateway.logLines()).join('');
    assert.ok(info.includes('/prices.json openai/sim-tokens-100'));
    assert.ok(!text.includes('secret-of-the-file') && !text.includes('canary-token'));
  });

  for (const [name, wrong] of [
    ['an error', (_: unknown, response: Parameters<RequestListener>[1]) => response.writeHead(500).end('no')],
    ['another text', serving('<html>')],
    [
      'a redirect',
      (_: unknown, response: Parameters<RequestListener>[1]) => response.writeHead(302, { location: '/x' }).end(),
    ],
    ['more than fits', serving('x'.repeat(33 * 1024 * 1024))],
  ] as const) {
    it(`keeps the last good copy at ${name}, over a restart too, and says so`, async (context) => {
      answer = serving(pricesOf(2e-6));
      const first = await startMoneyGateway(config(), { dataFolder });
      assert.equal(await costOf(first), 200e-6);
      answer = wrong as RequestListener;
      first.reload(moneyConfig(config()));
      const warned = async (gateway: TestGateway): Promise<boolean> =>
        (await gateway.logLines()).some((line) =>
          /model_cost_map_url cannot be read: those that were fetched last/.test(line),
        );
      await eventually(() => warned(first), 'the warning');
      assert.equal(await costOf(first), 200e-6);
      await first.close();
      const second = await startMoneyGateway(config(), { dataFolder });
      context.after(() => second.close());
      assert.equal(await costOf(second), 200e-6);
      assert.ok(await warned(second));
    });
  }

  it('starts without prices of its own if there never was a copy, and in time if nothing answers', async (context) => {
    answer = () => undefined;
    const began = performance.now();
    const gateway = await startMoneyGateway(config({ block_requests_for_models_without_pricing: true }), {
      dataFolder,
    });
    context.after(() => gateway.close());
    assert.ok(performance.now() - began < 20_000);
    assert.equal((await ask(gateway, gateway.masterKey)).status, 400, 'the model has no price');
    assert.ok((await gateway.logLines()).some((line) => /the prices that the gateway brings are used/.test(line)));
  });
});
