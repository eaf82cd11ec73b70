import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatParts } from '../../formats/index.ts';
import type { ConversationRequest, Turn } from '../../formats/neutral/conversation.ts';
import {
  CONTINUE_INSTRUCTION,
  continuedRequest,
  estimatedTokens,
  mayContinue,
  styleAfterRefusal,
  styleFor,
} from './continuation.ts';
import { mergeUsage } from './continued-usage.ts';
import { type SentSoFar, StreamRecord } from './stream-record.ts';

const USER: Turn = { role: 'user', parts: [{ type: 'text', text: 'Tell me.' }] };
const REQUEST: ConversationRequest = {
  model: 'group',
  turns: [{ role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] }, USER],
  sampling: {},
  maxOutputTokens: 100,
  stream: true,
  streamUsage: false,
  extensions: { format: 'openai-chat', fields: {} },
};

/** What a client has that was sent these deltas of choice 0. */
function sentDeltas(...deltas: readonly unknown[]): SentSoFar {
  return sentChunks(...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })));
}

function sentChunks(...chunks: readonly unknown[]): SentSoFar {
  const record = new StreamRecord(formatParts('openai-chat'));
  for (const chunk of chunks) record.pass(Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`));
  return record.readSent();
}

const whyNot = (sent: SentSoFar, request: ConversationRequest = REQUEST): string => {
  const may = mayContinue(sent, request);
  return may.ok ? 'may' : may.why;
};

test('text is continued, and so is an answer of which no word was sent', () => {
  assert.equal(whyNot(sentDeltas({ role: 'assistant', content: 'The' })), 'may');
  assert.equal(whyNot(sentDeltas({ role: 'assistant', content: '' })), 'may');
  assert.equal(whyNot(sentDeltas({ reasoning_content: 'Hm.' })), 'may');
});

test('what a model could not take up coherently is not continued', () => {
  const text = { content: 'The' };
  assert.equal(whyNot(sentDeltas(text, { tool_calls: [{ index: 0, id: 'c1' }] })), 'tool-call');
  assert.equal(
    whyNot(sentDeltas(text, { tool_calls: [{ index: 0, id: 'c1', function: { name: 'f' } }] })),
    'tool-call',
  );
  assert.equal(whyNot(sentDeltas({ refusal: 'I will not' })), 'other-content');
  assert.equal(whyNot(sentDeltas(text), { ...REQUEST, output: { type: 'json-object' } }), 'structured-output');
  assert.equal(whyNot(sentDeltas({}), { ...REQUEST, output: { type: 'json-object' } }), 'may');
  assert.equal(whyNot(sentDeltas(text), { ...REQUEST, sampling: { choices: 2 } }), 'several-choices');
  assert.equal(whyNot(sentDeltas(text), { ...REQUEST, sampling: { logprobs: true } }), 'logprobs');
  assert.equal(whyNot(sentDeltas(text), { ...REQUEST, modalities: ['text', 'audio'] }), 'audio');
  const two = sentChunks({ choices: [{ index: 0, delta: text }] }, { choices: [{ index: 1, delta: text }] });
  assert.equal(whyNot(two), 'several-choices');
  const completion = { ...REQUEST, extensions: { format: 'openai-completions', fields: {} } } as const;
  assert.equal(whyNot(sentDeltas(text), completion), 'no-chat');
});

test('an answer whose finish was sent is complete, a tool call of it too', () => {
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] };
  const call = { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f' } }] } }] };
  assert.equal(whyNot(sentChunks(call, end)), 'complete');
});

test('a server tool of Claude that was begun cannot be gone on with', () => {
  const record = new StreamRecord(formatParts('anthropic-messages'));
  const block = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
  const start = { type: 'content_block_start', index: 0, content_block: block };
  record.pass(Buffer.from(`event: content_block_start\ndata: ${JSON.stringify(start)}\n\n`));
  assert.equal(whyNot(record.readSent()), 'tool-call');
});

test('the prompt stays as it was and the text follows it, without what a prefill may not end in', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      fc.pre(text.trim() !== '');
      const sent = sentDeltas({ content: text });
      for (const style of ['prefill', 'instruct'] as const) {
        const { turns, maxOutputTokens } = continuedRequest(REQUEST, sent, style);
        assert.deepEqual(turns.slice(0, 2), REQUEST.turns);
        const shown = style === 'prefill' ? text.trimEnd() : text;
        assert.deepEqual(turns[2], { role: 'assistant', parts: [{ type: 'text', text: shown }] });
        assert.equal(turns.length, style === 'prefill' ? 3 : 4);
        // A model that is asked to say its last words again needs room for them, or for all of it if it starts over.
        assert.equal(maxOutputTokens, style === 'prefill' ? Math.max(1, 100 - estimatedTokens(text)) : 100);
      }
    }),
  );
});

test('the instruction is the last turn of a model that takes no prefill', () => {
  const { turns } = continuedRequest(REQUEST, sentDeltas({ content: 'The' }), 'instruct');
  assert.deepEqual(turns.at(-1), { role: 'user', parts: [{ type: 'text', text: CONTINUE_INSTRUCTION }] });
});

test('where no word was sent, the request itself is sent again', () => {
  assert.equal(continuedRequest(REQUEST, sentDeltas({ content: '' }), 'instruct'), REQUEST);
  assert.equal(continuedRequest(REQUEST, sentDeltas({ content: ' \n' }), 'prefill'), REQUEST);
  assert.equal(continuedRequest(REQUEST, sentDeltas({ reasoning_content: 'Hm.' }), 'prefill'), REQUEST);
});

test('text behind a prefill of the client’s own is one turn with it', () => {
  const own: Turn = { role: 'assistant', parts: [{ type: 'text', text: 'Once upon' }] };
  const request = { ...REQUEST, turns: [USER, own] };
  const { turns } = continuedRequest(request, sentDeltas({ content: ' a time ' }), 'prefill');
  assert.deepEqual(turns, [USER, { role: 'assistant', parts: [{ type: 'text', text: 'Once upon a time' }] }]);
});

test('a prefill in the chat format is marked, as those that take one there ask for', () => {
  const { turns } = continuedRequest(REQUEST, sentDeltas({ content: 'The' }), 'prefill', 'openai-chat');
  assert.deepEqual(turns.at(-1)?.extra, { format: 'openai-chat', fields: { prefix: true } });
});

test('a prefill goes only to a model that is known to take one and is not asked to think', () => {
  assert.equal(styleFor(true, REQUEST), 'prefill');
  assert.equal(styleFor(undefined, REQUEST), 'instruct');
  assert.equal(styleFor(true, { ...REQUEST, reasoning: { effort: 'high' } }), 'instruct');
  assert.equal(styleFor(true, { ...REQUEST, reasoning: { effort: 'none' } }), 'prefill');
});

test('a refused prefill is tried once more as an instruction', () => {
  assert.equal(styleAfterRefusal('prefill', 400), 'instruct');
  assert.equal(styleAfterRefusal('prefill', 503), undefined);
  assert.equal(styleAfterRefusal('instruct', 400), undefined);
});

test('the client gets its own prompt and every token that was written counted', () => {
  const first = { usage: { inputTokens: 20, outputTokens: 1, cachedInputTokens: 8 }, writtenTokens: 7 };
  const second = { inputTokens: 130, outputTokens: 5, cachedInputTokens: 100, reasoningTokens: 2 };
  assert.deepEqual(mergeUsage(first, second, 9, 100), {
    inputTokens: 20,
    outputTokens: 12,
    cachedInputTokens: 8,
    reasoningTokens: 2,
    isEstimated: true,
  });
});

test('where the first provider told nothing, the second’s prompt without what was added stands for it', () => {
  const second = { inputTokens: 130, outputTokens: 5, cachedInputTokens: 128 };
  const told = mergeUsage({ usage: undefined, writtenTokens: 7 }, second, 9, 100);
  assert.deepEqual(told, { inputTokens: 30, outputTokens: 12, cachedInputTokens: 30, isEstimated: true });
  assert.equal(mergeUsage({ usage: undefined, writtenTokens: 7 }, undefined, 9, 100), undefined);
});
