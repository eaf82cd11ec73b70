/** Every recorded answer of Claude, whole and streamed, against what the file itself says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import type { Part, Usage } from '../../src/formats/neutral/conversation.ts';
import { foldEvents } from './anthropic-messages/fold-events.ts';
import { readStream, writeStream } from './streams.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings/anthropic');
const FACTS: AnswerFacts = { id: 'msg_gateway', model: 'claude', createdSeconds: 0, streamUsage: true };

const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
if (files.length === 0) test('recordings of Anthropic', { skip: '../shared/recordings/anthropic is absent' }, () => {});

const objects = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);

/** What an answer says, reduced to the facts that this test checks. */
interface Said {
  text: string;
  thinking: string;
  tools: { name: unknown; input: unknown }[];
  others: string[];
  input: number;
  cached: number;
  output: number;
}

const sum = (usage: JsonObject, key: string): number => number(usage[key]);
const promptOf = (usage: JsonObject): number =>
  sum(usage, 'input_tokens') + sum(usage, 'cache_creation_input_tokens') + sum(usage, 'cache_read_input_tokens');

/** Usage without the counts that are zero: absent and zero say the same. */
const told = (usage: Usage | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== 0));

function saidByMessage(message: JsonObject): Said {
  const blocks = objects(message.content);
  const usage = isJsonObject(message.usage) ? message.usage : {};
  const known = ['text', 'thinking', 'tool_use', 'redacted_thinking'];
  return {
    text: blocks.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thinking: blocks.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    tools: blocks.filter((block) => block.type === 'tool_use').map(({ name, input }) => ({ name, input })),
    others: blocks.map((block) => String(block.type)).filter((type) => !known.includes(type)),
    input: promptOf(usage),
    cached: sum(usage, 'cache_read_input_tokens'),
    output: sum(usage, 'output_tokens'),
  };
}

/** The message a stream spells, put together as Anthropic's documentation says, without the gateway's code. */
function messageOfStream(events: readonly JsonObject[]): JsonObject {
  const message = structuredClone(events[0]?.message) as JsonObject;
  const before = objects(message.content);
  const blocks: JsonObject[] = [];
  const json = new Map<number, string>();
  let usage = message.usage as JsonObject;
  for (const event of events) {
    const index = number(event.index);
    const delta = isJsonObject(event.delta) ? event.delta : {};
    if (event.type === 'content_block_start') blocks[index] = structuredClone(event.content_block) as JsonObject;
    const block = blocks[index] ?? {};
    if (delta.type === 'text_delta') block.text = `${block.text}${delta.text}`;
    if (delta.type === 'thinking_delta') block.thinking = `${block.thinking}${delta.thinking}`;
    if (delta.type === 'input_json_delta') json.set(index, `${json.get(index) ?? ''}${delta.partial_json}`);
    if (event.type === 'message_delta' && isJsonObject(event.usage)) {
      const told = Object.entries(event.usage).filter(([, value]) => value !== null);
      usage = { ...usage, ...Object.fromEntries(told) };
    }
  }
  for (const [index, text] of json) if (text !== '') (blocks[index] as JsonObject).input = JSON.parse(text);
  return { ...message, content: [...before, ...blocks], usage };
}

function saidByParts(parts: readonly Part[], usage: JsonObject): Said {
  return {
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    thinking: parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join(''),
    tools: parts.flatMap((part) =>
      part.type === 'tool-call' ? [{ name: part.name, input: JSON.parse(part.arguments) }] : [],
    ),
    others: parts.flatMap((part) => {
      if (part.type === 'server-call') return [String(part.raw?.value.type)];
      return part.type === 'opaque' ? [String(part.value.type)] : [];
    }),
    input: sum(usage, 'inputTokens'),
    cached: sum(usage, 'cachedInputTokens'),
    output: sum(usage, 'outputTokens'),
  };
}

/** A file may hold several answers one after another; each was a stream of its own. */
function streamsOf(file: string): string[][] {
  const streams: string[][] = [];
  let ended = true;
  for (const line of readFileSync(join(FOLDER, file), 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    if (ended) streams.push([]);
    ended = line.startsWith('{"type":"message_stop"');
    streams.at(-1)?.push(line);
  }
  return streams;
}

for (const file of files.filter((name) => name.endsWith('.json'))) {
  test(`the recorded answer ${file} is read as it stands and written back equal`, () => {
    const body = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as JsonObject;
    const response = anthropicMessages.readResponse(body);
    const parts = response.choices[0]?.parts ?? [];
    assert.deepEqual(saidByParts(parts, { ...response.usage } as JsonObject), saidByMessage(body));
    const written = anthropicMessages.writeResponse(response, { ...FACTS, model: String(body.model) });
    assert.deepEqual(written.content, body.content);
    for (const key of ['id', 'type', 'role', 'model', 'stop_reason']) assert.deepEqual(written[key], body[key], key);
    assert.deepEqual(told(anthropicMessages.readUsage(written)), told(response.usage));
  });
}

for (const file of files.filter((name) => name.endsWith('.chunks.txt'))) {
  streamsOf(file).forEach((lines, index) => {
    test(`the recorded stream ${file}, number ${index}, folds to the message it spells`, () => {
      const message = messageOfStream(lines.map((line) => JSON.parse(line) as JsonObject));
      const { response, ending } = foldEvents(readStream(anthropicMessages, lines));
      assert.equal(ending, 'end');
      const parts = response.choices[0]?.parts ?? [];
      assert.deepEqual(saidByParts(parts, { ...response.usage } as JsonObject), saidByMessage(message));
    });

    test(`the recorded stream ${file}, number ${index}, never looks whole when it is cut after an event`, () => {
      for (let length = 0; length < lines.length; length += lines.length > 60 ? 7 : 1) {
        assert.ok(
          !readStream(anthropicMessages, lines.slice(0, length)).some(
            (event) => event.type === 'end' || event.type === 'finish',
          ),
        );
      }
    });

    test(`the recorded stream ${file}, number ${index}, survives being written for a client and read again`, () => {
      const events = readStream(anthropicMessages, lines);
      const again = readStream(anthropicMessages, writeStream(anthropicMessages, FACTS, events));
      const before = foldEvents(events).response;
      const after = foldEvents(again).response;
      assert.deepEqual(after.choices, before.choices);
      assert.deepEqual(told(after.usage), told(before.usage));
    });
  });
}
