import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileWildcard, fillWildcard } from './wildcard.ts';

test('a star stands for any run of characters, the empty one too', () => {
  assert.deepEqual(compileWildcard('openai/*').match('openai/gpt-4o'), ['gpt-4o']);
  assert.deepEqual(compileWildcard('*').match(''), ['']);
  assert.deepEqual(compileWildcard('a*b*c').match('a-x-b-y-c'), ['-x-', '-y-']);
  assert.equal(compileWildcard('openai/*').match('azure/gpt-4o'), undefined);
  assert.equal(compileWildcard('ab*ba').match('aba'), undefined);
  assert.deepEqual(compileWildcard('exact').match('exact'), []);
});

test('what the stars stood for is filled into another pattern', () => {
  assert.equal(fillWildcard('models/*', ['gpt-4o']), 'models/gpt-4o');
  assert.equal(fillWildcard('*-*', ['a', 'b']), 'a-b');
  assert.equal(fillWildcard('plain', ['a']), 'plain');
});

test('a pattern full of stars is matched in linear time', () => {
  const started = performance.now();
  assert.equal(compileWildcard('*a*a*a*a*a*a*a*a*b').match('a'.repeat(100_000)), undefined);
  assert.ok(performance.now() - started < 50);
});
