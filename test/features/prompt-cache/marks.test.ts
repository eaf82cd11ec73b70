/** Where marks are set for the provider's prompt cache, and what that costs: true SDKs in front, the simulator's cache behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Anthropic from '@anthropic-ai/sdk';
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
