import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { FormatError } from '../format.ts';
import { counting } from './count-tokens.ts';
import { anthropicMessages } from './index.ts';

const ok: JsonObject = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hi' }] };

const BAD: readonly (readonly [string, JsonObject])[] = [
  ['max_tokens', { ...ok, max_tokens: undefined }],
  ['max_tokens', { ...ok, max_tokens: 1.5 }],
  ['model', { ...ok, model: 3 }],
  ['messages', { ...ok, messages: 'Hi' }],
  ['messages[0]', { ...ok, messages: ['Hi'] }],
  ['messages[0].role', { ...ok, messages: [{ role: 'tool', content: 'Hi' }] }],
  ['messages[0].content', { ...ok, messages: [{ role: 'user' }] }],
  [
    'messages[0].content[1].text',
    { ...ok, messages: [{ role: 'user', content: [{ type: 'text', text: '' }, { type: 'text' }] }] },
  ],
  [
    'messages[0].content[0].source.data',
    { ...ok, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64' } }] }] },
  ],
  [
    'messages[0].content[0].content[0].type',
    { ...ok, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{}] }] }] },
  ],
  [
    'system[0].cache_control.ttl',
    { ...ok, system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: 'long' } }] },
  ],
  ['tools[0].name', { ...ok, tools: [{ input_schema: {} }] }],
  ['tool_choice.type', { ...ok, tool_choice: { type: 'required' } }],
  ['thinking.type', { ...ok, thinking: {} }],
  ['output_config.effort', { ...ok, output_config: { effort: 'huge' } }],
  ['output_config.format.type', { ...ok, output_config: { format: { type: 'json' } } }],
  ['stop_sequences[0]', { ...ok, stop_sequences: [1] }],
  ['stream', { ...ok, stream: 'yes' }],
];

for (const [path, body] of BAD) {
  test(`a wrong ${path} is refused by its path`, () => {
    assert.throws(
      () => anthropicMessages.readRequest(body),
      (error) => error instanceof FormatError && error.path === path && error.message.startsWith(`'${path}' must be `),
    );
  });
}

test('null counts as absent, as Anthropic has it', () => {
  const nothing = { temperature: null, tools: null, thinking: null, cache_control: null, metadata: null, system: null };
  assert.deepEqual(anthropicMessages.readRequest({ ...ok, ...nothing }), anthropicMessages.readRequest(ok));
});

test('a request to count tokens needs no max_tokens', () => {
  const { max_tokens: _, ...body } = ok;
  assert.equal(counting.readRequest(body).request.maxOutputTokens, undefined);
  assert.deepEqual(counting.writeAnswer(12), { input_tokens: 12 });
});

test('a member named __proto__ stays a plain member', () => {
  const body = JSON.parse('{"model":"m","max_tokens":1,"messages":[],"__proto__":{"polluted":true}}') as JsonObject;
  const { fields } = anthropicMessages.readRequest(body).request.extensions;
  assert.deepEqual(Object.keys(fields), ['__proto__']);
  assert.equal(Object.getPrototypeOf(fields), Object.prototype);
});

/** A request that uses much of the format, in which one value somewhere is replaced. */
const RICH = JSON.stringify({
  ...ok,
  system: [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'url', url: 'u' } },
        { type: 'document', source: { type: 'content', content: ['x'] }, citations: { enabled: true } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'T', signature: 'google:x' },
        { type: 'tool_use', id: 'a', name: 'n', input: { q: 1 } },
        { type: 'mcp_tool_use', id: 'b' },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'a',
          content: [
            { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
            { type: 'image', source: {} },
          ],
        },
      ],
    },
    { role: 'system', content: 'later' },
  ],
  tools: [
    { name: 'n', input_schema: { type: 'object' } },
    { type: 'bash_20250124', name: 'bash' },
  ],
  tool_choice: { type: 'tool', name: 'n' },
  thinking: { type: 'enabled', budget_tokens: 2000 },
  output_config: {
    effort: 'low',
    format: { type: 'json_schema', schema: { type: 'object', properties: { a: { oneOf: [{}] } } } },
  },
  metadata: { user_id: 'u' },
  stop_sequences: ['x'],
});

function placesOf(value: JsonValue, place: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [place];
  const entries: [string | number, JsonValue | undefined][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : Object.entries(value);
  return [place, ...entries.flatMap(([key, item]) => placesOf(item ?? null, [...place, key]))];
}

function withValueAt(text: string, place: readonly (string | number)[], value: JsonValue): JsonValue {
  const root: JsonValue = { root: JSON.parse(text) as JsonValue };
  let holder: Record<string | number, JsonValue> = root as Record<string, JsonValue>;
  let key: string | number = 'root';
  for (const next of place) {
    holder = holder[key] as unknown as Record<string | number, JsonValue>;
    key = next;
  }
  holder[key] = value;
  return (root as JsonObject).root ?? null;
}

test('no JSON makes the reader fail otherwise than by FormatError, and what it reads can be written for any Claude', () => {
  const places = placesOf(JSON.parse(RICH) as JsonValue).slice(1);
  const model = fc.constantFrom('claude-haiku-4-5', 'claude-opus-4-6', 'claude-sonnet-5-5', 'glm-5');
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }), model, (place, value, name) => {
      try {
        const { request } = anthropicMessages.readRequest(withValueAt(RICH, place, value as JsonValue) as JsonObject);
        const { body } = anthropicMessages.writeRequest(request, { model: name, traits: {} });
        assert.ok(typeof body.max_tokens === 'number' && Array.isArray(body.messages) && body.messages.length > 0);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
