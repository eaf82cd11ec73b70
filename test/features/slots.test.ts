/** Features in their slots, through the front door. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { NO_SLOTS, type OutputGuard, type RecalledAnswer } from '../../src/exchange/slots.ts';
import type { Feature, Hooks } from '../../src/features/feature.ts';
import { fillSlots } from '../../src/features/fill-slots.ts';
import { FEATURES } from '../../src/features/index.ts';
import { moneyConfig, priced } from '../money/tenants.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { switchableFeature, testFeature } from '../support/test-features.ts';

const CONFIG = moneyConfig({ model_list: [priced('m', 20)] });
const PAIR = moneyConfig({
  model_list: [...['west', 'east'].map((id) => priced('m', 20, { api_base: `\${SIMULATOR_URL}/${id}/v1` }, { id }))],
});
const PROMPT = 'Say: the quick brown fox jumps over the lazy dog';

async function start(t: TestContext, features: readonly Feature[], config = CONFIG): Promise<TestGateway> {
  const gateway = await startTestGateway({ config, features });
  t.after(() => gateway.close());
  return gateway;
}

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly json: JsonObject;
  readonly headers: Headers;
}

async function ask(gateway: TestGateway, more: JsonObject = {}, key = gateway.masterKey): Promise<Seen> {
  const body = { model: 'm', messages: [{ role: 'user', content: PROMPT }], ...more };
  const response = await gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}` });
  const text = await response.text();
  const json: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, text, json: json as JsonObject, headers: response.headers };
}

function refusal(message: string): GatewayError {
  return new GatewayError('refused_by_guardrail', message);
}

const words = ({ json }: Seen): string => {
  const { choices } = json as { choices?: { message: { content: string } }[] };
  return choices?.[0]?.message.content ?? '';
};

/** The words of a stream of OpenAI's. */
const streamed = ({ text }: Seen): string =>
  [...text.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, data = '{}']) => JSON.parse(data) as { choices?: { delta?: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('');

interface Row {
  readonly spend: number;
  readonly total_tokens: number;
  readonly sluice: { readonly status: string };
}

/** The rows of a request, once they are in the ledger. */
async function rowsOf(gateway: TestGateway, callId: string, count: number): Promise<readonly Row[]> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const rows = (await (await gateway.get(`/spend/logs?request_id=${callId}`)).json()) as Row[];
    if (rows.length === count) return rows;
    assert.ok(performance.now() < deadline, `${rows.length} of ${count} rows`);
    await wait(20);
  }
}

const RECALLED: RecalledAnswer = {
  isStream: false,
  body: Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-kept',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'from memory' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    }),
  ),
  usage: { inputTokens: 7, outputTokens: 2 },
  headers: ['x-kept', 'yes'],
};

test('with everything off every slot is undefined, and a request asks nothing of any feature', async (t) => {
  assert.equal(fillSlots([]), NO_SLOTS);
  assert.deepEqual(new Set(Object.values(fillSlots([{}]))), new Set([undefined]));
  const looked: string[] = [];
  const watched = testFeature('watched', () => {
    // A look for a hook while a request is handled, and not when slots are filled, is seen here.
    const hooks = new Proxy({} as Hooks, {
      get: (_hooks, name) => void looked.push(String(name)),
    });
    return hooks;
  });
  const gateway = await start(t, [watched]);
  const before = looked.length;
  assert.equal((await ask(gateway)).status, 200);
  assert.equal((await ask(gateway, { stream: true })).status, 200);
  assert.equal(looked.length, before);
});

test('the features that are delivered fill no slot unless the configuration says so', async (t) => {
  let filled: readonly string[] = [];
  const looks = testFeature('looks', () => ({
    settled: ({ slots }) => {
      filled = Object.entries(slots).flatMap(([name, slot]) => (slot === undefined ? [] : [name]));
    },
  }));
  const gateway = await start(t, [...FEATURES, looks]);
  assert.equal((await ask(gateway)).status, 200);
  assert.deepEqual(filled, ['settled']);
});

test('slots are called in the order that is drawn, each once', async (t) => {
  const order: string[] = [];
  const note = <T>(name: string, value: T): T => {
    order.push(name);
    return value;
  };
  const hooks: Hooks = {
    guardInput: () => note('guardInput', undefined),
    prepare: () => note('prepare', undefined),
    rank: (_exchange, deployments) => note('rank', deployments),
    recall: () => note('recall', undefined),
    guardOutput: () => note('guardOutput', []),
    answer: (_exchange, ask) => {
      note('answer', undefined);
      return ask.send();
    },
    rewrite: () => note('rewrite', undefined),
    settled: () => note('settled', undefined),
  };
  const gateway = await start(t, [testFeature('all', () => hooks)], PAIR);
  assert.equal((await ask(gateway)).status, 200);
  assert.deepEqual(order, ['guardInput', 'prepare', 'rank', 'recall', 'guardOutput', 'answer', 'rewrite', 'settled']);
});

test('a guard of input refuses a request before anything is planned, and the first refusal counts', async (t) => {
  const asked: string[] = [];
  const refuses = testFeature('refuses', () => ({
    guardInput: async ({ body }) => {
      asked.push('first');
      if (body.includes('pineapple')) throw refusal('No pineapple.');
    },
  }));
  const late = testFeature('late', () => ({ guardInput: () => void asked.push('second') }));
  const gateway = await start(t, [refuses, late]);
  const refused = await ask(gateway, { messages: [{ role: 'user', content: 'pineapple' }] });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /No pineapple\./);
  assert.deepEqual(asked, ['first']);
  assert.equal(gateway.simulator.requests.length, 0);
  assert.equal((await ask(gateway)).status, 200);
});

test('a prepared body is what is planned, sent and billed; each feature sees what the one before it made', async (t) => {
  const shorter = (from: string, to: string) =>
    testFeature(from, () => ({
      prepare: ({ body }) => Buffer.from(body.toString('utf8').replace(from, to)),
    }));
  const gateway = await start(t, [shorter('quick', 'slow'), shorter('slow brown', 'red')]);
  assert.equal(words(await ask(gateway)), 'the red fox jumps over the lazy dog');
  assert.equal(gateway.simulator.requests.length, 1);
});

test('a ranking decides who is asked first', async (t) => {
  const east = testFeature('east', () => ({
    rank: (_exchange, deployments) => deployments.toSorted(({ id }) => (id === 'east' ? -1 : 1)),
  }));
  const gateway = await start(t, [east], PAIR);
  for (let round = 0; round < 6; round += 1) {
    assert.equal((await ask(gateway)).headers.get('x-litellm-model-id'), 'east');
  }
});

test('a rewritten body goes to the provider, and the client hears nothing of it', async (t) => {
  const marks = testFeature('marks', () => ({
    rewrite: (_exchange, { body }) => {
      const value = JSON.parse(body.toString('utf8')) as JsonObject;
      return Buffer.from(JSON.stringify({ ...value, user: 'marked' }));
    },
  }));
  const gateway = await start(t, [marks]);
  assert.equal((await ask(gateway)).status, 200);
  const [sent] = gateway.simulator.requests;
  assert.equal(isJsonObject(sent?.body) ? sent.body.user : undefined, 'marked');
});

test('a recalled answer counts for requests and tokens and costs nothing, whole and as a stream', async (t) => {
  const cache = testFeature('cache', () => ({ recall: async () => RECALLED }));
  const gateway = await start(t, [cache]);
  const made = await gateway.post('/key/generate', { max_budget: 0.000001, rpm_limit: 3, tpm_limit: 1_000 });
  const { key } = (await made.json()) as { key: string };

  const whole = await ask(gateway, {}, key);
  assert.equal(words(whole), 'from memory');
  assert.equal(whole.headers.get('x-kept'), 'yes');
  assert.equal(whole.headers.get('x-ratelimit-remaining-requests'), '2');
  assert.equal(whole.headers.get('x-litellm-response-cost'), '0');
  const stream = await ask(gateway, { stream: true }, key);
  assert.equal(streamed(stream), 'from memory');
  assert.match(stream.text, /data: \[DONE\]/);
  assert.equal(stream.headers.get('x-ratelimit-remaining-tokens'), String(1_000 - 2 * 9));
  assert.equal((await ask(gateway, {}, key)).status, 200);
  assert.equal((await ask(gateway, {}, key)).status, 429, 'requests of a key are counted nevertheless');
  assert.equal(gateway.simulator.requests.length, 0);

  const callId = whole.headers.get('x-litellm-call-id') ?? '';
  const [row] = await rowsOf(gateway, callId, 1);
  assert.deepEqual([row?.spend, row?.total_tokens, row?.sluice.status], [0, 9, 'cache-hit']);
});

test('an answer cache is a folder: it copies what clients got, and recalls it', async (t) => {
  const kept = new Map<string, RecalledAnswer>();
  const cache = testFeature('cache', ({ stateSlot }) => {
    const copied = stateSlot<{ answer: RecalledAnswer | undefined }>(() => ({ answer: undefined }));
    return {
      recall: ({ body }) => kept.get(body.toString('latin1')),
      guardOutput: (exchange) => [
        {
          sees: 'copy',
          maxBytes: 10_000,
          take: ({ body, isStream }) => {
            exchange.of(copied).answer = { body, isStream, usage: undefined };
          },
        },
      ],
      settled: (exchange) => {
        const { answer } = exchange.of(copied);
        if (answer === undefined || exchange.error !== undefined) return;
        kept.set(exchange.body.toString('latin1'), { ...answer, usage: exchange.usage });
      },
    };
  });
  const gateway = await start(t, [cache]);
  for (const stream of [false, true]) {
    const first = await ask(gateway, { stream });
    const again = await ask(gateway, { stream });
    assert.equal(again.text, first.text);
  }
  assert.equal(gateway.simulator.requests.length, 2);
});

const whole = (check: Extract<OutputGuard, { sees: 'whole' }>['check']): Feature =>
  testFeature('whole', () => ({ guardOutput: () => [{ sees: 'whole', check }] }));

for (const stream of [false, true]) {
  const kind = stream ? 'a stream' : 'a whole answer';
  test(`a guard of ${kind} that sees all of it may refuse: the client gets an error and no word`, async (t) => {
    const gateway = await start(t, [
      whole(async ({ text }) => {
        if (text.includes('lazy')) throw refusal('Too lazy.');
        return undefined;
      }),
    ]);
    const refused = await ask(gateway, { stream });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /Too lazy\./);
    assert.doesNotMatch(refused.text, /fox/);
    assert.equal((await ask(gateway, { stream, messages: [{ role: 'user', content: 'Say: busy' }] })).status, 200);
  });

  test(`a guard of ${kind} that sees all of it may change it`, async (t) => {
    const gateway = await start(t, [whole(({ body }) => Buffer.from(body.toString('utf8').replace('lazy', '****')))]);
    const { text } = await ask(gateway, { stream });
    assert.match(text, /\*{4}/);
    assert.doesNotMatch(text, /lazy/);
  });

  test(`a guard of passages lets ${kind} pass, and refuses it before the forbidden words are sent`, async (t) => {
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
    const refused = await ask(gateway, { stream });
    assert.match(refused.text, /Too lazy\./);
    assert.doesNotMatch(refused.text, /lazy dog/);
    assert.doesNotMatch(streamed(refused), /over/, 'what is held back had not been sent');
    if (stream) assert.equal(refused.status, 200);
    const passed = await ask(gateway, { stream, messages: [{ role: 'user', content: 'Say: over hill and dale' }] });
    assert.equal(stream ? streamed(passed) : words(passed), 'over hill and dale');
    if (stream) assert.match(passed.text, /data: \[DONE\]/);
  });
}

test('a recalled answer is guarded like any other', async (t) => {
  const cache = testFeature('cache', () => ({ recall: () => RECALLED }));
  const guard = whole(({ text }) => {
    if (text.includes('memory')) throw refusal('No memories.');
    return undefined;
  });
  const gateway = await start(t, [cache, guard]);
  assert.match((await ask(gateway)).text, /No memories\./);
});

test('a cascade asks a cheap deployment first, and another one if the draft is not good enough', async (t) => {
  const cascade = testFeature('cascade', () => ({
    answer: async (exchange, ask) => {
      const [cheap, dear] = exchange.group?.deployments.toSorted((one) => (one.id === 'east' ? -1 : 1)) ?? [];
      if (cheap === undefined || dear === undefined) return ask.send();
      const draft = await ask.draft([cheap]);
      if (draft.answer.text.includes('hill')) draft.send();
      else await ask.send([dear]);
    },
  }));
  const gateway = await start(t, [cascade], PAIR);
  const good = await ask(gateway, { messages: [{ role: 'user', content: 'Say: up hill' }] });
  assert.equal(words(good), 'up hill');
  assert.equal(good.headers.get('x-litellm-model-id'), 'east');
  const better = await ask(gateway);
  assert.equal(better.headers.get('x-litellm-model-id'), 'west');
  assert.equal(gateway.simulator.requests.length, 3);
  const rows = await rowsOf(gateway, better.headers.get('x-litellm-call-id') ?? '', 2);
  assert.ok(
    rows.every(({ spend }) => spend > 0),
    'both calls are booked',
  );
});

test('a feature that fails after a request is reported, and keeps no other from hearing', async (t) => {
  const heard: string[] = [];
  const fails = testFeature('fails', () => ({
    settled: () => {
      throw new Error('no room');
    },
  }));
  const hears = testFeature('hears', () => ({ settled: ({ callId }) => void heard.push(callId) }));
  const gateway = await start(t, [fails, hears]);
  assert.equal((await ask(gateway)).status, 200);
  assert.equal((await ask(gateway, { model: 'unknown' })).status, 400);
  assert.equal(heard.length, 2);
  assert.ok((await gateway.logLines()).some((line) => line.includes('no room')));
});

test('a reload switches a feature on and off', async (t) => {
  const feature = switchableFeature({
    guardInput: () => {
      throw refusal('It is on.');
    },
  });
  const on = JSON.stringify({ ...(JSON.parse(CONFIG) as JsonObject), switchable: { is_on: true } });
  const gateway = await start(t, [feature], CONFIG);
  assert.equal((await ask(gateway)).status, 200);
  gateway.reload(on);
  assert.equal((await ask(gateway)).status, 400);
  gateway.reload(CONFIG);
  assert.equal((await ask(gateway)).status, 200);
});
