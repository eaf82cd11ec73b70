import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern } from './known-providers.ts';

test('a star stands for anything, also nothing', () => {
  assert.ok(matchesPattern('*', ''));
  assert.ok(matchesPattern('gpt-*', 'gpt-'));
  assert.ok(matchesPattern('*-mini', 'o4-mini'));
  assert.ok(matchesPattern('a*b*c', 'a1b2c'));
  assert.ok(matchesPattern('a**c', 'abc'));
  assert.ok(!matchesPattern('a*b*c', 'a1c2b'));
  assert.ok(!matchesPattern('ab*ba', 'aba'));
  assert.ok(!matchesPattern('gpt-4', 'gpt-4o'));
});

test('a hostile pattern is matched in no time', () => {
  const started = performance.now();
  assert.ok(!matchesPattern(`${'a*'.repeat(1000)}b`, 'a'.repeat(10_000)));
  assert.ok(performance.now() - started < 1000);
});
