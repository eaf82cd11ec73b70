/** Compression of prompts, through the front door. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../../src/core/json.ts';
import { type CacheTest, deployment, startCacheTest } from '../prompt-cache/fixtures.ts';

const PLACES = 'harbour museum library station castle bridge theatre market garden tower mill school church inn'.split(
  ' ',
);
const passage = (place: string, at: number): string =>
  `The ${place} stands at the end of a long street, and was not always there. It was built in ${1901 + at} by the firm of Number${at} & Sons. Many people walk past it every day, and few of them look up at what the masons left.`;
const DOCUMENTS = PLACES.map(passage)
  .concat(PLACES.map((place, at) => passage(`old ${place}`, at + 40)))
  .join('\n\n');
const ROWS = Array.from({ length: 24 }, (_, at) => ({
  id: `item-${at}`,
  name: `Thing ${at}`,
  price: { net: at, tax: 0.5 },
}));
const SYSTEM = 'Answer in one word, and never guess.';
const QUESTION = 'Who built the castle?';

const KEYS = [
  { api_key: 'key-of-a', user_id: 'a' },
  { api_key: 'key-of-b', user_id: 'b' },
  { api_key: 'key-uncompressed', user_id: 'c', metadata: { compress: 'off' } },
];

const start = (t: TestContext, compress: unknown, more: JsonObject = {}): Promise<CacheTest> =>
  startCacheTest(
    t,
    [deployment('m', 'openai/gpt-4o', more), deployment('claude', 'anthropic/claude-sonnet-4-5', more)],
    { litellm_settings: { compress } as JsonObject, user_api_key_list: KEYS },
  );

interface Row {
  readonly cost: string;
  readonly requested_cost: string;
  readonly savings: { readonly compression?: string };
}

type Message = { readonly role: string; readonly content: string };
const user = (content: string): Message => ({ role: 'user', content });
const first: readonly Message[] = [{ role: 'system', content: SYSTEM }, user(DOCUMENTS), user(QUESTION)];

async function ask(
  { gateway }: CacheTest,
  messages: readonly unknown[],
  how: { key?: string; headers?: Record<string, string> } = {},
) {
  const { key = 'key-of-a', headers = {} } = how;
  const body = { model: 'm', messages } as unknown as JsonObject;
  return gateway.post('/v1/chat/completions', body, { authorization: `Bearer ${key}`, ...headers });
}

const messagesIn = (body: JsonObject | undefined): readonly Message[] =>
  (body?.messages ?? []) as unknown as readonly Message[];

test('a document is shortened to what the question asks for, and nothing else is touched', async (t) => {
  const at = await start(t, 0.3);
  const response = await ask(at, first);
  assert.equal(response.status, 200);
  const [sent] = at.sent();
  const [system, document, question] = messagesIn(sent);
  assert.deepEqual([system?.content, question?.content], [SYSTEM, QUESTION]);
  assert.match(document?.content ?? '', /castle.*\n?.*Number4 & Sons/s);
  assert.ok(JSON.stringify(sent).length < JSON.stringify({ model: 'm', messages: first }).length * 0.32);
  // What stays is a part of what was there.
  for (const piece of (document?.content ?? '').split('…')) assert.ok(DOCUMENTS.includes(piece.trim()), piece);
  assert.match(response.headers.get('x-sluice-compression') ?? '', /^asked=0.3; removed-tokens=\d{3,}$/);
});

test('off, by the operator, a key or a request, no byte is touched; a request may ask where it is named', async (t) => {
  const at = await start(t, 'off');
  await ask(at, first);
  await ask(at, first, { headers: { 'x-sluice-compress': '0.3' } });
  const wrong = await ask(at, first, { headers: { 'x-sluice-compress': 'much' } });
  assert.equal(wrong.status, 400);
  const on = await start(t, 0.3);
  await ask(on, first, { key: 'key-uncompressed' });
  await ask(on, first, { headers: { 'x-sluice-compress': 'off' } });
  const [one, two] = at.sent();
  assert.equal(messagesIn(one)[1]?.content, DOCUMENTS);
  assert.ok((messagesIn(two)[1]?.content.length ?? 0) < DOCUMENTS.length / 3);
  assert.deepEqual(
    on.sent().map((body) => messagesIn(body)[1]?.content),
    [DOCUMENTS, DOCUMENTS],
  );
});

test('a turn stays as it was first sent: each request begins with the bytes of the one before it', async (t) => {
  const at = await start(t, 0.3);
  const answers = [{ role: 'assistant', content: 'Number4 & Sons.' }, user('And who built the old museum?')];
  await ask(at, first);
  await ask(at, [...first, ...answers]);
  const third = [
    ...first,
    ...answers,
    { role: 'assistant', content: 'Number41.' },
    user(`${DOCUMENTS}\n\nWhat of the inn?`),
  ];
  await ask(at, third);
  await ask(at, [...third, { role: 'assistant', content: 'Number13.' }, user('Thank you. Who built the tower?')]);
  const sent = at.sent().map((body) => messagesIn(body));
  for (let turn = 1; turn < sent.length; turn += 1) {
    const [before = [], now = []] = [sent[turn - 1], sent[turn]];
    assert.deepEqual(now.slice(0, before.length), before);
  }
  assert.ok((sent[3]?.[1]?.content.length ?? 0) < DOCUMENTS.length / 3);
  const metrics = await (await at.gateway.get('/metrics')).text();
  assert.match(metrics, /sluice_compression_reused_turns_total [1-9]/);
  assert.match(metrics, /sluice_compression_requests_total 4/);
});

test('conversations of random turns: each request begins with what was sent before, whatever is asked next', async (t) => {
  const at = await start(t, 0.4);
  let state = 11;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const words = (): string => {
    const from = below(20);
    const some = DOCUMENTS.split('\n\n').slice(from, from + 1 + below(12));
    return (
      [
        `Who built the ${PLACES[below(14)]}?`,
        some.join('\n\n'),
        `${some.join('\n')}\n\nWhat of the ${PLACES[below(14)]}?`,
      ][below(3)] ?? ''
    );
  };
  for (let conversation = 0; conversation < 6; conversation += 1) {
    const said: unknown[] = [{ role: 'system', content: `${SYSTEM} ${conversation}` }];
    let before: readonly Message[] = [];
    for (let request = 0; request < 7; request += 1) {
      for (let more = below(2); more >= 0; more -= 1) said.push(user(words()));
      if (below(2) === 0) {
        const id = `call_${request}`;
        said.push({
          role: 'assistant',
          content: null,
          tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }],
        });
        said.push({ role: 'tool', tool_call_id: id, content: below(2) === 0 ? words() : JSON.stringify(ROWS) });
      }
      assert.equal((await ask(at, said)).status, 200);
      const now = messagesIn(at.sent().at(-1));
      assert.deepEqual(now.slice(0, before.length), before, `conversation ${conversation}, request ${request}`);
      before = now;
      said.push({ role: 'assistant', content: ['Yes.', words()][below(2)] });
    }
  }
});

test('the original is shown to those who sent it and to admins, and to no other key', async (t) => {
  const at = await start(t, 0.3);
  const response = await ask(at, first);
  const [handle = ''] = (response.headers.get('x-sluice-compression-handles') ?? '').split(', ');
  assert.match(handle, /^[0-9a-f]{40}$/);
  const show = async (key: string, path = handle) => {
    const shown = await fetch(`${at.gateway.url}/compression/${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { status: shown.status, body: (await shown.json()) as { texts?: readonly string[] } };
  };
  assert.deepEqual((await show('key-of-a')).body, { handle, texts: [DOCUMENTS] });
  assert.equal((await show('key-of-b')).status, 404);
  assert.equal((await show('key-of-b', `${handle}?scope=user:a`)).status, 403);
  assert.equal((await show(at.gateway.masterKey)).status, 404);
  assert.deepEqual((await show(at.gateway.masterKey, `${handle}?scope=user:a`)).body.texts, [DOCUMENTS]);
  assert.equal((await show('key-of-a', '0'.repeat(40))).status, 404);
  assert.equal((await show('no-key')).status, 401);
});

test('results of tools lose nothing, and calls, thoughts and the words beside them stay', async (t) => {
  const at = await start(t, 'lossless');
  const call = { id: 'call_1', type: 'function', function: { name: 'list', arguments: '{"a": 1,  "b": "x"}' } };
  const result = JSON.stringify(ROWS, null, 2);
  await ask(at, [
    user('List them.'),
    { role: 'assistant', content: JSON.stringify(ROWS, null, 2), tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: result },
    { role: 'assistant', content: null, tool_calls: [{ ...call, id: 'call_2' }] },
    { role: 'tool', tool_call_id: 'call_2', content: result },
    user('Which is the last?'),
  ]);
  const [sent] = at.sent();
  const turns = messagesIn(sent) as unknown as readonly JsonObject[];
  assert.deepEqual(turns[1]?.tool_calls, [call]);
  assert.equal(turns[1]?.content, result);
  assert.deepEqual([turns[2]?.tool_call_id, turns[4]?.tool_call_id], ['call_1', 'call_2']);
  assert.ok(
    String(turns[2]?.content).startsWith('{id,name,price{net,tax}}[item-0,Thing 0,0,0.5\nitem-1,Thing 1,1,0.5\n'),
  );
  assert.match(String(turns[4]?.content), /^\[The same text as before/);
});

test('all formats of clients: with SDKs, and to a provider of another format', async (t) => {
  const at = await start(t, 0.3);
  await at.openai('key-of-a').responses.create({
    model: 'm',
    store: false,
    instructions: SYSTEM,
    input: [
      { role: 'user', content: [{ type: 'input_text', text: DOCUMENTS }] },
      { role: 'user', content: QUESTION },
    ],
  });
  const claude = at.claude('key-of-a');
  const thinking = await claude.messages.create({
    ...{ model: 'claude', max_tokens: 2_048, system: SYSTEM, thinking: { type: 'enabled', budget_tokens: 1_024 } },
    messages: [{ role: 'user', content: 'Read it.' }],
  });
  const said = thinking.content;
  assert.ok(said.some(({ type }) => type === 'thinking'));
  await claude.messages.create({
    ...{ model: 'claude', max_tokens: 2_048, system: SYSTEM, thinking: { type: 'enabled', budget_tokens: 1_024 } },
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: DOCUMENTS, cache_control: { type: 'ephemeral' } },
          { type: 'text', text: 'Read it.' },
        ],
      },
      { role: 'assistant', content: said },
      { role: 'user', content: QUESTION },
    ],
  });
  const gemini = {
    contents: [
      { role: 'user', parts: [{ text: DOCUMENTS }] },
      { role: 'model', parts: [{ text: 'I have read it.' }] },
      { role: 'user', parts: [{ text: QUESTION }] },
    ],
  };
  const google = await at.gateway.post('/v1beta/models/m:generateContent', gemini, {
    authorization: 'Bearer key-of-a',
  });
  assert.equal(google.status, 200);
  const sent = at.sent().filter((body) => JSON.stringify(body).includes(QUESTION));
  assert.equal(sent.length, 3);
  for (const body of sent) {
    const text = JSON.stringify(body);
    assert.match(text, /Number4 & Sons/);
    assert.ok(text.includes(QUESTION));
    assert.ok(!text.includes('Number50 & Sons'), 'what is not asked for was left out');
  }
  const [, turn] = (sent[1]?.messages ?? []) as unknown as readonly { readonly content: unknown }[];
  assert.deepEqual(turn?.content, said);
  assert.ok(JSON.stringify(sent[1]).includes('"cache_control":{"type":"ephemeral"}'));
});

test('what fits no window is shortened where that is allowed, and refused otherwise', async (t) => {
  const small = { model_info: { max_input_tokens: 1_000 } };
  const models = (compress: unknown) => [{ ...deployment('m', 'openai/gpt-4o', { compress } as JsonObject), ...small }];
  const router = { router_settings: { enable_pre_call_checks: true }, user_api_key_list: KEYS };
  const refused = await startCacheTest(t, models('off'), router);
  assert.equal((await ask(refused, first)).status, 400);
  const fitted = await startCacheTest(t, models('fit'), router);
  const response = await ask(fitted, first);
  assert.equal(response.status, 200, await response.clone().text());
  const [sent] = fitted.sent();
  assert.match(JSON.stringify(sent), /Number4 & Sons/);
  assert.match(response.headers.get('x-sluice-compression') ?? '', /^asked=fit/);
  // A short one is not touched.
  await ask(fitted, [user(PLACES.map(passage).slice(0, 3).join('\n\n')), user(QUESTION)]);
  assert.equal(messagesIn(fitted.sent()[1])[0]?.content, PLACES.map(passage).slice(0, 3).join('\n\n'));
});

test('what was saved stands in the ledger, at the price of input', async (t) => {
  const at = await start(t, 0.3);
  const response = await ask(at, first);
  const deadline = performance.now() + 10_000;
  for (;;) {
    const logs = (await (await at.gateway.get('/spend/logs')).json()) as { sluice: Row }[];
    const [row] = logs.map(({ sluice }) => sluice);
    if (row !== undefined) {
      const removed = Number(/removed-tokens=(\d+)/.exec(response.headers.get('x-sluice-compression') ?? '')?.[1]);
      assert.ok(removed > 400, String(removed));
      // 3 USD per million tokens of input.
      assert.equal(Number(row.savings.compression).toFixed(9), (removed * 3e-6).toFixed(9));
      assert.equal(Number(row.requested_cost).toFixed(9), (Number(row.cost) + removed * 3e-6).toFixed(9));
      return;
    }
    assert.ok(performance.now() < deadline);
    await wait(20);
  }
});

test('a large body is compressed beside the requests of others', async (t) => {
  const at = await start(t, 0.2);
  const large = Array.from({ length: 12 }, () => DOCUMENTS).join('\n\n');
  const response = await ask(at, [user(large), user(QUESTION)]);
  assert.equal(response.status, 200);
  const [sent] = at.sent();
  const text = JSON.stringify(sent);
  assert.ok(text.length < large.length * 0.22, `${text.length} of ${large.length}`);
  assert.match(text, /Number4 & Sons/);
});
