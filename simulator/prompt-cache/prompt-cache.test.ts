import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Simulator } from '../contract.ts';
import { startSimulator } from '../start.ts';

/** A text of so many of the simulator's tokens. */
const words = (count: number, seed = 'abcde'): string => `${seed} `.repeat(count).trim();
const mark = (ttl?: '5m' | '1h') => ({ type: 'ephemeral' as const, ...(ttl !== undefined && { ttl }) });
const text = (said: string, ttl?: '5m' | '1h' | 'none') => ({
  type: 'text' as const,
  text: said,
  ...(ttl !== 'none' && { cache_control: mark(ttl) }),
});

describe('the prompt cache of the simulator', () => {
  let nowMs = 0;
  let simulator: Simulator;
  before(async () => {
    simulator = await startSimulator({ clock: { nowMs: () => nowMs, monotonicMs: () => nowMs } });
  });
  after(() => simulator.close());

  const claude = (apiKey = 'sk-one') => new Anthropic({ apiKey, baseURL: simulator.url, maxRetries: 0 });
  const ask = async (body: Partial<Anthropic.MessageCreateParamsNonStreaming>, apiKey?: string) =>
    (
      await claude(apiKey).messages.create({
        model: 'claude-sonnet-5',
        max_tokens: 20,
        messages: [{ role: 'user', content: 'Hello' }],
        ...body,
      })
    ).usage;

  it('writes at a mark, reads until its life is over, and lives on when it is read', async () => {
    simulator.reset();
    const system = [text(words(2_000))];
    const first = await ask({ system });
    assert.equal(first.cache_read_input_tokens, 0);
    const written = first.cache_creation_input_tokens ?? 0;
    assert.ok(written >= 2_000 && written < 2_010);
    assert.deepEqual(first.cache_creation, { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 });
    for (const later of [299_000, 299_000]) {
      nowMs += later;
      const again = await ask({ system, messages: [{ role: 'user', content: 'Other words' }] });
      assert.deepEqual([again.cache_read_input_tokens, again.cache_creation_input_tokens], [written, 0]);
    }
    nowMs += 301_000;
    assert.equal((await ask({ system })).cache_read_input_tokens, 0);
  });

  it('keeps for an hour what is marked so, and bills it apart', async () => {
    simulator.reset();
    const body = {
      system: [text(words(2_000), '1h')],
      messages: [{ role: 'user' as const, content: [text(words(500, 'other'))] }],
    };
    const first = await ask(body);
    assert.ok((first.cache_creation?.ephemeral_1h_input_tokens ?? 0) >= 2_000);
    const short = first.cache_creation?.ephemeral_5m_input_tokens ?? 0;
    assert.ok(short >= 500 && short < 520);
    nowMs += 3_000_000;
    const later = await ask(body);
    assert.equal(later.cache_read_input_tokens, first.cache_creation?.ephemeral_1h_input_tokens);
    assert.equal(later.cache_creation_input_tokens, short);
  });

  it('reads and writes nothing without marks, and nothing below the least of the model', async () => {
    simulator.reset();
    for (const system of [[text(words(2_000), 'none')], [text(words(900))]]) {
      for (let round = 0; round < 2; round++) {
        const usage = await ask({ system });
        assert.deepEqual([usage.cache_read_input_tokens, usage.cache_creation_input_tokens], [0, 0]);
      }
    }
    const few = { system: [text(words(900))] };
    for (const [model, isKept] of [
      ['claude-opus-5-5', true],
      ['claude-haiku-4-5', false],
    ] as const) {
      const usage = await ask({ ...few, model, max_tokens: 20 });
      assert.equal((usage.cache_creation_input_tokens ?? 0) > 0, isKept, model);
    }
  });

  it('refuses a fifth mark, and an hour behind five minutes, in the words of Anthropic', async () => {
    const messages = [{ role: 'user' as const, content: Array.from({ length: 4 }, (_, at) => text(`part ${at}`)) }];
    await ask({ messages });
    await assert.rejects(
      ask({ messages, system: [text('a fifth')] }),
      /maximum of 4 blocks with cache_control.*Found 5/,
    );
    await assert.rejects(
      ask({ system: [text('short', '5m')], messages: [{ role: 'user', content: [text('long', '1h')] }] }),
      /a ttl='1h' cache_control block must not come after a ttl='5m'/,
    );
  });

  it('finds an entry up to 20 blocks before a mark, and none further back', async () => {
    const turn = (blocks: number, isMarked: boolean) => ({
      role: 'user' as const,
      content: Array.from({ length: blocks }, (_, at) =>
        text(at === 0 ? words(1_500) : `block ${at}`, isMarked && at === blocks - 1 ? '5m' : 'none'),
      ),
    });
    for (const [blocks, isFound] of [
      [20, true],
      [21, false],
    ] as const) {
      simulator.reset();
      await ask({ messages: [turn(1, true)] });
      const usage = await ask({ messages: [turn(blocks, true)] });
      assert.equal((usage.cache_read_input_tokens ?? 0) > 0, isFound, `${blocks} blocks`);
    }
  });

  it('takes a string for the same as one block of text, so that a mark may move on', async () => {
    simulator.reset();
    const long = words(1_500);
    await ask({ messages: [{ role: 'user', content: [text(long)] }] });
    const next = await ask({
      messages: [
        { role: 'user', content: long },
        { role: 'assistant', content: 'Yes.' },
        { role: 'user', content: [text('And now?')] },
      ],
    });
    assert.ok((next.cache_read_input_tokens ?? 0) >= 1_500);
  });

  it('spoils the messages and not the head by another choice of tools', async () => {
    simulator.reset();
    const tools = [{ name: 'look', description: words(1_500), input_schema: { type: 'object' as const } }];
    const body = {
      tools: tools.map((tool) => ({ ...tool, cache_control: mark() })),
      messages: [{ role: 'user' as const, content: [text(words(1_500))] }],
    };
    const first = await ask(body);
    const all = first.cache_creation_input_tokens ?? 0;
    assert.equal((await ask(body)).cache_read_input_tokens, all);
    const other = await ask({ ...body, tool_choice: { type: 'none' } });
    const read = other.cache_read_input_tokens ?? 0;
    assert.ok(read >= 1_500 && read < all - 1_000);
  });

  it('has one cache for all users of a key, and shares none with other keys', async () => {
    simulator.reset();
    const system = [text(words(2_000))];
    await ask({ system });
    assert.ok(((await ask({ system })).cache_read_input_tokens ?? 0) > 0);
    assert.equal((await ask({ system }, 'sk-two')).cache_read_input_tokens, 0);
  });

  const chat = async (model: string, body: object = {}) => {
    const client = new OpenAI({ apiKey: 'sk-one', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
    const messages = [
      { role: 'system', content: words(2_000) },
      { role: 'user', content: 'Hello' },
    ];
    const answer = await client.chat.completions.create({ model, messages, ...body } as never);
    return (answer as OpenAI.ChatCompletion).usage?.prompt_tokens_details as {
      cached_tokens: number;
      cache_write_tokens?: number;
    };
  };

  it('caches by itself in whole blocks where the provider does, for each prompt_cache_key apart', async () => {
    simulator.reset();
    for (const model of ['gpt-5.4', 'glm-5', 'deepseek-chat']) {
      assert.equal((await chat(model)).cached_tokens, 0, model);
      const { cached_tokens: cached } = await chat(model);
      assert.ok(cached >= 1_920 && cached % (model === 'deepseek-chat' ? 64 : 128) === 0, `${model}: ${cached}`);
    }
    assert.equal((await chat('gpt-5.4', { prompt_cache_key: 'a' })).cached_tokens, 0);
    assert.ok((await chat('gpt-5.4', { prompt_cache_key: 'a' })).cached_tokens > 0);
    assert.equal((await chat('gpt-5.4', { prompt_cache_key: 'b' })).cached_tokens, 0);
    nowMs += 301_000;
    assert.equal((await chat('gpt-5.4')).cached_tokens, 0);
    assert.ok((await chat('deepseek-chat')).cached_tokens > 0);
  });

  it('caches at breakpoints and bills what it writes from GPT-5.6 on', async () => {
    simulator.reset();
    const first = await chat('gpt-5.6');
    assert.ok((first.cache_write_tokens ?? 0) >= 2_000);
    const goesOn = [
      { role: 'system', content: words(2_000) },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'More' },
    ];
    const next = await chat('gpt-5.6', { messages: goesOn });
    assert.equal(next.cached_tokens, first.cache_write_tokens);
    const none = await chat('gpt-5.6', { messages: goesOn, prompt_cache_options: { mode: 'explicit' } });
    assert.deepEqual([none.cached_tokens, none.cache_write_tokens ?? 0], [0, 0]);
    const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } };
    const marked = [{ role: 'system', content: [{ type: 'text', text: words(2_000, 'other'), ...breakpoint }] }];
    const explicit = {
      messages: [...marked, { role: 'user', content: 'One' }],
      prompt_cache_options: { mode: 'explicit' },
    };
    const written = (await chat('gpt-5.6', explicit)).cache_write_tokens ?? 0;
    assert.ok(written >= 2_000 && written < 2_005);
    const again = await chat('gpt-5.6', { ...explicit, messages: [...marked, { role: 'user', content: 'Two' }] });
    assert.deepEqual([again.cached_tokens, again.cache_write_tokens ?? 0], [written, 0]);
    await assert.rejects(chat('gpt-5.4', { messages: explicit.messages }), /prompt_cache_breakpoint/);
  });
});
