/** Where marks are set for the provider's prompt cache, and what that costs: true SDKs in front, the simulator's cache behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
import type { JsonObject } from '../../../src/core/json.ts';
import { deployment, marksIn, startCacheTest, words } from './fixtures.ts';

const CLAUDE = 'anthropic/claude-sonnet-5';
const user = (content: string): Anthropic.MessageParam => ({ role: 'user', content });
const tool = (name: string, description = 'Looks something up.') => ({
  name,
  description,
  input_schema: { type: 'object' as const },
});

test('`system` marks the end of tools and instructions, and nothing behind it', async (t) => {
  const { claude, sent, seen } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'system' })]);
  const ask = (question: string, more: Partial<Anthropic.MessageCreateParamsNonStreaming> = {}) =>
    claude().messages.create({
      model: 'm',
      max_tokens: 20,
      system: words(2_000),
      tools: [tool('look')],
      messages: [user(question)],
      ...more,
    });
  const first = await ask('One?');
  assert.ok((first.usage.cache_creation_input_tokens ?? 0) >= 2_000);
  const second = await ask('Two?');
  assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
  const marked = [{ type: 'text' as const, text: 'Three?', cache_control: { type: 'ephemeral' as const } }];
  await ask('', { messages: [{ role: 'user', content: marked }], cache_control: { type: 'ephemeral' } });
  const own = [{ type: 'text' as const, text: words(2_000), cache_control: { type: 'ephemeral' as const } }];
  await ask('', { system: [...own, { type: 'text', text: 'And more.' }], messages: [user('Four?')] });
  assert.deepEqual(
    sent().map((body) => marksIn(body)),
    [['.system[0]'], ['.system[0]'], ['.system[0]'], ['.system[0]']],
  );
  // The bytes are those of the client but for the mark and the model's name.
  const bytes = seen()[0]?.rawBody.toString('utf8') ?? '';
  const asked = JSON.stringify({
    model: 'claude-sonnet-5',
    max_tokens: 20,
    system: words(2_000),
    tools: [tool('look')],
    messages: [user('One?')],
  });
  const marks = `[{"type":"text","text":${JSON.stringify(words(2_000))},"cache_control":{"type":"ephemeral"}}]`;
  assert.equal(bytes, asked.replace(JSON.stringify(words(2_000)), marks));
});

test('off until set: not a byte is added', async (t) => {
  const { claude, sent } = await startCacheTest(t, [deployment('m', CLAUDE)]);
  await claude().messages.create({ model: 'm', max_tokens: 20, system: words(2_000), messages: [user('One?')] });
  assert.deepEqual(marksIn(sent()[0]), []);
});

test('nothing is marked that is shorter than what the model keeps', async (t) => {
  const { claude, sent } = await startCacheTest(t, [
    deployment('short', CLAUDE, { prompt_cache: 'auto' }),
    deployment('long', 'anthropic/claude-opus-4-6', { prompt_cache: 'system' }),
  ]);
  const ask = (model: string, count: number) =>
    claude().messages.create({ model, max_tokens: 20, system: words(count), messages: [user('One?')] });
  await ask('short', 500);
  await ask('long', 2_000);
  await ask('long', 5_000);
  assert.deepEqual(
    sent().map((body) => marksIn(body).length),
    [0, 0, 1],
  );
});

test('`auto` rolls its marks through a conversation, so that each turn reads the last one', async (t) => {
  const { claude, sent, clock } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  const messages: Anthropic.MessageParam[] = [];
  let before = 0;
  for (let turn = 0; turn < 6; turn++) {
    messages.push(user(words(300, `turn${turn}`)));
    const { usage } = await claude().messages.create({ model: 'm', max_tokens: 20, system: words(1_200), messages });
    assert.equal(usage.cache_read_input_tokens, before, `turn ${turn}`);
    assert.ok(usage.input_tokens <= 60, `${usage.input_tokens} tokens of turn ${turn} are neither read nor written`);
    before = (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
    messages.push({ role: 'assistant', content: 'Go on.' });
    clock.forward(20_000);
  }
  for (const body of sent()) assert.ok(marksIn(body).length <= 4);
  assert.deepEqual(marksIn(sent()[5]), ['.system[0]', '.messages[10].content[0]']);
});

test('the same for a client of OpenAI in front of Claude, tool calls included', async (t) => {
  const { openai, sent, clock, seen } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  const messages: object[] = [
    { role: 'system', content: words(1_200) },
    { role: 'user', content: 'Begin.' },
  ];
  for (let turn = 0; turn < 4; turn++) {
    await openai().chat.completions.create({ model: 'm', max_tokens: 20, messages } as never);
    const id = `call_${turn}`;
    const called = { id, type: 'function', function: { name: 'look', arguments: '{"at":"rivers"}' } };
    messages.push({ role: 'assistant', content: null, tool_calls: [called] });
    messages.push({ role: 'tool', tool_call_id: id, content: words(200, `result${turn}`) });
    clock.forward(20_000);
  }
  assert.deepEqual(marksIn(sent()[3]), ['.system[0]', '.messages[6].content[0]']);
  const last = seen()[3]?.billed;
  assert.ok((last?.cachedTokens ?? 0) > 1_500 && (last?.cacheWriteTokens ?? 0) < 450);
});

test("clients' own marks win in `auto`", async (t) => {
  const { claude, sent } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  const content = [
    { type: 'text' as const, text: words(1_500), cache_control: { type: 'ephemeral' as const } },
    { type: 'text' as const, text: words(500) },
  ];
  await claude().messages.create({
    model: 'm',
    max_tokens: 20,
    system: words(1_500),
    messages: [{ role: 'user', content }],
  });
  await claude().messages.create({
    model: 'm',
    max_tokens: 20,
    system: words(1_500),
    messages: [user(words(500))],
    cache_control: { type: 'ephemeral' },
  });
  assert.deepEqual(
    sent().map((body) => marksIn(body)),
    [['.messages[0].content[0]'], ['']],
  );
});

test('conversations that never go on are not paid for, once that is known', async (t) => {
  const { claude, sent, clock } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  for (let request = 0; request < 30; request++) {
    await claude().messages.create({ model: 'm', max_tokens: 20, messages: [user(words(1_500, `text${request}`))] });
    clock.forward(5_000);
  }
  const marked = sent().filter((body) => marksIn(body).length > 0).length;
  assert.ok(marked >= 1 && marked <= 8, `${marked} of 30 were written`);
  assert.deepEqual(marksIn(sent()[29]), []);
});

test('what comes again after minutes and within the hour is kept for an hour', async (t) => {
  const { claude, sent, clock } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'system' })]);
  for (let request = 0; request < 16; request++) {
    await claude().messages.create({
      model: 'm',
      max_tokens: 20,
      system: words(2_000),
      messages: [user(`${request}?`)],
    });
    clock.forward(1_200_000);
  }
  const kept = JSON.stringify(sent()[15]);
  assert.match(kept, /"ttl":"1h"/);
  assert.doesNotMatch(JSON.stringify(sent()[0]), /"ttl"/);
});

test('`cache_system_prompt_only` is `prompt_cache: system`, and a deployment may say otherwise', async (t) => {
  const { claude, sent } = await startCacheTest(
    t,
    [deployment('m', CLAUDE), deployment('off', CLAUDE, { prompt_cache: 'off' })],
    { litellm_settings: { drop_params: true, cache_system_prompt_only: true } },
  );
  for (const model of ['m', 'off']) {
    await claude().messages.create({ model, max_tokens: 20, system: words(2_000), messages: [user('One?')] });
  }
  assert.deepEqual(
    sent().map((body) => marksIn(body)),
    [['.system[0]'], []],
  );
});

test('a deployment that the API adds marks as well', async (t) => {
  const { gateway, claude, sent } = await startCacheTest(t, [deployment('m', CLAUDE)]);
  const added = deployment('added', CLAUDE, { prompt_cache: 'system' });
  const params = { ...(added.litellm_params as object), api_base: gateway.simulator.url, api_key: 'sk-added' };
  const made = await gateway.post('/model/new', { ...added, litellm_params: params });
  assert.equal(made.status, 200, await made.text());
  await claude().messages.create({ model: 'added', max_tokens: 20, system: words(2_000), messages: [user('One?')] });
  assert.deepEqual(marksIn(sent()[0]), ['.system[0]']);
});

test('injection points: roles, places from both ends, tools, lives; as LiteLLM has them', async (t) => {
  const points = (...cache_control_injection_points: JsonObject[]) => ({ cache_control_injection_points });
  const { openai, sent } = await startCacheTest(t, [
    deployment('roles', CLAUDE, points({ location: 'message', role: 'system' }, { location: 'message', role: 'user' })),
    deployment('places', CLAUDE, points({ location: 'message', index: -1 }, { location: 'message', index: '-3' })),
    deployment('first', CLAUDE, points({ location: 'message', index: 0 }, { location: 'message', index: 99 })),
    deployment('tools', CLAUDE, points({ location: 'tool_config' })),
    deployment(
      'hour',
      CLAUDE,
      points({ location: 'message', role: 'system', control: { type: 'ephemeral', ttl: '1h' } }),
    ),
  ]);
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'One?' },
    { role: 'assistant', content: 'Yes.' },
    { role: 'user', content: 'Two?' },
  ];
  const tools = ['a', 'b'].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }));
  for (const model of ['roles', 'places', 'first', 'tools', 'hour'])
    await openai().chat.completions.create({ model, messages, tools, max_tokens: 20 } as never);
  assert.deepEqual(
    sent().map((body) => marksIn(body)),
    [
      ['.system[0]', '.messages[0].content[0]', '.messages[2].content[0]'],
      ['.messages[0].content[0]', '.messages[2].content[0]'],
      ['.system[0]'],
      ['.tools[1]'],
      ['.system[0]'],
    ],
  );
  assert.match(JSON.stringify(sent()[4]), /"ttl":"1h"/);
});

test('injection points on a message that no mark can stand in, or with the marks of a client, never fail a request', async (t) => {
  const wanted = [0, 1, 2, 3, 4, 5].map((index) => ({ location: 'message', index }));
  const { claude, sent } = await startCacheTest(t, [
    deployment('m', CLAUDE, { cache_control_injection_points: wanted }),
  ]);
  const own = { type: 'text' as const, text: 'Marked.', cache_control: { type: 'ephemeral' as const } };
  const messages: Anthropic.MessageParam[] = [0, 1, 2, 3, 4].flatMap((turn) => [
    { role: 'user' as const, content: turn === 0 ? [own] : `Turn ${turn}` },
    { role: 'assistant' as const, content: 'Yes.' },
  ]);
  await claude().messages.create({ model: 'm', max_tokens: 20, messages: [...messages, user('End?')] });
  assert.deepEqual(marksIn(sent()[0]).length, 4);
  assert.ok(marksIn(sent()[0]).includes('.messages[0].content[0]'));
});

const GPT = 'openai/gpt-5.6';

test('GPT-5.6: breakpoints where they pay, and nothing written where they do not', async (t) => {
  const { openai, sent, seen, clock } = await startCacheTest(t, [
    deployment('auto', GPT, { prompt_cache: 'auto' }),
    deployment('system', GPT, { prompt_cache: 'system' }),
    deployment('plain', GPT),
  ]);
  const ask = (model: string, turns: number, word = 'river') =>
    openai().chat.completions.create({
      model,
      messages: [
        { role: 'developer', content: words(1_500, word) },
        ...Array.from({ length: turns }, (_, at) => [
          { role: 'user' as const, content: words(200, `turn${at}`) },
          { role: 'assistant' as const, content: 'Yes.' },
        ]).flat(),
        { role: 'user', content: 'And?' },
      ],
    });
  await ask('plain', 0, 'plain');
  assert.equal(sent()[0]?.prompt_cache_options, undefined);
  for (const turns of [0, 1, 2]) {
    await ask('auto', turns);
    clock.forward(20_000);
  }
  assert.deepEqual(sent()[3]?.prompt_cache_options, { mode: 'explicit' });
  assert.ok((seen()[3]?.billed?.cachedTokens ?? 0) > 1_500);
  await ask('system', 0, 'other');
  await ask('system', 3, 'other');
  assert.deepEqual(
    sent()
      .slice(4)
      .map((body) => marksIn(body)),
    [['.messages[0].content[0]'], ['.messages[0].content[0]']],
  );
  const last = seen()[5]?.billed;
  assert.ok((last?.cachedTokens ?? 0) >= 1_500 && last?.cacheWriteTokens === 0);
});

test('Responses and Gemini clients in front of Claude, and Responses in front of GPT-5.6', async (t) => {
  const { gateway, openai, sent } = await startCacheTest(t, [
    deployment('claude', CLAUDE, { prompt_cache: 'system' }),
    deployment('gpt', GPT, { prompt_cache: 'system' }),
  ]);
  const input = [
    { role: 'developer', content: words(1_500) },
    { role: 'user', content: 'One?' },
  ];
  await openai().responses.create({ model: 'claude', input, store: false } as never);
  await openai().responses.create({ model: 'gpt', input, store: false } as never);
  const contents = [{ role: 'user', parts: [{ text: 'One?' }] }];
  const answer = await gateway.post('/v1beta/models/claude:generateContent', {
    contents,
    systemInstruction: { parts: [{ text: words(1_500) }] },
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(
    sent().map((body) => marksIn(body)),
    [['.system[0]'], ['.input[0].content[0]'], ['.system[0]']],
  );
});

test('a fallback and a retry are marked for the model that they go to', async (t) => {
  const { gateway, claude, sent } = await startCacheTest(
    t,
    [
      deployment('m', 'anthropic/claude-opus-4-6', { prompt_cache: 'system' }),
      deployment('other', CLAUDE, { prompt_cache: 'system' }),
    ],
    { router_settings: { fallbacks: [{ m: ['other'] }] } },
  );
  gateway.simulator.script({ match: { model: 'claude-opus-4-6' }, fault: '500' });
  await claude().messages.create({ model: 'm', max_tokens: 20, system: words(2_000), messages: [user('One?')] });
  assert.deepEqual(
    sent().map((body) => [body.model, marksIn(body).length]),
    [
      ['claude-opus-4-6', 0],
      ['claude-sonnet-5', 1],
    ],
  );
});

test('a turn of more blocks than the provider looks back gets another mark where the last one ended', async (t) => {
  const { claude, sent, seen } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  const first: Anthropic.MessageParam[] = [user(words(1_500))];
  await claude().messages.create({ model: 'm', max_tokens: 20, messages: first });
  const many = Array.from({ length: 30 }, (_, at) => ({ type: 'text' as const, text: `Part ${at} ${words(20)}` }));
  const messages: Anthropic.MessageParam[] = [
    ...first,
    { role: 'assistant', content: 'Yes.' },
    { role: 'user', content: many },
  ];
  await claude().messages.create({ model: 'm', max_tokens: 20, messages });
  assert.deepEqual(marksIn(sent()[1]), ['.messages[0].content[0]', '.messages[2].content[29]']);
  assert.ok((seen()[1]?.billed?.cachedTokens ?? 0) >= 1_500);
});

test('tools that are loaded later are never marked', async (t) => {
  const { gateway, sent } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'system' })]);
  const tools = [tool('look', words(1_500)), { ...tool('later'), defer_loading: true }];
  const answer = await gateway.post('/v1/messages', { model: 'm', max_tokens: 20, tools, messages: [user('One?')] });
  assert.equal(answer.status, 200, await answer.text());
  assert.deepEqual(marksIn(sent()[0]), ['.tools[0]']);
});

test('bodies that another thread writes are marked too, in both lanes', async (t) => {
  const { claude, openai, sent, seen } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  const long = words(80_000);
  const turns = [user(long), { role: 'assistant' as const, content: 'Yes.' }, user('And?')];
  for (const messages of [turns.slice(0, 1), turns]) {
    await claude().messages.create({ model: 'm', max_tokens: 20, messages });
    await openai().chat.completions.create({ model: 'm', max_tokens: 20, messages: messages as never });
  }
  for (const body of sent()) assert.equal(marksIn(body).length, 1);
  assert.ok(
    seen()
      .slice(1)
      .every(({ billed }) => (billed?.cachedTokens ?? 0) >= 80_000),
  );
});

test('what counts tokens is not marked', async (t) => {
  const { claude, sent } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'auto' })]);
  await claude().messages.countTokens({ model: 'm', system: words(2_000), messages: [user('One?')] });
  assert.deepEqual(marksIn(sent()[0]), []);
});

test('a provider that lost what it kept is written to again', async (t) => {
  const { claude, gateway, seen } = await startCacheTest(t, [deployment('m', CLAUDE, { prompt_cache: 'system' })]);
  const ask = (): Promise<unknown> =>
    claude().messages.create({ model: 'm', max_tokens: 20, system: words(2_000), messages: [user('One?')] });
  await ask();
  await ask();
  assert.ok((seen()[1]?.billed?.cachedTokens ?? 0) > 0);
  gateway.simulator.reset();
  await ask();
  await ask();
  assert.deepEqual(
    seen().map(({ billed }) => [(billed?.cacheWriteTokens ?? 0) > 0, (billed?.cachedTokens ?? 0) > 0]),
    [
      [true, false],
      [false, true],
    ],
  );
});
