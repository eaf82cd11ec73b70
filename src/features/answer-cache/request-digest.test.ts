import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { isBesideAnswer } from '../../formats/beside-the-answer.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { RequestDigests } from './request-digest.ts';

const TOOL = { type: 'object', properties: { city: { type: 'string', enum: ['a', 'b'] } }, required: ['city'] };
const REQUESTS: Readonly<Partial<Record<FormatId, JsonObject>>> = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'image_url', image_url: { url: 'https://e/a.png' } },
        ],
      },
      {
        role: 'assistant',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sun' },
    ],
    tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: TOOL } }],
    tool_choice: 'required',
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 100,
    seed: 7,
    stop: ['x', 'y'],
    response_format: { type: 'json_schema', json_schema: { name: 's', schema: TOOL, strict: true } },
  },
  'anthropic-messages': {
    model: 'm',
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'sun' }] },
    ],
    tools: [{ name: 'f', description: 'd', input_schema: TOOL }],
    max_tokens: 100,
    temperature: 0.5,
    top_k: 5,
    stop_sequences: ['x'],
  },
  'openai-responses': {
    model: 'm',
    store: false,
    instructions: 'Be brief.',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    max_output_tokens: 100,
    temperature: 0.5,
    text: { format: { type: 'text' }, verbosity: 'low' },
  },
  'gemini-generate': {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    generationConfig: { temperature: 0.5, maxOutputTokens: 100, stopSequences: ['x'], topK: 5 },
  },
  'openai-completions': { model: 'm', prompt: 'Hi', max_tokens: 100, temperature: 0.5 },
  'openai-embeddings': { model: 'm', input: ['Hi', 'you'], dimensions: 8 },
};

function digestOf(format: FormatId, text: string, mostParsedBytes = 262_144): string {
  const body = Buffer.from(text);
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  return new RequestDigests().of({ body, envelope, mostParsedBytes, endpoint: { format } } as never, 'scope');
}

/** All places in a value at which something can be changed, as paths. */
function placesIn(value: JsonValue | undefined, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...path, name]))];
}

/** The value with another one at a place. */
function changedAt(value: JsonValue, [name, ...rest]: readonly string[], how: number): JsonValue | undefined {
  if (name !== undefined) {
    const copy = structuredClone(value) as Record<string, JsonValue>;
    const changed = changedAt(copy[name] ?? null, rest, how);
    if (changed === undefined) {
      if (Array.isArray(copy)) copy.splice(Number(name), 1);
      else delete copy[name];
    } else copy[name] = changed;
    return copy;
  }
  if (typeof value === 'string') return how % 2 === 0 ? `${value} ` : undefined;
  if (typeof value === 'number') return how % 2 === 0 ? value + 1 : undefined;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return how % 2 === 0 ? [...value, 'more'] : [];
  return { ...value, own_member: how };
}

function shuffled(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => shuffled(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, shuffled(member)]),
  );
}

for (const [format, request] of Object.entries(REQUESTS) as [FormatId, JsonObject][]) {
  test(`every change of a request in ${format} makes another one, but for what says nothing of the answer`, () => {
    const usual = digestOf(format, JSON.stringify(request));
    const places = placesIn(request).filter(([top]) => top === undefined || !isBesideAnswer(top));
    const seen = new Map([[usual, 'the request']]);
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(1), (path, how) => {
        const changed = JSON.stringify(changedAt(request, path, how));
        if (changed === JSON.stringify(request)) return;
        for (const mostParsedBytes of [262_144, 0]) {
          const digest = digestOf(format, changed, mostParsedBytes);
          const other = seen.get(digest);
          assert.ok(other === undefined || other === changed, `${changed} is the same as ${other}`);
          seen.set(digest, changed);
        }
      }),
      { numRuns: 400 },
    );
  });

  test(`order and white space do not matter in ${format}, nor does who asks`, () => {
    const usual = digestOf(format, JSON.stringify(request));
    const beside = { user: 'u', metadata: { a: 'b' }, cache: { ttl: 5 }, tags: ['t'], stream: true };
    assert.equal(digestOf(format, JSON.stringify({ ...beside, ...request }, null, 2)), usual);
    assert.equal(digestOf(format, JSON.stringify(shuffled(request))), usual);
    assert.equal(
      digestOf(format, JSON.stringify({ ...beside, ...request }), 0),
      digestOf(format, JSON.stringify({ ...request, user: 'v' }), 0),
      'of one that is too large to be parsed',
    );
  });
}
