import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { JsonObject } from '../../core/json.ts';
import { formatParts } from '../../formats/index.ts';
import type { ConversationRequest, StreamEvent } from '../../formats/neutral/conversation.ts';
import { SseSplitter } from '../../wire/sse.ts';
import { AnswerProblem } from '../answer-problem.ts';
import { type ContinuationStyle, mayContinue } from './continuation.ts';
import { ContinuedStream } from './continued-stream.ts';
import { endOfWhole, resumeWriter } from './resume-writer.ts';
import { type SentSoFar, StreamRecord } from './stream-record.ts';

const FORMATS = ['openai-chat', 'anthropic-messages', 'gemini-generate'] as const;
type Format = (typeof FORMATS)[number];
const FACTS = { id: 'call-1', model: 'group', createdSeconds: 7, streamUsage: true };

const sse = (data: JsonObject, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;

/** A stream as the provider of a format sends it. */
function stream(format: Format, who: string, pieces: readonly string[], input: number, output: number): string {
  switch (format) {
    case 'openai-chat': {
      const head = { id: `gen-${who}`, object: 'chat.completion.chunk', created: 5, model: `model-${who}` };
      const chunk = (delta: JsonObject, finish: string | null = null): string =>
        sse({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] });
      const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
      return `${chunk({ role: 'assistant', content: '' })}${pieces.map((content) => chunk({ content })).join('')}${chunk({}, 'stop')}${sse({ ...head, choices: [], usage })}data: [DONE]\n\n`;
    }
    case 'anthropic-messages': {
      const event = (type: string, more: JsonObject): string => sse({ type, ...more }, type);
      const usage = { input_tokens: input, output_tokens: 1 };
      const facts = { type: 'message', role: 'assistant', content: [], stop_reason: null, stop_sequence: null };
      const message = { id: `msg_${who}`, model: `model-${who}`, ...facts, usage };
      const deltas = pieces.map((text) =>
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
      );
      const stop = { stop_reason: 'end_turn', stop_sequence: null };
      return [
        event('message_start', { message }),
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
        event('ping', {}),
        ...deltas,
        event('content_block_stop', { index: 0 }),
        event('message_delta', { delta: stop, usage: { output_tokens: output } }),
        event('message_stop', {}),
      ].join('');
    }
    case 'gemini-generate': {
      const answer = (text: string, count: number, more: JsonObject = {}): string =>
        sse({
          candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...more }],
          usageMetadata: { promptTokenCount: input, candidatesTokenCount: count, totalTokenCount: input + count },
          modelVersion: `model-${who}`,
          responseId: `id-${who}`,
        });
      const last = pieces.length - 1;
      return pieces
        .map((text, at) =>
          answer(text, at + 1 === pieces.length ? output : at, at === last ? { finishReason: 'STOP' } : {}),
        )
        .join('');
    }
  }
}

const FIRST = ['The tide', ' comes in\n', 'twice a day — ', 'é'];
const SECOND = ['and goes', ' out', ' twice.'];

function request(client: Format): ConversationRequest {
  return {
    model: 'group',
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Tell me of the tide.' }] }],
    sampling: {},
    stream: true,
    streamUsage: true,
    extensions: { format: client, fields: {} },
  };
}

interface Joined {
  readonly bytes: string;
  readonly sent: SentSoFar;
  readonly isContinued: boolean;
  readonly parts: ReturnType<ContinuedStream['usageParts']> | undefined;
}

/** Sends the first bytes of a stream to a client, and after them the rest as another provider says it. */
function join(client: Format, first: Uint8Array, provider: Format, second: string, style: ContinuationStyle): Joined {
  const parts = formatParts(client);
  const record = new StreamRecord(parts);
  const received: (Uint8Array | string)[] = [];
  const send = (bytes: Uint8Array | string): void => void received.push(record.pass(bytes));
  for (let at = 0; at < first.length; at += 37) send(first.subarray(at, at + 37));
  const sent = record.readSent();
  const text = (): string =>
    Buffer.concat(received.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))).toString('utf8');
  const may = mayContinue(sent, request(client));
  if (!may.ok) {
    assert.equal(may.why, 'complete');
    send(endOfWhole(parts, sent, FACTS, { inputTokens: 20, outputTokens: 9 }));
    return { bytes: text(), sent, isContinued: false, parts: undefined };
  }
  const continued = open(client, sent, provider, style, send);
  const bytes = Buffer.from(second);
  for (let at = 0; at < bytes.length; at += 11) continued.data(bytes.subarray(at, at + 11));
  const end = continued.end();
  assert.ok(end.isWhole);
  send(end.last);
  return { bytes: text(), sent, isContinued: true, parts: continued.usageParts() };
}

function open(
  client: Format,
  sent: SentSoFar,
  provider: Format,
  style: ContinuationStyle,
  send: (bytes: Uint8Array | string) => void,
): ContinuedStream {
  const { conversation } = formatParts(client);
  const other = formatParts(provider).conversation;
  assert.ok(conversation !== undefined && other !== undefined);
  const first = { usage: sent.usage, writtenTokens: 6 };
  return new ContinuedStream(other, { sent, style, first, writer: resumeWriter(conversation, sent, FACTS) }, send);
}

interface Folded {
  readonly text: string;
  readonly ids: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
  readonly finish: string | null;
  readonly input: number;
  readonly output: number;
}

function frames(text: string): JsonObject[] {
  const datas: string[] = [];
  const splitter = new SseSplitter((data) => datas.push(data));
  splitter.push(Buffer.from(text));
  assert.equal(splitter.end(), false);
  return datas.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as JsonObject);
}

const lines = (events: readonly JsonObject[]): ReadableStream =>
  new Blob(events.map((event) => `${JSON.stringify(event)}\n`)).stream();

const names = (events: readonly JsonObject[], key: string): ReadonlySet<string> =>
  new Set(events.map((event) => String(event[key])));

/** Reads a joined stream as the format's own client does, and holds it against the format's rules. */
async function fold(client: Format, text: string): Promise<Folded> {
  const events = frames(text);
  switch (client) {
    case 'openai-chat': {
      assert.equal(text.split('data: [DONE]\n\n').length, 2);
      assert.ok(text.endsWith('data: [DONE]\n\n'));
      const { choices, usage } = await ChatCompletionStream.fromReadableStream(lines(events)).finalChatCompletion();
      const ends = events.filter((event) => /"finish_reason":"/.test(JSON.stringify(event)));
      const roles = events.filter((event) => JSON.stringify(event).includes('"role"'));
      assert.deepEqual([choices.length, ends.length, roles.length], [1, 1, 1]);
      return {
        text: choices[0]?.message.content ?? '',
        ids: names(events, 'id'),
        models: names(events, 'model'),
        finish: choices[0]?.finish_reason ?? null,
        input: usage?.prompt_tokens ?? -1,
        output: usage?.completion_tokens ?? -1,
      };
    }
    case 'anthropic-messages': {
      checkBlocks(events);
      const message = await MessageStream.fromReadableStream(lines(events)).finalMessage();
      return {
        text: message.content.map((block) => (block.type === 'text' ? block.text : '?')).join(''),
        ids: new Set([message.id]),
        models: new Set([message.model]),
        finish: message.stop_reason,
        input: message.usage.input_tokens,
        output: message.usage.output_tokens,
      };
    }
    case 'gemini-generate':
      return foldGemini(events);
  }
}

/** Blocks are opened, filled and closed one after the other, between one start and one end. */
function checkBlocks(events: readonly JsonObject[]): void {
  const grammar = events.filter(({ type }) => type !== 'ping').map(({ type, index }) => `${type}:${index ?? ''}`);
  let isOpen = false;
  let blocks = 0;
  for (const step of grammar.slice(1, -2)) {
    const expected = isOpen
      ? [`content_block_delta:${blocks}`, `content_block_stop:${blocks}`]
      : [`content_block_start:${blocks}`];
    assert.ok(expected.includes(step), `${step} instead of ${expected.join(' or ')}`);
    if (step.startsWith('content_block_start')) isOpen = true;
    if (step.startsWith('content_block_stop')) {
      isOpen = false;
      blocks += 1;
    }
  }
  assert.equal(isOpen, false);
  assert.equal(grammar[0], 'message_start:');
  assert.deepEqual(grammar.slice(-2), ['message_delta:', 'message_stop:']);
}

function foldGemini(events: readonly JsonObject[]): Folded {
  const reader = formatParts('gemini-generate').openStreamReader();
  const neutral: StreamEvent[] = [];
  for (const event of events) reader.read(JSON.stringify(event), undefined, (found) => void neutral.push(found));
  reader.close((found) => void neutral.push(found));
  const text = neutral.map((event) => (event.type === 'text' ? event.text : '')).join('');
  const finishes = neutral.filter((event) => event.type === 'finish');
  const usage = neutral.findLast((event) => event.type === 'usage')?.usage;
  assert.equal(events.filter((event) => JSON.stringify(event).includes('finishReason')).length, 1);
  return {
    text,
    ids: names(events, 'responseId'),
    models: names(events, 'modelVersion'),
    finish: finishes[0]?.finish.reason ?? null,
    input: usage?.inputTokens ?? -1,
    output: usage?.outputTokens ?? -1,
  };
}

for (const client of FORMATS) {
  for (const provider of FORMATS) {
    test(`a ${client} stream cut at any byte goes on as one with ${provider} behind it`, async () => {
      const first = Buffer.from(stream(client, 'one', FIRST, 20, 9));
      const second = stream(provider, 'two', SECOND, 200, 5);
      const seen = new Set<string>();
      for (let at = 0; at <= first.length; at += 1) {
        for (const style of ['prefill', 'instruct'] as const) {
          const { bytes, sent, isContinued, parts } = join(client, first.subarray(0, at), provider, second, style);
          if (seen.has(bytes)) continue;
          seen.add(bytes);
          const folded = await fold(client, bytes);
          assert.equal(folded.text, isContinued ? sent.text + SECOND.join('') : FIRST.join(''), `cut at ${at}`);
          assert.deepEqual([folded.ids.size, folded.models.size], [1, 1], `cut at ${at}`);
          assert.match(folded.finish ?? '', /^(?:stop|end_turn)$/);
          if (sent.id !== undefined) assert.deepEqual([...folded.models], ['model-one']);
          if (!isContinued) {
            assert.deepEqual([folded.input, folded.output], [20, 9]);
            continue;
          }
          assert.equal(parts?.second?.inputTokens, 200);
          assert.equal(folded.output, Math.max(6, sent.usage?.outputTokens ?? 0) + 5);
          if (sent.usage !== undefined) assert.equal(folded.input, 20);
          else assert.ok(folded.input > 50 && folded.input <= 200);
        }
      }
      assert.ok(seen.size > FIRST.length);
    });
  }
}

/** A provider's stream as a client of another format gets it. */
function translated(client: Format, provider: Format): string {
  const writer = formatParts(client).conversation?.openStreamWriter(FACTS);
  const reader = formatParts(provider).openStreamReader();
  let text = '';
  const emit = (event: StreamEvent): void => {
    text += event.type === 'end' ? writer?.end() : writer?.write(event);
  };
  const splitter = new SseSplitter((data, eventName) => reader.read(data, eventName, emit));
  splitter.push(Buffer.from(stream(provider, 'one', FIRST, 20, 9)));
  reader.close(emit);
  return text;
}

test('a stream that was translated from the start goes on as one after any of its events', async () => {
  for (const client of FORMATS) {
    for (const provider of FORMATS.filter((format) => format !== client)) {
      const whole = translated(client, provider);
      const count = whole.split('\n\n').length - 1;
      for (let events = 0; events <= count; events += 1) {
        const first = Buffer.from(events === 0 ? '' : begin(whole, events));
        const second = stream('anthropic-messages', 'two', SECOND, 200, 5);
        const { bytes, sent, isContinued } = join(client, first, 'anthropic-messages', second, 'instruct');
        const folded = await fold(client, bytes);
        assert.equal(folded.text, isContinued ? sent.text + SECOND.join('') : FIRST.join(''));
        assert.deepEqual([folded.ids.size, folded.models.size], [1, 1]);
      }
    }
  }
});

function sentOf(client: Format, text: string): SentSoFar {
  const record = new StreamRecord(formatParts(client));
  record.pass(Buffer.from(text));
  return record.readSent();
}

/** The first events of a stream. */
const begin = (text: string, events: number): string => `${text.split('\n\n').slice(0, events).join('\n\n')}\n\n`;

test('an error before any word is thrown, and the client knows nothing of the attempt', () => {
  const sent = sentOf('openai-chat', begin(stream('openai-chat', 'one', FIRST, 20, 9), 3));
  const received: (Uint8Array | string)[] = [];
  const continued = open('openai-chat', sent, 'anthropic-messages', 'prefill', (bytes) => void received.push(bytes));
  continued.data(Buffer.from(begin(stream('anthropic-messages', 'two', SECOND, 200, 5), 1)));
  assert.throws(
    () =>
      continued.data(
        Buffer.from('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"no"}}\n\n'),
      ),
    (error) => error instanceof AnswerProblem && error.problem.kind === 'reported',
  );
  assert.deepEqual([received, continued.hasWritten], [[], false]);
});

test('a continuation that breaks off can itself be continued', async () => {
  const parts = formatParts('anthropic-messages');
  const record = new StreamRecord(parts);
  let text = '';
  const send = (bytes: Uint8Array | string): void => {
    text += record.pass(bytes).toString();
  };
  send(Buffer.from(begin(stream('anthropic-messages', 'one', FIRST, 20, 9), 4)));
  const second = open('anthropic-messages', record.readSent(), 'openai-chat', 'instruct', send);
  second.data(Buffer.from(begin(stream('openai-chat', 'two', [' comes', ' in'], 40, 5), 2)));
  assert.equal(second.end().isWhole, false);
  const third = open('anthropic-messages', record.readSent(), 'gemini-generate', 'instruct', send);
  third.data(Buffer.from(stream('gemini-generate', 'three', [' twice', ' a day.'], 60, 4)));
  send(third.end().last);
  const folded = await fold('anthropic-messages', text);
  assert.equal(folded.text, 'The tide comes twice a day.');
  assert.deepEqual([...folded.ids], ['msg_one']);
});

test('thoughts of the second model are sent only while no word of the answer was', () => {
  const thinking = (index: number, text: string): string =>
    sse(
      { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: text } },
      'content_block_delta',
    );
  const start = begin(stream('anthropic-messages', 'one', FIRST, 20, 9), 1);
  const block = sse(
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    'content_block_start',
  );
  const second = `${begin(stream('openai-chat', 'two', [], 40, 5), 1)}${sse({ id: 'x', choices: [{ index: 0, delta: { reasoning_content: ' More.' } }] })}`;
  for (const [first, expected] of [
    [start + block + thinking(0, 'Hm.'), 1],
    [begin(stream('anthropic-messages', 'one', FIRST, 20, 9), 4), 0],
  ] as const) {
    let text = '';
    const continued = open(
      'anthropic-messages',
      sentOf('anthropic-messages', first),
      'openai-chat',
      'instruct',
      (bytes) => {
        text += bytes.toString();
      },
    );
    continued.data(Buffer.from(second));
    assert.equal(text.split('"thinking":" More."').length - 1, expected);
    assert.ok(!text.includes('content_block_start'));
  }
});

test('thoughts that are thought again are sent once, and others are left out', async () => {
  const chunk = (delta: JsonObject, finish: string | null = null): string =>
    sse({
      id: 'x',
      object: 'chat.completion.chunk',
      created: 5,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  const known = 'The question is of tides. Let me';
  const first = chunk({ role: 'assistant', content: '' }) + chunk({ reasoning_content: known });
  for (const [thoughts, expected] of [
    ['The question is of tides. Let me think of the moon.', `${known} think of the moon.`],
    ['Tides. I recall that they come twice.', known],
  ] as const) {
    let text = first;
    const sent = sentOf('openai-chat', first);
    const continued = open('openai-chat', sent, 'openai-chat', 'instruct', (bytes) => {
      text += bytes.toString();
    });
    const pieces = thoughts.match(/.{1,7}/g)?.map((piece) => chunk({ reasoning_content: piece })) ?? [];
    continued.data(
      Buffer.from(`${pieces.join('')}${chunk({ content: 'Twice a day.' })}${chunk({}, 'stop')}data: [DONE]\n\n`),
    );
    text += continued.end().last;
    const told = frames(text).map((event) => JSON.stringify(event));
    const all = (name: string): string =>
      told.map((event) => new RegExp(`"${name}":"([^"]*)"`).exec(event)?.[1] ?? '').join('');
    assert.equal(all('reasoning_content'), expected);
    assert.equal(all('content'), 'Twice a day.');
  }
});

test('a tool may be called after the text, and the answer ends as the second model says', () => {
  const sent = sentOf('openai-chat', begin(stream('openai-chat', 'one', FIRST, 20, 9), 3));
  let text = '';
  const continued = open('openai-chat', sent, 'anthropic-messages', 'prefill', (bytes) => {
    text += bytes.toString();
  });
  const event = (type: string, more: JsonObject): string => sse({ type, ...more }, type);
  continued.data(
    Buffer.from(
      [
        event('content_block_start', {
          index: 0,
          content_block: { type: 'tool_use', id: 't1', name: 'look', input: {} },
        }),
        event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } }),
        event('content_block_stop', { index: 0 }),
        event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 3 } }),
        event('message_stop', {}),
      ].join(''),
    ),
  );
  const end = continued.end();
  text += end.last.toString();
  assert.match(text, /"name":"look"/);
  assert.match(text, /"finish_reason":"tool_calls"/);
});
