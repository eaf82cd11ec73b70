/** What holds of the format for any answer: signatures and calls survive, a stream says what the whole answer says, and a cut one never looks whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue, objectsOf } from '../../core/json.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { type AnswerFacts, FormatError } from '../format.ts';
import type { ConversationResponse, Part, ReasoningSignature, StreamEvent } from '../neutral/conversation.ts';
import { eventsOf } from '../neutral/events-of.ts';
import { openaiResponses } from './index.ts';

const FACTS: AnswerFacts = { id: 'r', model: 'm', createdSeconds: 0, streamUsage: true };

const word = fc.constantFrom(
  ...[
    'input',
    'role',
    'content',
    'type',
    'text',
    'id',
    'call_id',
    'name',
    'arguments',
    'output',
    'summary',
    'response',
  ],
  ...[
    'encrypted_content',
    'tools',
    'parameters',
    'tool_choice',
    'mode',
    'format',
    'schema',
    'reasoning',
    'effort',
    'usage',
  ],
  ...[
    'input_tokens',
    'output_tokens',
    'annotations',
    'url',
    'status',
    'error',
    'code',
    'message',
    'item',
    'item_id',
    'delta',
  ],
  ...[
    'output_index',
    'content_index',
    'sequence_number',
    'part',
    'image_url',
    'file_data',
    'namespace',
    'incomplete_details',
  ],
  ...['model', '__proto__', 'constructor'],
);
const kind = fc.constantFrom(
  ...[
    'message',
    'reasoning',
    'function_call',
    'function_call_output',
    'custom_tool_call',
    'web_search_call',
    'input_text',
  ],
  ...[
    'output_text',
    'refusal',
    'summary_text',
    'input_image',
    'input_file',
    'function',
    'custom',
    'namespace',
    'json_schema',
  ],
  ...['response.created', 'response.output_item.added', 'response.output_item.done', 'response.output_text.delta'],
  ...['response.function_call_arguments.delta', 'response.reasoning_summary_text.delta', 'response.completed', 'error'],
);
const { anything } = fc.letrec<{ anything: JsonValue }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<JsonValue[]>(
      'user',
      'assistant',
      'm',
      '',
      'auto',
      'anthropic:x',
      0,
      1,
      -1,
      2 ** 31,
      1e300,
      true,
      null,
    ),
    kind,
    fc.array(tie('anything'), { maxLength: 4 }),
    fc.dictionary(word, tie('anything'), { maxKeys: 6 }),
    fc.tuple(kind, fc.dictionary(word, tie('anything'), { maxKeys: 5 })).map(([type, rest]) => ({ ...rest, type })),
  ),
}));

function mayRefuse(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

describe('any JSON', () => {
  it('is read, or refused with a FormatError, and what was read can be written', () => {
    const body = fc.dictionary(word, anything, { maxKeys: 6 });
    const request = fc.record({ model: fc.constant('m'), input: anything, tools: anything, tool_choice: anything });
    fc.assert(
      fc.property(fc.oneof(anything, body, request), (value) => {
        openaiResponses.readError(value);
        openaiResponses.readUsage(value);
        if (!isJsonObject(value)) return;
        mayRefuse(() => {
          const read = openaiResponses.readRequest(value);
          openaiResponses.writeRequest(read.request, { model: 'gpt-5', traits: {} });
        });
        const facts = { ...FACTS, asked: () => value };
        mayRefuse(() => openaiResponses.writeResponse(openaiResponses.readResponse(value), facts));
      }),
      { numRuns: 3000 },
    );
  });

  it('is read as a stream, or refused with a FormatError, and what was read can be written and its position found', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (events) => {
        const reader = openaiResponses.openStreamReader();
        const writer = openaiResponses.openStreamWriter(FACTS);
        const emit = (event: StreamEvent): void => void writer.write(event);
        const data = events.map((event) => JSON.stringify(event));
        mayRefuse(() => {
          for (const one of data) reader.read(one, undefined, emit);
        });
        reader.close(emit);
        writer.end();
        const position = openaiResponses.readPosition?.(data);
        const resumed = openaiResponses.openStreamWriter(FACTS);
        if (position !== undefined) resumed.resume?.(position);
        resumed.write({ type: 'text', choice: 0, text: 'on' });
        resumed.end();
      }),
      { numRuns: 2000 },
    );
  });
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const signature = fc
  .tuple(
    fc.constantFrom<ReasoningSignature['origin'][]>('anthropic', 'google', 'openai', 'other'),
    fc.constantFrom('QUFB', 'rs_1:QUFB', 'a:b:c', 'anthropic:QUFB', 'redacted:x'),
  )
  .map(([origin, value]): ReasoningSignature => ({ origin, value }));
const google = fc.option(fc.constant<ReasoningSignature>({ origin: 'google', value: 'QUFB' }), { nil: undefined });
type Signed = Extract<Part, { type: 'text' | 'reasoning' | 'tool-call' }>;
const signed = (part: Signed, mark: ReasoningSignature | undefined): Part =>
  mark === undefined ? part : { ...part, signature: mark };
const answerPart: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(text, google).map(([value, mark]) => signed({ type: 'text', text: value }, mark)),
  fc.tuple(text, signature).map(([value, mark]) => signed({ type: 'reasoning', text: value }, mark)),
  text.map((value): Part => ({ type: 'reasoning', text: value })),
  text.map((data): Part => ({ type: 'reasoning', text: '', redacted: data })),
  fc
    .tuple(text, google)
    .map(([value, mark]) =>
      signed({ type: 'tool-call', id: '', name: 'f', arguments: JSON.stringify({ [value]: [1] }) }, mark),
    ),
  text.map((value): Part => ({ type: 'refusal', text: value })),
  fc.constant<Part>({
    type: 'opaque',
    format: 'openai-responses',
    value: { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['q'], results: null },
  }),
  fc.constant<Part>({
    type: 'server-call',
    tool: 'web-search',
    step: 'whole',
    id: 'ws_1',
    queries: ['q'],
    sources: [],
    raw: {
      format: 'openai-responses',
      value: { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
    },
  }),
);
/** Neighbours that a stream of deltas cannot tell apart are one part; every call has an id of its own. */
const answerParts = fc.array(answerPart, { minLength: 1, maxLength: 8 }).map((parts) => joined(parts.map(numbered)));
const numbered = (part: Part, index: number): Part =>
  part.type === 'tool-call' ? { ...part, id: `call_${index}` } : part;

function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    const isOpen = last !== undefined && !('signature' in last) && !('redacted' in last) && !('redacted' in part);
    if (isOpen && 'text' in part && 'text' in last && part.type === last.type) {
      result[result.length - 1] = { ...part, text: last.text + part.text } as Part;
    } else result.push(part);
  }
  return result;
}

const answerOf = (parts: readonly Part[]): ConversationResponse => ({
  id: 'resp_1',
  model: 'm',
  createdSeconds: 0,
  choices: [{ index: 0, parts, finish: { reason: 'stop' } }],
  usage: { inputTokens: 3, outputTokens: 4 },
});

/** The bytes of an answer as a stream. */
function streamOf(parts: readonly Part[]): string {
  const writer = openaiResponses.openStreamWriter(FACTS);
  return [...eventsOf(answerOf(parts))].map((event) => writer.write(event)).join('') + writer.end();
}

function dataOf(stream: string): JsonObject[] {
  const found: JsonObject[] = [];
  const splitter = new SseSplitter((data) => found.push(JSON.parse(data) as JsonObject));
  splitter.push(Buffer.from(stream));
  splitter.end();
  return found;
}

function read(stream: string): StreamEvent[] {
  const reader = openaiResponses.openStreamReader();
  const events: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void events.push(event);
  for (const data of dataOf(stream)) reader.read(JSON.stringify(data), undefined, emit);
  reader.close(emit);
  return events;
}

describe('an answer', () => {
  it('goes back in the next request as it was, with the signatures of every family', () => {
    fc.assert(
      fc.property(answerParts, (parts) => {
        const { output } = openaiResponses.writeResponse(answerOf(parts), FACTS);
        const { request } = openaiResponses.readRequest({ model: 'm', input: [...objectsOf(output)] });
        assert.deepEqual(
          request.turns.flatMap((turn) => turn.parts),
          parts,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('has the same items as its stream, whose last event repeats it', () => {
    fc.assert(
      fc.property(answerParts, (parts) => {
        const whole = openaiResponses.writeResponse(answerOf(parts), FACTS);
        const events = dataOf(streamOf(parts));
        assert.deepEqual(events.at(-1)?.response, whole);
        assert.deepEqual(doneItems(events), whole.output);
        for (const [index, event] of events.entries()) assert.equal(event.sequence_number, index);
      }),
      { numRuns: 300 },
    );
  });

  it('is read from its stream as from the whole', () => {
    fc.assert(
      fc.property(answerParts, (parts) => {
        const whole = openaiResponses.readResponse(openaiResponses.writeResponse(answerOf(parts), FACTS));
        const again = openaiResponses.openStreamWriter(FACTS);
        for (const event of read(streamOf(parts))) again.write(event);
        const [last] = dataOf(again.end()).slice(-1);
        const fromStream = openaiResponses.readResponse((last?.response ?? {}) as JsonObject);
        assert.deepEqual(saidBy(fromStream), saidBy(whole));
        assert.deepEqual(fromStream.usage, whole.usage);
      }),
      { numRuns: 300 },
    );
  });
});

/** What an answer says, whatever items it is in. */
function saidBy({ choices }: ConversationResponse): readonly unknown[] {
  return joined(choices[0]?.parts ?? []).map((part) => {
    // A signature that is written once more is marked with its family once more.
    if ('signature' in part) return { ...part, signature: part.signature?.value.split(':').at(-1) };
    return part;
  });
}

it('goes on from numbers that JSON can write, whatever a provider counts', () => {
  const created = '{"type":"response.created","sequence_number":3}';
  for (const sequence of ['1e999', '-1e999', '1.5', '"7"', '9007199254740993']) {
    const position = openaiResponses.readPosition?.([created, `{"type":"x","sequence_number":${sequence}}`]);
    assert.equal(position?.items?.nextSequence, 4, sequence);
  }
});

describe('a stream', () => {
  it('cut at any byte says the beginning of it, loses no event that came, and never looks whole', () => {
    fc.assert(
      fc.property(answerParts, (parts) => {
        const bytes = Buffer.from(streamOf(parts));
        const reader = openaiResponses.openStreamReader();
        const all = read(bytes.toString());
        const seen: StreamEvent[] = [];
        const splitter = new SseSplitter((data) => reader.read(data, undefined, (event) => void seen.push(event)));
        for (let at = 0; at < bytes.length; at += 1) {
          splitter.push(bytes.subarray(at, at + 1));
          assert.deepEqual(seen, all.slice(0, seen.length));
          if (at < bytes.length - 1) assert.ok(seen.every(({ type }) => type !== 'end' && type !== 'finish'));
        }
        assert.deepEqual(seen, all);
      }),
      { numRuns: 25 },
    );
  });

  const calls = fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 4 });

  it('of calls whose arguments interleave and whose items get a new id in every event keeps each call’s arguments', () => {
    fc.assert(
      fc.property(calls, fc.infiniteStream(fc.nat()), (argumentsOf, order) => {
        const left = argumentsOf.map((pieces) => [...pieces]);
        let id = 0;
        const event = (type: string, more: JsonObject): string =>
          `data: ${JSON.stringify({ type, item_id: `rotating_${id++}`, ...more })}\n\n`;
        let stream = event('response.created', { response: { id: 'resp_1', model: 'm' } });
        for (const index of argumentsOf.keys()) {
          const item = {
            id: `rotating_${id++}`,
            type: 'function_call',
            call_id: `c${index}`,
            name: 'f',
            arguments: '',
          };
          stream += event('response.output_item.added', { output_index: index, item });
        }
        for (const pick of order) {
          const open = [...left.keys()].filter((index) => left[index]?.length !== 0);
          const index = open[pick % Math.max(1, open.length)];
          if (index === undefined) break;
          const delta = left[index]?.shift() ?? '';
          stream += event('response.function_call_arguments.delta', { output_index: index, delta });
        }
        const output = argumentsOf.map((pieces, index) => {
          return {
            id: `rotating_${id++}`,
            type: 'function_call',
            call_id: `c${index}`,
            name: 'f',
            arguments: pieces.join(''),
          };
        });
        for (const [index, item] of output.entries()) {
          stream += event('response.output_item.done', { output_index: index, item });
        }
        stream += event('response.completed', { response: { id: 'resp_1', status: 'completed', output } });
        const writer = openaiResponses.openStreamWriter(FACTS);
        const written =
          read(stream)
            .map((one) => writer.write(one))
            .join('') + writer.end();
        const response = dataOf(written).at(-1)?.response as JsonObject;
        assert.deepEqual(
          objectsOf(response.output).map((item) => [item.call_id, item.arguments]),
          argumentsOf.map((pieces, index) => [`c${index}`, pieces.join('')]),
        );
        assertClosed(dataOf(written));
      }),
      { numRuns: 200 },
    );
  });

  it('that breaks off after any event and goes on elsewhere is one answer', () => {
    const words = fc.array(
      fc.oneof(
        text.map((value): Part => ({ type: 'text', text: value })),
        text.map((value): Part => ({ type: 'reasoning', text: value })),
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(words, (parts) => {
        const events = dataOf(streamOf(parts));
        for (let length = 1; length < events.length; length += 1) {
          const sent = events.slice(0, length);
          const position = openaiResponses.readPosition?.(sent.map((event) => JSON.stringify(event)));
          assert.ok(position !== undefined && !position.hasFinish && !position.hasToolCall);
          const writer = openaiResponses.openStreamWriter({ ...FACTS, id: 'other', sentId: 'resp_1' });
          writer.resume?.(position);
          const rest = writer.write({ type: 'text', choice: 0, text: 'the rest' }) + writer.end();
          const all = [...sent, ...dataOf(rest)];
          assertClosed(all);
          const deltas = all.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
          assert.equal(textOf(all.at(-1)?.response as JsonObject), deltas);
          assert.ok(deltas.endsWith('the rest'));
        }
      }),
      { numRuns: 100 },
    );
  });
});

const textOf = ({ output }: JsonObject): string =>
  objectsOf(output)
    .flatMap((item) => (item.type === 'message' ? objectsOf(item.content) : []))
    .map((part) => part.text)
    .join('');

/** Numbers have no gap, every item and part is opened and closed once under one id, and the last event repeats the items. */
function assertClosed(events: readonly JsonObject[]): void {
  const ids = new Map<JsonValue | undefined, JsonValue | undefined>();
  const marks: string[] = [];
  for (const [index, event] of events.entries()) {
    assert.equal(event.sequence_number, index);
    const item = isJsonObject(event.item) ? event.item : undefined;
    if (event.type === 'response.output_item.added') ids.set(event.output_index, item?.id);
    const id = event.item_id ?? item?.id;
    if (event.output_index !== undefined) assert.equal(id, ids.get(event.output_index), String(event.type));
    const place = event.content_index ?? event.summary_index ?? '';
    if (/(?:added|done)$/.test(String(event.type))) marks.push(`${event.type} ${event.output_index} ${place}`);
  }
  assert.equal(new Set(marks).size, marks.length, marks.join('\n'));
  const opened = marks.filter((mark) => / ?item\.added|part\.added/.test(mark));
  for (const mark of opened) assert.ok(marks.includes(mark.replace('added', 'done')), mark);
  const last = events.at(-1)?.response as JsonObject;
  assert.deepEqual(
    objectsOf(last.output).map(({ id }) => id),
    doneItems(events).map(({ id }) => id),
  );
}

/** The items that were closed, in the order of their numbers: calls may be open side by side. */
function doneItems(events: readonly JsonObject[]): JsonObject[] {
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  return done.toSorted((a, b) => Number(a.output_index) - Number(b.output_index)).map(({ item }) => item as JsonObject);
}
