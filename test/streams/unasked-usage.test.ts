/** The gateway asks providers for usage in every stream. A client that did not ask sees nothing of it, and one that did gets all. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { openai, type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
after(() => world.close());

const COUNT = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** A stream as OpenAI writes it if it is asked for usage: null in each chunk, and the count in one of its own. */
function withNulls(): (JsonObject | string)[] {
  const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
    ...openai.chunk(delta, 'chatcmpl-1', finish),
    usage: null,
    obfuscation: 'x"usage":null',
  });
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"usage":null}' } };
  return [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'say "usage":null' }),
    chunk({ tool_calls: [call] }),
    chunk({}, 'tool_calls'),
    { ...openai.chunk({}), choices: [], usage: COUNT },
    '[DONE]',
  ];
}

const dataOf = (text: string): JsonObject[] =>
  text
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)) as JsonObject);

for (const model of ['openai/gpt-4o', 'hosted_vllm/x']) {
  it(`is not in the chunks of ${model} for a client that did not ask`, async () => {
    world.upstream.answer = () => ({ events: withNulls() });
    const { text } = await world.ask('openai', { model, stream: true });
    assert.deepEqual(world.upstream.requests.at(-1)?.body.stream_options, { include_usage: true });
    const chunks = dataOf(text);
    assert.ok(chunks.every((chunk) => !('usage' in chunk) && chunk.obfuscation === 'x"usage":null'));
    assert.match(text, /say \\"usage\\":null/);
    assert.match(text, /\{\\"usage\\":null\}/);
    assert.equal(chunks.length, 4);
    assert.match(text, /data: \[DONE\]\n\n$/);
  });

  it(`is passed on for ${model} as the provider writes it to a client that asked`, async () => {
    world.upstream.answer = () => ({ events: withNulls() });
    const { text } = await world.ask('openai', { model, stream: true, stream_options: { include_usage: true } });
    const chunks = dataOf(text);
    assert.deepEqual(
      chunks.map((chunk) => chunk.usage),
      [null, null, null, null, COUNT],
    );
  });
}
