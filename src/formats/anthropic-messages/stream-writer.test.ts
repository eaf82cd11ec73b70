import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import fc from 'fast-check';
import type { StreamEvent } from '../neutral/conversation.ts';
import { anthropicMessages } from './index.ts';

const FACTS = { id: 'chatcmpl-1', model: 'group', createdSeconds: 0, streamUsage: true };

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly name?: string;
  readonly input?: unknown;
}

const payloads = (frames: string): string[] =>
  frames.split('\n\n').flatMap((frame) => frame.split('\ndata: ')[1] ?? []);

async function foldWithSdk(frames: string): Promise<{ id: string; content: Block[]; stop_reason: string | null }> {
  const bytes = new TextEncoder().encode(`${payloads(frames).join('\n')}\n`);
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return (await MessageStream.fromReadableStream(stream).finalMessage()) as never;
}

function write(events: readonly StreamEvent[]): string {
  const writer = anthropicMessages.openStreamWriter(FACTS);
  return events.map((event) => writer.write(event)).join('') + writer.end();
}

test('an id of another shape gives way to one of Anthropic’s', async () => {
  assert.equal((await foldWithSdk(write([{ type: 'start', id: 'chatcmpl-9' }]))).id, 'msg_chatcmpl-1');
  assert.equal((await foldWithSdk(write([{ type: 'start', id: 'msg_9' }]))).id, 'msg_9');
});

test('every frame names its event, as the SDKs expect', () => {
  const frames = write([{ type: 'start' }, { type: 'text', choice: 0, text: 'Hi\n\n“there”\u2028' }, { type: 'end' }]);
  for (const frame of frames.split('\n\n').slice(0, -1)) {
    const [, name, json] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(frame) ?? [];
    assert.equal((JSON.parse(json ?? '') as { type: string }).type, name);
  }
});

test('a stream that fails ends in an error and never looks whole', () => {
  const writer = anthropicMessages.openStreamWriter(FACTS);
  writer.write({ type: 'text', choice: 0, text: 'Half' });
  const error = {
    status: 529,
    message: 'Busy "now"',
    type: 'x',
    reason: 'upstream_overloaded' as const,
    code: 'x',
    param: null,
  };
  assert.equal(
    writer.fail(error),
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy \\"now\\""}}\n\n',
  );
  assert.equal(writer.write({ type: 'text', choice: 0, text: 'more' }) + writer.end() + writer.fail(error), '');
});

/** The official client over these bytes. */
function clientOver(frames: string): Anthropic {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' };
  return new Anthropic({ apiKey: 'none', maxRetries: 0, fetch: async () => new Response(frames, { headers }) });
}

const ASK = { model: 'm', max_tokens: 5, messages: [{ role: 'user' as const, content: 'Hi' }] };

test('the official client reads the frames as they are, its beta interface too', async () => {
  const frames = write([
    { type: 'start' },
    { type: 'reasoning', choice: 0, text: 'Hm\u2028' },
    { type: 'text', choice: 0, text: 'Line\r\nline\n\n{"ü": "“"}' },
    { type: 'tool-call', choice: 0, call: 0, id: 'a', name: 'n' },
    { type: 'finish', choice: 0, finish: { reason: 'tool-calls' } },
    { type: 'usage', usage: { inputTokens: 3, outputTokens: 4 } },
  ]);
  const message = await clientOver(frames).messages.stream(ASK).finalMessage();
  const beta = await clientOver(frames).beta.messages.stream(ASK).finalMessage();
  assert.deepEqual(
    message.content.map((block) => block.type),
    ['thinking', 'text', 'tool_use'],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(beta.content)), JSON.parse(JSON.stringify(message.content)));
  assert.equal(message.content[1]?.type === 'text' && message.content[1].text, 'Line\r\nline\n\n{"ü": "“"}');
  assert.deepEqual([message.usage.input_tokens, message.usage.output_tokens, message.stop_reason], [3, 4, 'tool_use']);
});

test('the official client reports an error in the middle of a stream', async () => {
  const writer = anthropicMessages.openStreamWriter(FACTS);
  const error = {
    status: 502,
    message: 'Cut',
    type: 'x',
    reason: 'upstream_stream_cut' as const,
    code: 'x',
    param: null,
  };
  const frames = writer.write({ type: 'text', choice: 0, text: 'Half' }) + writer.fail(error);
  await assert.rejects(clientOver(frames).messages.stream(ASK).finalMessage(), /Cut/);
});

test('text after a call that has all its arguments is not held back', () => {
  const writer = anthropicMessages.openStreamWriter(FACTS);
  writer.write({ type: 'tool-call', choice: 0, call: 0, id: 'a', name: 'n' });
  assert.match(writer.write({ type: 'tool-arguments', choice: 0, call: 0, text: '{"a":' }), /partial_json/);
  writer.write({ type: 'tool-arguments', choice: 0, call: 0, text: '1}' });
  assert.match(writer.write({ type: 'text', choice: 0, text: 'Now' }), /content_block_stop.*text_delta/s);
});

test('the arguments of a custom tool reach the client as a JSON object', async () => {
  const message = await foldWithSdk(
    write([
      { type: 'tool-call', choice: 0, call: 0, id: 'a', name: 'n', custom: true },
      { type: 'tool-arguments', choice: 0, call: 0, text: 'free ' },
      { type: 'tool-arguments', choice: 0, call: 0, text: '"text"' },
      { type: 'finish', choice: 0, finish: { reason: 'tool-calls' } },
    ]),
  );
  assert.deepEqual(message.content[0]?.input, { input: 'free "text"' });
  assert.equal(message.stop_reason, 'tool_use');
});

/** A plan of an answer: texts, thoughts and calls; the arguments of calls are cut into pieces that may interleave. */
const piece = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text: fc.string({ minLength: 1 }) }),
  fc.record({ kind: fc.constant('reasoning' as const), text: fc.string({ minLength: 1 }) }),
  fc.record({
    kind: fc.constant('call' as const),
    value: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
  }),
);

test('however the arguments of calls interleave, the SDK folds the same calls, texts and thoughts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      fc.array(fc.nat(50), { minLength: 20, maxLength: 20 }),
      async (plan, dice) => {
        const events: StreamEvent[] = [];
        const open: { call: number; rest: string }[] = [];
        let calls = 0;
        let throws = 0;
        const roll = (): number => dice[throws++ % dice.length] ?? 0;
        const feed = (): void => {
          for (const entry of open) {
            const length = entry.rest.length > 0 && roll() % 2 === 0 ? 1 + (roll() % entry.rest.length) : 0;
            if (length === 0) continue;
            events.push({ type: 'tool-arguments', choice: 0, call: entry.call, text: entry.rest.slice(0, length) });
            entry.rest = entry.rest.slice(length);
          }
        };
        for (const { kind, ...rest } of plan) {
          if ('text' in rest) events.push({ type: kind as 'text' | 'reasoning', choice: 0, text: rest.text });
          else {
            const call = calls++;
            events.push({ type: 'tool-call', choice: 0, call, id: `c${call}`, name: `n${call}` });
            open.push({ call, rest: JSON.stringify(rest.value) });
          }
          feed();
        }
        for (const { call, rest } of open)
          if (rest !== '') events.push({ type: 'tool-arguments', choice: 0, call, text: rest });
        const { content } = await foldWithSdk(write(events));
        const expected = plan.flatMap((item) =>
          item.kind === 'call' ? [JSON.parse(JSON.stringify(item.value)) as unknown] : [],
        );
        const texts = (kind: string): string =>
          plan.map((item) => (item.kind === kind && 'text' in item ? item.text : '')).join('');
        assert.deepEqual(
          content.filter((block) => block.type === 'tool_use').map((block) => block.input),
          expected,
        );
        assert.equal(content.map((block) => block.text ?? '').join(''), texts('text'));
        assert.equal(content.map((block) => block.thinking ?? '').join(''), texts('reasoning'));
      },
    ),
    { numRuns: 150 },
  );
});
