/** Gemini signs texts too. An Anthropic client that takes the last block for the result, as Claude Code does, still finds the text. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { readAnthropic } from './client-streams.ts';
import type { ScriptedAnswer } from './scripted-upstream.ts';
import { type StreamWorld, startStreamWorld } from './world.ts';

let world: StreamWorld;
before(async () => {
  world = await startStreamWorld();
});
after(() => world.close());

const SIGNATURE = 'c2lnbmF0dXJlLW9mLXRoZS10ZXh0';
const MODEL = 'gemini/gemini-2.5-pro';

function answerOf(parts: readonly JsonObject[], isStream: boolean): ScriptedAnswer {
  const event = (some: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
    responseId: 'r',
    candidates: [{ index: 0, content: { role: 'model', parts: [...some] }, ...more }],
  });
  if (!isStream) return { json: event(parts, { finishReason: 'STOP' }) };
  return { events: [...parts.map((part) => event([part])), event([], { finishReason: 'STOP' })] };
}

const ANSWERS: readonly (readonly [string, readonly JsonObject[]])[] = [
  ['on its only part', [{ text: 'Hello', thoughtSignature: SIGNATURE }]],
  ['on its last part', [{ text: 'Hel' }, { text: 'lo', thoughtSignature: SIGNATURE }]],
  ['on an empty part at the end', [{ text: 'Hello' }, { text: '', thoughtSignature: SIGNATURE }]],
  ['on its first part', [{ text: 'Hel', thoughtSignature: SIGNATURE }, { text: 'lo' }]],
  [
    'behind thoughts',
    [
      { text: 'Hm.', thought: true },
      { text: 'Hello', thoughtSignature: SIGNATURE },
    ],
  ],
];

describe('an answer of Gemini whose text is signed', { timeout: 20_000 }, () => {
  for (const [place, parts] of ANSWERS) {
    it(`${place} ends with its text for an Anthropic client`, async () => {
      world.upstream.answer = ({ path }) => answerOf(parts, path.includes('stream'));
      const streamed = readAnthropic((await world.ask('anthropic', { model: MODEL, stream: true })).text);
      assert.deepEqual([streamed.text, streamed.kinds.at(-1)], ['Hello', 'text']);
      const { text } = await world.ask('anthropic', { model: MODEL });
      const { content } = JSON.parse(text) as { content: { type: string; text?: string }[] };
      assert.equal(content.at(-1)?.type, 'text');
      assert.equal(content.map((block) => block.text ?? '').join(''), 'Hello');
    });
  }

  it('gets the signature back if a tool call followed', async () => {
    const parts = [{ text: 'Let me look.', thoughtSignature: SIGNATURE }, { functionCall: { name: 'f', args: {} } }];
    const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }];
    world.upstream.answer = ({ path }) => answerOf(parts, path.includes('stream'));
    const { text } = await world.ask('anthropic', { model: MODEL, tools });
    const { content } = JSON.parse(text) as { content: JsonObject[] };
    assert.equal(content.at(-1)?.type, 'tool_use');
    const result = { type: 'tool_result', tool_use_id: content.at(-1)?.id ?? '', content: 'r' };
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content },
      { role: 'user', content: [result] },
    ];
    await world.ask('anthropic', { model: MODEL, tools, messages });
    assert.ok(world.upstream.requests.at(-1)?.text.includes(SIGNATURE));
    const streamed = readAnthropic((await world.ask('anthropic', { model: MODEL, tools, stream: true })).text);
    assert.deepEqual(streamed.kinds, ['text', 'thinking', 'tool_use']);
  });
});
