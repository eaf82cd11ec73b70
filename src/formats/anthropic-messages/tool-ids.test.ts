import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeToolId, writeToolInput } from './tool-ids.ts';

test('an id that Anthropic takes stays as it is; any other becomes one, always the same, never another’s', () => {
  assert.equal(writeToolId('toolu_01-A'), 'toolu_01-A');
  assert.notEqual(writeToolId('call.1'), writeToolId('call:1'));
  fc.assert(
    fc.property(fc.string(), (id) => {
      assert.match(writeToolId(id), /^[a-zA-Z0-9_-]+$/);
      assert.equal(writeToolId(id), writeToolId(id));
    }),
  );
});

test('input is always an object, and other text stays readable in it', () => {
  assert.deepEqual(writeToolInput('{"a":1}', false), { a: 1 });
  assert.deepEqual(writeToolInput('', false), {});
  assert.deepEqual(writeToolInput('{"a":', false), { _raw: '{"a":' });
  assert.deepEqual(writeToolInput('[1]', false), { _raw: '[1]' });
  assert.deepEqual(writeToolInput('null', false), { _raw: 'null' });
  assert.deepEqual(writeToolInput('{"a":1}', true), { input: '{"a":1}' });
});
