import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../core/json.ts';
import { type BodyMember, type NeedsOptions, type RequestHeaders, type RequestOutline, readNeeds } from './needs.ts';
import { estimateInputTokens, needsExactCount } from './pre-call-checks.ts';

const KINDS: Readonly<Record<string, BodyMember['kind']>> = {
  '"': 'string',
  '{': 'object',
  '[': 'array',
  t: 'boolean',
};
const OFF: NeedsOptions = { checks: false, tags: false, affinity: false };

/** A body and where its members stand, as the envelope reader finds them. */
function bodyOf(members: Readonly<Record<string, JsonValue>>, indent = 0) {
  const outline: BodyMember[] = [];
  let text = '{';
  for (const [name, value] of Object.entries(members)) {
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(name)}:`;
    const valueStart = Buffer.byteLength(text);
    text += JSON.stringify(value, null, indent);
    const kind = KINDS[JSON.stringify(value)[0] ?? ''] ?? 'number';
    outline.push({ name, valueStart, valueEnd: Buffer.byteLength(text), kind });
  }
  return { body: Buffer.from(`${text}}`), members: outline };
}

function read(
  members: Readonly<Record<string, JsonValue>>,
  options: Partial<NeedsOptions>,
  headers: RequestHeaders = {},
  more: Partial<RequestOutline> = {},
  indent = 0,
) {
  const { body, members: outline } = bodyOf(members, indent);
  return readNeeds(body, { members: outline, stream: false, ...more }, headers, { ...OFF, ...options });
}

const checked = (members: Readonly<Record<string, JsonValue>>, indent = 0) =>
  read(members, { checks: true }, {}, {}, indent);

test('nothing is read where nothing is switched on', () => {
  assert.deepEqual(read({ user: 'u', tags: ['x'], tools: [{}] }, {}), { stream: false, tags: [] });
  assert.equal(read({}, {}, {}, { stream: true }), read({ user: 'x' }, {}, {}, { stream: true }));
});

test('images are seen and counted in every format, also in bodies with white space', () => {
  const url = 'https://example.com/a.png';
  const parts: readonly Readonly<Record<string, JsonValue>>[] = [
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url } },
            { type: 'text', text: 'a' },
          ],
        },
      ],
    },
    { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }] },
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] },
    { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }] },
  ];
  for (const members of parts) {
    for (const indent of [0, 2]) {
      const { vision, images } = checked(members, indent);
      assert.deepEqual({ vision, images }, { vision: true, images: 1 }, JSON.stringify(members));
    }
  }
});

test('text that speaks of images, and tools that take them, ask for no vision', () => {
  const text = 'send {"type":"image_url"} and "type": "image" and image_url';
  assert.equal(checked({ messages: [{ role: 'user', content: text }] }).vision, undefined);
  assert.equal(checked({ messages: [{ role: 'user', content: 'image_url' }] }).vision, undefined);
  assert.equal(checked({ tools: [{ type: 'image' }], messages: [] }).vision, undefined);
});

test('tools, schemas, reasoning and the limit of the answer are read in every format', () => {
  assert.equal(checked({ tools: [{ type: 'function' }] }).tools, true);
  assert.equal(checked({ functions: [{ name: 'f' }] }).tools, true);
  assert.equal(checked({ tools: [] }, 2).tools, undefined);
  assert.equal(checked({ response_format: { type: 'json_schema', json_schema: {} } }).jsonSchema, true);
  assert.equal(checked({ response_format: { type: 'json_object' } }).jsonSchema, undefined);
  assert.equal(checked({ text: { format: { type: 'json_schema', schema: {} } } }).jsonSchema, true);
  assert.equal(checked({ generationConfig: { responseSchema: { type: 'OBJECT' } } }).jsonSchema, true);
  assert.equal(checked({ reasoning_effort: 'low' }).reasoning, true);
  assert.equal(checked({ reasoning_effort: 'none' }).reasoning, undefined);
  assert.equal(checked({ reasoning: { effort: 'high' } }).reasoning, true);
  assert.equal(checked({ thinking: { type: 'enabled', budget_tokens: 1_024 } }).reasoning, true);
  assert.equal(checked({ thinking: { type: 'disabled' } }).reasoning, undefined);
  assert.equal(checked({ max_tokens: 100, max_completion_tokens: 200 }).maxOutputTokens, 200);
  assert.equal(checked({ max_tokens: 100 }).maxOutputTokens, 100);
  assert.equal(checked({ generationConfig: { maxOutputTokens: 300 } }).maxOutputTokens, 300);
  assert.equal(checked({ max_tokens: 'many' }).maxOutputTokens, undefined);
});

test('the tokens of the prompt are bounded by its bytes, and counted only where a limit lies between', () => {
  const content = 'word '.repeat(2_000);
  const { inputTokens, inputRange } = checked({ model: 'x'.repeat(500), messages: [{ role: 'user', content }] });
  assert.equal(inputTokens, JSON.stringify([{ role: 'user', content }]).length);
  assert.ok(inputRange && inputRange.atLeast <= 2_000 && inputRange.atMost >= 2_000);
  assert.equal(needsExactCount(inputRange, [128_000, undefined]), false);
  assert.equal(needsExactCount(inputRange, [128_000, 8_192]), true);
  assert.equal(needsExactCount(inputRange, [200]), false);
  assert.equal(needsExactCount({ atLeast: 5, atMost: 10 }, [10, 4]), false);
  assert.deepEqual(estimateInputTokens(3_200_000, 2), { atLeast: 0, atMost: 3_210_000 });
});

test('tags come from the key, the body and the header, each once', () => {
  const members = { tags: ['a', 1, ' '], metadata: { tags: ['b', 'a'] }, litellm_metadata: { tags: 'no list' } };
  const needs = read(members, { tags: true }, { 'x-litellm-tags': 'c, d ,,a' }, { keyTags: ['team'] });
  assert.deepEqual(needs.tags, ['team', 'a', 'b', 'c', 'd']);
  const many = Array.from({ length: 1_000 }, (_, index) => `${index}`);
  assert.equal(read({ tags: many }, { tags: true }).tags.length, 64);
});

test('a conversation is told by its session, its user, or the beginning of its prompt', () => {
  const messages = [{ role: 'system', content: 'x'.repeat(2_000) }];
  const key = (
    members: Readonly<Record<string, JsonValue>>,
    affinity: 'named' | 'prefix',
    headers: RequestHeaders = {},
  ) => read(members, { affinity }, headers).affinityKey;
  assert.equal(key({ user: 'u', messages }, 'prefix', { 'x-session-id': 's' }), 's:s');
  assert.equal(key({ user: 'u', messages }, 'prefix', { 'x-litellm-session-id': 't', 'x-session-id': 's' }), 's:t');
  assert.equal(key({ user: 'u', messages }, 'prefix'), 'u:u');
  assert.equal(key({ messages }, 'named'), undefined);
  const prefix = key({ messages }, 'prefix');
  assert.match(prefix ?? '', /^p:.{27}$/);
  assert.equal(key({ messages: [...messages, { role: 'user', content: 'new' }] }, 'prefix'), prefix);
  assert.notEqual(key({ messages: [{ role: 'system', content: 'y' }] }, 'prefix'), prefix);
});

test('a region is read also where nothing else is, and the key has the last word on it', () => {
  assert.equal(read({ allowed_model_region: 'eu' }, {}).region, 'eu');
  assert.equal(read({ allowed_model_region: 'us' }, {}, {}, { region: 'eu' }).region, 'eu');
});
