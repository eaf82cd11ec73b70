/** Readers of requests, answers and streams in every format, with what they look for. */
import { Buffer } from 'node:buffer';
import { isJsonObject, type JsonValue } from '../../../src/core/json.ts';
import { JsonReader } from '../../../src/core/json-reader.ts';
import { parseJson } from '../../../src/core/parse-json.ts';
import { answerText } from '../../../src/formats/answer-text.ts';
import { textsOfBroken } from '../../../src/formats/broken-answer.ts';
import { type ConversationFormat, FormatError } from '../../../src/formats/format.ts';
import { conversationOf, formatParts } from '../../../src/formats/index.ts';
import { TextSample } from '../../../src/lanes/text-sample.ts';
import { BrokenEvents } from '../../../src/wire/broken-events.ts';
import { StreamEnds } from '../../../src/wire/ends.ts';
import { readEnvelope } from '../../../src/wire/envelope.ts';
import { splice } from '../../../src/wire/splice.ts';
import { SseSplitter } from '../../../src/wire/sse.ts';
import { UsageFrameFilter } from '../../../src/wire/unwanted-usage.ts';
import { WholeEvents } from '../../../src/wire/whole-events.ts';
import { parsedJson, unlessRefused } from '../target.ts';
import { ALL_FORMATS, CONVERSATIONS, type ConversationId } from '../targets/golden-inputs.ts';
import type { TextReader } from './text-reader.ts';

const FACTS = { id: 'id-1', model: 'm', createdSeconds: 1, streamUsage: true };
const BODY_MARKS = [
  'data:image/png;base64,',
  'data:,',
  ';base64',
  'https://',
  '<|',
  '\\',
  '{"a":',
  '{"type":"text"},',
  '{},',
  '[],',
  '1,',
];
/** The format that a request or an answer is translated to: each is written by one reader at least. */
const otherThan = (id: ConversationId): ConversationId => (id === 'openai-chat' ? 'anthropic-messages' : 'openai-chat');
const conversation = (id: ConversationId): ConversationFormat => conversationOf(formatParts(id));

/** A request that says this in the places that a client fills in. */
const REQUESTS: Readonly<Record<(typeof ALL_FORMATS)[number], (json: string) => string>> = {
  'openai-chat': (json) =>
    `{"model":"m","messages":[{"role":"user","content":${json}},{"role":"user","content":[{"type":"text","text":${json}},{"type":"image_url","image_url":{"url":${json}}}]},{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"name":"f","arguments":${json}}}]}],"tools":[{"type":"function","function":{"name":"f","parameters":${json}}}],"metadata":${json}}`,
  'openai-completions': (json) => `{"model":"m","prompt":${json},"suffix":${json}}`,
  'anthropic-messages': (json) =>
    `{"model":"m","max_tokens":1,"system":${json},"messages":[{"role":"user","content":${json}},{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"f","input":${json}}]},{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":${json}}}]}]}`,
  'gemini-generate': (json) =>
    `{"contents":[{"role":"user","parts":[{"text":${json}},{"inlineData":{"mimeType":"image/png","data":${json}}}]}],"systemInstruction":${json}}`,
  'openai-embeddings': (json) => `{"model":"m","input":${json}}`,
  'openai-responses': (json) =>
    `{"model":"m","instructions":${json},"input":[{"role":"user","content":${json}},{"type":"function_call","call_id":"x","name":"f","arguments":${json}},{"type":"function_call_output","call_id":"x","output":${json}}]}`,
};

const ANSWERS: Readonly<Record<ConversationId, (json: string) => string>> = {
  'openai-chat': (json) =>
    `{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":${json}},"finish_reason":"stop"}],"error":${json}}`,
  'openai-completions': (json) => `{"id":"x","choices":[{"index":0,"text":${json},"finish_reason":"stop"}]}`,
  'anthropic-messages': (json) =>
    `{"id":"x","type":"message","role":"assistant","content":[{"type":"text","text":${json}}],"stop_reason":"end_turn"}`,
  'gemini-generate': (json) =>
    `{"candidates":[{"content":{"role":"model","parts":[{"text":${json}}]},"finishReason":"STOP"}]}`,
  'openai-responses': (json) =>
    `{"id":"x","object":"response","status":"completed","model":"m","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":${json}}]}]}`,
};

function readRequest(id: (typeof ALL_FORMATS)[number], input: Buffer): void {
  const envelope = readEnvelope(input);
  if (!envelope.ok) return;
  const outline = formatParts(id).outline(input, envelope);
  const { media, inlineBytes, webSearches, toolKinds, cacheMarks, asksForReasoning, textFileBytes, choosesFrames } =
    outline;
  void [media, inlineBytes, webSearches, toolKinds, cacheMarks, asksForReasoning, textFileBytes, choosesFrames];
  outline.promptText();
  outline.promptInOrder();
  outline.value('metadata');
  outline.has(['metadata', 'x']);
  outline.limitEdits(10);
  splice(input, envelope, [{ edit: 'add', name: 'another', json: '1' }]);
  const body = parsedJson(input.toString());
  if (id === 'openai-embeddings' || !isJsonObject(body)) return;
  const read = unlessRefused(() => conversation(id).readRequest(body), FormatError);
  if (read === undefined) return;
  const options = { model: 'm', traits: { maxOutputTokens: 4_096 } };
  unlessRefused(
    () => JSON.stringify(conversation(otherThan(id)).writeRequest(read.request, options).body),
    FormatError,
  );
}

function readAnswer(id: ConversationId, input: Buffer): void {
  const text = input.toString();
  // Of an answer that broke off, so much is read.
  for (const each of textsOfBroken(text.slice(0, 262_144))) void each;
  const body = unlessRefused(() => parseJson(text), SyntaxError);
  if (!isJsonObject(body)) return;
  answerText(body);
  formatParts(id).readUsage(body);
  formatParts(id).readError(body);
  const read = unlessRefused(() => conversation(id).readResponse(body), FormatError);
  if (read === undefined) return;
  unlessRefused(() => JSON.stringify(conversation(otherThan(id)).writeResponse(read, FACTS)), FormatError);
}

/** Pieces as a network brings them. */
function* piecesOf(input: Buffer): Generator<Buffer> {
  for (let at = 0; at < input.length; at += 16_384) yield input.subarray(at, at + 16_384);
}

function readStream(id: ConversationId, input: Buffer): void {
  const reader = conversation(id).openStreamReader();
  const writers = ['openai-chat', 'anthropic-messages'].map((to) =>
    conversation(to as ConversationId).openStreamWriter(FACTS),
  );
  const splitter = new SseSplitter((data, name) => {
    reader.read(data, name, (event) => {
      for (const writer of writers) writer.write(event);
    });
  }, 8 * 1_048_576);
  unlessRefused(() => {
    for (const piece of piecesOf(input)) splitter.push(piece);
    splitter.end();
    reader.close(() => {});
    for (const writer of writers) writer.end();
  }, FormatError);
}

function readEvents(input: Buffer): void {
  const ends = new StreamEnds(512, 65_536);
  const [whole, filter, broken, sample] = [
    new WholeEvents(),
    new UsageFrameFilter(),
    new BrokenEvents(),
    new TextSample(),
  ];
  const splitter = new SseSplitter((data) => sample.note(data), 8 * 1_048_576);
  for (const piece of piecesOf(input)) {
    splitter.push(piece);
    ends.push(piece);
    broken.find(piece);
    whole.push(piece);
    filter.push(piece);
  }
  splitter.end();
  for (const events of [ends.firstEvents(), ends.lastEvents()]) for (const event of events) void event;
  whole.end();
  filter.end();
}

const ofJson = (write: (json: string) => string) => (_text: string, json: string) => Buffer.from(write(json));
const copiesIn = (write: (json: string) => string): number => write('@').split('@').length - 1;
/** Many small events, or one large one. */
const asEvents = (write: (json: string) => string) => (text: string, json: string) => {
  const piece = text.slice(0, 200);
  const one = `data: ${write(JSON.stringify(piece))}\n\n`;
  return Buffer.from(
    `data: ${write(json.slice(0, json.length / 2))}\n\n${one.repeat(Math.max(1, Math.floor(text.length / 2 / one.length)))}`,
  );
};
const DELTAS: Readonly<Record<ConversationId, (json: string) => string>> = {
  'openai-chat': (json) => `{"id":"x","choices":[{"index":0,"delta":{"content":${json}}}]}`,
  'openai-completions': (json) => `{"id":"x","choices":[{"index":0,"text":${json}}]}`,
  'anthropic-messages': (json) =>
    `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":${json}}}`,
  'gemini-generate': (json) => `{"candidates":[{"content":{"parts":[{"text":${json}}]}}]}`,
  'openai-responses': (json) =>
    `{"type":"response.output_text.delta","item_id":"x","output_index":0,"content_index":0,"delta":${json}}`,
};
/** Fragments of calls that look as if each began another call, or ended one. */
const CALL_FRAGMENTS: Readonly<Record<string, (index: number) => string>> = {
  'another id and name each': (index) => `{"index":0,"id":"c${index}","function":{"name":"f","arguments":"}"}}`,
  'a name each': () => '{"function":{"name":"f","arguments":"}"}}',
  'an id each': (index) => `{"id":"c${index}","function":{"name":"f${index}","arguments":""}}`,
  'two calls in turn': (index) =>
    `{"index":${index % 2},"id":"c${index % 2}","function":{"name":"f","arguments":"${index < 2 ? '{\\"' : '}'}"}}`,
};

function callFragments(text: string, write: (index: number) => string): Buffer {
  const events: string[] = [];
  for (let [length, index] = [0, 0]; length < text.length; index += 1) {
    // The first fragment opens a text that nothing closes.
    const fragment = index === 0 ? write(0).replace('"arguments":"}"', '"arguments":"{\\""') : write(index);
    const event = `data: {"choices":[{"index":0,"delta":{"tool_calls":[${fragment}]}}]}\n\n`;
    events.push(event);
    length += event.length;
  }
  return Buffer.from(events.join(''));
}

const STREAM_MARKS = ['data: ', 'data:\n', 'event: error\n', ':\n\n', '\r\r', 'data: {"error', '"usage":{}'];

/** All of them. */
export const BODY_READERS: readonly TextReader[] = [
  { name: 'envelope', marks: ['"a":1,', '{"a":', '1,', '\\"', '{},'], read: (input) => readEnvelope(input) },
  {
    name: 'members of the body',
    marks: BODY_MARKS,
    frame: (_text, json) =>
      Buffer.from(`{"model":"m","messages":[],${json.startsWith('{') ? json.slice(1, -1) : `"x":${json}`}}`),
    read: (input) => readRequest('openai-chat', input),
  },
  ...ALL_FORMATS.map((id) => ({
    name: `${id} request`,
    marks: BODY_MARKS,
    frame: ofJson(REQUESTS[id]),
    copies: copiesIn(REQUESTS[id]),
    read: (input: Buffer) => readRequest(id, input),
  })),
  ...CONVERSATIONS.map((id) => ({
    name: `${id} answer`,
    marks: ['data:image/png;base64,', '{"', '\\u00', '```', '<think>'],
    frame: ofJson(ANSWERS[id]),
    copies: copiesIn(ANSWERS[id]),
    read: (input: Buffer) => readAnswer(id, input),
  })),
  ...CONVERSATIONS.map((id) => ({
    name: `${id} stream`,
    marks: ['{"', '\\', '<think>'],
    frame: asEvents(DELTAS[id]),
    read: (input: Buffer) => readStream(id, input),
  })),
  ...Object.entries(CALL_FRAGMENTS).map(([kind, write]) => ({
    name: `fragments of tool calls: ${kind}`,
    kinds: ['one long word'],
    marks: [],
    frame: (text: string) => callFragments(text, write),
    read: (input: Buffer) => readStream('openai-chat', input),
  })),
  { name: 'bytes of a stream', marks: STREAM_MARKS, read: readEvents },
  { name: 'one event', marks: ['{"', 'data'], frame: (text) => Buffer.from(`data: ${text}`), read: readEvents },
  {
    name: 'JSON reader',
    marks: ['a'],
    frame: (_text, json) => Buffer.from(json),
    read: (input) => {
      const value = parsedJson(input.toString()) as JsonValue | undefined;
      if (!isJsonObject(value)) return;
      const reader = new JsonReader(value, 'x', { refuse: (path, problem) => new FormatError(path, problem) });
      reader.raw('k1');
      reader.unread();
    },
  },
];
