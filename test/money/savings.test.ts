/** What requests would have cost without the gateway, and what saved how much of it: through the front door, from the raw rows. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../../src/core/json.ts';
import { picoUsdFromUsd } from '../../src/core/money.ts';
import { noteModel, noteOverhead, noteQuality, noteRemoved } from '../../src/exchange/savings.ts';
import { FEATURES } from '../../src/features/index.ts';
import { deployment, words } from '../features/prompt-cache/fixtures.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { testFeature } from '../support/test-features.ts';
import { ask, moneyConfig, priced } from './tenants.ts';

/** What the raw rows of `/spend/logs` say beside LiteLLM's members. */
interface Row {
  readonly attempt_id: string;
  readonly status: string;
  readonly cost: string;
  readonly requested_cost: string | null;
  readonly savings: Readonly<Record<string, string>>;
  readonly expected_quality: number | null;
  readonly usage: { readonly input_tokens: number; readonly cached_input_tokens: number | null };
}

async function start(t: TestContext, more: JsonObject, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: moneyConfig(more), ...options });
  t.after(() => gateway.close());
  return gateway;
}

/** All rows once there are so many, oldest first. */
async function rows(gateway: TestGateway, count: number): Promise<readonly Row[]> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = (await (await gateway.get('/spend/logs')).json()) as { sluice: Row }[];
    if (found.length >= count) {
      const all = found.map(({ sluice }) => sluice).sort((one, other) => (one.attempt_id < other.attempt_id ? -1 : 1));
      for (const row of all) assertAddsUp(row);
      return all;
    }
    assert.ok(performance.now() < deadline, `${found.length} of ${count} rows`);
    await wait(20);
  }
}

const pico = (usd: string): bigint => picoUsdFromUsd(usd) ?? assert.fail(usd);

/** Of every row, whatever was done: what was saved adds up to the difference. */
function assertAddsUp({ cost, requested_cost, savings }: Row): void {
  const sum = Object.values(savings).reduce((all, saved) => all + pico(saved), 0n);
  assert.equal(sum, requested_cost === null ? 0n : pico(requested_cost) - pico(cost));
}

test('a request that nothing acts on saves nothing, and costs what it would have cost', async (t) => {
  const gateway = await start(t, {});
  await ask(gateway, gateway.masterKey);
  const [row] = await rows(gateway, 1);
  assert.deepEqual([row?.requested_cost, row?.savings], [row?.cost, {}]);
});

test("marks for the provider's prompt cache cost something when they are written and save when they are read", async (t) => {
  const gateway = await start(t, {
    model_list: [deployment('m', 'anthropic/claude-sonnet-5', { prompt_cache: 'system' })],
  });
  const client = new Anthropic({ apiKey: gateway.masterKey, baseURL: gateway.url, maxRetries: 0 });
  const turn = (system: Anthropic.MessageCreateParams['system']) =>
    client.messages.create({
      model: 'm',
      max_tokens: 20,
      ...(system && { system }),
      messages: [{ role: 'user', content: 'Hi' }],
    });
  const first = await turn(words(2_000));
  const second = await turn(words(2_000));
  const [written, read] = await rows(gateway, 2);
  // A write costs a quarter more than plain input, a read a tenth of it: 3 USD per million tokens.
  const wrote = BigInt(first.usage.cache_creation_input_tokens ?? 0);
  assert.equal(pico(written?.savings.prompt_cache ?? '0'), -wrote * 750_000n);
  assert.equal(pico(read?.savings.prompt_cache ?? '0'), BigInt(second.usage.cache_read_input_tokens ?? 0) * 2_700_000n);
  const own = [{ type: 'text' as const, text: words(2_000), cache_control: { type: 'ephemeral' as const } }];
  await turn(own);
  const all = await rows(gateway, 3);
  assert.ok((all[2]?.usage.cached_input_tokens ?? 0) > 0);
  assert.deepEqual(all[2]?.savings, {}, 'a client that marks by itself owes the gateway nothing');
});

test('a cached answer saves what the model that was asked for would have cost', async (t) => {
  const gateway = await start(t, {
    litellm_settings: { cache: true, cache_params: { type: 'local', scope: 'global' } },
  });
  await ask(gateway, gateway.masterKey);
  await ask(gateway, gateway.masterKey);
  const [paid, hit] = await rows(gateway, 2);
  assert.equal(hit?.status, 'cache-hit');
  assert.deepEqual(hit?.savings, { answer_cache: paid?.cost });
});

test('what a chosen model saves and what a shortened prompt saves are kept apart, each to the last pico-USD', async (t) => {
  const chooses = testFeature('chooses', () => ({
    guardInput: (exchange) => {
      const strong = exchange.snapshot.groups.resolve('strong')?.deployments[0];
      if (strong !== undefined && exchange.model === 'm') {
        noteModel(exchange, strong);
        noteRemoved(exchange, 1_000);
        noteQuality(exchange, 0.9);
      }
    },
  }));
  const dear = { input_cost_per_token: 0.00003, output_cost_per_token: 0.00015 };
  const gateway = await start(
    t,
    { model_list: [priced('m', 100), priced('strong', 100, dear)] },
    { features: [chooses] },
  );
  await ask(gateway, gateway.masterKey);
  const [row] = await rows(gateway, 1);
  assert.equal(pico(row?.savings.model ?? '0'), pico(row?.cost ?? '0') * 9n);
  assert.equal(row?.savings.compression, '0.03', '1,000 tokens at the price of the model that would have read them');
  assert.equal(row?.expected_quality, 0.9);
});

test('the answer of the model that would have answered is as long as its answers are', async (t) => {
  const chooses = testFeature('chooses', () => ({
    guardInput: (exchange) => {
      const strong = exchange.snapshot.groups.resolve('strong')?.deployments[0];
      if (strong !== undefined && exchange.model === 'm') noteModel(exchange, strong, 'model', () => 0.5);
    },
  }));
  const gateway = await start(
    t,
    {
      model_list: [priced('m', 100), priced('strong', 100, { input_cost_per_token: 0, output_cost_per_token: 0.001 })],
    },
    { features: [chooses] },
  );
  const { json } = await ask(gateway, gateway.masterKey);
  const { completion_tokens: written } = json.usage as { completion_tokens: number };
  const [row] = await rows(gateway, 1);
  assert.equal(row?.requested_cost, String(Math.round(written / 2) / 1_000));
});

test('of several answers one would have been asked for: the others are what finding it cost', async (t) => {
  const gateway = await start(
    t,
    {},
    {
      features: [
        testFeature('cascade', () => ({
          answer: async (exchange, { draft, send }) => {
            const [first, second] = [await draft(), await draft()];
            if (exchange.stream) await send(undefined, 'model');
            else (first ?? second).send('model');
          },
        })),
      ],
    },
  );
  await ask(gateway, gateway.masterKey);
  const [sent, other] = await rows(gateway, 2);
  assert.deepEqual([sent?.savings, other?.savings], [{}, { model: `-${other?.cost}` }]);
  await ask(gateway, gateway.masterKey, { stream: true });
  const streamed = (await rows(gateway, 5)).slice(2);
  assert.deepEqual(
    streamed.map(({ requested_cost, cost }) => requested_cost === cost),
    [false, false, true],
  );
});

test('a request that only a mechanism needed is what the mechanism cost', async (t) => {
  const samples = testFeature('samples', () => ({
    guardInput: (exchange) => noteOverhead(exchange, 'model'),
  }));
  const gateway = await start(t, {}, { features: [samples] });
  await ask(gateway, gateway.masterKey);
  const [row] = await rows(gateway, 1);
  assert.deepEqual([row?.requested_cost, row?.savings], ['0', { model: `-${row?.cost}` }]);
});

test('an answer of unknown price saves an unknown amount, which counts as nothing', async (t) => {
  const unpriced = { model: 'openai/sim-tokens-5', input_cost_per_token: null, output_cost_per_token: null };
  const gateway = await start(
    t,
    {
      model_list: [priced('m', 100), priced('own', 5, unpriced)],
      litellm_settings: { cache: true, cache_params: { type: 'local', scope: 'global' } },
    },
    { features: FEATURES },
  );
  await ask(gateway, gateway.masterKey, { model: 'own' });
  await ask(gateway, gateway.masterKey, { model: 'own' });
  for (const row of await rows(gateway, 2)) assert.deepEqual([row.requested_cost, row.savings], [null, {}]);
});
