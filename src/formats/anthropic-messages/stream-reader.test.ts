import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../format.ts';
import type { StreamEvent } from '../neutral/conversation.ts';
import { anthropicMessages } from './index.ts';

function read(lines: readonly string[]): StreamEvent[] {
  const reader = anthropicMessages.openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  for (const line of lines) reader.read(line, undefined, emit);
  reader.close(emit);
  return events;
}

const data = (...events: object[]): string[] => events.map((event) => JSON.stringify(event));
const START = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'm', content: [], usage: { input_tokens: 1, output_tokens: 1 } },
};
const STOP = { type: 'message_stop' };

test('data that is no JSON object is refused', () => {
  assert.throws(() => read(['{"type":']), FormatError);
  assert.throws(() => read(['[1]']), FormatError);
});

test('an event whose data has no type goes by the name of its frame', () => {
  const reader = anthropicMessages.openStreamReader();
  const types: string[] = [];
  reader.read('{}', 'message_stop', (event) => void types.push(event.type));
  assert.deepEqual(types, ['finish', 'end']);
});

test('what follows the end is not read, and the end comes once', () => {
  const events = read(data(START, STOP, STOP, START));
  assert.deepEqual(
    events.map((event) => event.type),
    ['start', 'finish', 'usage', 'end'],
  );
});

test('a tool whose input comes whole at the start still has arguments', () => {
  const block = { type: 'tool_use', id: 'a', name: 'n', input: { x: 1 } };
  const events = read(
    data(
      START,
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_stop', index: 0 },
      STOP,
    ),
  );
  const texts = events.flatMap((event) => (event.type === 'tool-arguments' ? [event.text] : []));
  assert.deepEqual(texts, ['{"x":1}']);
});

test('a block that is never closed is closed by what follows it', () => {
  const block = { type: 'server_tool_use', id: 'a', name: 'n', input: {} };
  const events = read(data(START, { type: 'content_block_start', index: 0, content_block: block }, STOP));
  assert.deepEqual(
    events.map((event) => event.type),
    ['start', 'opaque', 'finish', 'usage', 'end'],
  );
});

test('no event, whatever its shape, makes the reader fail otherwise than by FormatError', () => {
  const type = fc.constantFrom(
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'error',
    'x',
  );
  const kind = fc.constantFrom(
    'text',
    'thinking',
    'tool_use',
    'redacted_thinking',
    'server_tool_use',
    'text_delta',
    'input_json_delta',
    'signature_delta',
    'citations_delta',
    'compaction_delta',
  );
  const inner = fc.record(
    {
      type: kind,
      text: fc.jsonValue(),
      input: fc.jsonValue(),
      thinking: fc.jsonValue(),
      partial_json: fc.jsonValue(),
      signature: fc.jsonValue(),
      citations: fc.jsonValue(),
      citation: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const any = fc.oneof(inner, fc.jsonValue());
  const event = fc.record(
    {
      type,
      index: fc.jsonValue(),
      message: any,
      content_block: any,
      delta: any,
      usage: fc.jsonValue(),
      error: fc.jsonValue(),
    },
    { requiredKeys: ['type'] },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      try {
        read(data(...events));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
