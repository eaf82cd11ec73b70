/** Every recorded answer of OpenAI's and Azure's Responses API, whole and streamed, against what the file itself says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import type { Part, StreamEvent, Usage } from '../../src/formats/neutral/conversation.ts';
import { openaiResponses } from '../../src/formats/openai-responses/index.ts';
import { readStream, writeStream } from './streams.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings');
const FACTS: AnswerFacts = { id: 'r', model: 'm', createdSeconds: 0, streamUsage: true };

const files = ['openai/responses', 'azure'].flatMap((folder) =>
  existsSync(join(FOLDER, folder)) ? readdirSync(join(FOLDER, folder)).map((file) => `${folder}/${file}`) : [],
);
if (files.length === 0) {
  test('recordings of the Responses API', { skip: '../shared/recordings/openai/responses is absent' }, () => {});
}

/** What an answer says, reduced to the facts that this test checks. */
interface Said {
  text: string;
  thoughts: string;
  calls: { id: unknown; name: unknown; arguments: unknown }[];
  signatures: unknown[];
  images: unknown[];
  annotations: unknown[];
  /** Items of tools that OpenAI runs. */
  others: unknown[];
}

const nothing = (): Said => ({
  text: '',
  thoughts: '',
  calls: [],
  signatures: [],
  images: [],
  annotations: [],
  others: [],
});

/** A signature without the mark of its family and without the id of its item. */
const bare = (value: unknown): unknown => (typeof value === 'string' ? value.split(':').at(-1) : value);

function saidByItems(items: readonly JsonObject[]): Said {
  const said = nothing();
  for (const item of items) {
    if (item.type === 'message') {
      for (const part of objectsOf(item.content)) {
        said.text += String(part.text ?? part.refusal ?? '');
        said.annotations.push(...objectsOf(part.annotations));
      }
    } else if (item.type === 'reasoning') {
      said.thoughts += objectsOf(item.summary)
        .map((part) => part.text)
        .join('\n\n');
      const { encrypted_content: content } = item;
      if (typeof content === 'string' && content !== 'unsigned:') said.signatures.push(bare(content));
    } else if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      said.calls.push({ id: item.call_id, name: item.name, arguments: item.arguments ?? item.input });
    } else if (item.type === 'image_generation_call') said.images.push(item.result);
    else said.others.push(item);
  }
  return said;
}

function saidByParts(parts: readonly Part[]): Said {
  const said = nothing();
  for (const part of parts) {
    if ('signature' in part && part.signature !== undefined) said.signatures.push(bare(part.signature.value));
    if (part.type === 'text') {
      said.text += part.text;
      said.annotations.push(...(part.citations ?? []).map(({ raw }) => raw.value));
    }
    if (part.type === 'reasoning') said.thoughts += part.text;
    if (part.type === 'tool-call') said.calls.push({ id: part.id, name: part.name, arguments: part.arguments });
    if (part.type === 'image' && part.source.kind === 'data') said.images.push(part.source.data);
    if (part.type === 'opaque') said.others.push(part.value);
    if (part.type === 'server-call' && part.raw !== undefined) said.others.push(part.raw.value);
  }
  return said;
}

function saidByEvents(events: readonly StreamEvent[]): Said {
  const parts: Part[] = [];
  const callArguments: string[] = [];
  for (const event of events) {
    if (event.type === 'text') parts.push({ type: 'text', text: event.text });
    else if (event.type === 'citation') parts.push({ type: 'text', text: '', citations: [event.citation] });
    else if (event.type === 'reasoning') parts.push({ type: 'reasoning', text: event.text });
    else if (event.type === 'reasoning-signature') parts.push({ ...event, type: 'reasoning', text: '' });
    else if (event.type === 'tool-call') parts.push({ ...event, arguments: '' });
    else if (event.type === 'tool-arguments')
      callArguments[event.call] = (callArguments[event.call] ?? '') + event.text;
    else if (event.type === 'media') parts.push(event.part);
    else if (event.type === 'server-call') parts.push(event.part);
    else if (event.type === 'opaque') parts.push({ type: 'opaque', format: event.format, value: event.value });
  }
  const said = saidByParts(parts);
  for (const [index, call] of said.calls.entries()) call.arguments = callArguments[index];
  return said;
}

function checkUsage(usage: Usage | undefined, { usage: told }: JsonObject): void {
  if (!isJsonObject(told)) return;
  const details = (name: string): JsonObject => (isJsonObject(told[name]) ? told[name] : {});
  assert.equal(usage?.inputTokens, told.input_tokens);
  assert.equal(usage?.outputTokens, told.output_tokens);
  assert.equal(usage?.cachedInputTokens ?? 0, details('input_tokens_details').cached_tokens ?? 0);
  assert.equal(usage?.reasoningTokens ?? 0, details('output_tokens_details').reasoning_tokens ?? 0);
}

/** One file was cut by hand: two of its lines lack their last brace. */
function withBrace(line: string): string {
  try {
    JSON.parse(line);
    return line;
  } catch {
    return `${line}}`;
  }
}

const finishOf = (said: Said): string => (said.calls.length > 0 ? 'tool-calls' : 'stop');

for (const file of files.filter((name) => name.endsWith('.json'))) {
  test(`the recorded answer ${file} is read as it stands and written back`, () => {
    const body = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as JsonObject;
    if (isJsonObject(body.error)) {
      const facts = openaiResponses.readError(body);
      assert.equal(facts?.message, body.error.message);
      assert.equal(facts?.code, body.error.code);
      return;
    }
    const response = openaiResponses.readResponse(body);
    const said = saidByItems(objectsOf(body.output));
    assert.deepEqual(saidByParts(response.choices[0]?.parts ?? []), said);
    assert.equal(response.choices[0]?.finish.reason, finishOf(said));
    checkUsage(response.usage, body);
    assert.equal(response.id, body.id);
    assert.equal(response.model, body.model);
    const written = openaiResponses.writeResponse(response, FACTS);
    assert.deepEqual(saidByItems(objectsOf(written.output)), said);
    assert.equal(written.id, body.id);
    checkUsage(openaiResponses.readUsage(written), body);
  });
}

for (const file of files.filter((name) => name.endsWith('.chunks.txt'))) {
  const lines = readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(withBrace);
  const bodies = lines.map((line) => JSON.parse(line) as JsonObject);
  const items = bodies.flatMap((body) =>
    body.type === 'response.output_item.done' ? objectsOf([body.item ?? null]) : [],
  );
  const final = bodies.at(-1)?.response as JsonObject;

  test(`the recorded stream ${file} says what its items say`, () => {
    const events = readStream(openaiResponses, lines);
    const said = saidByItems(items);
    assert.deepEqual(saidByEvents(events), said);
    if (final.status === 'failed') {
      const error = events.find((event) => event.type === 'error')?.error;
      assert.equal(error?.message, (final.error as JsonObject).message);
      return;
    }
    checkUsage(events.findLast((event) => event.type === 'usage')?.usage, final);
    assert.equal(events.at(-1)?.type, 'end');
    assert.equal(events.find((event) => event.type === 'finish')?.finish.reason, finishOf(said));
  });

  test(`the recorded stream ${file} cut before any event is never whole`, () => {
    for (let length = 0; length < lines.length; length += 1) {
      const events = readStream(openaiResponses, lines.slice(0, length));
      assert.ok(events.every(({ type }) => type !== 'end' && type !== 'finish'));
    }
  });

  if (final.status === 'failed') continue;
  test(`the recorded stream ${file} is written for a client so that it says the same`, () => {
    const data = writeStream(openaiResponses, FACTS, readStream(openaiResponses, lines));
    const written = data.map((text) => JSON.parse(text) as JsonObject);
    const last = written.at(-1)?.response as JsonObject;
    assert.deepEqual(saidByItems(objectsOf(last.output)), saidByItems(items));
    const deltas = written.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
    assert.equal(deltas, saidByItems(items).text);
  });
}
