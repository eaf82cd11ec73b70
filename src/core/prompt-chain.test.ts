import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf } from './prompt-chain.ts';

const text = (bytes: number, fill = 'x') => Buffer.from(fill.repeat(bytes));

test('a chain depends on the bytes before each cut, and neither on how they are split nor on what follows', () => {
  const whole = Buffer.concat([text(5_000, 'a'), text(70_000, 'b')]);
  const chain = chainOf([whole], 'seed');
  assert.deepEqual(chainOf([whole.subarray(0, 1), whole.subarray(1, 9_999), whole.subarray(9_999)], 'seed'), chain);
  const longer = chainOf([whole, text(10_000, 'c')], 'seed');
  assert.deepEqual(longer.keys.slice(0, chain.keys.length), chain.keys);
  assert.equal(new Set(longer.keys).size, longer.keys.length);
});

test('one changed byte changes every key from there on, and another seed changes all', () => {
  const one = Buffer.from(text(40_000));
  const other = Buffer.from(one);
  other[10_000] = 0;
  const [first, second] = [chainOf([one], 'seed'), chainOf([other], 'seed')];
  const same = first.keys.filter((key, index) => key === second.keys[index]);
  assert.equal(same.length, first.tokens.filter((tokens) => tokens * 4 <= 10_000).length);
  assert.ok(chainOf([one], 'another').keys.every((key, index) => key !== first.keys[index]));
});

test('a short prompt has no chain, and the longest body has a few dozen prefixes', () => {
  assert.deepEqual(chainOf([text(2_047)], 'seed'), { keys: [], tokens: [] });
  assert.deepEqual(chainOf([], 'seed'), { keys: [], tokens: [] });
  assert.deepEqual(chainOf([text(2_048)], 'seed').tokens, [512]);
  const long = chainOf([text(64_000_000)], 'seed');
  assert.ok(long.keys.length <= 160, `${long.keys.length}`);
  assert.ok(long.keys.every((key) => Number.isSafeInteger(key) && Number(key) >= 0));
});
