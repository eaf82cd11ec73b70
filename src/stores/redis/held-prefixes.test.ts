import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldPrefixBatch, readHeldPrefixes } from './held-prefixes.ts';

const held = (deploymentId: string, keys: readonly number[]) => ({ deploymentId, lifeMs: 300_000, keys });

test('many requests make one message, which their own instance does not hear', () => {
  const batch = new HeldPrefixBatch();
  assert.equal(batch.add(held('a', [1, 2])), true);
  assert.equal(batch.add(held('b', [3])), false);
  assert.equal(batch.add(held('a', [4])), false);
  const text = batch.take('one');
  assert.deepEqual(readHeldPrefixes(text, 'two'), [held('a', [1, 2, 4]), held('b', [3])]);
  assert.deepEqual(readHeldPrefixes(text, 'one'), []);
  assert.equal(batch.add(held('a', [5])), true);
});

test('a client that sends a million prefixes within a moment makes one message of bounded length', () => {
  const batch = new HeldPrefixBatch();
  for (let index = 0; index < 15_625; index += 1) {
    batch.add(
      held(
        `${index % 3}`,
        Array.from({ length: 64 }, (_, key) => 64 * index + key),
      ),
    );
  }
  const text = batch.take('one');
  assert.ok(text.length < 200_000, `${text.length}`);
  assert.equal(readHeldPrefixes(text, 'two').flatMap(({ keys }) => keys).length, 8_192);
});

test('what is no message of an instance says nothing', () => {
  const hostile = [
    '',
    'null',
    '[]',
    '{"from":1,"held":[]}',
    '{"from":"x","held":"y"}',
    '{"from":"x","held":[null,1,["a"],["a",-1,[1]],["a",5,"b"],[{},5,[1]]]}',
    `{"from":"x","held":[["${'a'.repeat(1_000)}",5,[1]]]}`,
  ];
  for (const text of hostile) assert.deepEqual(readHeldPrefixes(text, 'two'), [], text.slice(0, 60));
  const odd = readHeldPrefixes('{"from":"x","held":[["a",1e12,[1,1.5,"2",null,3]]]}', 'two');
  assert.deepEqual(odd, [{ deploymentId: 'a', lifeMs: 7_200_000, keys: [1, 3] }]);
});
