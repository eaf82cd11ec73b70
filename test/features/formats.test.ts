/** What the gateway adds to chat works alike for clients of the Responses API and of Gemini's format. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GatewayError } from '../../src/core/errors.ts';
import { type JsonObject, objectOf } from '../../src/core/json.ts';
import type { OutputGuard } from '../../src/exchange/slots.ts';
import type { Feature } from '../../src/features/feature.ts';
import { manage, moneyConfig, priced } from '../money/tenants.ts';
import { CLIENTS, payloadsOf } from '../protocols/clients.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { testFeature } from '../support/test-features.ts';

/** The same words of a provider of the client's own format (relayed) and of another one (translated). */
const WAYS = [
  ['responses', 'own-responses'],
  ['responses', 'claude'],
  ['gemini', 'own-gemini'],
  ['gemini', 'claude'],
] as const;
type ClientId = (typeof WAYS)[number][0];

const CONFIG = moneyConfig({
  model_list: [
    priced('own-responses', 20),
    priced('own-gemini', 20, { model: 'gemini/sim-tokens-20' }),
    priced('claude', 20, { model: 'anthropic/sim-tokens-20' }),
  ],
});
const WORDS = 'the quick brown fox jumps over the lazy dog';

async function start(t: TestContext, features: readonly Feature[] = []): Promise<TestGateway> {
  const gateway = await startTestGateway({ config: CONFIG, features });
  t.after(() => gateway.close());
  return gateway;
}

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly body: string;
  readonly error: JsonObject | undefined;
  readonly headers: Headers;
}

interface Question {
  readonly client: ClientId;
  readonly model: string;
  readonly isStream?: boolean;
  readonly prompt?: string;
  readonly key?: string;
  readonly more?: JsonObject;
}

async function ask(gateway: TestGateway, question: Question): Promise<Seen> {
  const { client, model, isStream = false, prompt = `Say: ${WORDS}`, key = gateway.masterKey, more = {} } = question;
  const { path, user, body, whole, streamed } = CLIENTS[client];
  const { tools: _, ...asked } = body(model, [user(prompt)], isStream);
  const response = await gateway.post(path(model, isStream), { ...asked, ...more }, { authorization: `Bearer ${key}` });
  const text = await response.text();
  const isSse = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const events = isSse ? payloadsOf(text) : [JSON.parse(text) as JsonObject];
  const error = events.map((event) => objectOf(event.error)).find((found) => found !== undefined);
  const answer = isSse ? streamed(events) : whole(events[0] ?? {});
  return { status: response.status, text: answer.text, body: text, error, headers: response.headers };
}

/** An error in the envelope of the client's format. */
function assertEnvelope(client: ClientId, { error, body }: Seen): void {
  assert.ok(error !== undefined, body);
  assert.equal(typeof error.message, 'string', body);
  if (client === 'gemini') {
    assert.equal(typeof error.code, 'number', body);
    assert.match(String(error.status), /^[A-Z_]+$/);
  } else {
    assert.equal(typeof error.type, 'string', body);
    assert.ok('param' in error && 'code' in error, body);
  }
}

const refusal = (message: string): GatewayError => new GatewayError('refused_by_guardrail', message);
const whole = (check: Extract<OutputGuard, { sees: 'whole' }>['check']): Feature =>
  testFeature('whole', () => ({ guardOutput: () => [{ sees: 'whole', check }] }));

for (const [client, model] of WAYS) {
  for (const isStream of [false, true]) {
    const way = `${client} over ${model}, ${isStream ? 'streamed' : 'whole'}`;

    test(`a guard of output sees the words, and refuses in the client's envelope: ${way}`, async (t) => {
      const seen: string[] = [];
      const gateway = await start(t, [
        whole(({ text }) => {
          seen.push(text);
          if (text.includes('lazy')) throw refusal('Too lazy.');
          return undefined;
        }),
      ]);
      const refused = await ask(gateway, { client, model, isStream });
      assertEnvelope(client, refused);
      assert.match(String(refused.error?.message), /Too lazy\./);
      assert.doesNotMatch(refused.body, /fox/);
      assert.equal((await ask(gateway, { client, model, isStream, prompt: 'Say: busy bee' })).text, 'busy bee');
      assert.equal(seen.map((text) => text.trim()).at(-1), 'busy bee');
    });

    test(`a guard of passages holds words back and lets others pass: ${way}`, async (t) => {
      const passages = testFeature('passages', () => ({
        guardOutput: () => [
          {
            sees: 'passages',
            heldCharacters: 20,
            check: (passage) => {
              if (passage.includes('over the lazy')) throw refusal('Too lazy.');
            },
          },
        ],
      }));
      const gateway = await start(t, [passages]);
      const refused = await ask(gateway, { client, model, isStream });
      assertEnvelope(client, refused);
      assert.doesNotMatch(refused.body, /lazy dog/);
      const passed = await ask(gateway, { client, model, isStream, prompt: 'Say: over hill and dale' });
      assert.equal(passed.text, 'over hill and dale');
    });

    test(`it is booked, and headers, ledger and log say so: ${way}`, async (t) => {
      const gateway = await start(t);
      const made = await manage(gateway, '/key/generate', { max_budget: 1, rpm_limit: 9, tpm_limit: 100_000 });
      const { headers, status, body } = await ask(gateway, { client, model, isStream, key: String(made.key) });
      assert.equal(status, 200, body);
      assert.equal(headers.get('x-ratelimit-remaining-requests'), '8');
      assert.equal(headers.get('x-litellm-model-group'), model);
      assert.ok(headers.get('x-litellm-key-spend') !== null, 'the key’s spend');
      const callId = headers.get('x-litellm-call-id') ?? '';
      const line = await gateway.requestLine(callId);
      assert.ok(Number(line.output_tokens) > 0 && Number(line.input_tokens) > 0);
      if (!isStream) assert.ok(Number(headers.get('x-litellm-response-cost')) > 0);
      const deadline = performance.now() + 5_000;
      for (;;) {
        const rows = (await (await gateway.get(`/spend/logs?request_id=${callId}`)).json()) as JsonObject[];
        if (rows.length === 1) {
          assert.ok(Number(rows[0]?.spend) > 0);
          break;
        }
        assert.ok(performance.now() < deadline, 'no row in the ledger');
      }
    });
  }

  test(`a spent budget and a limit are refused in the client's envelope, with the time to wait: ${client} over ${model}`, async (t) => {
    const gateway = await start(t);
    const spent = await manage(gateway, '/key/generate', { max_budget: 0.000001 });
    const refused = await ask(gateway, { client, model, key: String(spent.key) });
    assert.ok(refused.status === 422 || refused.status === 429 || refused.status === 400, refused.body);
    assertEnvelope(client, refused);
    const slow = await manage(gateway, '/key/generate', { rpm_limit: 1 });
    assert.equal((await ask(gateway, { client, model, key: String(slow.key) })).status, 200);
    const limited = await ask(gateway, { client, model, key: String(slow.key) });
    assert.equal(limited.status, 429);
    assertEnvelope(client, limited);
    assert.ok(Number(limited.headers.get('retry-after')) > 0);
    if (client === 'gemini') assert.match(limited.body, /google\.rpc\.RetryInfo","retryDelay":"[\d.]+s"/);
  });

  test(`an input that a guard refuses reaches no provider: ${client} over ${model}`, async (t) => {
    const refuses = testFeature('refuses', () => ({
      guardInput: ({ body }) => {
        if (body.includes('pineapple')) throw refusal('No pineapple.');
      },
    }));
    const gateway = await start(t, [refuses]);
    const refused = await ask(gateway, { client, model, prompt: 'pineapple' });
    assert.equal(refused.status, 400);
    assertEnvelope(client, refused);
    assert.equal(gateway.simulator.requests.length, 0);
  });
}

test('what a provider cannot take is named in x-sluice-dropped', async (t) => {
  const gateway = await start(t);
  const responses = await ask(gateway, {
    client: 'responses',
    model: 'claude',
    more: { top_logprobs: 3, include: ['message.output_text.logprobs'] },
  });
  assert.equal(responses.status, 200, responses.body);
  assert.match(responses.headers.get('x-sluice-dropped') ?? '', /logprobs/);
  const gemini = await ask(gateway, { client: 'gemini', model: 'claude', more: { generationConfig: { seed: 5 } } });
  assert.equal(gemini.status, 200, gemini.body);
  assert.match(gemini.headers.get('x-sluice-dropped') ?? '', /seed/);
});

test('unknown paths and keys are refused in the envelope of the client’s format', async (t) => {
  const gateway = await start(t);
  for (const [path, headers] of [
    ['/v1beta/nowhere', {}],
    ['/v1/models/claude:unknownVerb', {}],
    ['/v1/nowhere', { 'x-goog-api-key': gateway.masterKey }],
    ['/v1beta/models/unknown:generateContent', {}],
    ['/v1beta/models/claude:generateContent', { authorization: 'Bearer wrong' }],
  ] as const) {
    const response = await gateway.post(path, { contents: [] }, headers);
    const { error } = (await response.json()) as { error: JsonObject };
    assert.equal(error.code, response.status, path);
    assert.match(String(error.status), /^[A-Z_]+$/, path);
  }
  for (const path of ['/v1/responses/nowhere/at/all', '/v1/responses']) {
    const response = await gateway.post(path, { model: 'claude', input: 7 });
    const { error } = (await response.json()) as { error: JsonObject };
    assert.equal(typeof error.type, 'string', path);
  }
});
