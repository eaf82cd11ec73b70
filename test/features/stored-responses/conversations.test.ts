/** The official `openai` package keeps conversations over every provider format. */
import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type OpenAI from 'openai';
import type { JsonValue } from '../../../src/core/json.ts';
import { openaiJudges } from '../../golden/openai-chat/openai-schema.ts';
import { CHAT_GROUPS } from '../../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { CITY_SCHEMA, TWO_CITIES_QUESTION } from '../../support/samples.ts';
import { bytesOf, clientOf, configWith, folder, lastSent, make, refusal, start } from './support.ts';

const judges = openaiJudges([
  'ConversationItem',
  'ConversationItemList',
  'ConversationResource',
  'DeletedConversationResource',
  'Response',
  'ResponseStreamEvent',
]);

/** OpenAI itself says `null` for what is absent, which its document does not allow for these members. */
function valid(name: keyof NonNullable<typeof judges>, told: unknown): void {
  const value = JSON.parse(JSON.stringify(told).replaceAll(/"(?:user|usage)":null,/g, '')) as JsonValue;
  assert.equal(judges?.[name](value), undefined, JSON.stringify(value));
}

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/** The items of a conversation, oldest first, as the package lists them page by page. */
async function itemsOf(client: OpenAI, id: string): Promise<OpenAI.Conversations.ConversationItem[]> {
  const all: OpenAI.Conversations.ConversationItem[] = [];
  for await (const item of client.conversations.items.list(id, { order: 'asc', limit: 3 })) all.push(item);
  return all;
}

describe('turns of a conversation', { timeout: 120_000 }, () => {
  let gateway: TestGateway;
  let client: OpenAI;
  before(async () => {
    gateway = await startTestGateway();
    client = clientOf(gateway);
  });
  after(() => gateway.close());

  for (const model of [...CHAT_GROUPS, 'gpt-5', 'claude-opus', 'gemini-3-pro']) {
    for (const stream of [false, true]) {
      it(`over ${model}, ${stream ? 'streamed' : 'whole'}`, async () => {
        const ask = async (body: Body) =>
          stream ? client.responses.stream({ ...body, stream: true }).finalResponse() : client.responses.create(body);
        const tools = [
          { type: 'function' as const, name: 'get_weather', description: '', parameters: CITY_SCHEMA, strict: true },
        ];
        const { id: conversation } = await client.conversations.create();
        const first = await ask({ model, conversation, input: TWO_CITIES_QUESTION, tools });
        const calls = first.output.filter((item) => item.type === 'function_call');
        assert.equal(calls.length, 2);
        const second = await ask({
          ...{ model, conversation: { id: conversation }, tools },
          input: calls.map((call, index) => ({
            type: 'function_call_output' as const,
            call_id: 'call_id' in call ? (call.call_id ?? '') : '',
            output: `degrees: ${20 + index}`,
          })),
        });
        assert.match(second.output_text, /degrees: 20.*degrees: 21/s);
        for (const response of [first, second]) {
          assert.deepEqual(response.conversation, { id: conversation });
          valid('Response', { ...response, output_text: undefined, output_parsed: undefined });
        }
        const sent = lastSent(gateway);
        assert.ok(sent.includes(JSON.stringify(TWO_CITIES_QUESTION).slice(1, -1)), 'the first turn is sent again');
        assert.ok(!sent.includes('conv_'), 'the provider knows no conversation');
        assert.ok(!sent.includes('"store":true'), 'the provider keeps nothing');
        const kinds = (await itemsOf(client, conversation)).map(({ type }) => type);
        const all = [...first.output, ...second.output].map(({ type }) => type);
        assert.deepEqual(
          kinds,
          ['message', ...all.slice(0, first.output.length), 'function_call_output', 'function_call_output'].concat(
            all.slice(first.output.length),
          ),
        );
        assert.deepEqual((await client.responses.retrieve(second.id)).conversation, { id: conversation });
      });
    }
  }

  it('is named in every event of a stream that has the response, and every event is valid', async () => {
    const { id } = await client.conversations.create();
    for (const model of ['gpt-4o', 'claude-sonnet']) {
      const body = { model, conversation: id, input: 'say: "response": {"conversation": 1}', stream: true };
      const text = await (await gateway.post('/v1/responses', body)).text();
      const events = [...text.matchAll(/^data: (.*)$/gm)].map(
        ([, data = '']) => JSON.parse(data) as { type: string; response?: { conversation?: { id: string } } },
      );
      for (const event of events) valid('ResponseStreamEvent', event);
      const withResponse = events.filter(({ response }) => response !== undefined);
      assert.ok(withResponse.length >= 3);
      for (const { response } of withResponse) assert.deepEqual(response?.conversation, { id });
      assert.equal(events.at(-1)?.type, 'response.completed');
    }
    assert.equal((await itemsOf(client, id)).length, 4);
  });

  it('are made in the background, and are in the conversation once', async () => {
    const { id } = await client.conversations.create({ items: [{ role: 'developer', content: 'Be kind.' }] });
    const queued = await client.responses.create({
      ...{ model: 'claude-sonnet', conversation: id, input: 'say: teal', background: true },
    });
    assert.deepEqual(queued.conversation, { id });
    let shown = queued;
    while (shown.status === 'queued' || shown.status === 'in_progress') {
      shown = await client.responses.retrieve(queued.id);
    }
    assert.equal(shown.status, 'completed');
    assert.deepEqual(shown.conversation, { id });
    const items = await itemsOf(client, id);
    assert.equal(items.length, 3);
    assert.match(JSON.stringify(items[2]), /teal/);
  });

  it('that run at the same time all stay in it', async () => {
    const { id } = await client.conversations.create();
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        client.responses.create({
          ...{ model: index % 2 === 0 ? 'gpt-4o' : 'claude-sonnet', conversation: id },
          input: `say: bird ${index}`,
        }),
      ),
    );
    const items = await itemsOf(client, id);
    assert.equal(items.length, 24);
    for (let index = 0; index < 12; index += 1) {
      const at = items.findIndex((item) => JSON.stringify(item).includes(`say: bird ${index}"`));
      assert.match(JSON.stringify(items[at + 1]), new RegExp(`bird ${index}\\b`), 'a turn is not torn apart');
    }
  });

  it('of another provider go on, and what fails adds nothing', async () => {
    const { id } = await client.conversations.create();
    await client.responses.create({ model: 'gpt-5', conversation: id, input: 'say: pelican' });
    await client.responses.create({ model: 'gemini-2.5-pro', conversation: id, input: 'say: heron' });
    gateway.simulator.script({ fault: '400' });
    await assert.rejects(client.responses.create({ model: 'gpt-4o', conversation: id, input: 'say: nothing' }));
    gateway.simulator.reset();
    const last = await client.responses.create({ model: 'claude-sonnet', conversation: id, input: 'say: stork' });
    assert.match(last.output_text, /stork/);
    const sent = lastSent(gateway);
    for (const word of ['pelican', 'heron', 'stork']) assert.ok(sent.includes(word), word);
    assert.ok(!sent.includes('nothing'));
  });

  it('count in the size of a prompt', async () => {
    const { id } = await client.conversations.create({
      items: [{ role: 'user', content: `say: ${'tern '.repeat(200)}` }],
    });
    const alone = await client.responses.inputTokens.count({ model: 'gpt-4o', input: 'say: gull' });
    const both = await client.responses.inputTokens.count({ model: 'gpt-4o', input: 'say: gull', conversation: id });
    assert.ok(both.input_tokens > alone.input_tokens + 150, `${both.input_tokens} and ${alone.input_tokens}`);
    assert.equal((await itemsOf(client, id)).length, 1, 'a count adds nothing');
  });
});

test('a conversation is made, changed, listed and deleted as at OpenAI', async (t) => {
  const gateway = await start(t);
  const client = clientOf(gateway);
  const made = await client.conversations.create({
    metadata: { topic: 'birds' },
    items: [
      { type: 'message', role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello yourself' },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
    ],
  });
  valid('ConversationResource', made);
  assert.match(made.id, /^conv_[0-9a-f]{48}$/);
  assert.deepEqual(made.metadata, { topic: 'birds' });
  assert.deepEqual(await client.conversations.retrieve(made.id), made);
  const updated = await client.conversations.update(made.id, { metadata: { topic: 'fish' } });
  assert.deepEqual([updated.metadata, updated.created_at], [{ topic: 'fish' }, made.created_at]);

  const list = await (await gateway.get(`/v1/conversations/${made.id}/items`)).json();
  valid('ConversationItemList', list);
  const items = await itemsOf(client, made.id);
  assert.equal(new Set(items.map(({ id }) => id)).size, 4);
  for (const item of items) valid('ConversationItem', item);
  const added = await client.conversations.items.create(made.id, { items: [{ role: 'user', content: 'More' }] });
  valid('ConversationItemList', await (await gateway.get(`/v1/conversations/${made.id}/items?limit=1`)).json());
  const [more] = added.data;
  assert.equal(more?.type, 'message');
  const shown = await client.conversations.items.retrieve(more?.id ?? '', { conversation_id: made.id });
  assert.deepEqual(shown, more);
  const rest = await client.conversations.items.delete(more?.id ?? '', { conversation_id: made.id });
  assert.equal(rest.id, made.id);
  const unknownItem = refusal(404, 'not_found', /Item with id .* not found/);
  await assert.rejects(client.conversations.items.retrieve(more?.id ?? '', { conversation_id: made.id }), unknownItem);
  await assert.rejects(client.conversations.items.delete(more?.id ?? '', { conversation_id: made.id }), unknownItem);
  assert.equal((await itemsOf(client, made.id)).length, 4);

  const bare = await (await gateway.post('/conversations', {})).json();
  valid('ConversationResource', bare);
  const gone = await client.conversations.delete(made.id);
  valid('DeletedConversationResource', gone);
  const unknown = refusal(404, 'not_found', /Conversation with id 'conv_.*' not found/);
  await assert.rejects(client.conversations.retrieve(made.id), unknown);
  await assert.rejects(client.conversations.delete(made.id), unknown);
  await assert.rejects(client.conversations.update(made.id, { metadata: {} }), unknown);
  await assert.rejects(itemsOf(client, made.id), unknown);
  await assert.rejects(client.conversations.items.create(made.id, { items: [] }), unknown);
  await assert.rejects(client.responses.create({ model: 'gpt-4o', input: 'hi', conversation: made.id }), unknown);
});

test('what is wrong with a conversation is said', async (t) => {
  const gateway = await start(t);
  const { id } = (await (await gateway.post('/v1/conversations', {})).json()) as { readonly id: string };
  const pairs = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']));
  const many = Array.from({ length: 21 }, () => ({ role: 'user', content: 'x' }));
  const bodies: readonly (readonly [path: string, body: object, words: RegExp])[] = [
    ['/v1/conversations', { metadata: 'x' }, /metadata: expected an object/],
    ['/v1/conversations', { metadata: { a: 1 } }, /every value must be a string/],
    ['/v1/conversations', { metadata: pairs }, /at most 16/],
    ['/v1/conversations', { metadata: { a: 'x'.repeat(513) } }, /512/],
    ['/v1/conversations', { items: 'x' }, /expected an array/],
    ['/v1/conversations', { items: many }, /at most 20/],
    ['/v1/conversations', { items: [{ role: 'nobody', content: 'x' }] }, /items\[0\]\.role/],
    [`/v1/conversations/${id}/items`, {}, /expected an array/],
    [`/v1/conversations/${id}/items`, { items: [{ type: 'item_reference', id: 'msg_1' }] }, /expected an item/],
    ['/v1/responses', { model: 'gpt-4o', input: 'x', conversation: 5 }, /must be the id of a conversation/],
    [
      '/v1/responses',
      { model: 'gpt-4o', input: 'x', conversation: id, previous_response_id: 'resp_1' },
      /Mutually exclusive parameters/,
    ],
  ];
  for (const [path, body, words] of bodies) {
    const answer = await gateway.post(path, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(await answer.text(), words);
  }
  assert.equal((await gateway.post('/v1/conversations', '{"metadata":')).status, 400);
  assert.equal((await gateway.get(`/v1/conversations/${id}/items?after=none`)).status, 400);
  assert.equal((await gateway.get(`/v1/conversations/${id}/items?limit=101`)).status, 400);
  const own = { id: 'msg_mine', type: 'message', role: 'user', content: 'say: once' };
  await gateway.post('/v1/responses', { model: 'gpt-4o', conversation: id, input: [own] });
  const twice = await gateway.post('/v1/responses', { model: 'gpt-4o', conversation: id, input: [own] });
  assert.match(await twice.text(), /Duplicate item found with id msg_mine/);
});

test('a conversation is seen by its own team, user or key only, and goes with them', async (t) => {
  const dataFolder = folder(t);
  const gateway = await start(t, { dataFolder });
  const team = (await make(gateway, '/team/new', {})).team_id;
  const member = await make(gateway, '/key/generate', { team_id: team });
  const mate = await make(gateway, '/key/generate', { team_id: team });
  const lone = await make(gateway, '/key/generate', {});
  const [one, two, other] = [member, mate, lone].map(({ key }) => clientOf(gateway, key));
  assert.ok(one !== undefined && two !== undefined && other !== undefined);
  const ask = (client: OpenAI, input: string, conversation: string) =>
    client.responses.create({ model: 'gpt-4o', input, conversation });
  const mine = await one.conversations.create({ items: [{ role: 'user', content: 'pterodactyl' }] });
  const ofMate = await two.conversations.create();
  await ask(two, 'say: mate', ofMate.id);
  await ask(one, 'say: archaeopteryx', ofMate.id);
  assert.equal((await itemsOf(two, ofMate.id)).length, 4);
  const unknown = refusal(404, 'not_found', /Conversation with id/);
  for (const stranger of [other, clientOf(gateway)]) {
    await assert.rejects(stranger.conversations.retrieve(mine.id), unknown);
    await assert.rejects(stranger.conversations.update(mine.id, { metadata: {} }), unknown);
    await assert.rejects(stranger.conversations.delete(mine.id), unknown);
    await assert.rejects(itemsOf(stranger, mine.id), unknown);
    await assert.rejects(stranger.conversations.items.create(mine.id, { items: [] }), unknown);
    await assert.rejects(ask(stranger, 'hi', mine.id), unknown);
    const [item] = await itemsOf(one, mine.id);
    const at = { conversation_id: mine.id };
    await assert.rejects(stranger.conversations.items.retrieve(item?.id ?? '', at), unknown);
    await assert.rejects(stranger.conversations.items.delete(item?.id ?? '', at), unknown);
    assert.equal((await gateway.get(`/v1/conversations/${mine.id}`, { authorization: 'Bearer sk-none' })).status, 401);
  }
  await make(gateway, '/key/delete', { keys: [member.key] });
  await assert.rejects(two.conversations.retrieve(mine.id), unknown);
  const left = JSON.stringify(await itemsOf(two, ofMate.id));
  assert.ok(!left.includes('archaeopteryx') && left.includes('say: mate'), left);
  await make(gateway, '/team/delete', { team_ids: [team] });
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(`${dataFolder}/sluice.db`, { readOnly: true });
  t.after(() => database.close());
  for (const table of ['conversations', 'conversation_items', 'responses', 'response_items']) {
    assert.equal(Number(database.prepare(`select count(*) as count from ${table}`).get()?.count), 0, table);
  }
});

test('store: false adds nothing to a conversation, and what is kept can be encrypted', async (t) => {
  for (const isEncrypted of [false, true]) {
    const dataFolder = folder(t);
    const gateway = await start(t, { dataFolder, config: configWith({ responses_store_encrypted: isEncrypted }) });
    const client = clientOf(gateway);
    const { id } = await client.conversations.create({
      metadata: { bird: 'motmot' },
      items: [{ role: 'user', content: 'I like the jacamar.' }],
    });
    for (const stream of [false, true]) {
      const body = { model: 'gpt-4o', conversation: id, input: 'say: xenops', store: false, stream };
      const told = await (await gateway.post('/v1/responses', body)).text();
      assert.match(told, /xenops/);
      assert.match(lastSent(gateway), /jacamar/, 'the conversation is read');
      assert.ok(!told.includes(id), 'a response that is not in a conversation does not say so');
    }
    await client.responses.create({ model: 'gpt-4o', conversation: id, input: 'say: hoatzin' });
    const shown = JSON.stringify([await client.conversations.retrieve(id), await itemsOf(client, id)]);
    for (const word of ['motmot', 'jacamar', 'hoatzin']) assert.ok(shown.includes(word), word);
    const bytes = bytesOf(dataFolder);
    assert.ok(!bytes.includes('xenops'));
    for (const word of ['motmot', 'jacamar', 'hoatzin']) assert.equal(bytes.includes(word), !isEncrypted, word);
    assert.ok(bytes.includes(id));
  }
});

test('a conversation cannot grow without end', async (t) => {
  const gateway = await start(t, { config: configWith({ responses_store_max_mb: 1 }) });
  const client = clientOf(gateway);
  const half = { role: 'user' as const, content: 'x'.repeat(500_000) };
  const { id } = await client.conversations.create({ items: [half] });
  const large = refusal(400, '400', /larger than 1 MiB \(general_settings\.responses_store_max_mb\)/);
  await client.conversations.items.create(id, { items: [half] });
  await assert.rejects(client.conversations.items.create(id, { items: [half] }), large);
  await assert.rejects(client.conversations.create({ items: [half, half, half] }), large);
  await assert.rejects(
    client.responses.create({ model: 'gpt-4o', conversation: id, input: [half, { role: 'user', content: 'hi' }] }),
    large,
  );
  assert.equal((await itemsOf(client, id)).length, 2);
});

test('a turn whose client hangs up adds nothing, and the conversation goes on', async (t) => {
  const gateway = await start(t, { simulator: { latency: { firstTokenMs: 20, perTokenMs: 60, jitter: 0 } } });
  const client = clientOf(gateway);
  const { id } = await client.conversations.create();
  const body = { model: 'gpt-4o', conversation: id, input: `say: ${'dodo '.repeat(60)}`, stream: true as const };
  const stream = await client.responses.create(body);
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') break;
  }
  stream.controller.abort();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(await itemsOf(client, id), []);
  const next = await client.responses.create({ model: 'claude-sonnet', conversation: id, input: 'say: moa' });
  assert.match(next.output_text, /moa/);
  assert.ok(!lastSent(gateway).includes('dodo'));
  assert.equal((await itemsOf(client, id)).length, 2);
});

test('with the store off, conversations are refused by the name of the setting', async (t) => {
  const gateway = await start(t, { config: configWith({ responses_store: false }) });
  const client = clientOf(gateway);
  const setting = /general_settings\.responses_store/;
  await assert.rejects(client.conversations.create(), refusal(404, 'not_found', setting));
  await assert.rejects(
    client.responses.create({ model: 'gpt-4o', input: 'hi', conversation: 'conv_1' }),
    refusal(400, '400', setting),
  );
});

test('a conversation is kept for as long as its retention says after it was used', async (t) => {
  const dataFolder = folder(t);
  const gateway = await start(t, { dataFolder, config: configWith({ responses_store_retention: '3s' }) });
  const client = clientOf(gateway);
  const { id } = await client.conversations.create();
  for (let turn = 0; turn < 2; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_800));
    await client.responses.create({ model: 'gpt-4o', conversation: id, input: `say: turn ${turn}` });
  }
  assert.equal((await itemsOf(client, id)).length, 4);
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  await assert.rejects(client.conversations.retrieve(id), refusal(404, 'not_found', /not found/));
});
