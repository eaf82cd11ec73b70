import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import {
  inputItemsOf,
  preparedRequest,
  readKeeping,
  refersToItem,
  unkeptUpstream,
  withoutReasoning,
} from './kept-request.ts';
import { responseIn } from './kept-response.ts';

function read(text: string) {
  const body = Buffer.from(text);
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok, text);
  return [body, envelope] as const;
}

const BEFORE: readonly JsonValue[] = [
  { role: 'user', content: 'one, "two" \u{1F426}' },
  { type: 'reasoning', id: 'r' },
];

test('earlier items come before any kind of input, and every other byte means what it meant', () => {
  const own: readonly (readonly [string, readonly JsonValue[]])[] = [
    ['"input": "a \\"b\\" \\u00e9 ]"', [{ role: 'user', content: 'a "b" é ]' }]],
    ['"input": [ ]', []],
    ['"input": [{"role": "user", "content": "x"} , {"id": 5}\n]', [{ role: 'user', content: 'x' }, { id: 5 }]],
    ['"input": null', []],
    ['"input": 12345', [12_345]],
    ['"input": {"a": 1}', [{ a: 1 }]],
    ['"other": true', []],
  ];
  for (const [member, items] of own) {
    for (const before of [BEFORE, []]) {
      const text = `{"previous_response_id": "resp_1", "model": "m", ${member}, "background": true}`;
      const [body, envelope] = read(text);
      const made = JSON.parse(preparedRequest(body, envelope, { before, isKept: false }).toString()) as JsonObject;
      const { previous_response_id: _p, background: _b, ...rest } = JSON.parse(text) as JsonObject;
      assert.deepEqual(made, { ...rest, input: [...before, ...items] }, text);
    }
  }
});

test('what is kept says so, and asks for reasoning that later turns can hold', () => {
  const encrypted = 'reasoning.encrypted_content';
  const cases: readonly (readonly [string, JsonValue])[] = [
    ['{}', [encrypted]],
    ['{"store":null,"include":null}', [encrypted]],
    ['{"store":true,"include":["x"]}', ['x', encrypted]],
    [`{"include":["${encrypted}"],"store":true}`, [encrypted]],
    ['{"include":"odd"}', 'odd'],
  ];
  for (const [text, include] of cases) {
    const prepared = preparedRequest(...read(text), { before: undefined, isKept: true }).toString();
    assert.deepEqual(JSON.parse(prepared), { store: true, include }, text);
    const upstream = JSON.parse(unkeptUpstream(...read(prepared), true).toString()) as JsonObject;
    assert.deepEqual(upstream, { store: false, include }, text);
    const plain = JSON.parse(unkeptUpstream(...read(prepared), false).toString()) as JsonObject;
    assert.ok(!JSON.stringify(plain).includes('encrypted') && plain.store === false, text);
  }
});

test('what a request asks of the store is read; null says what absence says', () => {
  assert.deepEqual(readKeeping(...read('{"store":null,"background":null,"previous_response_id":null,"prompt":null}')), {
    ...{ store: undefined, background: undefined, previousResponseId: undefined, prompt: undefined },
    conversation: undefined,
  });
  assert.equal(readKeeping(...read('{"conversation":"conv_1"}')).conversation, 'conv_1');
});

test('an item that only refers to another is found, with its type and without', () => {
  for (const item of [
    '{"type":"item_reference","id":"a"}',
    '{"id":"a"}',
    '{"i\\u0064":"a"}',
    '{"id":"a","type":null,"role":null}',
  ]) {
    assert.equal(refersToItem(...read(`{"input":[{"role":"user","content":"x"},${item}]}`)), true, item);
  }
  for (const input of [
    '"item_reference"',
    '[]',
    '[{"role":"user","id":"a","content":[{"id":"b"}]}]',
    'null',
    '[5,"x"]',
  ]) {
    assert.equal(refersToItem(...read(`{"input":${input}}`)), false, input);
  }
});

test('reasoning of others is left out, and calls lose their ids with it', () => {
  const [body, envelope] = read(
    '{"input":[{"type":"reasoning","id":"a"},{"type":"reasoning","id":"b"},{"type":"function_call","id":"f","call_id":"c"},5]}',
  );
  assert.deepEqual(JSON.parse(withoutReasoning(body, envelope, new Set(['a'])).toString()), {
    input: [{ type: 'reasoning', id: 'b' }, { type: 'function_call', call_id: 'c' }, 5],
  });
  assert.deepEqual(inputItemsOf({ input: 'x' }), [{ role: 'user', content: 'x' }]);
});

test('the response is found in a whole answer and at the end of a stream, wherever its words say otherwise', () => {
  const response = { id: 'resp_1', output: [{ text: '\ndata: {"type":"response.completed"}' }] };
  const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;
  const stream = event('response.created', { response: { id: 'no' } }) + event('response.completed', { response });
  for (const text of [stream, stream.trimEnd(), `${stream}data: [DONE]\n\n`, `${stream}: a comment\n\n`]) {
    assert.deepEqual(responseIn(Buffer.from(text), true), response);
  }
  assert.deepEqual(responseIn(Buffer.from(JSON.stringify(response)), false), response);
  const none = ['', 'data: {', event('response.failed', { response }), event('response.created', { response }), '[]'];
  for (const text of none) assert.equal(responseIn(Buffer.from(text), true), undefined, text);
});
