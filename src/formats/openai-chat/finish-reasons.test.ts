import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamEvent } from '../neutral/conversation.ts';
import { readResponse } from './read-response.ts';
import { OpenAiChatStreamReader } from './stream-reader.ts';

const answer = (more: object) => ({
  id: 'c',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'stop', ...more }],
});

test('the stop sequence that vLLM and SGLang name is read, whole and streamed', () => {
  for (const named of [{ stop_reason: 'END' }, { matched_stop: 'END' }]) {
    const finish = readResponse(answer(named)).choices[0]?.finish;
    assert.deepEqual(finish, { reason: 'stop-sequence', raw: 'stop', stopSequence: 'END' });
    const events: StreamEvent[] = [];
    const reader = new OpenAiChatStreamReader();
    const chunk = {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop', ...named }],
    };
    reader.read(JSON.stringify(chunk), undefined, (event) => events.push(event));
    reader.read('[DONE]', undefined, (event) => events.push(event));
    const end = events.find((event) => event.type === 'finish');
    assert.deepEqual(end?.type === 'finish' && end.finish, finish);
  }
});

test('a token’s number, null and a word for the reason are no stop sequence', () => {
  for (const stop_reason of [128_009, null, 'stop', 'end_turn', '']) {
    assert.equal(readResponse(answer({ stop_reason })).choices[0]?.finish.reason, 'stop');
  }
});
