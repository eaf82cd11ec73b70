/**
 * Every client format over every provider: words, two calls of a tool at once, and their results, whole and streamed. With
 * `SLUICE_KEEP_PROTOCOLS=1` the outcomes are kept for docs/reference/protocols.md.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { TWO_CITIES_QUESTION } from '../support/samples.ts';
import { type Answer, CLIENTS, type ClientId, payloadsOf } from './clients.ts';
import { type PairOutcome, PROTOCOL_RESULTS, PROVIDERS, type ProviderId, testOf } from './pairs.ts';

const FILE = join(import.meta.dirname, '../..', PROTOCOL_RESULTS);
const clients = Object.keys(CLIENTS) as ClientId[];
const providers = Object.keys(PROVIDERS) as ProviderId[];

const CONFIG = JSON.stringify({
  model_list: providers.map((id) => ({
    model_name: id,
    litellm_params: {
      model: PROVIDERS[id].model,
      api_base: 'os.environ/SIMULATOR_URL',
      api_key: 'os.environ/PROVIDER_KEY',
    },
    ...(PROVIDERS[id].mode !== undefined && { model_info: { mode: PROVIDERS[id].mode } }),
  })),
  litellm_settings: { drop_params: true },
  general_settings: { master_key: 'os.environ/TEST_MASTER_KEY' },
});

let gateway: TestGateway;
before(async () => {
  gateway = await startTestGateway({ config: CONFIG });
});
after(() => gateway.close());

interface Asked {
  readonly status: number;
  readonly callId: string;
  readonly answer: Answer | undefined;
  readonly body: string;
}

async function ask(
  client: ClientId,
  provider: ProviderId,
  conversation: readonly JsonObject[],
  isStream: boolean,
): Promise<Asked> {
  const { path, body, whole, streamed } = CLIENTS[client];
  const response = await gateway.post(path(provider, isStream), body(provider, conversation, isStream));
  const text = await response.text();
  const callId = response.headers.get('x-litellm-call-id') ?? '';
  const { status } = response;
  if (status !== 200) return { status, callId, answer: undefined, body: text };
  const answer = isStream ? streamed(payloadsOf(text)) : whole(JSON.parse(text) as JsonObject);
  return { status, callId, answer, body: text };
}

/** The format of the paths that the simulator has. */
function formatOf(path: string): string {
  if (path.includes(':generateContent') || path.includes(':streamGenerateContent')) return 'gemini-generate';
  if (path.endsWith('/messages')) return 'anthropic-messages';
  return path.endsWith('/responses') ? 'openai-responses' : 'openai-chat';
}

async function converse(client: ClientId, provider: ProviderId, isStream: boolean): Promise<void> {
  const { user, results } = CLIENTS[client];
  const said = await ask(client, provider, [user('say: hello there')], isStream);
  assert.match(said.answer?.text ?? said.body, /hello there/);
  assert.ok((said.answer?.outputTokens ?? 0) > 0, 'tells usage');
  const question = user(TWO_CITIES_QUESTION);
  const called = await ask(client, provider, [question], isStream);
  const { calls = [], turn = [] } = called.answer ?? {};
  assert.deepEqual(
    calls.map(({ name, input }) => [name, input]),
    [
      ['get_weather', { city: 'Paris' }],
      ['get_weather', { city: 'London' }],
    ],
    called.body,
  );
  const texts = ['degrees: 20', 'degrees: 21'];
  const told = await ask(client, provider, [question, ...turn, ...results(calls, texts)], isStream);
  assert.match(told.answer?.text ?? told.body, /degrees: 20.*degrees: 21/s);
}

describe('protocols', { timeout: 60_000 }, () => {
  const outcomes: PairOutcome[] = [];
  for (const client of clients) {
    for (const provider of providers) {
      const test = testOf(client, provider);
      it(test, async () => {
        const first = await ask(client, provider, [CLIENTS[client].user('say: hello')], false);
        if (first.status !== 200) {
          // What is not served is refused before any provider is asked, in words that name the model.
          assert.ok(first.status === 400 || first.status === 404, first.body);
          assert.match(first.body, new RegExp(provider));
          outcomes.push({ client, provider, test, result: 'refused' });
          return;
        }
        const { path = '' } = gateway.simulator.requests.at(-1) ?? {};
        const { lane } = await gateway.requestLine(first.callId);
        for (const isStream of [false, true]) await converse(client, provider, isStream);
        outcomes.push({ client, provider, test, result: 'works', lane: String(lane), format: formatOf(path) });
      });
    }
  }

  it('are in the table of the documentation as they are', () => {
    assert.equal(outcomes.length, clients.length * providers.length);
    const written = `${JSON.stringify(outcomes, null, 2)}\n`;
    if (process.env.SLUICE_KEEP_PROTOCOLS === '1') writeFileSync(FILE, written);
    const kept = readFileSync(FILE, 'utf8');
    const stale = 'run SLUICE_KEEP_PROTOCOLS=1 npm test -- test/protocols, then npm run generate';
    assert.deepEqual(JSON.parse(kept), JSON.parse(written), stale);
  });
});
