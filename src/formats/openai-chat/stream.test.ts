import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import OpenAI from 'openai';
import type { JsonObject } from '../../core/json.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { type AnswerFacts, FormatError } from '../format.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { openaiChat } from './index.ts';

const FACTS: AnswerFacts = { id: 'chatcmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true };
const ERROR = {
  status: 502,
  message: 'The provider "ended" the stream.',
  type: 'stream_interrupted_error',
  reason: 'upstream_stream_cut' as const,
  code: '502',
  param: null,
};

function readAll(data: readonly string[]): StreamEvent[] {
  const reader = openaiChat.openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  for (const item of data) reader.read(item, undefined, emit);
  reader.close(emit);
  return events;
}

const dataOf = (text: string): string[] =>
  text.split('\n\n').flatMap((frame) => (frame === '' ? [] : [frame.slice('data: '.length)]));

/** Joins neighbouring texts of a kind, so that only what is said counts and not how it was cut. */
function said(events: readonly StreamEvent[]): unknown[] {
  const joined: (JsonObject & { type: string; text?: string })[] = [];
  for (const event of events) {
    const { text = undefined, ...others } = { ...event } as JsonObject & { type: string; text?: string };
    const last = joined.at(-1);
    const { text: lastText = undefined, ...lastOthers } = last ?? { type: '' };
    if (last !== undefined && text !== undefined && JSON.stringify(lastOthers) === JSON.stringify(others)) {
      last.text = `${lastText}${text}`;
    } else joined.push({ ...others, ...(text === undefined ? {} : { text }) });
  }
  return joined;
}

const text = fc.string({ minLength: 1, unit: 'grapheme' });
const middle: fc.Arbitrary<StreamEvent> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), choice: fc.constant(0), text }),
  fc.record({ type: fc.constant('reasoning' as const), choice: fc.constant(0), text }),
  fc.record({ type: fc.constant('refusal' as const), choice: fc.constant(0), text }),
);
const whole = fc
  .tuple(fc.array(middle, { minLength: 1, maxLength: 20 }), fc.array(text, { maxLength: 3 }))
  .map(([events, calls]): StreamEvent[] => [
    { type: 'start', id: 'chatcmpl-1', model: 'group', createdSeconds: 5 },
    ...events,
    ...calls.flatMap((argument, call): StreamEvent[] => [
      { type: 'tool-call', choice: 0, call, id: `call_${call}`, name: 'f' },
      { type: 'tool-arguments', choice: 0, call, text: argument },
    ]),
    {
      type: 'finish',
      choice: 0,
      finish: calls.length > 0 ? { reason: 'tool-calls', raw: 'tool_calls' } : { reason: 'stop', raw: 'stop' },
    },
    { type: 'end' },
  ]);

function write(events: readonly StreamEvent[], facts: AnswerFacts = FACTS): string {
  const writer = openaiChat.openStreamWriter(facts);
  return events.map((event) => writer.write(event)).join('') + writer.end();
}

test('what is written of any events is read as the same events', () => {
  fc.assert(
    fc.property(whole, (events) => {
      assert.deepEqual(said(readAll(dataOf(write(events)))), said(events));
    }),
    { numRuns: 300 },
  );
});

test('the bytes of a stream give the same events wherever they are split', () => {
  fc.assert(
    fc.property(whole, fc.array(fc.nat({ max: 97 }), { minLength: 1 }), (events, sizes) => {
      const bytes = Buffer.from(write(events));
      const reader = openaiChat.openStreamReader();
      const read: StreamEvent[] = [];
      const emit = (event: StreamEvent): void => void read.push(event);
      const splitter = new SseSplitter((data, eventName) => reader.read(data, eventName, emit));
      for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
        const size = 1 + (sizes[turn % sizes.length] ?? 0);
        splitter.push(bytes.subarray(start, start + size));
        start += size;
      }
      splitter.end();
      reader.close(emit);
      assert.deepEqual(said(read), said(events));
    }),
    { numRuns: 100 },
  );
});

test('a stream cut after any chunk says a part of the same and never that it is whole', () => {
  fc.assert(
    fc.property(whole, (events) => {
      const data = dataOf(write(events));
      // The last chunk has the finish reason, after which the answer is whole even without the end mark.
      for (let length = 0; length < data.length - 1; length += 1) {
        const cut = readAll(data.slice(0, length));
        const isWhole = cut.some(({ type }) => type === 'end' || type === 'finish');
        assert.equal(isWhole, false);
      }
      assert.deepEqual(readAll(data.slice(0, -1)), readAll(data));
    }),
    { numRuns: 100 },
  );
});

test('no JSON makes the reader of a stream or an answer fail with anything but a FormatError', () => {
  const name = fc.constantFrom(
    'choices',
    'delta',
    'index',
    'content',
    'tool_calls',
    'function',
    'arguments',
    'name',
    'id',
    'usage',
    'error',
    'message',
    'reasoning_details',
    'thinking_blocks',
    'finish_reason',
    'logprobs',
    'images',
    'audio',
    'annotations',
    'citations',
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, '', 'x', 'stop', 0, -1, 1e308, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    ),
  })).value as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(fc.array(json, { minLength: 1, maxLength: 4 }), (chunks) => {
      for (const action of [
        () => write(readAll(chunks.map((chunk) => JSON.stringify(chunk)))),
        () => openaiChat.writeResponse(openaiChat.readResponse(chunks[0] ?? {}), FACTS),
        () => openaiChat.readError(chunks[0] ?? {}),
        () => openaiChat.readUsage(chunks[0] ?? {}),
      ]) {
        try {
          action();
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      }
    }),
    { numRuns: 1500 },
  );
});

test('data that is no JSON, or no object, is a FormatError', () => {
  for (const data of ['<html>', '5', '"text"', 'null', '{"id":']) {
    assert.throws(() => readAll([data]), FormatError, data);
  }
});

test('an error event without an envelope is still an error', () => {
  const events: StreamEvent[] = [];
  openaiChat.openStreamReader().read('{"id":1}', 'error', (event) => void events.push(event));
  assert.deepEqual(events, [{ type: 'error', error: { message: 'The provider reported an error in the stream.' } }]);
});

test('usage is a chunk of its own, and only for those who asked', () => {
  const events: StreamEvent[] = [
    { type: 'text', choice: 0, text: 'Hi' },
    { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  ];
  const asked = dataOf(write(events));
  assert.match(asked.at(-2) ?? '', /"choices":\[\],"usage":\{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3/);
  assert.ok(!write(events, { ...FACTS, streamUsage: false }).includes('usage'));
});

test('a failed stream ends with an error and neither a finish reason nor the end mark', () => {
  const writer = openaiChat.openStreamWriter(FACTS);
  const sent = writer.write({ type: 'text', choice: 0, text: 'Hi' }) + writer.fail(ERROR);
  assert.ok(!sent.includes('[DONE]') && !sent.includes('"finish_reason":"'));
  assert.deepEqual(JSON.parse(dataOf(sent).at(-1) ?? ''), {
    error: { message: ERROR.message, type: ERROR.type, param: null, code: '502' },
  });
});

const clientOf = (body: string): OpenAI =>
  new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  });
const ask = { model: 'group', messages: [{ role: 'user' as const, content: 'Hi' }] };

test("OpenAI's own client folds a written stream to the whole answer", async () => {
  const events: StreamEvent[] = [
    { type: 'text', choice: 0, text: 'He said "hi"\n' },
    { type: 'tool-call', choice: 0, call: 0, id: 'call_1', name: 'f' },
    { type: 'tool-arguments', choice: 0, call: 0, text: '{"a":' },
    { type: 'tool-arguments', choice: 0, call: 0, text: '1}' },
    { type: 'finish', choice: 0, finish: { reason: 'tool-calls' } },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 4 } },
  ];
  const stream = clientOf(write(events)).chat.completions.stream(ask);
  const answer = await stream.finalChatCompletion();
  assert.equal(answer.choices[0]?.message.content, 'He said "hi"\n');
  assert.equal(answer.choices[0]?.finish_reason, 'tool_calls');
  const [call] = answer.choices[0]?.message.tool_calls ?? [];
  assert.deepEqual(call?.type === 'function' && call.function.arguments, '{"a":1}');
  assert.equal((await stream.totalUsage()).total_tokens, 7);
});

test("OpenAI's own client throws the error of a stream that failed after text", async () => {
  const writer = openaiChat.openStreamWriter(FACTS);
  const sent = writer.write({ type: 'text', choice: 0, text: 'Hi' }) + writer.fail(ERROR);
  const stream = await clientOf(sent).chat.completions.create({ ...ask, stream: true });
  const texts: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content);
    },
    (error) => error instanceof OpenAI.APIError && error.message.includes('ended'),
  );
  assert.deepEqual(texts, ['', 'Hi']);
});
