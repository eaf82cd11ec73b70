/** Responses that are streamed in the background: their events can be followed by several, from any of them on, and outlive their reader. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../../support/samples.ts';
import { bytesOf, clientOf, configWith, folder, lastSent, make, refusal, start } from './support.ts';

type Event = OpenAI.Responses.ResponseStreamEvent;

const MODELS = ['gpt-4o', 'gpt-5', 'claude-opus', 'gemini-3-pro'];

/** So many words, which the simulator streams slowly. */
const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');

async function all(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const begin = (client: OpenAI, model: string, input: string, more: object = {}) =>
  client.responses.create({ model, input, background: true, stream: true, ...more });

/** The id of a response, and its events up to a number, after which its reader hangs up. */
async function leaveAfter(client: OpenAI, count: number, input: string, model = 'gpt-4o') {
  const stream = await begin(client, model, input);
  const events: Event[] = [];
  for await (const event of stream) {
    events.push(event);
    if (events.length === count) break;
  }
  const [first] = events;
  assert.equal(first?.type, 'response.created');
  return { id: first.response.id, events };
}

const follow = async (client: OpenAI, id: string, after?: number): Promise<Event[]> =>
  all(await client.responses.retrieve(id, { stream: true, ...(after !== undefined && { starting_after: after }) }));

/** A gateway whose providers stream slowly. */
const slowly = (t: TestContext) =>
  start(t, { simulator: { latency: { firstTokenMs: 50, perTokenMs: 20, jitter: 0 } } });

function assertOrder(events: readonly Event[], first = 0): void {
  assert.deepEqual(
    events.map(({ sequence_number }) => sequence_number),
    events.map((_, index) => first + index),
  );
}

test('a response is streamed in the background over every provider, and shown as it was streamed', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const judges = openaiJudges(['ResponseStreamEvent']);
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters: CITY_SCHEMA, strict: true }];
  for (const model of MODELS) {
    for (const [input, more] of [
      ['say: crane', {}],
      [TWO_CITIES_QUESTION, { tools }],
    ] as const) {
      const events = await all(await begin(client, model, input, more));
      for (const event of events) {
        const plain = JSON.stringify(event).replaceAll(/"(?:user|usage)":null,/g, '');
        assert.equal(judges?.ResponseStreamEvent(JSON.parse(plain) as JsonValue), undefined, plain);
      }
      assertOrder(events);
      assert.deepEqual(
        events.slice(0, 3).map(({ type }) => type),
        ['response.created', 'response.queued', 'response.in_progress'],
      );
      const last = events.at(-1);
      assert.equal(last?.type, 'response.completed');
      const stored = await client.responses.retrieve(last.response.id);
      const { output_text: text, ...whole } = stored;
      assert.deepEqual({ ...last.response }, whole);
      assert.deepEqual([stored.status, stored.background], ['completed', true]);
      const ids = new Set(events.flatMap((event) => ('response' in event ? event.response.id : [])));
      assert.deepEqual([...ids], [stored.id]);
      assert.deepEqual(await follow(client, stored.id), events);
      assert.deepEqual(await follow(client, stored.id, 4), events.slice(5));
      assert.deepEqual(await follow(client, stored.id, events.length - 1), []);
      const final = await client.responses.stream({ response_id: stored.id }).finalResponse();
      assert.equal(final.output_text, text);
      if (text === '') continue;
      const next = await client.responses.create({ model, input: 'say: next', previous_response_id: stored.id });
      assert.match(next.output_text, /next/);
    }
  }
});

test('a response that is streamed in the background outlives its reader, and is followed by several at once', async (t) => {
  const gateway = await slowly(t);
  const client = clientOf(gateway);
  for (const model of ['gpt-4o', 'claude-sonnet']) {
    const { id, events } = await leaveAfter(client, 5, `say: ${words(60)}`, model);
    assertOrder(events);
    assert.equal((await client.responses.retrieve(id)).status, 'in_progress');
    const [whole = [], rest = [], far = []] = await Promise.all([
      follow(client, id),
      follow(client, id, 4),
      follow(client, id, 999),
    ]);
    assertOrder(whole);
    assert.deepEqual(whole.slice(0, 5), events);
    assert.deepEqual(whole.slice(5), rest);
    assert.deepEqual(far, []);
    const last = whole.at(-1);
    assert.equal(last?.type, 'response.completed');
    const done = await client.responses.retrieve(id);
    assert.match(done.output_text, /word59/);
    const line = await gateway.requestLine(id.slice('resp_'.length));
    assert.equal(line.status, 200, JSON.stringify(line));
    assert.ok(JSON.stringify(line).includes('"output_tokens"'));
  }
});

test('a stream in the background that is cancelled ends for all who follow it', async (t) => {
  const gateway = await slowly(t);
  const client = clientOf(gateway);
  const { id } = await leaveAfter(client, 5, `say: ${words(500)}`);
  const following = follow(client, id);
  await wait(300);
  assert.equal((await client.responses.cancel(id)).status, 'cancelled');
  const events = await following;
  assertOrder(events);
  const last = events.at(-1);
  assert.equal(last?.type, 'response.incomplete');
  assert.equal(last.response.status, 'cancelled');
  assert.equal((await client.responses.retrieve(id)).status, 'cancelled');
  const later = await follow(client, id);
  assertOrder(later);
  assert.equal(later.at(-1)?.type, 'response.incomplete');
  const line = await gateway.requestLine(id.slice('resp_'.length));
  assert.equal(line.outcome, 'client-gone', JSON.stringify(line));
  assert.ok(Number(line.cost_usd) > 0);
});

test('a stream in the background that fails says so, before and after its first words', async (t) => {
  const gateway = await start(t);
  for (const fault of ['500', 'fin-after-4']) {
    gateway.simulator.reset();
    gateway.simulator.script({ fault });
    const asked = { model: 'gpt-4o', input: `say: ${words(20)}`, background: true, stream: true };
    // OpenAI's package throws at an event of an error, so the text is read itself.
    const text = await (await gateway.post('/v1/responses', asked)).text();
    const events = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as Event);
    assertOrder(events);
    const last = events.at(-1);
    assert.equal(last?.type, 'response.failed', fault);
    assert.equal(
      events.some(({ type }) => type === 'error'),
      fault !== '500',
    );
    const { id, error } = last.response;
    assert.ok((error?.message.length ?? 0) > 10);
    assert.deepEqual((await clientOf(gateway).responses.retrieve(id)).error, error);
    assert.equal(await (await gateway.get(`/v1/responses/${id}?stream=true`)).text(), text);
  }
});

const USAGE = { input_tokens: 3, output_tokens: 2 };
/** What providers answer in one piece although they were asked for a stream. */
const WHOLE: readonly (readonly [model: string, json: JsonObject])[] = [
  [
    'gpt-4o',
    {
      ...{ id: 'resp_whole', object: 'response', created_at: 1, status: 'completed', model: 'gpt-4o', error: null },
      output: [
        {
          ...{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' },
          content: [{ type: 'output_text', text: 'knot', annotations: [] }],
        },
      ],
      usage: { ...USAGE, total_tokens: 5 },
    },
  ],
  [
    'claude-sonnet',
    {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'end_turn' },
      content: [{ type: 'text', text: 'knot' }],
      usage: USAGE,
    },
  ],
];

test('a stream that its provider answers in one piece is streamed, stored and gone on from, in the background and not', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  for (const [model, json] of WHOLE) {
    for (const background of [false, true]) {
      gateway.simulator.reset();
      gateway.simulator.script({ reply: { status: 200, json } });
      const events = await all(await client.responses.create({ model, input: 'a bird', stream: true, background }));
      assertOrder(events);
      const last = events.at(-1);
      assert.equal(last?.type, 'response.completed', model);
      assert.match(JSON.stringify(events.slice(0, -1)), /knot/);
      gateway.simulator.reset();
      const stored = await client.responses.retrieve(last.response.id);
      assert.match(stored.output_text, /knot/);
      const next = await client.responses.create({ model, input: 'say: next', previous_response_id: stored.id });
      assert.match(next.output_text, /next/);
      assert.match(lastSent(gateway), /knot/);
    }
  }
});

test('what another scope streams is not found, and what cannot be read is refused', async (t) => {
  const gateway = await slowly(t);
  const client = clientOf(gateway);
  const { id } = await leaveAfter(client, 3, `say: ${words(60)}`);
  const other = clientOf(gateway, (await make(gateway, '/key/generate', {})).key);
  await assert.rejects(other.responses.retrieve(id, { stream: true }), refusal(404, 'not_found', /not found/));
  await assert.rejects(
    client.responses.create({ model: 'gpt-4o', input: 'hi', background: true, stream: true, store: false }),
    refusal(400, '400', /`background` needs `store`/),
  );
});

test('events in the background are bounded by what is stored', async (t) => {
  const gateway = await start(t, { config: configWith({ responses_store_max_mb: 1 }) });
  const client = clientOf(gateway);
  const events = await all(await begin(client, 'gpt-4o', `say: ${words(20_000)}`));
  const last = events.at(-1);
  assert.equal(last?.type, 'response.failed');
  assert.match(last.response.error?.message ?? '', /responses_store_max_mb/);
  assert.equal((await client.responses.retrieve(last.response.id)).status, 'failed');
});

test('events are encrypted in the database if the configuration says so', async (t) => {
  const dataFolder = folder(t);
  const gateway = await start(t, { dataFolder, config: configWith({ responses_store_encrypted: true }) });
  const client = clientOf(gateway);
  const events = await all(await begin(client, 'gpt-4o', 'say: secretive sandpiper'));
  const last = events.at(-1);
  assert.equal(last?.type, 'response.completed');
  assert.deepEqual(await follow(client, last.response.id), events);
  assert.ok(!bytesOf(dataFolder).includes('sandpiper'));
});
