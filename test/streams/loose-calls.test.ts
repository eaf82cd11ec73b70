/** Tool calls as loose servers write them: clients of both formats, in both lanes, get calls that they can put together. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { itemsOf, type JsonObject, objectOf } from '../../src/core/json.ts';
import { dataOf, readAnthropic, readOpenAi, type SeenAnswer } from './client-streams.ts';
import { openai, type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
after(() => world.close());

const CLIENTS = ['openai', 'anthropic'] as const;

async function seenBy(client: (typeof CLIENTS)[number], fragments: readonly JsonObject[]): Promise<SeenAnswer> {
  world.upstream.answer = () => ({ events: [...fragments.map((each) => openai.call(each)), ...openai.end()] });
  const { text } = await world.ask(client, { model: 'ollama/x', stream: true });
  return client === 'openai' ? readOpenAi(text) : readAnthropic(text);
}

const callsOf = (seen: SeenAnswer): string[][] => seen.calls.map((call) => [call.name, call.arguments]);

describe('streamed tool calls of a loose server', { timeout: 20_000 }, () => {
  for (const client of CLIENTS) {
    it(`without ids under one index are two calls for the ${client} client`, async () => {
      const call = (json: string): JsonObject => ({
        index: 0,
        type: 'function',
        function: { name: 'f', arguments: json },
      });
      const seen = await seenBy(client, [call('{"a":"1"}'), call('{"a":"2"}')]);
      assert.deepEqual(callsOf(seen), [
        ['f', '{"a":"1"}'],
        ['f', '{"a":"2"}'],
      ]);
      assert.equal(new Set(seen.calls.map(({ id }) => id)).size, 2);
    });

    it(`with one id for all are calls with ids of their own for the ${client} client`, async () => {
      const call = (index: number, json: string): JsonObject => ({
        index,
        id: 'call_0',
        type: 'function',
        function: { name: 'f', arguments: json },
      });
      const seen = await seenBy(client, [call(0, '{"a":1}'), call(1, '{"a":2}')]);
      assert.equal(seen.calls.length, 2);
      assert.equal(new Set(seen.calls.map(({ id }) => id)).size, 2);
    });
  }

  it('whose arguments begin with an empty object have the true ones', async () => {
    const seen = await seenBy('anthropic', [
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
      { index: 0, function: { arguments: '{"a":' } },
      { index: 0, function: { arguments: '1}' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      { index: 2, id: 'c', type: 'function', function: { name: 'h', arguments: '' } },
    ]);
    assert.deepEqual(callsOf(seen), [
      ['f', '{"a":1}'],
      ['g', '{}'],
      ['h', '{}'],
    ]);
  });

  it('are relayed without ids and names that are null', async () => {
    const first = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"a"' } };
    world.upstream.answer = () => ({
      events: [
        openai.call(first),
        openai.call({ index: 0, id: null, function: { name: null, arguments: ':1}' } }),
        ...openai.end('tool_calls'),
      ],
    });
    const { text } = await world.ask('openai', { model: 'ollama/x', stream: true });
    const fragments = dataOf(text).flatMap((data) =>
      data === '[DONE]'
        ? []
        : itemsOf(objectOf(objectOf(itemsOf((JSON.parse(data) as JsonObject).choices)[0])?.delta)?.tool_calls),
    );
    assert.deepEqual(fragments, [first, { index: 0, function: { arguments: ':1}' } }]);
  });

  it('that come whole without ids get ids in the relay lane too', async () => {
    const call = { id: null, type: 'function', function: { name: 'f', arguments: '{}' } };
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [call, { ...call, id: '' }, { ...call, id: 'kept' }],
    };
    world.upstream.answer = () => ({
      json: {
        id: 'x',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      },
    });
    const { text } = await world.ask('openai', { model: 'ollama/x' });
    const answer = JSON.parse(text) as { choices: { message: { tool_calls: { id: string }[] } }[] };
    const ids = answer.choices[0]?.message.tool_calls.map(({ id }) => id) ?? [];
    assert.equal(new Set(ids).size, 3);
    assert.ok(
      ids.every((id) => /^\w{4,40}$/.test(id)),
      ids.join(),
    );
    assert.equal(ids[2], 'kept');
  });
});
