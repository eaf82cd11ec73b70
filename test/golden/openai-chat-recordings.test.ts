/** Every recorded answer of the providers that speak OpenAI's chat format, whole and streamed, against what the file itself says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import type { ConversationResponse, StreamEvent, Usage } from '../../src/formats/neutral/conversation.ts';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { openaiJudges } from './openai-chat/openai-schema.ts';
import { readStream, writeStream } from './streams.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings');
const PROVIDERS = [
  'alibaba',
  'deepseek/chat',
  'groq',
  'mistral',
  'moonshotai',
  'openai-compatible/chat',
  'openai/chat',
  'perplexity',
  'xai',
];
const FACTS: AnswerFacts = { id: 'chatcmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true };

const files = PROVIDERS.flatMap((folder) =>
  existsSync(join(FOLDER, folder))
    ? readdirSync(join(FOLDER, folder))
        .filter((name) => /\.json$|\.chunks\.txt$/.test(name) && !name.includes('transcription'))
        .map((name) => `${folder}/${name}`)
    : [],
);
const judges = openaiJudges(['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse']);
if (files.length === 0) test('recordings of OpenAI-like chat', { skip: '../shared/recordings is absent' }, () => {});
if (judges === undefined)
  test("OpenAI's own schema", { skip: '../shared/reference/openai-openapi.json is absent' }, () => {});

/** What an answer says, reduced to the facts that this test checks. */
interface Said {
  text: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  usage: Counts | undefined;
}
interface Counts {
  input: number;
  output: number;
  cached: number;
  reasoning: number;
}

const objects = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const object = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});
const string = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);

/** Counts without the gateway's code: what is not in the prompt is output, whether or not the provider counts its reasoning in. */
function countsOf(body: JsonObject): Counts | undefined {
  const usage = body.usage;
  if (!isJsonObject(usage)) return undefined;
  const input = number(usage.prompt_tokens);
  return {
    input,
    output: number(usage.total_tokens) - input,
    cached: number(object(usage.prompt_tokens_details).cached_tokens),
    reasoning: number(object(usage.completion_tokens_details).reasoning_tokens),
  };
}

function saidByMessages(messages: readonly JsonObject[], usage: Counts | undefined): Said {
  const said: Said = { text: '', reasoning: '', calls: [], usage };
  for (const message of messages) {
    said.text += string(message.content);
    said.reasoning += string(message.reasoning_content) + string(message.reasoning);
    for (const part of objects(message.content)) {
      if (part.type === 'text') said.text += string(part.text);
      for (const thought of objects(part.thinking)) said.reasoning += string(thought.text);
    }
    for (const [position, call] of objects(message.tool_calls).entries()) {
      const place = typeof call.index === 'number' ? call.index : position;
      const made = said.calls[place] ?? { id: '', name: '', arguments: '' };
      const { name, arguments: text } = object(call.function);
      said.calls[place] = {
        id: made.id || string(call.id),
        name: made.name || string(name),
        arguments: made.arguments + string(text),
      };
    }
  }
  return said;
}

const saidByAnswer = (body: JsonObject): Said =>
  saidByMessages(
    objects(body.choices).map((choice) => object(choice.message)),
    countsOf(body),
  );

const saidByChunks = (chunks: readonly JsonObject[]): Said =>
  saidByMessages(
    chunks.flatMap((chunk) => objects(chunk.choices).map((choice) => object(choice.delta))),
    chunks.map(countsOf).findLast((counts) => counts !== undefined),
  );

const countsRead = (usage: Usage | undefined): Counts | undefined =>
  usage && {
    input: usage.inputTokens,
    output: usage.outputTokens,
    cached: usage.cachedInputTokens ?? 0,
    reasoning: usage.reasoningTokens ?? 0,
  };

function saidByResponse(response: ConversationResponse): Said {
  const said: Said = { text: '', reasoning: '', calls: [], usage: countsRead(response.usage) };
  for (const part of response.choices.flatMap(({ parts }) => parts)) {
    if (part.type === 'text') said.text += part.text;
    if (part.type === 'reasoning') said.reasoning += part.text;
    if (part.type === 'tool-call') said.calls.push({ id: part.id, name: part.name, arguments: part.arguments });
  }
  return said;
}

function saidByEvents(events: readonly StreamEvent[]): Said {
  const said: Said = { text: '', reasoning: '', calls: [], usage: undefined };
  for (const event of events) {
    if (event.type === 'text') said.text += event.text;
    if (event.type === 'reasoning') said.reasoning += event.text;
    if (event.type === 'tool-call') said.calls[event.call] = { id: event.id, name: event.name, arguments: '' };
    const call = event.type === 'tool-arguments' ? said.calls[event.call] : undefined;
    if (event.type === 'tool-arguments' && call !== undefined) call.arguments += event.text;
    if (event.type === 'usage') said.usage = countsRead(event.usage);
  }
  return said;
}

for (const file of files.filter((name) => name.endsWith('.json'))) {
  const body = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as JsonObject;

  test(`the recorded answer ${file} is read as it stands`, () => {
    assert.deepEqual(saidByResponse(openaiChat.readResponse(body)), saidByAnswer(body));
    assert.equal(openaiChat.readError(body), undefined);
  });

  test(`the recorded answer ${file} is written for a client as OpenAI's schema wants it and says the same`, () => {
    const written = openaiChat.writeResponse(openaiChat.readResponse(body), FACTS);
    assert.equal(judges?.CreateChatCompletionResponse(written), undefined);
    assert.deepEqual(saidByAnswer(written), saidByAnswer(body));
  });
}

for (const file of files.filter((name) => name.endsWith('.chunks.txt'))) {
  const lines = readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const chunks = lines.map((line) => JSON.parse(line) as JsonObject);

  test(`the recorded stream ${file} is read as it stands, with and without its end mark`, () => {
    const events = readStream(openaiChat, [...lines, '[DONE]']);
    assert.deepEqual(saidByEvents(events), saidByChunks(chunks));
    assert.equal(events.at(-1)?.type, 'end');
    assert.deepEqual(readStream(openaiChat, lines), events);
  });

  test(`the recorded stream ${file} never looks whole when it is cut before its finish reason`, () => {
    const last = chunks.findIndex((chunk) => objects(chunk.choices).some(({ finish_reason: word }) => Boolean(word)));
    assert.ok(last > 0);
    for (let length = 0; length <= last; length += last > 60 ? 17 : 1) {
      const cut = readStream(openaiChat, lines.slice(0, length));
      assert.ok(!cut.some(({ type }) => type === 'end' || type === 'finish' || type === 'error'));
    }
  });

  test(`the recorded stream ${file} is written for a client as OpenAI's schema wants it and says the same`, () => {
    const events = readStream(openaiChat, [...lines, '[DONE]']);
    const frames = writeStream(openaiChat, FACTS, events);
    assert.equal(frames.at(-1), '[DONE]');
    const written = frames.slice(0, -1).map((frame) => JSON.parse(frame) as JsonObject);
    for (const chunk of written) assert.equal(judges?.CreateChatCompletionStreamResponse(chunk), undefined);
    assert.deepEqual(saidByChunks(written), saidByChunks(chunks));
    assert.equal(new Set(written.map((chunk) => chunk.id)).size, 1);
    const again = saidByEvents(readStream(openaiChat, frames));
    assert.deepEqual(again, saidByEvents(events));
  });
}
