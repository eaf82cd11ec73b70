/** Blocks belong to their index, and an answer is one generation: what follows of another is never joined to it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { readAnthropic, readOpenAi } from './client-streams.ts';
import { claude, openai, type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
after(() => world.close());

const tools = ['f', 'g'].map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }));
const chat = (model: string): Promise<{ text: string }> => world.ask('openai', { model, stream: true, tools });

function upstreamSends(...events: (JsonObject | string)[]): void {
  world.upstream.answer = () => ({ events });
}

describe('blocks of a Claude stream', { timeout: 20_000 }, () => {
  it('that overlap get the deltas of their own index', async () => {
    upstreamSends(
      claude.start(),
      claude.tool(0, 't1', 'f'),
      claude.tool(1, 't2', 'g'),
      claude.input(0, '{"a":'),
      claude.input(1, '{"b":2}'),
      claude.input(0, '1}'),
      claude.stop(0),
      claude.stop(1),
      ...claude.end(),
    );
    const seen = readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text);
    assert.deepEqual(
      seen.calls.map((call) => [call.name, call.arguments]),
      [
        ['f', '{"a":1}'],
        ['g', '{"b":2}'],
      ],
    );
    assert.equal(seen.isBroken, false);
  });

  it('of texts that overlap come one after the other', async () => {
    upstreamSends(
      claude.start(),
      claude.text(0),
      claude.text(1),
      claude.say(1, 'second'),
      claude.say(0, 'fir'),
      claude.stop(1),
      claude.say(0, 'st '),
      claude.stop(0),
      ...claude.end('end_turn'),
    );
    assert.equal(readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text).text, 'first second');
  });

  it('break the stream if a delta names a block that is not open, or a block begins twice', async () => {
    const open = [claude.start(), claude.text(0), claude.say(0, 'Hello')];
    upstreamSends(...open, claude.input(3, '{"a":1}'), ...claude.end());
    assert.equal(readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text).isBroken, true);
    upstreamSends(...open, claude.text(0), claude.say(0, 'again'), ...claude.end());
    const seen = readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text);
    assert.deepEqual([seen.text, seen.isBroken], ['Hello', true]);
  });
});

describe('a stream in which another generation follows', { timeout: 20_000 }, () => {
  it('is broken at the second start of a Claude message, whatever was open', async () => {
    const first = [claude.start('msg_first'), claude.tool(0, 't1', 'f'), claude.input(0, '{"value":"Spark')];
    const second = [claude.tool(0, 't2', 'f'), claude.input(0, '{"value":"Sparkle"}'), claude.stop(0)];
    for (const id of ['msg_second', 'msg_first']) {
      upstreamSends(...first, claude.start(id), ...second, ...claude.end());
      const seen = readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text);
      assert.deepEqual(
        [seen.calls.map((call) => call.arguments), seen.isBroken],
        [['{"value":"Spark'], true],
        `second start as ${id}`,
      );
    }
  });

  it('is whole if only the start of a Claude message is repeated', async () => {
    upstreamSends(
      claude.start(),
      claude.start(),
      claude.text(0),
      claude.say(0, 'Hello'),
      claude.stop(0),
      ...claude.end('end_turn'),
    );
    const seen = readOpenAi((await chat('anthropic/claude-sonnet-4-5')).text);
    assert.deepEqual([seen.text, seen.isBroken], ['Hello', false]);
  });

  it('is broken where the id of OpenAI chunks changes', async () => {
    const say = (text: string, id: string): JsonObject => openai.chunk({ content: text }, id);
    const streams = [
      [say('First', 'a'), say('Second', 'b'), ...openai.end('stop', 'b')],
      [say('Fir', 'a'), say('st', 'a'), say('Second', 'b'), ...openai.end('stop', 'b')],
      [say('Fir', 'a'), say('st', 'a'), say('Second', 'b'), say('!', 'a'), ...openai.end('stop', 'a')],
    ];
    for (const events of streams) {
      upstreamSends(...events);
      const { text } = await world.ask('anthropic', { model: 'ollama/x', stream: true });
      const seen = readAnthropic(text);
      assert.deepEqual([seen.text, seen.isBroken], ['First', true]);
    }
  });

  it('is whole if the server makes an id for every chunk, or opens and closes the stream under another id', async () => {
    const say = (text: string, id: string): JsonObject => openai.chunk({ content: text }, id);
    const streams = [
      [say('One', '1'), say(' two', '2'), say(' three', '3'), ...openai.end('stop', '4')],
      [say('One', '1'), say(' two three', '2'), ...openai.end('stop', '3')],
      [
        openai.chunk({ role: 'assistant', content: '' }, 'x'),
        say('One two', 'a'),
        say(' three', 'a'),
        ...openai.end('stop', 'y'),
      ],
      [say('One two', 'a'), say(' three', ''), ...openai.end('stop', 'a')],
    ];
    for (const events of streams) {
      upstreamSends(...events);
      const { text } = await world.ask('anthropic', { model: 'ollama/x', stream: true });
      const seen = readAnthropic(text);
      assert.deepEqual([seen.text, seen.isBroken], ['One two three', false]);
    }
  });

  it('is broken where the id of Gemini events changes', async () => {
    const event = (text: string, responseId: string, more: JsonObject = {}): JsonObject => ({
      responseId,
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
    });
    upstreamSends(event('First', 'a'), event('Second', 'b', { finishReason: 'STOP' }));
    const seen = readOpenAi((await chat('gemini/gemini-2.5-pro')).text);
    assert.deepEqual([seen.text, seen.isBroken], ['First', true]);
  });
});

describe('a relayed stream in which another generation follows', { timeout: 20_000 }, () => {
  it('is broken at the second start of a Claude message', async () => {
    const first = [claude.start('msg_first'), claude.text(0), claude.say(0, 'First half')];
    const second = [claude.text(0), claude.say(0, 'Whole answer'), claude.stop(0), ...claude.end('end_turn')];
    for (const id of ['msg_second', 'msg_first']) {
      upstreamSends(...first, claude.start(id), ...second);
      const { text } = await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', stream: true });
      const seen = readAnthropic(text);
      assert.deepEqual([seen.text, seen.isBroken], ['First half', true], `second start as ${id}`);
    }
    upstreamSends(claude.start(), claude.start(), claude.text(0), claude.say(0, 'Hello'), ...claude.end('end_turn'));
    const { text } = await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', stream: true });
    assert.deepEqual([readAnthropic(text).text, readAnthropic(text).isBroken], ['Hello', false]);
  });

  it('is broken where the id of OpenAI chunks changes; if nothing was sent, the fallback answers', async () => {
    const say = (text: string, id: string): JsonObject => openai.chunk({ content: text }, id);
    const many = Array.from({ length: 9 }, () => say('.', 'a'));
    upstreamSends(say('First', 'a'), ...many, say('Second', 'b'), ...openai.end('stop', 'b'));
    const seen = readOpenAi((await chat('openai/gpt-4o')).text);
    assert.deepEqual([seen.text, seen.isBroken], [`First${'.'.repeat(9)}`, true]);
    upstreamSends(
      claude.start('a'),
      claude.start('b'),
      claude.text(0),
      claude.say(0, 'Second'),
      ...claude.end('end_turn'),
    );
    world.spare.answer = () => ({
      events: [claude.start(), claude.text(0), claude.say(0, 'Spare'), claude.stop(0), ...claude.end('end_turn')],
    });
    const saved = readAnthropic((await world.ask('anthropic', { model: 'falls/anthropic', stream: true })).text);
    assert.deepEqual([saved.text, saved.isBroken], ['Spare', false]);
  });

  it('is passed on as it is if the server makes an id for every chunk', async () => {
    const ids = ['1', '2', '3', '4'];
    upstreamSends(...ids.map((id) => openai.chunk({ content: id }, id)), ...openai.end('stop', '5'));
    const seen = readOpenAi((await chat('hosted_vllm/x')).text);
    assert.deepEqual([seen.text, seen.isBroken], ['1234', false]);
  });

  const HELLO = [claude.start(), claude.text(0), claude.say(0, 'Hel'), claude.say(0, 'lo')];
  const misplaced: readonly (readonly [what: string, events: readonly JsonObject[]])[] = [
    ['begins a second time while it is open', [claude.text(0), claude.say(0, 'again'), claude.stop(0)]],
    ['begins a second time after it ended', [claude.stop(0), claude.tool(0, 't1', 'f'), claude.input(0, '{}')]],
    ['gets a delta after it ended', [claude.stop(0), claude.say(0, 'late'), claude.say(0, 'later')]],
    ['gets a delta before it begins', [claude.stop(0), claude.input(1, '{"a":1}'), claude.tool(1, 't1', 'f')]],
    [
      'gets a delta after the message told why it ended',
      [...claude.end('end_turn').slice(0, 1), claude.say(0, 'late')],
    ],
  ];
  for (const [what, events] of misplaced) {
    it(`is broken if a block ${what}, as it is in translation`, async () => {
      upstreamSends(...HELLO, ...events, ...claude.end('end_turn'));
      const model = 'anthropic/claude-sonnet-4-5';
      const { text } = await world.ask('anthropic', { model, stream: true });
      const seen = readAnthropic(text);
      assert.deepEqual([seen.text, seen.calls, seen.isBroken], ['Hello', [], true]);
      assert.doesNotMatch(text, /again|late/);
      assert.deepEqual(readOpenAi((await chat(model)).text).isBroken, true);
    });
  }

  it('is whole if blocks overlap, whatever stands between their deltas', async () => {
    upstreamSends(
      claude.start(),
      { type: 'ping' },
      claude.tool(0, 't1', 'f'),
      claude.tool(1, 't2', 'g'),
      claude.input(0, '{"a":'),
      claude.input(1, '{"b":2}'),
      { type: 'a_type_of_tomorrow', index: 7 },
      claude.input(0, '1}'),
      claude.stop(1),
      claude.stop(0),
      ...claude.end(),
    );
    const { text } = await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', stream: true });
    const seen = readAnthropic(text);
    assert.deepEqual(
      [seen.calls.map((call) => [call.name, call.arguments]), seen.isBroken],
      [
        [
          ['f', '{"a":1}'],
          ['g', '{"b":2}'],
        ],
        false,
      ],
    );
  });

  it('is whole if a block is too large to be held as one event, and another follows', async () => {
    const large = {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'web_search_tool_result', content: 'x'.repeat(400_000) },
    };
    upstreamSends(
      claude.start(),
      large,
      claude.stop(0),
      claude.text(1),
      claude.say(1, 'found'),
      claude.stop(1),
      ...claude.end('end_turn'),
    );
    const { text } = await world.ask('anthropic', { model: 'anthropic/claude-sonnet-4-5', stream: true });
    assert.deepEqual([readAnthropic(text).text, readAnthropic(text).isBroken], ['found', false]);
  });

  const response = (id: string, text: string): JsonObject[] => [
    { type: 'response.created', response: { id, object: 'response', status: 'in_progress', model: 'm', output: [] } },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { id: 'msg', type: 'message', role: 'assistant', content: [] },
    },
    {
      type: 'response.content_part.added',
      output_index: 0,
      content_index: 0,
      item_id: 'msg',
      part: { type: 'output_text', text: '' },
    },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'msg', delta: text },
  ];
  const completed = (id: string): JsonObject => ({
    type: 'response.completed',
    response: {
      id,
      object: 'response',
      status: 'completed',
      model: 'm',
      output: [],
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  });
  const gemini = (text: string, responseId: string, more: JsonObject = {}): JsonObject => ({
    responseId,
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
  });

  for (const model of ['openai/gpt-4o', 'openai/gpt-5-pro'] as const) {
    it(`is broken at the second answer of the Responses API, over ${model}, relayed and translated`, async () => {
      upstreamSends(...response('resp_a', 'First'), ...response('resp_b', 'Second'), completed('resp_b'));
      const relayed = await (await world.gateway.post('/v1/responses', { model, input: 'hi', stream: true })).text();
      assert.match(relayed, /First/);
      assert.match(relayed, /"type":"error"|response\.failed/);
      assert.doesNotMatch(relayed, /Second|response\.completed/);
      if (model !== 'openai/gpt-5-pro') return;
      const seen = readOpenAi((await world.ask('openai', { model, stream: true })).text);
      assert.deepEqual([seen.text, seen.isBroken], ['First', true]);
    });
  }

  it('is broken where the id of Gemini events changes, and whole if an event has none', async () => {
    const path = '/v1beta/models/falls/gemini:streamGenerateContent?alt=sse';
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    const ask = async (): Promise<string> => (await world.gateway.post(path, { contents })).text();
    upstreamSends(gemini('Fir', 'a'), gemini('st', 'a'), gemini('Second', 'b', { finishReason: 'STOP' }));
    const broken = await ask();
    assert.match(broken, /"st"/);
    assert.match(broken, /"error"/);
    assert.doesNotMatch(broken, /Second/);
    upstreamSends(gemini('One', 'a'), gemini(' two "responseId":"b"', ''), gemini('.', 'a', { finishReason: 'STOP' }));
    const whole = await ask();
    assert.match(whole, /STOP/);
    assert.doesNotMatch(whole, /"error"/);
  });
});
