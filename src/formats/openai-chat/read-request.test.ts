import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { openaiChat } from './index.ts';

const user = { role: 'user', content: 'Hi' };
const good: JsonObject = { model: 'm', messages: [user] };
const call = {
  role: 'assistant',
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
};

const wrong: readonly (readonly [string, JsonObject, RegExp])[] = [
  ['model', { messages: [user] }, /'model' must be a non-empty string, but it is missing/],
  ['messages', { model: 'm' }, /missing: send an array/],
  ['messages', { model: 'm', messages: 'Hi' }, /must be an array, but it is a string/],
  ['messages', { model: 'm', messages: [] }, /empty array: send at least one/],
  ['messages[0]', { model: 'm', messages: ['Hi'] }, /must be an object, but it is a string/],
  ['messages[0].role', { model: 'm', messages: [{ content: 'Hi' }] }, /must be 'system', .* but it is missing/],
  ['messages[1].role', { model: 'm', messages: [user, { role: 'robot', content: '' }] }, /but it is 'robot'/],
  ['messages[0].content', { model: 'm', messages: [{ role: 'user', content: null }] }, /but it is null/],
  ['messages[0].content', { model: 'm', messages: [{ role: 'user', content: 5 }] }, /but it is the number 5/],
  [
    'messages[0].content[0].type',
    { model: 'm', messages: [{ role: 'user', content: [{ text: 'x' }] }] },
    /'text', 'image_url'/,
  ],
  [
    'messages[0].content[0].text',
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
    /must be a string/,
  ],
  [
    'messages[0].content[0].image_url',
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    /an object/,
  ],
  [
    'messages[0].content[0].file',
    { model: 'm', messages: [{ role: 'user', content: [{ type: 'file', file: {} }] }] },
    /'file_data' or 'file_id'/,
  ],
  ['messages[0].tool_call_id', { model: 'm', messages: [{ role: 'tool', content: 'x' }] }, /non-empty string/],
  [
    'messages[0].tool_calls[0].id',
    { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] },
    /non-empty/,
  ],
  [
    'messages[0].tool_calls[0].function.arguments',
    { model: 'm', messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: 3 } }] }] },
    /a string with JSON/,
  ],
  ['tools[0].type', { ...good, tools: [{ name: 5 }] }, /kind of tool/],
  [
    'tools[0].function.name',
    { ...good, tools: [{ type: 'function', function: { description: 'x' } }] },
    /non-empty string/,
  ],
  ['tool_choice', { ...good, tool_choice: 'maybe' }, /'auto', 'none', 'required'/],
  ['tool_choice', { ...good, tool_choice: { type: 'function' } }, /must name a tool/],
  ['temperature', { ...good, temperature: '0.5' }, /Send 0\.5 without quotes/],
  ['n', { ...good, n: 0 }, /whole number of at least 1, but it is the number 0/],
  ['max_tokens', { ...good, max_tokens: 1.5 }, /whole number/],
  ['stop[1]', { ...good, stop: ['a', 1] }, /must be a string/],
  ['logit_bias.5', { ...good, logit_bias: { 5: 'x' } }, /must be a number/],
  ['stream', { ...good, stream: 'yes' }, /true or false/],
  ['response_format.json_schema', { ...good, response_format: { type: 'json_schema' } }, /an object/],
  ['reasoning_effort', { ...good, reasoning_effort: 'very' }, /one|none, minimal/],
  ['thinking.type', { ...good, thinking: { type: 'maybe' } }, /'enabled', 'disabled'/],
];

for (const [path, body, message] of wrong) {
  test(`a request that is wrong at ${path} is refused with its path: ${message.source}`, () => {
    assert.throws(
      () => openaiChat.readRequest(body),
      (error) => error instanceof FormatError && error.path === path && message.test(error.message),
    );
  });
}

/** Bodies near to real ones, where a reader is most likely to trust what it should not. */
const names = [
  'role',
  'content',
  'type',
  'text',
  'image_url',
  'url',
  'file',
  'function',
  'name',
  'arguments',
  'id',
  'tool_calls',
  'thinking_blocks',
  'reasoning_details',
  'extra_content',
  'google',
  'cache_control',
  '__proto__',
  'constructor',
];
const words = [
  'user',
  'assistant',
  'tool',
  'function',
  'text',
  'image_url',
  'file',
  'document',
  'thinking',
  'custom',
  'data:;base64,',
  'constructor.__proto__',
  '',
];
const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<JsonValue>(...words, null, true, 0, -1, 1.5),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
  ),
})).value;
const fields = [
  'model',
  'messages',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'response_format',
  'reasoning',
  'thinking',
  'stop',
  'logit_bias',
  'stream_options',
  'metadata',
  'modalities',
  'n',
];

test('no body makes the reader fail with anything but a FormatError, and what it reads can be written', () => {
  const body = fc.dictionary(fc.constantFrom(...fields), json);
  const mild = fc.record({ model: fc.constant('m'), messages: fc.array(json, { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(
      fc.oneof(body, mild),
      fc.constantFrom('gpt-5.6', 'claude-x', 'anthropic/claude', 'gemini', 'm'),
      (value, model) => {
        try {
          const { request } = openaiChat.readRequest(value);
          JSON.stringify(openaiChat.writeRequest(request, { model, traits: {} }).body);
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('reading, writing and reading again gives the same conversation', () => {
  const text = fc.string({ minLength: 1 });
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom('system', 'user'), content: text }),
    fc.record({
      role: fc.constant('user'),
      content: fc.array(fc.record({ type: fc.constant('text'), text }), { minLength: 1 }),
    }),
    fc.record({ role: fc.constant('assistant'), content: text, reasoning_content: text }),
    fc.constant(call),
    fc.record({ role: fc.constant('tool'), tool_call_id: fc.constant('c'), content: text }),
  );
  const body = fc.record(
    {
      model: fc.constant('local-model'),
      messages: fc.array(message, { minLength: 1, maxLength: 5 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((number) => number + 0),
      max_tokens: fc.integer({ min: 1 }),
      stop: fc.array(text, { minLength: 1, maxLength: 3 }),
      thinking: fc.record({ type: fc.constantFrom('enabled', 'disabled'), budget_tokens: fc.nat() }),
      stream: fc.boolean(),
      user: text,
    },
    { requiredKeys: ['model', 'messages'] },
  );
  fc.assert(
    fc.property(body, (value) => {
      const first = openaiChat.readRequest(value as JsonObject).request;
      const written = openaiChat.writeRequest(first, { model: first.model, traits: {} });
      assert.deepEqual(openaiChat.readRequest(written.body).request, first);
      assert.deepEqual(written.dropped, []);
    }),
    { numRuns: 300 },
  );
});
