/** Every recorded answer of Gemini, whole and streamed, against what the file itself says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { AnswerFacts } from '../../src/formats/format.ts';
import { geminiGenerate } from '../../src/formats/gemini-generate/index.ts';
import type { Part, StreamEvent, Usage } from '../../src/formats/neutral/conversation.ts';
import { readStream, writeStream } from './streams.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/recordings/google');
const FACTS: AnswerFacts = { id: 'r', model: 'm', createdSeconds: 0, streamUsage: true };

const files = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
if (files.length === 0) test('recordings of Google', { skip: '../shared/recordings/google is absent' }, () => {});

const objects = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);

/** What an answer says, reduced to the facts that this test checks. */
interface Said {
  text: string;
  thoughts: string;
  calls: { name: unknown; arguments: unknown }[];
  signatures: unknown[];
  reason: unknown;
}

/** Sets a value at a JSON path in the simplest way, to know what streamed arguments must come to. */
function setAt(target: JsonObject, path: string, value: JsonValue): void {
  const steps = [...path.matchAll(/\.([^.[]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  let place = target as Record<string | number, unknown>;
  for (const [index, step] of steps.slice(0, -1).entries()) {
    place[step] ??= typeof steps[index + 1] === 'number' ? [] : {};
    place = place[step] as Record<string | number, unknown>;
  }
  const last = steps.at(-1) ?? '';
  const before = place[last];
  place[last] = typeof before === 'string' && typeof value === 'string' ? before + value : value;
}

function saidByFile(answers: readonly JsonObject[]): Said {
  const said: Said = { text: '', thoughts: '', calls: [], signatures: [], reason: undefined };
  for (const candidate of answers.flatMap((answer) => objects(answer.candidates))) {
    said.reason = candidate.finishReason ?? said.reason;
    for (const part of isJsonObject(candidate.content) ? objects(candidate.content.parts) : []) {
      if (part.thoughtSignature !== undefined) said.signatures.push(part.thoughtSignature);
      if (typeof part.text === 'string') said[part.thought === true ? 'thoughts' : 'text'] += part.text;
      const call = part.functionCall;
      if (!isJsonObject(call)) continue;
      if (call.name !== undefined) said.calls.push({ name: call.name, arguments: call.args ?? {} });
      for (const piece of objects(call.partialArgs)) {
        const value = piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null;
        setAt(said.calls.at(-1)?.arguments as JsonObject, String(piece.jsonPath), value);
      }
    }
  }
  return said;
}

function saidByParts(parts: readonly Part[], reason: unknown): Said {
  const said: Said = { text: '', thoughts: '', calls: [], signatures: [], reason };
  for (const part of parts) {
    if ('signature' in part && part.signature !== undefined) said.signatures.push(part.signature.value);
    if (part.type === 'text') said.text += part.text;
    if (part.type === 'reasoning') said.thoughts += part.text;
    if (part.type === 'tool-call') said.calls.push({ name: part.name, arguments: JSON.parse(part.arguments) });
  }
  return said;
}

function saidByEvents(events: readonly StreamEvent[]): Said {
  const said: Said = { text: '', thoughts: '', calls: [], signatures: [], reason: undefined };
  const texts: string[] = [];
  for (const event of events) {
    if ('signature' in event && event.signature !== undefined) said.signatures.push(event.signature.value);
    if (event.type === 'text') said.text += event.text;
    if (event.type === 'reasoning') said.thoughts += event.text;
    if (event.type === 'tool-call') said.calls.push({ name: event.name, arguments: undefined });
    if (event.type === 'tool-arguments') texts[event.call] = (texts[event.call] ?? '') + event.text;
    if (event.type === 'finish') said.reason = event.finish.raw;
  }
  for (const [index, call] of said.calls.entries()) call.arguments = JSON.parse(texts[index] ?? '');
  return said;
}

function checkUsage(usage: Usage | undefined, answer: JsonObject | undefined): void {
  const told = answer?.usageMetadata;
  if (!isJsonObject(told) || told.promptTokenCount === undefined) return;
  assert.equal(usage?.inputTokens, number(told.promptTokenCount) + number(told.toolUsePromptTokenCount));
  assert.equal(usage?.outputTokens, number(told.candidatesTokenCount) + number(told.thoughtsTokenCount));
  assert.equal((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0), told.totalTokenCount);
  assert.equal(usage?.reasoningTokens ?? 0, number(told.thoughtsTokenCount));
  assert.equal(usage?.cachedInputTokens ?? 0, number(told.cachedContentTokenCount));
}

for (const file of files.filter((name) => name.endsWith('.json'))) {
  test(`the recorded answer ${file} is read as it stands and written back`, () => {
    const body = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as JsonObject;
    if (isJsonObject(body.error)) {
      const facts = geminiGenerate.readError(body);
      assert.equal(facts?.message, body.error.message);
      assert.equal(facts?.status, body.error.code);
      assert.equal(facts?.type, body.error.status);
      assert.equal(facts?.retryAfterMs !== undefined, JSON.stringify(body).includes('retryDelay'));
      return;
    }
    const response = geminiGenerate.readResponse(body);
    const choice = response.choices[0];
    assert.deepEqual(saidByParts(choice?.parts ?? [], choice?.finish.raw), saidByFile([body]));
    checkUsage(response.usage, body);
    assert.equal(response.id, body.responseId);
    assert.equal(response.model, body.modelVersion);
    const written = geminiGenerate.writeResponse(response, FACTS);
    assert.deepEqual(saidByFile([written]), saidByFile([body]));
  });
}

for (const file of files.filter((name) => name.endsWith('.chunks.txt'))) {
  const lines = readFileSync(join(FOLDER, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const bodies = lines.map((line) => JSON.parse(line) as JsonObject);

  test(`the recorded stream ${file} says what its events say`, () => {
    const events = readStream(geminiGenerate, lines);
    assert.deepEqual(saidByEvents(events), saidByFile(bodies));
    checkUsage(events.findLast((event) => event.type === 'usage')?.usage, bodies.at(-1));
    assert.equal(events.at(-1)?.type, 'end');
    const finish = events.find((event) => event.type === 'finish');
    assert.equal(finish?.finish.reason, saidByFile(bodies).calls.length > 0 ? 'tool-calls' : 'stop');
  });

  test(`the recorded stream ${file} cut before any event is never whole`, () => {
    for (let length = 0; length < lines.length; length += 1) {
      const events = readStream(geminiGenerate, lines.slice(0, length));
      assert.ok(events.every(({ type }) => type !== 'end' && type !== 'error'));
    }
  });

  test(`the recorded stream ${file} is written for a client so that it says the same`, () => {
    const data = writeStream(geminiGenerate, FACTS, readStream(geminiGenerate, lines));
    const written = data.map((text) => JSON.parse(text) as JsonObject);
    assert.deepEqual(saidByFile(written), saidByFile(bodies));
  });
}
