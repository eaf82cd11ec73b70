import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWellFormedKey, newCallId, newMasterKey } from './ids.ts';

test('a call id is a random UUID', () => {
  assert.match(newCallId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newCallId(), newCallId());
});

test('a master key is sk- and 49 letters and digits, different each time', () => {
  const keys = new Set(Array.from({ length: 200 }, newMasterKey));
  assert.equal(keys.size, 200);
  for (const key of keys) assert.match(key, /^sk-[0-9A-Za-z]{49}$/);
});

test('a key with any one letter changed is not well formed', () => {
  const key = newMasterKey();
  assert.ok(isWellFormedKey(key));
  for (let at = 0; at < key.length; at += 1) {
    const changed = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
    assert.ok(!isWellFormedKey(changed), `letter ${at}`);
  }
  assert.ok(!isWellFormedKey(''));
  assert.ok(!isWellFormedKey(`${key}0`));
});
