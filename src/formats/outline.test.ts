import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { splice } from '../wire/splice.ts';
import { formatParts } from './index.ts';
import type { FormatId } from './neutral/conversation.ts';
import type { RequestOutline } from './outline.ts';
import { outlineByParsing } from './test/outline-by-parsing.ts';
import { spelled } from './test/spelled.ts';

const FORMATS = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'anthropic-messages',
  'gemini-generate',
] as const;

function outlineOf(format: FormatId, body: string | JsonObject): RequestOutline {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const envelope = readEnvelope(bytes);
  assert.ok(envelope.ok, JSON.stringify(envelope));
  return formatParts(format).outline(bytes, envelope);
}

const BASE64 = Buffer.from('x'.repeat(300)).toString('base64');
const PDF = Buffer.from(`%PDF-1.7 ${'y'.repeat(200)}`).toString('base64');
const IMAGE = `data:image/png;base64,${BASE64}`;

const mediaString = fc.constantFrom(
  '',
  'https://example.com/a.png',
  ' https://example.com/b.png',
  IMAGE,
  `DATA:IMAGE/PNG;charset=x;base64,${BASE64}`,
  'data:,plain',
  `data:text/csv;base64,${BASE64}`,
  `data:application/pdf;base64,${PDF}`,
  `data:text/plain;base64,${PDF}`,
  PDF,
  `${IMAGE} and a text behind it`,
  `data:image/png;base64,${'A'.repeat(257)} text`,
  BASE64,
  'file-abc',
  'A'.repeat(5_000),
  'word '.repeat(900),
  '语'.repeat(1_000),
);
const TYPES = [
  'text',
  'image',
  'image_url',
  'input_image',
  'image_generation_call',
  'input_audio',
  'file',
  'document',
  'base64',
  'url',
  'content',
  'tool_result',
  'tool_use',
  'function',
  'web_search_20250305',
  'google_search',
  'json_schema',
  'json_object',
  'enabled',
  'disabled',
  'none',
  'low',
];
const NAMES = [
  'type',
  'text',
  'content',
  'parts',
  'role',
  'image_url',
  'video_url',
  'audio_url',
  'input_audio',
  'file',
  'file_data',
  'file_id',
  'file_url',
  'source',
  'data',
  'url',
  'media_type',
  'format',
  'inlineData',
  'inline_data',
  'fileData',
  'fileUri',
  'file_uri',
  'mimeType',
  'mime_type',
  'functionResponse',
  'function_response',
  'input',
  'output',
  'result',
  'tool_calls',
  'arguments',
  'cache_control',
  'prompt_cache_breakpoint',
  'max_uses',
  'googleSearch',
  'google_search',
  'json_schema',
  'effort',
  'user_id',
  'session_id',
  'include_usage',
  'maxOutputTokens',
  'max_output_tokens',
  'candidateCount',
  'responseSchema',
  'thinkingConfig',
  'thinkingBudget',
  'audio',
  'id',
  'x',
  '__proto__',
];
const TOP = [
  'model',
  'messages',
  'system',
  'tools',
  'functions',
  'prompt',
  'input',
  'contents',
  'content',
  'requests',
  'generateContentRequest',
  'systemInstruction',
  'system_instruction',
  'title',
  'response_format',
  'output_config',
  'output_format',
  'text',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'safety_identifier',
  'prompt_cache_key',
  'n',
  'best_of',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'litellm_session_id',
  'service_tier',
  'serviceTier',
  'thinking',
  'reasoning',
  'reasoning_effort',
  'web_search_options',
  'modalities',
  'audio',
  'cache_control',
  'generationConfig',
  'generation_config',
];

const scalar = fc.oneof(
  mediaString,
  fc.constantFrom<JsonValue>(...TYPES, 'image/png', 'application/pdf', 'video/mp4', 'text/plain'),
  fc.constantFrom<JsonValue>(0, 1, 2.5, -3, 100, 4_096, '12', ' 7 ', 'many', 1e9, true, false, null),
);
const { tree } = fc.letrec<{ tree: JsonValue; object: JsonObject; list: JsonValue[] }>((tie) => ({
  object: fc.dictionary(fc.constantFrom(...NAMES), tie('tree'), { maxKeys: 6, noNullPrototype: true }),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  tree: fc.oneof({ maxDepth: 6, withCrossShrink: true }, scalar, tie('object'), tie('list'), tie('object')),
}));

/** Parts that mostly are what their format says, so that media are often found. */
const holder = fc.oneof(
  mediaString,
  fc.dictionary(
    fc.constantFrom('url', 'data', 'type', 'file_data', 'file_id', 'media_type', 'mimeType', 'fileUri'),
    scalar,
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  ),
);
const part = fc.oneof(
  tree,
  fc.dictionary(
    fc.constantFrom(
      'type',
      'image_url',
      'input_audio',
      'file',
      'source',
      'file_id',
      'inlineData',
      'fileData',
      'text',
      'cache_control',
    ),
    fc.oneof({ weight: 3, arbitrary: holder }, { weight: 1, arbitrary: tree }),
    { maxKeys: 4, noNullPrototype: true },
  ),
);
const source = fc.dictionary(
  fc.constantFrom('type', 'data', 'url', 'file_id', 'media_type'),
  fc.oneof(mediaString, fc.constantFrom('base64', 'text', 'url', 'image/png', 'application/pdf', 'application/json')),
  { minKeys: 1, maxKeys: 4, noNullPrototype: true },
);
const block = fc.record({ type: fc.constantFrom('image', 'document', 'text', 'tool_use'), source });
const blocks = fc.oneof(mediaString, fc.array(part, { maxLength: 4 }), fc.array(block, { minLength: 1, maxLength: 3 }));
const gemini = fc.dictionary(
  fc.constantFrom('data', 'mimeType', 'fileUri', 'mime_type'),
  fc.oneof(mediaString, fc.constantFrom('image/png', 'video/mp4')),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);
const geminiParts = fc.array(
  fc.oneof(
    fc.record({ inlineData: gemini }),
    fc.record({ file_data: gemini, text: mediaString }),
    fc.record({
      functionResponse: fc.record({ parts: fc.array(fc.record({ inline_data: gemini }), { maxLength: 2 }) }),
    }),
  ),
  { maxLength: 3 },
);
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: blocks }),
  fc.record({ role: fc.constant('user'), parts: fc.oneof(blocks, geminiParts) }),
  fc.record({ role: fc.constant('assistant'), audio: fc.oneof(fc.record({ id: mediaString }), tree) }),
  fc.record({ type: fc.constant('image_generation_call'), id: mediaString }),
  fc.record({ content: fc.array(fc.record({ type: fc.constant('tool_result'), content: blocks }), { maxLength: 2 }) }),
  fc.record({
    content: fc.array(
      fc.record({
        type: fc.constant('document'),
        source: fc.record({ type: fc.constant('content'), content: blocks }),
      }),
      { maxLength: 2 },
    ),
  }),
  tree,
);
const messages = fc.array(message, { maxLength: 3 });
const body = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...TOP), tree, { maxKeys: 10, noNullPrototype: true }),
    messages,
    fc.option(fc.constantFrom<JsonValue>(0, 5, 2.5, -1, '12', 'x', null), { nil: undefined }),
  )
  .map(([members, list, limit]) => ({
    ...members,
    messages: list,
    contents: list,
    input: list,
    ...(list.length > 1 && { requests: list.map((content) => ({ content })), system_instruction: list[0] ?? null }),
    ...(limit !== undefined && { max_tokens: limit, generationConfig: { maxOutputTokens: limit } }),
  }));

function facts(outline: RequestOutline) {
  const { model, stream, streamUsage, limit, choices, hasTools, asksForJsonSchema, asksForReasoning, asksForAudio } =
    outline;
  const { serviceTier, webSearches, user, endUser, session, cacheMarks } = outline;
  const media = outline.media.map(({ kind, source, mediaType, decodedBytes }) =>
    JSON.stringify([kind, source, mediaType ?? null, decodedBytes]),
  );
  return {
    ...{ model, stream, streamUsage, limit, choices, hasTools, asksForJsonSchema, asksForReasoning, asksForAudio },
    ...{ serviceTier, webSearches, user, endUser, session, cacheMarks },
    media: media.sort(),
  };
}

/** The words in any order. What is left of a `data:` address without its data depends on whether it was written with escapes. */
const withoutHeaders = (words: string): readonly string[] =>
  words
    .replaceAll(/data:[^,]{0,40};base64,/gi, '')
    .split(' ')
    .sort();

describe('laws of the outline, judged by JSON.parse', () => {
  for (const format of FORMATS) {
    test(`${format}: every spelling of a body has the outline of its parsed value`, () => {
      let withMedia = 0;
      fc.assert(
        fc.property(body, fc.integer(), (value, seed) => {
          const text = spelled(value, seed);
          const outline = outlineOf(format, text);
          const expected = outlineByParsing(format, JSON.parse(text) as JsonObject);
          const { words, ...known } = expected;
          assert.deepEqual(facts(outline), known, text);
          assert.deepEqual(withoutHeaders(outline.promptText()), withoutHeaders(words), text);
          if (known.media.length > 0) withMedia += 1;
          assert.ok(outline.inlineBytes <= outline.promptBytes);
        }),
        { numRuns: 250 },
      );
      if (format !== 'openai-completions') assert.ok(withMedia > 10, `only ${withMedia} bodies had media`);
    });

    test(`${format}: a lowered limit is the body's limit, and nothing else changes`, () => {
      fc.assert(
        fc.property(body, fc.integer(), fc.integer({ min: 1, max: 5_000 }), (value, seed, cap) => {
          const before = outlineOf(format, spelled(value, seed));
          const edits = before.limitEdits(cap);
          if (format === 'openai-embeddings') {
            assert.equal(edits.length, 0);
            return;
          }
          const after = outlineOf(format, splice(before.body, before.envelope, edits).toString());
          const wanted = typeof before.limit === 'number' ? Math.min(Math.ceil(before.limit), cap) : cap;
          assert.equal(after.limit, wanted);
          assert.deepEqual(
            { ...facts(after), limit: 0, asksForAudio: 0 },
            { ...facts(before), limit: 0, asksForAudio: 0 },
          );
        }),
        { numRuns: 80 },
      );
    });
  }

  test('bytes that were mutated have the outline of what they still mean', () => {
    const alphabet = Buffer.from('{}[]",:\\u005f _aeilmgrt0123=/+ \n');
    const mutation = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('replace', 'insert', 'delete'),
      byte: fc.constantFrom(...alphabet),
    });
    let valid = 0;
    fc.assert(
      fc.property(body, fc.integer(), fc.array(mutation, { minLength: 1, maxLength: 4 }), (value, seed, mutations) => {
        let bytes = Buffer.from(spelled(value, seed));
        for (const { at, kind, byte } of mutations) {
          const position = at % (bytes.length + 1);
          const rest = kind === 'insert' ? position : position + 1;
          const middle = kind === 'delete' ? [] : [byte];
          bytes = Buffer.concat([bytes.subarray(0, position), Buffer.from(middle), bytes.subarray(rest)]);
        }
        const envelope = readEnvelope(bytes);
        if (!envelope.ok) return;
        valid += 1;
        for (const format of FORMATS) {
          const outline = formatParts(format).outline(bytes, envelope);
          const { words, ...known } = outlineByParsing(format, JSON.parse(bytes.toString()) as JsonObject);
          assert.deepEqual(facts(outline), known, bytes.toString());
          assert.deepEqual(withoutHeaders(outline.promptText()), withoutHeaders(words));
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(valid > 20, `only ${valid} mutated bodies were still valid`);
  });
});
