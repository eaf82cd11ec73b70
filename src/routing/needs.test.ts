import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../core/json.ts';
import { formatParts } from '../formats/index.ts';
import type { FormatId } from '../formats/neutral/conversation.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { type NeedsOptions, type NeedsSource, readNeeds } from './needs.ts';
import { estimateInputTokens, needsExactCount } from './pre-call-checks.ts';
import type { Headers } from './request-controls.ts';

const OFF: NeedsOptions = { checks: false, tags: false, affinity: false };
type Members = Readonly<Record<string, JsonValue>>;

function read(
  members: Members,
  options: Partial<NeedsOptions>,
  headers: Headers = {},
  more: Partial<NeedsSource> = {},
  { indent = 0, format = 'openai-chat' }: { indent?: number; format?: FormatId } = {},
) {
  const body = Buffer.from(JSON.stringify(members, null, indent));
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  const outline = formatParts(format).outline(body, envelope);
  return readNeeds({ outline, stream: false, ...more }, headers, { ...OFF, ...options });
}

const checked = (members: Members, format: FormatId = 'openai-chat', indent = 0) =>
  read(members, { checks: true }, {}, {}, { indent, format });

test('nothing is read where nothing is switched on', () => {
  assert.deepEqual(read({ user: 'u', tags: ['x'], tools: [{}] }, {}), { stream: false, tags: [] });
  assert.equal(read({}, {}, {}, { stream: true }), read({ user: 'x' }, {}, {}, { stream: true }));
});

test('images are seen and counted in every format, also in bodies with white space', () => {
  const url = 'https://example.com/a.png';
  const requests: readonly (readonly [FormatId, Members])[] = [
    [
      'openai-chat',
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
    ],
    [
      'anthropic-messages',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }] },
    ],
    ['openai-chat', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }],
    ['gemini-generate', { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }] }],
  ];
  for (const [format, members] of requests) {
    for (const indent of [0, 2]) {
      const { vision, images } = checked(members, format, indent);
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
  assert.equal(checked({ tools: [] }, 'openai-chat', 2).tools, undefined);
  assert.equal(checked({ response_format: { type: 'json_schema', json_schema: {} } }).jsonSchema, true);
  assert.equal(checked({ response_format: { type: 'json_object' } }).jsonSchema, undefined);
  assert.equal(checked({ text: { format: { type: 'json_schema', schema: {} } } }).jsonSchema, true);
  assert.equal(
    checked({ generationConfig: { responseSchema: { type: 'OBJECT' } } }, 'gemini-generate').jsonSchema,
    true,
  );
  assert.equal(checked({ reasoning_effort: 'low' }).reasoning, true);
  assert.equal(checked({ reasoning_effort: 'none' }).reasoning, undefined);
  assert.equal(checked({ reasoning: { effort: 'high' } }).reasoning, true);
  assert.equal(checked({ thinking: { type: 'enabled', budget_tokens: 1_024 } }).reasoning, true);
  assert.equal(checked({ thinking: { type: 'disabled' } }).reasoning, undefined);
  assert.equal(checked({ max_tokens: 100, max_completion_tokens: 200 }).maxOutputTokens, 200);
  assert.equal(checked({ max_tokens: 100 }).maxOutputTokens, 100);
  assert.equal(checked({ generationConfig: { maxOutputTokens: 300 } }, 'gemini-generate').maxOutputTokens, 300);
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

test('a conversation is recognised by its session or its user', () => {
  const key = (members: Members, headers: Headers = {}) => read(members, { affinity: true }, headers).affinityKey;
  assert.equal(key({ user: 'u' }, { 'x-session-id': 's' }), 's:s');
  assert.equal(key({ user: 'u' }, { 'x-litellm-session-id': 't', 'x-session-id': 's' }), 's:t');
  assert.equal(key({ user: 'u' }), 'u:u');
  assert.equal(key({}), undefined);
  assert.equal(read({ user: 'u' }, {}).affinityKey, undefined);
});

test('the prefixes of a prompt are those of its tools, its instructions and its conversation, in this order', () => {
  const text = (name: string) => `${name} `.repeat(2_000);
  const keys = (members: Members, format?: FormatId, prefixSeed = 'secret') =>
    read(members, {}, {}, { prefixSeed }, format === undefined ? {} : { format }).prompt?.keys ?? [];
  const messages = [{ role: 'system', content: text('one') }];
  const first = keys({ messages });
  const next = keys({ temperature: 1, messages: [...messages, { role: 'user', content: text('two') }] });
  assert.ok(first.length >= 3 && next.length > first.length);
  assert.deepEqual(next.slice(0, first.length), first);
  assert.notDeepEqual(keys({ tools: [{ name: 'a' }], messages })[0], first[0]);
  assert.notDeepEqual(keys({ messages }, undefined, 'other')[0], first[0]);
  assert.deepEqual(keys({ messages: [{ role: 'user', content: 'short' }] }), []);
  const system = [{ type: 'text', text: text('one') }];
  const marked = [{ ...system[0], cache_control: { type: 'ephemeral' } }];
  const asked = [{ role: 'user', content: 'a' }];
  const anthropic = keys({ messages: asked, system }, 'anthropic-messages');
  assert.deepEqual(keys({ messages: asked, system: marked }, 'anthropic-messages'), anthropic);
  assert.deepEqual(keys({ system, messages: [{ role: 'user', content: 'b' }] }, 'anthropic-messages'), anthropic);
});

test('a region is read also where nothing else is, and the key has the last word on it', () => {
  assert.equal(read({}, {}, {}, { regions: [] }).regions, undefined);
  assert.deepEqual(read({}, {}, {}, { regions: ['eu', 'eu-west-1'] }).regions, ['eu', 'eu-west-1']);
});
